//! Channels of several branches beside each other.

use super::{Shape, list, plain_operator};

plain_operator! {
    /// The channels of all inputs, which are maps of one side, in their order.
    Concat {
        shape: joined,
        label: "concat",
        describe: "Channels of all branches, beside each other",
        pytorch: "torch.cat([{*}], 1)",
    }
}

fn joined(inputs: &[Shape]) -> Result<Shape, String> {
    let side = match inputs.first() {
        Some(Shape::Maps { side, .. }) => *side,
        _ => 0,
    };
    let fits = |shape: &Shape| matches!(shape, Shape::Maps { side: own, .. } if *own == side);
    if side == 0 || !inputs.iter().all(fits) {
        return Err(format!("joins {}; it takes maps of one side", list(inputs)));
    }
    Ok(Shape::Maps { channels: inputs.iter().map(|shape| shape.channels()).sum(), side })
}
