//! Channels of several branches beside each other.

use super::{Operator, Shape, TorchCode};

/// The channels of all inputs, which are maps of one side, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concat;

impl Operator for Concat {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let side = match inputs.first() {
            Some(Shape::Maps { side, .. }) => *side,
            _ => 0,
        };
        let fits = |shape: &Shape| matches!(shape, Shape::Maps { side: own, .. } if *own == side);
        if side == 0 || !inputs.iter().all(fits) {
            return Err(format!("joins {}; it takes maps of one side", super::list(inputs)));
        }
        Ok(Shape::Maps { channels: inputs.iter().map(|shape| shape.channels()).sum(), side })
    }

    fn label(&self) -> String {
        "concat".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Channels of all branches, beside each other".to_owned()
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        TorchCode::expression("torch.cat([{*}], 1)")
    }
}
