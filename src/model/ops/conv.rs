//! Convolution.

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::super::kernels::{self, ConvKind, SlidingWindow, forward};
use super::super::spectral::{normalise, stored};
use super::activation::relu;
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{Conv, Reparameterisation};

impl Forward for Conv {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let (weight, bias) = parameters(self, &mut layer);
        if forward::are_possible(&x) {
            let window = SlidingWindow { size: self.kernel, stride: self.stride, padding: self.padding };
            return forward::conv(x, weight, bias, window, self.relu).into();
        }
        let y = if keeps_sides(self) && kernels::are_used() {
            kernels::conv(x, weight, bias, ConvKind::Same)
        } else {
            convolve(self, x, weight, bias)
        };
        if self.relu { relu(y) } else { y }.into()
    }
}

/// The weight that the convolution is done with, `[outputs, inputs, height, width]`, and its bias.
pub(super) fn parameters(conv: &Conv, layer: &mut Layer<'_>) -> (Tensor<4>, Tensor<1>) {
    let mut weight = stored::<4>(conv.reparameterisation, layer);
    if conv.reparameterisation == Reparameterisation::Spectral {
        weight = normalise(weight, layer);
    }
    (weight, layer.weight("bias"))
}

/// A convolution by burn, without the ReLU that may follow.
pub(super) fn convolve(conv: &Conv, x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
    let options = ConvOptions::new([conv.stride, conv.stride], conv.padding, [1, 1], 1);
    conv2d(x, weight, Some(bias), options)
}

/// Whether it is one of 1x1 or 3x3 that keeps the sides.
fn keeps_sides(conv: &Conv) -> bool {
    let size = conv.kernel[0];
    matches!(size, 1 | 3) && (conv.kernel, conv.stride, conv.padding) == ([size; 2], 1, [size / 2; 2])
}
