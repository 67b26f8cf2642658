//! Pooling over windows.

use super::{Operator, Shape, TorchCode, one_map};

/// The mean of each window. Pixels beyond the border do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvgPool {
    /// Height and width of the window.
    pub window: usize,
    /// Pixels from one window to the next, both ways.
    pub stride: usize,
    /// Pixels beyond the border that windows reach over.
    pub padding: usize,
}

/// The largest value of each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPool {
    /// Height and width of the window.
    pub window: usize,
    /// Pixels from one window to the next, both ways.
    pub stride: usize,
    /// Pixels beyond the border that windows reach over.
    pub padding: usize,
}

impl AvgPool {
    /// The mean of each 2x2 pixels, which halves the side.
    pub fn halving() -> Self {
        Self { window: 2, stride: 2, padding: 0 }
    }
}

fn pooled(inputs: &[Shape], window: usize, stride: usize, padding: usize) -> Result<Shape, String> {
    let (channels, side) = one_map(inputs)?;
    let rest = (side + 2 * padding).checked_sub(window);
    let rest = rest.ok_or_else(|| format!("has windows of {window} on maps of side {side}"))?;
    Ok(Shape::Maps { channels, side: rest / stride + 1 })
}

impl Operator for AvgPool {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(inputs, self.window, self.stride, self.padding)
    }

    fn label(&self) -> String {
        format!("average {0}x{0}", self.window)
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        format!("Average pooling, {0}x{0} windows, stride {1}", self.window, self.stride)
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        let AvgPool { window, stride, padding } = self;
        let border = match padding {
            0 => String::new(),
            _ => format!(", padding={padding}, count_include_pad=False"),
        };
        TorchCode::Expression(format!("F.avg_pool2d({{0}}, {window}, stride={stride}{border})"))
    }
}

impl Operator for MaxPool {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        pooled(inputs, self.window, self.stride, self.padding)
    }

    fn label(&self) -> String {
        format!("max {0}x{0}", self.window)
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        format!("Max pooling, {0}x{0} windows, stride {1}", self.window, self.stride)
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        let MaxPool { window, stride, padding } = self;
        TorchCode::Expression(format!("F.max_pool2d({{0}}, {window}, stride={stride}, padding={padding})"))
    }
}
