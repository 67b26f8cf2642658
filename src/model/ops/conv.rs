//! Convolution.

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::spectral::{normalise, stored};
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{Conv, Reparameterisation};

impl Forward for Conv {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        convolve(self, maps(inputs), &mut layer).into()
    }
}

/// A convolution of `x`, `[batch, channels, height, width]`, by the layer's weights.
pub(super) fn convolve(conv: &Conv, x: Tensor<4>, layer: &mut Layer<'_>) -> Tensor<4> {
    let mut weight = stored::<4>(conv.reparameterisation, layer);
    if conv.reparameterisation == Reparameterisation::Spectral {
        let [outputs, inputs, height, width] = weight.dims();
        let matrix = weight.reshape([outputs, inputs * height * width]);
        weight = normalise(matrix, layer).reshape([outputs, inputs, height, width]);
    }
    let options = ConvOptions::new([conv.stride, conv.stride], conv.padding, [1, 1], 1);
    conv2d(x, weight, Some(layer.weight("bias")), options)
}
