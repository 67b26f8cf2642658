//! Nearest-neighbour upsampling by 2 and the 3x3 convolution behind it.

use super::super::kernels::{self, ConvKind};
use super::conv::{convolve, parameters};
use super::upsample::nearest;
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::UpsampledConv;

impl Forward for UpsampledConv {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let (weight, bias) = parameters(&self.conv, &mut layer);
        if kernels::are_used(&x.device()) {
            return kernels::conv(x, weight, bias, ConvKind::Doubled).into();
        }
        convolve(&self.conv, nearest(x, 2), weight, bias).into()
    }
}
