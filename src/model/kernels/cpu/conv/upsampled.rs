//! Nearest upsampling by two, then a 3x3 convolution of stride 1 and padding 1, without the upsampled map.
//!
//! A tile of 2x2 outputs sees 4x4 pixels of the upsampled map, which are 3x3 pixels of the small one, the middle ones
//! twice. So of Winograd's F(2x2, 3x3) one row and one column of the transformed inputs vanish, and 9 products of 16 are
//! left; four 2x2 convolutions, one for each parity of the output, would take 16. In one dimension, with source pixels
//! `a, b, c` and taps `g0, g1, g2`: `m = [(a - b) g0, b (g0 + g1 + g2), (c - b) g2]`, `y = [m0 + m1, m1 + m2]`.

use faer::Accum;
use rayon::prelude::*;

use crate::model::kernels::cpu::conv::lanes::{self, dispatch};
use crate::model::kernels::cpu::conv::product::{matrix, multiply, start, strided};
use crate::model::kernels::cpu::conv::{conv3, sums, weights};
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::zeros;
use crate::model::kernels::cpu::pool::halved;
use crate::model::kernels::cpu::scratch;
use crate::model::kernels::cpu::tasks;

mod transforms;

/// Products of a tile.
const PRODUCTS: usize = 9;

/// Rows in a band of the small map, which is of `small`: so many that `PRODUCTS` matrices of its channels and of `others`
/// hold about 512 KiB, but not less than 64 pixels, and fewer only where there would be too few bands.
fn band(small: Extent, others: usize) -> usize {
    let most = (14_336 / (small.channels + others)).clamp(64, 256);
    tasks::rows_each(small.rows(), small.width, most, PRODUCTS * small.channels * others)
}

/// Whether there are enough channels for vector registers.
fn fits(inputs: usize, outputs: usize) -> bool {
    inputs >= lanes::LEAST && outputs >= lanes::LEAST
}

/// Forward pass.
///
/// `x` is the small map, of `extent`, `weight` `[outputs, channels, 3, 3]`, `bias` `[outputs]`; gives
/// `[images, 2 height, 2 width, outputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn forward(x: &[f32], extent: Extent, weight: &[f32], bias: Option<&[f32]>, outputs: usize) -> Vec<f32> {
    let inputs = extent.channels;
    extent.check(x.len());
    conv3::check(weight, bias, outputs, inputs);
    if !fits(inputs, outputs) {
        return conv3::forward(&enlarged(x, extent), extent.doubled(), weight, bias, outputs);
    }
    let mut y = zeros(4 * extent.pixels() * outputs);
    if y.is_empty() {
        return y;
    }
    let factors = transformed(weight, outputs, inputs);
    let rows = band(extent, outputs);
    let row = 4 * extent.width * outputs;
    y.par_chunks_mut(rows * row).enumerate().for_each(|(at, y)| {
        let count = y.len() / row;
        let pixels = count * extent.width;
        scratch::with_two([PRODUCTS * pixels * inputs, PRODUCTS * pixels * outputs], |v, m| {
            dispatch(transforms::UpsampledInput { x, extent, first: at * rows, count, v });
            for product in 0..PRODUCTS {
                let v = matrix(&v[product * pixels * inputs..], pixels, inputs);
                let factor = strided(&factors[product * outputs..], inputs, outputs, PRODUCTS * outputs);
                multiply(&mut m[product * pixels * outputs..], Accum::Replace, v, factor);
            }
            dispatch(transforms::UpsampledOutput { m, bias, width: extent.width, channels: outputs, y });
        });
    });
    y
}

/// Gradient of the small map.
///
/// `dy` is the gradient of the output, of `extent_of_dy` (even sides), `weight` `[channels of dy, inputs, 3, 3]`; gives
/// `[images, height / 2, width / 2, inputs]`.
///
/// # Panics
/// Panics if a side is odd or a slice's length does not fit.
pub fn input_gradient(dy: &[f32], extent_of_dy: Extent, weight: &[f32], inputs: usize) -> Vec<f32> {
    transpose(dy, extent_of_dy, weight, None, inputs)
}

