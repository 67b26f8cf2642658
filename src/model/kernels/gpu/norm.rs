//! Batch norm and instance norm, with ReLU, and the running statistics of a batch norm.

use burn::backend::TensorMetadata;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};
use burn::tensor::{Shape, Tensor};

use super::activation::{positive, where_positive};
use super::list::registered;
use super::sums::{Cut, inverse_deviation, normalised, scale_and_shift};
use super::tensors::{GpuMaps, argument, count, empty, units};

/// A norm of maps, done or to be done.
#[derive(Clone, Copy)]
pub(super) struct GpuNorm<'a> {
    /// What has statistics of its own.
    pub cut: Cut,
    /// Mean and variance, `[sections * channels]`.
    pub statistics: [&'a CubeTensor; 2],
    /// Weight and bias, `[channels]`; none stand for 1 and 0.
    pub affine: Option<[&'a CubeTensor; 2]>,
    /// Whether ReLU follows.
    pub relu: bool,
}

impl GpuNorm<'_> {
    /// Weight and bias; where there are none, tensors that no kernel looks at.
    fn scale_and_shift(&self) -> [&CubeTensor; 2] {
        self.affine.unwrap_or(self.statistics)
    }

    /// `x` normalised.
    pub fn forward(&self, x: &GpuMaps) -> GpuMaps {
        let output = x.empty(x.extent);
        let (cubes, dim) = units(&x.tensor, count(&x.tensor));
        let ([mean, variance], [weight, bias]) = (self.statistics, self.scale_and_shift());
        normalise_kernel::launch(
            &x.tensor.client,
            cubes,
            dim,
            x.argument(),
            argument(mean),
            argument(variance),
            argument(weight),
            argument(bias),
            output.argument(),
            self.cut.channels,
            self.cut.rows * self.cut.channels,
            self.affine.is_some(),
            self.relu,
        );
        output
    }

    /// The gradient of `x`, and sums `[sections * channels]`, which are the gradients of bias and weight if there is one
    /// section. `constant` says that the statistics do not depend on `x`.
    pub fn backward(&self, x: &GpuMaps, gradient: &GpuMaps, constant: bool) -> (GpuMaps, [CubeTensor; 2]) {
        let ([mean, variance], [weight, bias]) = (self.statistics, self.scale_and_shift());
        let sums = self.cut.gradient_sums(
            [&x.tensor, &gradient.tensor],
            [mean, variance, weight, bias],
            [self.affine.is_some(), self.relu],
        );
        let output = x.empty(x.extent);
        let (cubes, dim) = units(&x.tensor, count(&x.tensor));
        input_gradient_kernel::launch(
            &x.tensor.client,
            cubes,
            dim,
            x.argument(),
            gradient.argument(),
            argument(mean),
            argument(variance),
            argument(weight),
            argument(bias),
            argument(&sums[0]),
            argument(&sums[1]),
            output.argument(),
            self.cut.channels,
            self.cut.rows * self.cut.channels,
            if constant { 0.0 } else { 1.0 / self.cut.rows as f32 },
            self.affine.is_some(),
            self.relu,
        );
        (output, sums)
    }
}

/// `section` is the number of values of a section.
#[cube(launch)]
fn normalise_kernel(
    x: &[f32],
    mean: &[f32],
    variance: &[f32],
    weight: &[f32],
    bias: &[f32],
    output: &mut [f32],
    channels: usize,
    section: usize,
    #[comptime] affine: bool,
    #[comptime] relu: bool,
) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let channel = position % channels;
        let at = position / section * channels + channel;
        let (scale, shift) = scale_and_shift(weight, bias, channel, affine);
        let mut value = normalised(x[position], mean[at], variance[at], scale, shift);
        if comptime!(relu) {
            value = positive(value);
        }
        output[position] = value;
    }
}

/// `scale · (e - mean(e) - x̂ · mean(e · x̂))` with `e` the gradient behind the ReLU, `x̂` the normalised value and means
/// over a section (Ioffe and Szegedy 2015, section 3). `share` is one over the number of pixels, or 0 for constant
/// statistics.
#[cube(launch)]
fn input_gradient_kernel(
    x: &[f32],
    gradient: &[f32],
    mean: &[f32],
    variance: &[f32],
    weight: &[f32],
    bias: &[f32],
    sums: &[f32],
    products: &[f32],
    output: &mut [f32],
    channels: usize,
    section: usize,
    share: f32,
    #[comptime] affine: bool,
    #[comptime] relu: bool,
) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let channel = position % channels;
        let at = position / section * channels + channel;
        let (scale, shift) = scale_and_shift(weight, bias, channel, affine);
        let value = x[position];
        let mut slope = gradient[position];
        if comptime!(relu) {
            slope = where_positive(normalised(value, mean[at], variance[at], scale, shift), slope);
        }
        let inverse = inverse_deviation(variance[at]);
        let deviation = (value - mean[at]) * inverse;
        let projection = deviation * (products[at] * share);
        output[position] = scale * inverse * (slope - sums[at] * share - projection);
    }
}

/// Running mean and variance `[channels]`, moved towards those of a batch by `momentum`; the latter's variance is
/// multiplied by `unbiased` first.
pub(in crate::model) fn blended(
    [mean, variance]: [Tensor<1>; 2],
    [batch_mean, batch_variance]: [Tensor<1>; 2],
    momentum: f64,
    unbiased: f64,
) -> [Tensor<1>; 2] {
    let inputs = [mean, batch_mean, variance, batch_variance].map(Tensor::into_dispatch);
    let shapes = |inputs: &[[Shape; 4]]| {
        inputs.iter().cloned().map(|[mean, _, variance, _]| [mean, variance]).collect()
    };
    let weights = [(1.0 - momentum) as f32, momentum as f32, (momentum * unbiased) as f32];
    let mut made = registered("blended", vec![inputs], shapes, move |layers| {
        layers.into_iter().map(|layer| blend(&layer, weights)).collect()
    });
    made.remove(0).map(Tensor::from_dispatch)
}

fn blend(
    [mean, batch_mean, variance, batch_variance]: &[CubeTensor; 4],
    [keep, take, take_variance]: [f32; 3],
) -> [CubeTensor; 2] {
    let outputs = [mean, variance].map(|old| empty(old, old.shape()));
    let (cubes, dim) = units(mean, count(mean));
    blend_kernel::launch(
        &mean.client,
        cubes,
        dim,
        argument(mean),
        argument(batch_mean),
        argument(variance),
        argument(batch_variance),
        argument(&outputs[0]),
        argument(&outputs[1]),
        keep,
        take,
        take_variance,
    );
    outputs
}

#[cube(launch)]
fn blend_kernel(
    mean: &[f32],
    batch_mean: &[f32],
    variance: &[f32],
    batch_variance: &[f32],
    moved_mean: &mut [f32],
    moved_variance: &mut [f32],
    keep: f32,
    take: f32,
    take_variance: f32,
) {
    let channel = ABSOLUTE_POS;
    if channel < mean.len() {
        moved_mean[channel] = mean[channel] * keep + batch_mean[channel] * take;
        moved_variance[channel] = variance[channel] * keep + batch_variance[channel] * take_variance;
    }
}
