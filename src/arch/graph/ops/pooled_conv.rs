//! A 3x3 convolution and the pooling that halves the side behind it, as one operator.

use super::{AvgPool, Conv, Operator, Parameter, Shape, TorchCode};

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
        let is_plain = (conv.kernel, conv.stride, conv.padding) == ([3, 3], 1, [1, 1]);
        (is_plain && *pool == AvgPool::halving()).then_some(Self { conv: *conv })
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
