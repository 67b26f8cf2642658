//! Channels of several branches beside each other.

use burn::tensor::Tensor;

use super::super::kernels::forward;
use super::{Forward, Layer, Value};
use crate::arch::graph::ops::Concat;

impl Forward for Concat {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let branches: Vec<Tensor<4>> = inputs.into_iter().map(Value::maps).collect();
        if branches.iter().all(forward::are_possible) {
            forward::join(branches)
        } else {
            Tensor::cat(branches, 1)
        }
        .into()
    }
}
