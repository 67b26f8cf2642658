//! Linear layer.

use super::conv::Reparameterisation;
use super::{Operator, Parameter, Shape, Start, TorchCode, bias_start, one_vector};

/// A linear layer, `y = x Wᵀ + b`, with PyTorch's weight of `[outputs, inputs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linear {
    /// Length of what it gives.
    pub outputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// How the weight is used.
    pub reparameterisation: Reparameterisation,
}

impl Linear {
    /// A layer with bias.
    pub fn new(outputs: usize) -> Self {
        Self { outputs, bias: true, reparameterisation: Reparameterisation::None }
    }
}

impl Operator for Linear {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        one_vector(inputs)?;
        Ok(Shape::Features(self.outputs))
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<Parameter> {
        let inputs = inputs[0].channels();
        let mut own =
            self.reparameterisation.parameters(vec![self.outputs, inputs], Start::FanIn, Start::FanIn);
        if self.bias {
            own.push(Parameter::trained("bias", [self.outputs], bias_start(inputs)));
        }
        own
    }

    fn macs(&self, inputs: &[Shape], _output: Shape) -> u64 {
        (inputs[0].channels() * self.outputs) as u64
    }

    fn label(&self) -> String {
        "linear".to_owned()
    }

    fn describe(&self, inputs: &[Shape]) -> String {
        format!("Linear layer, {} to {} values", inputs[0].channels(), self.outputs)
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        let bias = if self.bias { "" } else { ", bias=False" };
        let module = format!("nn.Linear({}, {}{bias})", inputs[0].channels(), self.outputs);
        self.reparameterisation.pytorch(module)
    }
}
