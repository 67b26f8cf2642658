//! Pooling over windows.

use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{AvgPool, MaxPool};

impl Forward for AvgPool {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let options = AvgPoolOptions::new([self.window; 2])
            .with_stride([self.stride; 2])
            .with_padding([self.padding; 2])
            // Without padding both ways are the same, and the plain one is faster.
            .with_count_include_pad(self.padding == 0);
        avg_pool2d(maps(inputs), options).into()
    }
}

impl Forward for MaxPool {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let options = MaxPoolOptions::new([self.window; 2])
            .with_stride([self.stride; 2])
            .with_padding([self.padding; 2]);
        max_pool2d(maps(inputs), options).into()
    }
}
