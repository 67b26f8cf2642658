//! From a vector to maps.

use super::{Forward, Layer, Value, features};
use crate::arch::graph::ops::Unflatten;

impl Forward for Unflatten {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let x = features(inputs);
        let ([batch, values], side) = (x.dims(), self.side);
        x.reshape([batch, values / (side * side), side, side]).into()
    }
}