/// [`input_gradient`], plus a `bias` `[inputs]` at each pixel.
pub(crate) fn transpose(
    dy: &[f32],
    extent_of_dy: Extent,
    weight: &[f32],
    bias: Option<&[f32]>,
    inputs: usize,
) -> Vec<f32> {
    let (extent, outputs) = (extent_of_dy, extent_of_dy.channels);
    extent.check(dy.len());
    conv3::check(weight, None, outputs, inputs);
    assert!(extent.height.is_multiple_of(2) && extent.width.is_multiple_of(2), "{extent:?} is not upsampled");
    if !fits(inputs, outputs) {
        let mut dx =
            reduced(&conv3::input_gradient(dy, extent, weight, inputs), extent.with_channels(inputs));
        for (x, bias) in dx.iter_mut().zip(bias.into_iter().flatten().cycle()) {
            *x += bias;
        }
        return dx;
    }
    let small = halved(extent).with_channels(inputs);
    let mut dx = zeros(small.len());
    if dx.is_empty() {
        return dx;
    }
    let factors = transformed(weight, outputs, inputs);
    // Each pixel's nine transformed gradients are one row, so that one product adds up all nine.
    let values = PRODUCTS * outputs;
    let factors = matrix(&factors, inputs, values).transpose();
    let (row, rows) = (small.width * inputs, band(small, outputs));
    dx.par_chunks_mut(rows * row).enumerate().for_each(|(at, dx)| {
        let pixels = dx.len() / inputs;
        scratch::with_two([pixels * values, 0], |d, _| {
            dispatch(transforms::Window { dy, extent, first: at * rows, count: dx.len() / row, d });
            let start = start(dx, bias);
            multiply(dx, start, matrix(d, pixels, values), factors);
        });
    });
    dx
}

/// Gradient of the weights, `[outputs, channels, 3, 3]`.
///
/// `x` is the small map, of `extent_of_x`, `dy` the gradient of the output, `[images, 2 height, 2 width, outputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn weight_gradient(x: &[f32], dy: &[f32], extent_of_x: Extent, outputs: usize) -> Vec<f32> {
    let (extent, inputs) = (extent_of_x, extent_of_x.channels);
    extent.check(x.len());
    extent.doubled().with_channels(outputs).check(dy.len());
    if !fits(inputs, outputs) {
        return conv3::weight_gradient(&enlarged(x, extent), dy, extent.doubled(), outputs);
    }
    if extent.is_empty() {
        return vec![0.0; PRODUCTS * inputs * outputs];
    }
    let rows = band(extent, outputs);
    let total = sums::in_parts(extent.rows(), rows, PRODUCTS * inputs * outputs, |part, sum| {
        let mut products = vec![0.0; PRODUCTS * inputs * outputs];
        for first in part.clone().step_by(rows) {
            let count = rows.min(part.end - first);
            let pixels = count * extent.width;
            scratch::with_two([PRODUCTS * pixels * inputs, PRODUCTS * pixels * outputs], |v, m| {
                dispatch(transforms::UpsampledInput { x, extent, first, count, v });
                let extent = extent.with_channels(outputs);
                dispatch(transforms::UpsampledOutputGradient { dy, extent, first, count, m });
                for product in 0..PRODUCTS {
                    let v = matrix(&v[product * pixels * inputs..], pixels, inputs).transpose();
                    let m = matrix(&m[product * pixels * outputs..], pixels, outputs);
                    multiply(&mut products[product * inputs * outputs..], Accum::Add, v, m);
                }
            });
        }
        dispatch(transforms::UpsampledWeightGradient { products: &products, inputs, outputs, gradient: sum });
    });
    weights::transpose(&total, inputs * 9, outputs)
}

/// Transformed weights `[inputs, 9, outputs]` of `weight` `[outputs, inputs, 3, 3]`.
fn transformed(weight: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
    let mut factors = weights::by_input(weight, outputs, inputs, 9);
    factors
        .par_chunks_mut(8 * 9 * outputs)
        .for_each(|taps| dispatch(transforms::UpsampledWeight { taps, outputs }));
    factors
}

/// Nearest upsampling by two.
fn enlarged(x: &[f32], extent: Extent) -> Vec<f32> {
    let Extent { width, channels, .. } = extent;
    let mut large = zeros(4 * x.len());
    if large.is_empty() {
        return large;
    }
    large.par_chunks_mut(2 * width * channels).enumerate().for_each(|(row, large)| {
        let x = &x[row / 2 * width * channels..];
        for (pixel, large) in large.chunks_exact_mut(channels).enumerate() {
            large.copy_from_slice(&x[pixel / 2 * channels..][..channels]);
        }
    });
    large
}

/// Transpose of [`enlarged`]: sums over squares of 2x2 pixels of a map of `extent`.
fn reduced(large: &[f32], extent: Extent) -> Vec<f32> {
    let Extent { width, channels, .. } = extent;
    let mut small = zeros(large.len() / 4);
    if small.is_empty() {
        return small;
    }
    small.par_chunks_mut(width / 2 * channels).enumerate().for_each(|(row, small)| {
        for (line, large) in
            large[2 * row * width * channels..].chunks_exact(width * channels).take(2).enumerate()
        {
            for (pixel, large) in large.chunks_exact(channels).enumerate() {
                let first = line == 0 && pixel % 2 == 0;
                for (small, value) in small[pixel / 2 * channels..].iter_mut().zip(large) {
                    *small = if first { *value } else { *small + value };
                }
            }
        }
    });
    small
}

#[cfg(test)]
mod tests;
