//! Transposed convolution that doubles the side.

use burn::tensor::module::conv_transpose2d;
use burn::tensor::ops::ConvTransposeOptions;

use super::super::kernels::{self, ConvKind};
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::ConvTranspose;

impl Forward for ConvTranspose {
    fn forward(&self, inputs: Vec<Value>, layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        if kernels::are_used() {
            return kernels::conv(x, layer.weight("weight"), layer.weight("bias"), ConvKind::Transposed)
                .into();
        }
        let options = ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1);
        conv_transpose2d(x, layer.weight("weight"), Some(layer.weight("bias")), options).into()
    }
}
