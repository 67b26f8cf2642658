//! Batch norm.

use super::{Operator, Parameter, Shape, Start, TorchCode, one_map, with_relu};

/// Batch norm with scale, shift and running statistics (Ioffe and Szegedy 2015), as PyTorch defines it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchNorm {
    /// Whether ReLU follows, as one operator with it.
    pub relu: bool,
}

impl Operator for BatchNorm {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (channels, side) = one_map(inputs)?;
        Ok(Shape::Maps { channels, side })
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<Parameter> {
        let channels = inputs[0].channels();
        vec![
            Parameter::trained("weight", [channels], Start::AroundOne),
            Parameter::trained("bias", [channels], Start::Zeros),
            Parameter::buffer("running_mean", channels, Start::Zeros),
            Parameter::buffer("running_var", channels, Start::Ones),
        ]
    }

    fn label(&self) -> String {
        with_relu("batch norm", self.relu)
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        with_relu("Batch norm, with scale and shift", self.relu)
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        let norm = format!("nn.BatchNorm2d({})", inputs[0].channels());
        TorchCode::Module(if self.relu { format!("nn.Sequential({norm}, nn.ReLU())") } else { norm })
    }
}
