//! 3x3 convolutions with a resizing before or behind them.

use super::super::kernels::{self, ConvKind};
use super::conv::{convolve, parameters};
use super::pool::average;
use super::upsample::nearest;
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{AvgPool, PooledConv, UpsampledConv};

impl Forward for UpsampledConv {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let (weight, bias) = parameters(&self.conv, &mut layer);
        if kernels::are_used() {
            return kernels::conv(x, weight, bias, ConvKind::Doubled).into();
        }
        convolve(&self.conv, nearest(x, 2), weight, bias).into()
    }
}

impl Forward for PooledConv {
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let (weight, bias) = parameters(&self.conv, &mut layer);
        let [_, _, height, width] = x.dims();
        let is_even = height.is_multiple_of(2) && width.is_multiple_of(2);
        if is_even && kernels::are_used() {
            return kernels::conv(x, weight, bias, ConvKind::Halved).into();
        }
        average(&AvgPool::halving(), convolve(&self.conv, x, weight, bias)).into()
    }
}
