//! Activation functions.

use super::{Operator, Shape, TorchCode};

/// Rectified linear unit, `max(x, 0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relu;

impl Operator for Relu {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        super::one(inputs)
    }

    fn label(&self) -> String {
        "ReLU".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "ReLU, rectified linear unit".to_owned()
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        TorchCode::expression("F.relu({0})")
    }
}

/// Hyperbolic tangent, which keeps an image within -1 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tanh;

impl Operator for Tanh {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        super::one(inputs)
    }

    fn label(&self) -> String {
        "tanh".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Hyperbolic tangent, from -1 to 1".to_owned()
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        TorchCode::expression("torch.tanh({0})")
    }
}
