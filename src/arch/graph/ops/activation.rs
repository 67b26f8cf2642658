//! Activation functions.

use super::{one, plain_operator};

plain_operator! {
    /// Rectified linear unit, `max(x, 0)`.
    Relu {
        shape: one,
        label: "ReLU",
        describe: "ReLU, rectified linear unit",
        pytorch: "F.relu({0})",
    }
}

plain_operator! {
    /// Hyperbolic tangent, which keeps an image within -1 and 1.
    Tanh {
        shape: one,
        label: "tanh",
        describe: "Hyperbolic tangent, from -1 to 1",
        pytorch: "torch.tanh({0})",
    }
}
