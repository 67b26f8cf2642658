//! From maps to a vector, over all pixels.

use super::{Operator, Shape, TorchCode, one_map};

/// The sum of each map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpatialSum;

/// The mean of each map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpatialMean;

impl Operator for SpatialSum {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(Shape::Features(one_map(inputs)?.0))
    }

    fn label(&self) -> String {
        "sum of pixels".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Sum over all pixels".to_owned()
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        TorchCode::expression("{0}.sum((2, 3))")
    }
}

impl Operator for SpatialMean {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(Shape::Features(one_map(inputs)?.0))
    }

    fn label(&self) -> String {
        "mean of pixels".to_owned()
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        "Mean over all pixels".to_owned()
    }

    fn pytorch(&self, _inputs: &[Shape]) -> TorchCode {
        TorchCode::expression("{0}.mean((2, 3))")
    }
}
