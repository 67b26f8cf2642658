//! Instance norm.

use super::{Operator, Shape, TorchCode, one_map, with_relu};

/// Instance norm without parameters or running statistics (Ulyanov et al. 2016), as PyTorch builds it by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InstanceNorm {
    /// Whether ReLU follows, as one operator with it.
    pub relu: bool,
}

impl Operator for InstanceNorm {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (channels, side) = one_map(inputs)?;
        Ok(Shape::Maps { channels, side })
    }

    fn label(&self) -> String {
        with_relu("instance norm", self.relu)
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        with_relu("Instance norm, without parameters", self.relu)
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        // A single pixel is its own mean; PyTorch refuses to say so.
        let norm = if inputs[0].side() == 1 { "torch.zeros_like({0})" } else { "F.instance_norm({0})" };
        TorchCode::Expression(if self.relu { format!("F.relu({norm})") } else { norm.to_owned() })
    }
}
