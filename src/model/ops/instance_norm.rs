//! Instance norm, as PyTorch builds it by default.

use burn::tensor::{Tensor, module};

use super::super::kernels::{self, MapKind};
use super::activation::relu;
use super::batch_norm::{EPSILON, TRACE};
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::InstanceNorm;

impl Forward for InstanceNorm {
    /// Each image's channel is one channel of a single large image, so the fused batch norm serves.
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let [batch, channels, height, width] = x.dims();
        if x.shape().num_elements() == 0 {
            return x.into();
        }
        let device = x.device();
        if kernels::are_used() {
            return kernels::map(x, MapKind::InstanceNorm { relu: self.relu }).into();
        }
        let planes = batch * channels;
        let ones = Tensor::ones([planes], &device);
        let zeros = Tensor::zeros([planes], &device);
        let out = module::batch_norm_train(x.reshape([1, planes, height, width]), ones, zeros, EPSILON);
        let trace = out.variance.sqrt().reshape([batch, channels, 1, 1]) * TRACE;
        let normalised = out.output.reshape([batch, channels, height, width]) + trace;
        if self.relu { relu(normalised) } else { normalised }.into()
    }
}
