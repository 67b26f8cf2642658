//! Winograd's convolution F(2x2, 3x3): a tile of 2x2 outputs from 4x4 inputs by 16 products in place of 36
//! (Lavin and Gray 2016, section 4.1), for 3x3 kernels of stride 1.
//!
//! A band of tiles is transformed to 16 matrices `[tiles, channels]`, each is multiplied with its matrix of transformed
//! weights, and the products are transformed back. A band is a number of rows of tiles counted through all images, so
//! that small images are joined, and is so large that its two sets of matrices stay in the second-level cache.
//! An infinite value makes its whole tile non-finite.

use faer::{Accum, MatRef};
use rayon::prelude::*;

use crate::model::kernels::cpu::conv::lanes::{self, dispatch};
use crate::model::kernels::cpu::conv::product::{Finish, matrix, multiply};
use crate::model::kernels::cpu::conv::{sums, weights};
use crate::model::kernels::cpu::extent::{Extent, SlidingWindow};
use crate::model::kernels::cpu::fill::zeros;
use crate::model::kernels::cpu::scratch;
use crate::model::kernels::cpu::tasks;

mod transforms;

/// Products of a tile.
const PRODUCTS: usize = 16;

/// Whether it is worth it to convolve to maps of `places` by tiles of 2x2, which odd sides do not fill.
pub(crate) fn fits(places: Extent, inputs: usize, outputs: usize) -> bool {
    let filled = places.height.next_multiple_of(2) * places.width.next_multiple_of(2);
    inputs >= lanes::LEAST && outputs >= lanes::LEAST && 3 * filled <= 4 * places.height * places.width
}

/// Whether the gradient of the weights can be computed by tiles for maps of this size.
pub(crate) fn fits_gradient(extent: Extent, outputs: usize) -> bool {
    extent.height.is_multiple_of(2)
        && extent.width.is_multiple_of(2)
        && extent.channels >= lanes::LEAST
        && outputs >= lanes::LEAST
}

/// Rows of tiles in a band, of `rows` in all: so many that `PRODUCTS` matrices of inputs and outputs hold about 512 KiB,
/// but not less than 64 tiles, and fewer only where there would be too few bands.
fn band(rows: usize, across: usize, inputs: usize, outputs: usize) -> usize {
    let most = (8192 / (inputs + outputs)).clamp(64, 256);
    tasks::rows_each(rows, across, most, PRODUCTS * inputs * outputs)
}

/// Forward pass: `x` of `extent`, `weight` `[outputs, channels, 3, 3]`, `padding` zeros above and beside, gives
/// `[images, height, width, outputs]` with the kernel's places.
pub(crate) fn forward(
    x: &[f32],
    extent: Extent,
    weight: &[f32],
    finish: Finish<'_>,
    padding: [usize; 2],
    outputs: usize,
) -> Vec<f32> {
    let inputs = extent.channels;
    let planes = transformed(weight, outputs, inputs);
    let plane = |product: usize| matrix(&planes[product * inputs * outputs..], inputs, outputs);
    convolve(x, extent, plane, finish, padding, outputs)
}

/// Gradient of the input: `dy` of `extent`, `weight` `[channels, inputs, 3, 3]`, gives
/// `[images, height, width, inputs]`.
///
/// It is the forward pass with rotated kernels. To rotate one is to swap the first and last row and column of its
/// transform, so that the weights are transformed as for the forward pass and read in another order.
pub(crate) fn input_gradient(dy: &[f32], extent: Extent, weight: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = extent.channels;
    let planes = transformed(weight, outputs, inputs);
    let plane = |product: usize| {
        let swap = |at| [3, 1, 2, 0][at];
        let product = swap(product / 4) * 4 + swap(product % 4);
        matrix(&planes[product * inputs * outputs..], inputs, outputs).transpose()
    };
    convolve(dy, extent, plane, Finish::default(), [1, 1], inputs)
}

