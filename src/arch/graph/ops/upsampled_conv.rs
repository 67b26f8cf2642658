//! Nearest-neighbour upsampling by 2 and the 3x3 convolution behind it, as one operator.

use super::{Conv, Interpolation, Operator, Parameter, Shape, TorchCode, Upsample};

/// Four neighbours of an upsampled map are the same pixel, so that each pixel of the output is a 2x2 convolution of
/// the small map, with sums of the kernel's weights: 4/9 of the multiplications, and the large map is never made.
/// Builders do not use it; [`Graph::rewritten`](crate::arch::Graph::rewritten) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpsampledConv {
    /// The convolution, 3x3 with stride 1 and padding 1.
    pub conv: Conv,
}

impl UpsampledConv {
    /// One operator for the two, where there is one.
    pub(in crate::arch) fn of(up: &Upsample, conv: &Conv) -> Option<Self> {
        let is_doubling = *up == Upsample { interpolation: Interpolation::Nearest, factor: 2 };
        let is_plain = (conv.kernel, conv.stride, conv.padding) == ([3, 3], 1, [1, 1]);
        (is_doubling && is_plain).then_some(Self { conv: *conv })
    }

    /// The upsampling.
    fn up(self) -> Upsample {
        Upsample { interpolation: Interpolation::Nearest, factor: 2 }
    }
}

impl Operator for UpsampledConv {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.conv.shape(&[self.up().shape(inputs)?])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<Parameter> {
        self.conv.parameters(inputs)
    }

    fn macs(&self, inputs: &[Shape], output: Shape) -> u64 {
        self.conv.macs(inputs, output) / 9 * 4
    }

    fn label(&self) -> String {
        format!("{}, {}", self.up().label(), self.conv.label())
    }

    fn describe(&self, inputs: &[Shape]) -> String {
        format!("{}, then: {}", self.up().describe(inputs), self.conv.describe(inputs))
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        let conv = match self.conv.pytorch(inputs) {
            TorchCode::Module(text) | TorchCode::Expression(text) => text,
        };
        TorchCode::Module(format!("nn.Sequential(nn.UpsamplingNearest2d(scale_factor=2), {conv})"))
    }
}
