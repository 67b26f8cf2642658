//! Batch norm.

use super::{Operator, Parameter, Shape, Start, TorchCode, one_map};

/// Batch norm with scale, shift and running statistics (Ioffe and Szegedy 2015), as PyTorch defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchNorm;

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
        "batch norm".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Batch norm, with scale and shift".to_owned()
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        TorchCode::Module(format!("nn.BatchNorm2d({})", inputs[0].channels()))
    }
}
