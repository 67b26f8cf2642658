//! Linear layer.

use super::conv::Reparameterisation;
use super::{Operator, Parameter, Shape, Start, TorchCode, bias_start, one_vector};

/// A linear layer, `y = x Wᵀ + b` with PyTorch's weight of `[outputs, inputs]`, or `y = x W + b`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linear {
    /// Length of what it gives.
    pub outputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// Whether the weight is `[inputs, outputs]`, as in the files of this program's feature extractors. Such a layer has
    /// a bias and no reparameterisation.
    pub inputs_first: bool,
    /// How the weight is used.
    pub reparameterisation: Reparameterisation,
}

impl Linear {
    /// A layer with bias.
    pub fn new(outputs: usize) -> Self {
        Self { outputs, bias: true, inputs_first: false, reparameterisation: Reparameterisation::None }
    }
}

impl Operator for Linear {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        one_vector(inputs)?;
        Ok(Shape::Features(self.outputs))
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<Parameter> {
        let inputs = inputs[0].channels();
        let shape = if self.inputs_first { vec![inputs, self.outputs] } else { vec![self.outputs, inputs] };
        let mut own = self.reparameterisation.parameters(shape, Start::FanIn, Start::FanIn);
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
