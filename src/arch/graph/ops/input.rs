//! Where a value enters a network.

use super::{Operator, Shape, TorchCode};

/// A latent vector, an image, or what another part of a network gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input;

impl Operator for Input {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        super::one(inputs)
    }

    fn label(&self) -> String {
        "input".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Input".to_owned()
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        TorchCode::expression("{0}")
    }
}
