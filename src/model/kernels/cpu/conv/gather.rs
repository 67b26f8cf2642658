//! Convolutions of stride 1 with very few outputs (the last layer, the gradient of pictures): one product gives what
//! each pixel adds to the pixels around it, then each pixel gathers what its neighbours have for it.

use faer::{Accum, MatRef};
use rayon::prelude::*;

use crate::model::kernels::cpu::conv::product::{Finish, matrix, multiply};
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::zeros;

/// Largest number of outputs that [`convolve`] takes.
pub(crate) const MOST: usize = 4;

/// Convolution of a kernel of `size` x `size` (odd), zeros around the images.
///
/// `weight` is `[channels, size * size * outputs]`, columns in the order `[row, column, output]`; the result is
/// `[images, height, width, outputs]`.
///
/// # Panics
/// Panics for more than [`MOST`] outputs.
pub(crate) fn convolve(
    x: &[f32],
    extent: Extent,
    size: usize,
    weight: MatRef<'_, f32>,
    finish: Finish<'_>,
    outputs: usize,
) -> Vec<f32> {
    extent.check(x.len());
    let image = extent.height * extent.width;
    let mut y = zeros(extent.pixels() * outputs);
    if y.is_empty() {
        return y;
    }
    let images = 256usize.div_ceil(image);
    y.par_chunks_mut(images * image * outputs).enumerate().for_each_init(Vec::new, |shares, (at, y)| {
        let pixels = y.len() / outputs;
        let x = &x[at * images * image * extent.channels..];
        shares.resize(pixels * weight.ncols(), 0.0);
        multiply(shares, Accum::Replace, matrix(x, pixels, extent.channels), weight);
        let images = y.chunks_exact_mut(image * outputs).zip(shares.chunks_exact(image * weight.ncols()));
        for (y, shares) in images {
            let bias = finish.bias;
            match outputs {
                1 => gather::<1>(shares, extent, size, bias, y),
                2 => gather::<2>(shares, extent, size, bias, y),
                3 => gather::<3>(shares, extent, size, bias, y),
                4 => gather::<4>(shares, extent, size, bias, y),
                _ => panic!("at most {MOST} outputs can be gathered, not {outputs}"),
            }
            finish.activate(y);
        }
    });
    y
}

/// Adds up, for each pixel of an image, the shares `[pixel, row, column, output]` that belong to it.
fn gather<const N: usize>(shares: &[f32], extent: Extent, size: usize, bias: Option<&[f32]>, y: &mut [f32]) {
    let half = size / 2;
    let (shares, _) = shares.as_chunks::<N>();
    let (pixels, _) = y.as_chunks_mut::<N>();
    let mut first = [0.0; N];
    if let Some(bias) = bias {
        first.copy_from_slice(bias);
    }
    for (row, pixels) in pixels.chunks_exact_mut(extent.width).enumerate() {
        let above = half.saturating_sub(row)..size.min(extent.height + half - row);
        for (column, pixel) in pixels.iter_mut().enumerate() {
            let across = half.saturating_sub(column)..size.min(extent.width + half - column);
            let mut sum = first;
            for above in above.clone() {
                let line = (row + above - half) * extent.width + column;
                for across in across.clone() {
                    let share = shares[((line + across - half) * size + above) * size + across];
                    for (sum, share) in sum.iter_mut().zip(share) {
                        *sum += share;
                    }
                }
            }
            *pixel = sum;
        }
    }
}
