//! Where a value enters a network.

use super::{one, plain_operator};

plain_operator! {
    /// A latent vector, an image, or what another part of a network gives.
    Input {
        shape: one,
        label: "input",
        describe: "Input",
        pytorch: "{0}",
    }
}
