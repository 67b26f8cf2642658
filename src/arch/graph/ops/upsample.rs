//! Resizing by a whole factor, without weights.

use super::{Operator, Shape, TorchCode, one_map};

/// How pixels between pixels are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Bilinear with half-pixel centres (PyTorch's `align_corners=False`).
    Bilinear,
    /// The nearest pixel.
    Nearest,
}

/// Enlarges maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upsample {
    /// How pixels between pixels are found.
    pub interpolation: Interpolation,
    /// Side after it for each pixel of the side before it.
    pub factor: usize,
}

impl Operator for Upsample {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (channels, side) = one_map(inputs)?;
        Ok(Shape::Maps { channels, side: self.factor * side })
    }

    fn label(&self) -> String {
        match self.interpolation {
            Interpolation::Bilinear => format!("bilinear x{}", self.factor),
            Interpolation::Nearest => format!("nearest x{}", self.factor),
        }
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        match self.interpolation {
            Interpolation::Bilinear => {
                format!("Bilinear upsampling by {}, with half-pixel centres", self.factor)
            }
            Interpolation::Nearest => format!("Nearest-neighbour upsampling by {}", self.factor),
        }
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        let mode = match self.interpolation {
            Interpolation::Bilinear => "mode=\"bilinear\", align_corners=False",
            Interpolation::Nearest => "mode=\"nearest\"",
        };
        TorchCode::Expression(format!("F.interpolate({{0}}, scale_factor={}, {mode})", self.factor))
    }
}
