//! 3x3 convolutions with a resizing before or behind them, each as one operator.

use super::{AvgPool, Conv, Interpolation, Operator, Parameter, Shape, TorchCode, Upsample};

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
        (is_doubling && conv.is_plain_3x3()).then_some(Self { conv: *conv })
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

/// The mean of each 2x2 pixels of a convolution. Neighbouring pixels of its input have the same kernel but for a shift,
/// so that nine products for each pixel of the output do what otherwise takes 36, and the large map is never made.
/// Builders do not use it; [`Graph::rewritten`](crate::arch::Graph::rewritten) does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PooledConv {
    /// The convolution, 3x3 with stride 1 and padding 1.
    pub conv: Conv,
}

impl PooledConv {
    /// One operator for the two, where there is one.
    pub(in crate::arch) fn of(conv: &Conv, pool: &AvgPool) -> Option<Self> {
        (conv.is_plain_3x3() && *pool == AvgPool::halving()).then_some(Self { conv: *conv })
    }
}

impl Operator for PooledConv {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        AvgPool::halving().shape(&[self.conv.shape(inputs)?])
    }

    fn parameters(&self, inputs: &[Shape]) -> Vec<Parameter> {
        self.conv.parameters(inputs)
    }

    fn macs(&self, inputs: &[Shape], output: Shape) -> u64 {
        self.conv.macs(inputs, output)
    }

    fn label(&self) -> String {
        format!("{}, {}", self.conv.label(), AvgPool::halving().label())
    }

    fn describe(&self, inputs: &[Shape]) -> String {
        format!("{}, then: {}", self.conv.describe(inputs), AvgPool::halving().describe(inputs))
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        let conv = match self.conv.pytorch(inputs) {
            TorchCode::Module(text) | TorchCode::Expression(text) => text,
        };
        TorchCode::Module(format!("nn.Sequential({conv}, nn.AvgPool2d(2))"))
    }
}
