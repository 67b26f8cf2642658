//! From maps to a vector, over all pixels.

use super::super::kernels::{self, MapKind};
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{SpatialMean, SpatialSum};

impl Forward for SpatialSum {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let [batch, channels, height, width] = x.dims();
        if kernels::are_used() {
            return kernels::map(x, MapKind::Sum { height, width }).reshape([batch, channels]).into();
        }
        x.reshape([batch, channels, height * width]).sum_dim(2).reshape([batch, channels]).into()
    }
}

impl Forward for SpatialMean {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let [batch, channels, height, width] = x.dims();
        x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels]).into()
    }
}
