//! Convolution.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::spectral::{normalise, stored};
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{Conv, Reparameterisation};

impl Forward for Conv {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        let mut weight = stored::<4>(self.reparameterisation, &layer);
        if self.reparameterisation == Reparameterisation::Spectral {
            let [outputs, inputs, height, width] = weight.dims();
            let matrix = weight.reshape([outputs, inputs * height * width]);
            weight = normalise(matrix, &mut layer).reshape([outputs, inputs, height, width]);
        }
        let options = ConvOptions::new([self.stride, self.stride], self.padding, [1, 1], 1);
        conv2d(maps(inputs), weight, Some(layer.weight("bias")), options).into()
    }
}
