//! Channels of several branches beside each other.

use burn::tensor::Tensor;

use super::{Forward, Layer, Value};
use crate::arch::graph::ops::Concat;

impl Forward for Concat {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        Tensor::cat(inputs.into_iter().map(Value::maps).collect(), 1).into()
    }
}