/// Gradient of the weights, `[outputs, channels, 3, 3]`, from `x` of `extent` and the gradient `dy` of the output.
pub(crate) fn weight_gradient(x: &[f32], dy: &[f32], extent: Extent, outputs: usize) -> Vec<f32> {
    extent.check(x.len());
    extent.with_channels(outputs).check(dy.len());
    let (inputs, across) = (extent.channels, extent.width / 2);
    let rows = band(extent.rows() / 2, across, inputs, outputs);
    let total = sums::in_parts(extent.rows() / 2, rows, 9 * inputs * outputs, |part, sum| {
        let mut products = vec![0.0; PRODUCTS * inputs * outputs];
        for first in part.clone().step_by(rows) {
            let count = rows.min(part.end - first);
            let tiles = count * across;
            scratch::with_two([PRODUCTS * tiles * inputs, PRODUCTS * tiles * outputs], |v, m| {
                dispatch(transforms::TileInput { x, extent, padding: [1, 1], first, count, v });
                let extent = extent.with_channels(outputs);
                dispatch(transforms::TileOutputGradient { dy, extent, first, count, m });
                for product in 0..PRODUCTS {
                    let v = matrix(&v[product * tiles * inputs..], tiles, inputs).transpose();
                    let m = matrix(&m[product * tiles * outputs..], tiles, outputs);
                    let into = &mut products[product * inputs * outputs..][..inputs * outputs];
                    multiply(into, Accum::Add, v, m);
                }
            });
        }
        dispatch(transforms::TileWeightGradient { products: &products, inputs, outputs, gradient: sum });
    });
    weights::transpose(&total, inputs * 9, outputs)
}

/// Transforms `x`, multiplies each of the 16 matrices with `plane(product)`, `[channels, outputs]`, and transforms back.
fn convolve<'a>(
    x: &[f32],
    extent: Extent,
    plane: impl Fn(usize) -> MatRef<'a, f32> + Sync,
    finish: Finish<'_>,
    padding: [usize; 2],
    outputs: usize,
) -> Vec<f32> {
    extent.check(x.len());
    let places = SlidingWindow { size: [3, 3], stride: 1, padding }.places(extent).with_channels(outputs);
    let (inputs, across) = (extent.channels, places.width.div_ceil(2));
    let mut y = zeros(places.len());
    if y.is_empty() {
        return y;
    }
    let rows = band(places.images * places.height.div_ceil(2), across, inputs, outputs);
    bands(&mut y, places, rows).into_par_iter().for_each(|(first, count, y)| {
        let tiles = count * across;
        scratch::with_two([PRODUCTS * tiles * inputs, PRODUCTS * tiles * outputs], |v, m| {
            dispatch(transforms::TileInput { x, extent, padding, first, count, v });
            for product in 0..PRODUCTS {
                let v = matrix(&v[product * tiles * inputs..], tiles, inputs);
                let m = &mut m[product * tiles * outputs..][..tiles * outputs];
                multiply(m, Accum::Replace, v, plane(product));
            }
            dispatch(transforms::TileOutput { m, bias: finish.bias, extent: places, first, count, y });
        });
        finish.activate(y);
    });
    y
}

/// Bands of `y`, which is of `extent`: the first row of tiles, counted through all images, the number of rows of tiles,
/// `most` at most, and the band. An odd height leaves one row of pixels for the last row of tiles of an image.
fn bands(y: &mut [f32], extent: Extent, most: usize) -> Vec<(usize, usize, &mut [f32])> {
    let tall = extent.height.div_ceil(2);
    let row = extent.width * extent.channels;
    let start = |tiles: usize| (tiles / tall * extent.height + tiles % tall * 2) * row;
    let (all, mut rest) = (extent.images * tall, y);
    let mut bands = Vec::with_capacity(all.div_ceil(most));
    for first in (0..all).step_by(most) {
        let count = most.min(all - first);
        let band;
        (band, rest) = rest.split_at_mut(start(first + count) - start(first));
        bands.push((first, count, band));
    }
    bands
}

/// Transformed weights `[16, inputs, outputs]` of `weight` `[outputs, inputs, 3, 3]`.
fn transformed(weight: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
    assert_eq!(weight.len(), outputs * inputs * 9, "the weights are not [{outputs}, {inputs}, 3, 3]");
    let by_input = weights::by_input(weight, outputs, inputs, 9);
    let mut planes = zeros(PRODUCTS * inputs * outputs);
    // A task has a few inputs of each matrix.
    let each = 8;
    let mut blocks: Vec<_> =
        planes.chunks_exact_mut(inputs * outputs).map(|p| p.chunks_mut(each * outputs)).collect();
    let blocks: Vec<Vec<&mut [f32]>> =
        (0..inputs.div_ceil(each)).map(|_| blocks.iter_mut().filter_map(Iterator::next).collect()).collect();
    blocks.into_par_iter().zip(by_input.par_chunks(each * 9 * outputs)).for_each(|(mut planes, weight)| {
        dispatch(transforms::TileWeight { weight, outputs, planes: &mut planes });
    });
    planes
}
