//! Resizing by a whole factor: bilinear (half-pixel centres, PyTorch's `align_corners=False`) or nearest.
//!
//! burn's wgpu backend has no backward pass for bilinear interpolation, so bilinear resizing is two
//! matrix products with constant interpolation matrices, the same on every backend.

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData};

use super::super::kernels::{self, MapKind};
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::{Interpolation, Upsample};

impl Forward for Upsample {
    fn forward(&self, inputs: Vec<Value>, _layer: Layer<'_>) -> Value {
        let (x, factor) = (maps(inputs), self.factor);
        // A product of no matrices reads beyond its memory in burn-flex 0.22.1, so nothing becomes nothing.
        if x.shape().num_elements() == 0 {
            let [batch, channels, height, width] = x.dims();
            return Tensor::<4>::zeros([batch, channels, height * factor, width * factor], &x.device())
                .into();
        }
        if kernels::are_used() {
            let kind = match self.interpolation {
                Interpolation::Bilinear => MapKind::Bilinear(factor),
                Interpolation::Nearest => MapKind::Nearest(factor),
            };
            return kernels::map(x, kind).into();
        }
        match self.interpolation {
            Interpolation::Bilinear => bilinear(x, factor).into(),
            Interpolation::Nearest => nearest(x, factor).into(),
        }
    }
}

/// Each pixel as `factor` times `factor` of the same value.
pub(super) fn nearest(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let size = [height * factor, width * factor];
    interpolate(x, InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size))
}

fn bilinear(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let device = x.device();
    let planes = batch * channels;
    let (tall, wide) = (height * factor, width * factor);
    let across = interpolation_matrix(width, factor, &device).transpose();
    let down = interpolation_matrix(height, factor, &device);
    let x = x.reshape([planes * height, width]).matmul(across);
    let x = x.reshape([planes, height, wide]);
    down.unsqueeze::<3>().matmul(x).reshape([batch, channels, tall, wide])
}

/// `[size * factor, size]`: row `o` holds the weights of the inputs that make up output `o`.
fn interpolation_matrix(size: usize, factor: usize, device: &Device) -> Tensor<2> {
    let rows = size * factor;
    let mut matrix = vec![0.0f32; rows * size];
    for row in 0..rows {
        let source = ((row as f32 + 0.5) / factor as f32 - 0.5).max(0.0);
        let low = (source as usize).min(size - 1);
        let high = (low + 1).min(size - 1);
        let share = source - low as f32;
        matrix[row * size + low] += 1.0 - share;
        matrix[row * size + high] += share;
    }
    Tensor::from_data(TensorData::new(matrix, [rows, size]), device)
}
