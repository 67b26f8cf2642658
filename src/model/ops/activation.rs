//! Activation functions.

use burn::tensor::activation;

use super::{Forward, Layer, Value, first};
use crate::arch::graph::ops::{Relu, Tanh};

impl Forward for Relu {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        match first(inputs) {
            Value::Features(x) => activation::relu(x).into(),
            Value::Maps(x) => activation::relu(x).into(),
        }
    }
}

impl Forward for Tanh {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        match first(inputs) {
            Value::Features(x) => x.tanh().into(),
            Value::Maps(x) => x.tanh().into(),
        }
    }
}
