//! Convolutions of stride 1 as one product with patches (im2col): the values under the kernel, as one row a pixel.
//!
//! Patches are made for a band of rows at a time, so that they stay in the second-level cache. It suits odd sides, few
//! input channels and kernels of any odd size; a kernel of 1x1 needs no patches at all.

use std::ops::Range;

use faer::{Accum, MatRef};
use rayon::prelude::*;

use crate::model::kernels::cpu::conv::product::{Finish, matrix, multiply, start};
use crate::model::kernels::cpu::conv::sums;
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::zeros;
use crate::model::kernels::cpu::tasks;

/// Patches of a band should not hold more values than this (256 KiB).
const VALUES: usize = 1 << 16;

/// Rows of pixels whose patches are made at a time: enough for a product of 64 rows, and fewer only where there would be
/// too few bands.
fn band(extent: Extent, size: usize, outputs: usize) -> usize {
    let values = size * size * extent.channels;
    let most = (VALUES / values.max(1)).clamp(64, 1024);
    tasks::rows_each(extent.rows(), extent.width, most, values * outputs)
}

/// Convolution of a kernel of `size` x `size` (odd), zeros around the images.
///
/// `weight` is `[size * size * channels, outputs]`, rows in the order of a patch `[row, column, channel]`; the result
/// is `[images, height, width, outputs]`.
pub(crate) fn convolve(
    x: &[f32],
    extent: Extent,
    size: usize,
    weight: MatRef<'_, f32>,
    finish: Finish<'_>,
) -> Vec<f32> {
    extent.check(x.len());
    let outputs = weight.ncols();
    let rows = band(extent, size, outputs);
    let mut y = zeros(extent.pixels() * outputs);
    if y.is_empty() {
        return y;
    }
    y.par_chunks_mut(rows * extent.width * outputs).enumerate().for_each_init(
        Vec::new,
        |scratch, (at, y)| {
            let first = at * rows;
            let pixels = y.len() / outputs;
            let patches = patches(x, extent, size, first..first + pixels / extent.width, scratch);
            let start = start(y, finish.bias);
            multiply(y, start, matrix(patches, pixels, size * size * extent.channels), weight);
            finish.activate(y);
        },
    );
    y
}

/// Sum over all pixels of the outer product of the patch of `x` and the pixel of `dy`: the gradient of the weights as
/// `[size * size * channels, outputs]`.
pub(crate) fn correlate(x: &[f32], extent: Extent, size: usize, dy: &[f32], outputs: usize) -> Vec<f32> {
    extent.check(x.len());
    extent.with_channels(outputs).check(dy.len());
    let (values, width) = (size * size * extent.channels, extent.width);
    let rows = band(extent, size, outputs);
    sums::in_parts(extent.rows(), rows, values * outputs, |part, sum| {
        let mut scratch = Vec::new();
        for first in part.clone().step_by(rows) {
            let last = part.end.min(first + rows);
            let pixels = (last - first) * width;
            let patches = patches(x, extent, size, first..last, &mut scratch);
            let dy = matrix(&dy[first * width * outputs..], pixels, outputs);
            multiply(sum, Accum::Add, matrix(patches, pixels, values).transpose(), dy);
        }
    })
}

/// Patches of the pixels in `rows` (counted through all images), made in `scratch`.
fn patches<'a>(
    x: &'a [f32],
    extent: Extent,
    size: usize,
    rows: Range<usize>,
    scratch: &'a mut Vec<f32>,
) -> &'a [f32] {
    let line = extent.width * extent.channels;
    if size == 1 {
        return &x[rows.start * line..rows.end * line];
    }
    let window = size * extent.channels;
    scratch.resize(rows.len() * line * size * size, 0.0);
    for (row, patches) in rows.zip(scratch.chunks_exact_mut((line * size * size).max(1))) {
        let (image, y) = (row / extent.height, row % extent.height);
        for above in 0..size {
            let source = (y + above).checked_sub(size / 2).filter(|y| *y < extent.height);
            let source = source.map(|y| &x[(image * extent.height + y) * line..][..line]);
            let patches = &mut patches[above * window..];
            // Copies of a few values cost a call each unless their number is known here.
            match window {
                3 => windows(source, extent, size, patches, |from, to| to[..3].copy_from_slice(&from[..3])),
                9 => windows(source, extent, size, patches, |from, to| to[..9].copy_from_slice(&from[..9])),
                _ => windows(source, extent, size, patches, |from, to| to.copy_from_slice(from)),
            }
        }
    }
    scratch
}

/// Copies what lies under one row of the kernel, for each pixel of a row, into the patches, which are
/// `size * size * channels` apart. `source` is the row of the map, or nothing above and below it.
#[inline(always)]
fn windows(
    source: Option<&[f32]>,
    extent: Extent,
    size: usize,
    patches: &mut [f32],
    copy: impl Fn(&[f32], &mut [f32]),
) {
    let (channels, half) = (extent.channels, size / 2);
    let window = size * channels;
    for (pixel, patch) in patches.chunks_mut(size * window).take(extent.width).enumerate() {
        let patch = &mut patch[..window];
        let Some(source) = source else {
            patch.fill(0.0);
            continue;
        };
        if pixel >= half && pixel + half < extent.width {
            copy(&source[(pixel - half) * channels..][..window], patch);
            continue;
        }
        for (across, patch) in patch.chunks_exact_mut(channels).enumerate() {
            match (pixel + across).checked_sub(half).filter(|x| *x < extent.width) {
                Some(x) => patch.copy_from_slice(&source[x * channels..][..channels]),
                None => patch.fill(0.0),
            }
        }
    }
}
