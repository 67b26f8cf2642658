//! Pooling over windows.

use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

use super::super::kernels::{self, MapKind, Pooling, SlidingWindow, forward};
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{AvgPool, MaxPool};

impl Forward for AvgPool {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        average(self, maps(inputs)).into()
    }
}

/// The mean of each window.
pub(super) fn average(pool: &AvgPool, x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let is_even = height.is_multiple_of(2) && width.is_multiple_of(2);
    if *pool == AvgPool::halving() && is_even && kernels::are_used() {
        return kernels::map(x, MapKind::Halve);
    }
    if forward::are_possible(&x) {
        let window =
            SlidingWindow { size: [pool.window; 2], stride: pool.stride, padding: [pool.padding; 2] };
        return forward::pool(x, window, Pooling::Average);
    }
    let options = AvgPoolOptions::new([pool.window; 2])
        .with_stride([pool.stride; 2])
        .with_padding([pool.padding; 2])
        // Without padding both ways are the same, and the plain one is faster.
        .with_count_include_pad(pool.padding == 0);
    avg_pool2d(x, options)
}

impl Forward for MaxPool {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        if forward::are_possible(&x) {
            let window =
                SlidingWindow { size: [self.window; 2], stride: self.stride, padding: [self.padding; 2] };
            return forward::pool(x, window, Pooling::Max).into();
        }
        let options = MaxPoolOptions::new([self.window; 2])
            .with_stride([self.stride; 2])
            .with_padding([self.padding; 2]);
        max_pool2d(x, options).into()
    }
}
