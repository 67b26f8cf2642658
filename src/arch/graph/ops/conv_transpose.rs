//! Transposed convolution that doubles the side.

use super::{Operator, Parameter, Shape, Start, TorchCode, bias_start, one_map};

/// A transposed convolution with bias, kernel 2 and stride 2: each output pixel has one input pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvTranspose {
    /// Channels after it.
    pub outputs: usize,
}

/// Height, width and stride of the kernel.
const KERNEL: usize = 2;

impl Operator for ConvTranspose {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (_, side) = one_map(inputs)?;
        Ok(Shape::Maps { channels: self.outputs, side: KERNEL * side })
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<Parameter> {
        // PyTorch takes dimension 1 for the fan-in, though here it is the outputs'.
        let fan_in = self.outputs * KERNEL * KERNEL;
        let shape = [inputs[0].channels(), self.outputs, KERNEL, KERNEL];
        vec![
            Parameter::trained("weight", shape, Start::FanIn),
            Parameter::trained("bias", [self.outputs], bias_start(fan_in)),
        ]
    }

    fn macs(&self, inputs: &[Shape], output: Shape) -> u64 {
        (inputs[0].channels() * self.outputs) as u64 * output.area()
    }

    fn label(&self) -> String {
        format!("deconv x{KERNEL}")
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        format!("Transposed convolution, kernel {KERNEL}, stride {KERNEL}")
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        let channels = inputs[0].channels();
        TorchCode::Module(format!(
            "nn.ConvTranspose2d({channels}, {}, {KERNEL}, stride={KERNEL})",
            self.outputs
        ))
    }
}
