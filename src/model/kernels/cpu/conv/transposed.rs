//! Transposed convolution of 2x2, stride 2, padding 0, and its gradients: each pixel becomes a square of 2x2 pixels by
//! one product, and the squares are woven into the large map.

use faer::Accum;
use rayon::prelude::*;

use crate::model::kernels::cpu::conv::product::{matrix, multiply};
use crate::model::kernels::cpu::conv::{sums, weights};
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::zeros;
use crate::model::kernels::cpu::pool::halved;
use crate::model::kernels::cpu::tasks;

/// Taps of the kernel, and pixels of a square.
const TAPS: usize = 4;

/// Rows of the small map that are worked on at a time: their squares should stay in the second-level cache, and there
/// should be enough bands.
fn band(small: Extent, outputs: usize) -> usize {
    let most = ((1 << 16) / (TAPS * outputs).max(1)).clamp(64, 1024);
    tasks::rows_each(small.rows(), small.width, most, TAPS * small.channels * outputs)
}

/// Forward pass.
///
/// `x` is of `extent`, `weight` `[channels, outputs, 2, 2]`, `bias` `[outputs]`; gives
/// `[images, 2 height, 2 width, outputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn forward(x: &[f32], extent: Extent, weight: &[f32], bias: Option<&[f32]>, outputs: usize) -> Vec<f32> {
    let Extent { width, channels: inputs, .. } = extent;
    extent.check(x.len());
    assert!(bias.is_none_or(|bias| bias.len() == outputs), "the bias has not {outputs} values");
    let weight = by_tap(weight, inputs, outputs);
    let mut y = zeros(TAPS * extent.pixels() * outputs);
    if y.is_empty() {
        return y;
    }
    let (rows, row) = (band(extent, outputs), TAPS * width * outputs);
    y.par_chunks_mut(rows * row).enumerate().for_each_init(Vec::new, |squares, (at, y)| {
        squares.resize(y.len(), 0.0);
        let pixels = y.len() / row * width;
        let x = matrix(&x[at * rows * width * inputs..], pixels, inputs);
        multiply(squares, Accum::Replace, x, matrix(&weight, inputs, TAPS * outputs));
        for (y, squares) in y.chunks_exact_mut(row).zip(squares.chunks_exact(row)) {
            let (upper, lower) = y.split_at_mut(row / 2);
            let halves = upper.chunks_exact_mut(2 * outputs).zip(lower.chunks_exact_mut(2 * outputs));
            for ((upper, lower), square) in halves.zip(squares.chunks_exact(TAPS * outputs)) {
                let (top, bottom) = square.split_at(2 * outputs);
                upper.copy_from_slice(top);
                lower.copy_from_slice(bottom);
            }
        }
        if let Some(bias) = bias {
            for pixel in y.chunks_exact_mut(outputs) {
                for (value, bias) in pixel.iter_mut().zip(bias) {
                    *value += bias;
                }
            }
        }
    });
    y
}

/// Gradient of the input, `[images, height / 2, width / 2, inputs]`.
///
/// `dy` is the gradient of the output, of `extent_of_dy` (even sides), `weight` `[inputs, channels of dy, 2, 2]`.
///
/// # Panics
/// Panics if a side is odd or a slice's length does not fit.
pub fn input_gradient(dy: &[f32], extent_of_dy: Extent, weight: &[f32], inputs: usize) -> Vec<f32> {
    let Extent { height, width, channels: outputs, .. } = extent_of_dy;
    extent_of_dy.check(dy.len());
    assert!(height.is_multiple_of(2) && width.is_multiple_of(2), "the sides of {extent_of_dy:?} are odd");
    let weight = by_tap(weight, inputs, outputs);
    let small = halved(extent_of_dy).with_channels(inputs);
    let mut dx = zeros(small.len());
    if dx.is_empty() {
        return dx;
    }
    let rows = band(small, outputs);
    let row = small.width * inputs;
    dx.par_chunks_mut(rows * row).enumerate().for_each_init(Vec::new, |scratch, (at, dx)| {
        let pixels = dx.len() / inputs;
        let squares = squares(dy, small.width * outputs, at * rows, dx.len() / row, outputs, scratch);
        let weight = matrix(&weight, inputs, TAPS * outputs).transpose();
        multiply(dx, Accum::Replace, matrix(squares, pixels, TAPS * outputs), weight);
    });
    dx
}

/// Gradient of the weights, `[channels, outputs, 2, 2]`.
///
/// `x` is of `extent_of_x`, `dy` the gradient of the output, `[images, 2 height, 2 width, outputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn weight_gradient(x: &[f32], dy: &[f32], extent_of_x: Extent, outputs: usize) -> Vec<f32> {
    let (extent, inputs, values) = (extent_of_x, extent_of_x.channels, TAPS * outputs);
    extent.check(x.len());
    extent.doubled().with_channels(outputs).check(dy.len());
    let rows = band(extent, outputs);
    let total = sums::in_parts(extent.rows(), rows, inputs * values, |part, sum| {
        let mut scratch = Vec::new();
        for first in part.clone().step_by(rows) {
            let count = rows.min(part.end - first);
            let pixels = count * extent.width;
            let squares = squares(dy, extent.width * outputs, first, count, outputs, &mut scratch);
            let x = matrix(&x[first * extent.width * inputs..], pixels, inputs).transpose();
            multiply(sum, Accum::Add, x, matrix(squares, pixels, values));
        }
    });
    weights::transpose_each(&total, TAPS, outputs)
}

/// `[in, out, 2, 2]` to `[in, 2, 2, out]`.
fn by_tap(weight: &[f32], inputs: usize, outputs: usize) -> Vec<f32> {
    assert_eq!(weight.len(), inputs * outputs * TAPS, "the weights are not [{inputs}, {outputs}, 2, 2]");
    weights::transpose_each(weight, outputs, TAPS)
}

/// Squares `[pixels, 2, 2, outputs]` of `count` rows of the small map, whose rows are `line` values of a tap long,
/// gathered from the large map `dy`.
fn squares<'a>(
    dy: &[f32],
    line: usize,
    first: usize,
    count: usize,
    outputs: usize,
    scratch: &'a mut Vec<f32>,
) -> &'a [f32] {
    let row = TAPS * line;
    scratch.resize(count * row, 0.0);
    if scratch.is_empty() {
        return scratch;
    }
    for (dy, squares) in dy[first * row..].chunks_exact(row).zip(scratch.chunks_exact_mut(row)) {
        let (upper, lower) = dy.split_at(row / 2);
        let halves = upper.chunks_exact(2 * outputs).zip(lower.chunks_exact(2 * outputs));
        for ((upper, lower), square) in halves.zip(squares.chunks_exact_mut(TAPS * outputs)) {
            let (top, bottom) = square.split_at_mut(2 * outputs);
            top.copy_from_slice(upper);
            bottom.copy_from_slice(lower);
        }
    }
    scratch
}

#[cfg(test)]
mod tests;
