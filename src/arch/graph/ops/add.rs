//! Addition of two branches.

use super::{Operator, Shape, TorchCode};

/// The sum of two values of one shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Add;

impl Operator for Add {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs {
            [one, other] if one == other => Ok(*one),
            _ => Err(format!("adds {}; it takes two values of one shape", super::list(inputs))),
        }
    }

    fn label(&self) -> String {
        "+".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Sum".to_owned()
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        TorchCode::expression("{0} + {1}")
    }
}
