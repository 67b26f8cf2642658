//! From a vector to maps.

use super::{Operator, Shape, TorchCode, one_vector};

/// A vector as maps of a side, channel by channel and row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unflatten {
    /// Height and width of the maps.
    pub side: usize,
}

impl Operator for Unflatten {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let (count, area) = (one_vector(inputs)?, self.side * self.side);
        if area == 0 || !count.is_multiple_of(area) {
            return Err(format!("makes maps of side {} from {count} values", self.side));
        }
        Ok(Shape::Maps { channels: count / area, side: self.side })
    }

    fn label(&self) -> String {
        format!("{0}x{0}", self.side)
    }

    fn describe(&self, _inputs: &[Shape]) -> String {
        format!("As maps of {0}x{0} pixels", self.side)
    }

    fn pytorch(&self, inputs: &[Shape]) -> TorchCode {
        let channels = inputs[0].channels() / (self.side * self.side);
        TorchCode::Expression(format!("{{0}}.view(-1, {channels}, {0}, {0})", self.side))
    }
}
