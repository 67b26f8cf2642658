//! What each operator of [`arch::graph::ops`](crate::arch::graph::ops) computes, one file each.
//!
//! To add one, write its file here, with a test that its gradient is right, and add it to the self-test in
//! `gan::self_test`, so that every device is checked against the CPU.

mod activation;
mod add;
mod batch_norm;
mod concat;
mod conv;
mod conv_transpose;
mod input;
mod instance_norm;
mod linear;
mod pool;
mod resized_conv;
mod spatial;
mod unflatten;
mod upsample;

use burn::tensor::Tensor;

use super::layer::{Layer, Value};

/// An operator at work on a batch.
pub(super) trait Forward {
    /// The operator's value for these inputs.
    fn forward(&self, inputs: Vec<Value>, layer: Layer<'_>) -> Value;
}

/// The first input, which the graph says there is.
fn first(inputs: Vec<Value>) -> Value {
    inputs.into_iter().next().unwrap_or_else(|| panic!("an operator without an input"))
}

/// The first input, maps of `[batch, channels, side, side]`.
fn maps(inputs: Vec<Value>) -> Tensor<4> {
    first(inputs).maps()
}

/// The first input, vectors of `[batch, features]`.
fn features(inputs: Vec<Value>) -> Tensor<2> {
    first(inputs).features()
}
