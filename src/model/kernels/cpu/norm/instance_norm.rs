//! Instance norm without weights, as PyTorch builds it by default, with an optional ReLU behind it.

use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::norm::{ChannelStatistics, Norm};
use crate::model::kernels::cpu::sections::Sections;

/// `x` with every channel of every image normalised by its own mean and biased variance, which are returned as
/// `[images · channels]`. Where a variance overflows single precision the output is NaN.
///
/// # Panics
///
/// If `x` does not have `extent`'s size.
pub fn instance_norm(x: &[f32], extent: Extent, relu: bool) -> (Vec<f32>, ChannelStatistics) {
    let norm = norm(extent, relu);
    let statistics = norm.measure(x);
    (norm.forward(x, &statistics), statistics)
}

/// Gradient of [`instance_norm`]'s input given that of its output, in the same memory. `statistics` are those that it
/// returned.
///
/// # Panics
///
/// If a size does not agree with `extent`.
pub fn instance_norm_backward(
    x: &[f32],
    extent: Extent,
    relu: bool,
    statistics: &ChannelStatistics,
    gradient: Vec<f32>,
) -> Vec<f32> {
    norm(extent, relu).backward(x, statistics, gradient, false).x
}

fn norm(extent: Extent, relu: bool) -> Norm<'static> {
    Norm {
        sections: Sections::new(extent.images, extent.height * extent.width, extent.channels),
        affine: None,
        relu,
    }
}
