//! Activation functions.

use burn::tensor::{Tensor, activation};

use super::super::kernels::{self, MapKind};
use super::{Forward, Layer, Value, first};
use crate::arch::graph::ops::{Relu, Tanh};

impl Forward for Relu {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        match first(inputs) {
            Value::Features(x) => activation::relu(x).into(),
            Value::Maps(x) => relu(x).into(),
        }
    }
}

impl Forward for Tanh {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        match first(inputs) {
            Value::Features(x) => x.tanh().into(),
            Value::Maps(x) if kernels::are_used() => kernels::map(x, MapKind::Tanh).into(),
            Value::Maps(x) => x.tanh().into(),
        }
    }
}

/// ReLU of maps.
pub(super) fn relu(x: Tensor<4>) -> Tensor<4> {
    if kernels::are_used() { kernels::map(x, MapKind::Relu) } else { activation::relu(x) }
}
