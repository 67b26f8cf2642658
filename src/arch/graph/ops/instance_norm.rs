//! Instance norm.

use super::{Operator, Shape, TorchCode, one_map};

/// Instance norm without parameters or running statistics (Ulyanov et al. 2016), as PyTorch builds it by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstanceNorm;

impl Operator for InstanceNorm {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (channels, side) = one_map(inputs)?;
        Ok(Shape::Maps { channels, side })
    }

    fn label(&self) -> String {
        "instance norm".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Instance norm, without parameters".to_owned()
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        // A single pixel is its own mean; PyTorch refuses to say so.
        TorchCode::expression(if inputs[0].side() == 1 {
            "torch.zeros_like({0})"
        } else {
            "F.instance_norm({0})"
        })
    }
}
