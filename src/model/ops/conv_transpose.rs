//! Transposed convolution that doubles the side.

use burn::tensor::module::conv_transpose2d;
use burn::tensor::ops::ConvTransposeOptions;

use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::ConvTranspose;

impl Forward for ConvTranspose {
    fn forward(&self, inputs: Vec<Value>, layer: Layer<'_>) -> Value {
        let options = ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1);
        conv_transpose2d(maps(inputs), layer.weight("weight"), Some(layer.weight("bias")), options).into()
    }
}
