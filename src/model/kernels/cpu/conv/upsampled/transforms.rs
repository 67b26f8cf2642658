//! The transforms of an upsampled convolution along the channels; see the parent for the formulas.

use pulp::Simd;

use crate::model::kernels::cpu::conv::lanes::{Lanes, Vectorized, columns, each, starts, store, turned};
use crate::model::kernels::cpu::extent::Extent;

/// 3 source pixels to 3 factors.
#[inline(always)]
fn input<S: Simd>(d: [Lanes<S>; 3]) -> [Lanes<S>; 3] {
    [d[0] - d[1], d[1], d[2] - d[1]]
}

/// 3 products to 2 outputs.
#[inline(always)]
fn output<S: Simd>(m: [Lanes<S>; 3]) -> [Lanes<S>; 2] {
    [m[0] + m[1], m[1] + m[2]]
}

/// Transpose of [`output`].
#[inline(always)]
fn output_gradient<S: Simd>(y: [Lanes<S>; 2]) -> [Lanes<S>; 3] {
    [y[0], y[0] + y[1], y[1]]
}

/// Transposes of [`output`] and [`input`] in one: what the gradients of the outputs `2i - 1` to `2i + 2` are for the
/// source pixel `i`, before they are multiplied with the three factors of the weights.
#[inline(always)]
fn window<S: Simd>(y: [Lanes<S>; 4]) -> [Lanes<S>; 3] {
    [y[3] - y[1], y[1] + y[2], y[0] - y[2]]
}

/// 3 taps to 3 factors.
#[inline(always)]
fn weight<S: Simd>(g: [Lanes<S>; 3]) -> [Lanes<S>; 3] {
    [g[0], g[0] + g[1] + g[2], g[2]]
}

/// Transpose of [`weight`].
#[inline(always)]
fn weight_gradient<S: Simd>(u: [Lanes<S>; 3]) -> [Lanes<S>; 3] {
    [u[0] + u[1], u[1], u[1] + u[2]]
}

/// Rows `top - 1` and on of an image, `none` where the image has no such row.
#[inline(always)]
fn lines<'a, const R: usize>(
    x: &'a [f32],
    none: &'a [f32],
    extent: Extent,
    image: usize,
    top: usize,
) -> [&'a [f32]; R] {
    let line = extent.width * extent.channels;
    let mut lines = [none; R];
    for (y, row) in lines.iter_mut().enumerate() {
        if let Some(y) = (top + y).checked_sub(1).filter(|y| *y < extent.height) {
            *row = &x[(image * extent.height + y) * line..][..line];
        }
    }
    lines
}

/// Columns `left - 1` and on of some rows, zero where the image has no such column; runs that begin at `channel`.
#[inline(always)]
fn square<S: Simd, const N: usize>(
    simd: S,
    lines: &[&[f32]; N],
    extent: Extent,
    left: usize,
    channel: usize,
) -> [[Lanes<S>; N]; N] {
    let mut columns = [[Lanes::zero(simd); N]; N];
    for (x, column) in columns.iter_mut().enumerate() {
        if left + x >= 1 && left + x <= extent.width {
            for (value, line) in column.iter_mut().zip(lines) {
                *value = Lanes::load(simd, line, (left + x - 1) * extent.channels + channel);
            }
        }
    }
    columns
}

/// Transform of rows of the small map to the 9 matrices `v`, `[9, pixels, channels]`.
pub(super) struct UpsampledInput<'a> {
    /// The small map.
    pub(super) x: &'a [f32],
    /// Its size.
    pub(super) extent: Extent,
    /// First row, counted through all images.
    pub(super) first: usize,
    /// Number of rows.
    pub(super) count: usize,
    /// The matrices.
    pub(super) v: &'a mut [f32],
}

impl Vectorized for UpsampledInput<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { x, extent, first, count, v } = self;
        let Extent { height, width, channels, .. } = extent;
        let none = vec![0.0; width * channels];
        let plane = count * width * channels;
        for row in 0..count {
            let at = first + row;
            let lines = lines::<3>(x, &none, extent, at / height, at % height);
            for pixel in 0..width {
                for channel in starts::<S>(channels) {
                    let columns = square(simd, &lines, extent, pixel, channel);
                    let factors = each(simd, &turned(simd, &each(simd, &columns, input)), input);
                    store(&factors, v, (row * width + pixel) * channels + channel, plane);
                }
            }
        }
    }
}

/// Transform of the 9 products `m`, `[9, pixels, channels]`, to rows of the large map.
pub(super) struct UpsampledOutput<'a> {
    /// The products.
    pub(super) m: &'a [f32],
    /// What is added to each pixel.
    pub(super) bias: Option<&'a [f32]>,
    /// Width of the small map.
    pub(super) width: usize,
    /// Channels of the large map.
    pub(super) channels: usize,
    /// Pairs of rows of the large map.
    pub(super) y: &'a mut [f32],
}

impl Vectorized for UpsampledOutput<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { m, bias, width, channels, y } = self;
        let plane = y.len() / 4;
        for (row, y) in y.chunks_exact_mut(4 * width * channels).enumerate() {
            let (upper, lower) = y.split_at_mut(2 * width * channels);
            for pixel in 0..width {
                for channel in starts::<S>(channels) {
                    let columns = columns::<S, 3>(simd, m, (row * width + pixel) * channels + channel, plane);
                    let bias = match bias {
                        Some(bias) => Lanes::load(simd, bias, channel),
                        None => Lanes::zero(simd),
                    };
                    let [top, bottom] = each(simd, &turned(simd, &each(simd, &columns, output)), output);
                    let to = 2 * pixel * channels + channel;
                    (top[0] + bias).store(upper, to);
                    (top[1] + bias).store(upper, to + channels);
                    (bottom[0] + bias).store(lower, to);
                    (bottom[1] + bias).store(lower, to + channels);
                }
            }
        }
    }
}

/// Transform of the gradient of the large map to those of the 9 products, `m` `[9, pixels, channels]`.
pub(super) struct UpsampledOutputGradient<'a> {
    /// The gradient.
    pub(super) dy: &'a [f32],
    /// Size of the small map, with the channels of the large one.
    pub(super) extent: Extent,
    /// First row of the small map, counted through all images.
    pub(super) first: usize,
    /// Number of rows of the small map.
    pub(super) count: usize,
    /// The matrices.
    pub(super) m: &'a mut [f32],
}

impl Vectorized for UpsampledOutputGradient<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { dy, extent, first, count, m } = self;
        let Extent { width, channels, .. } = extent;
        let (line, plane) = (2 * width * channels, count * width * channels);
        for (row, dy) in dy[2 * first * line..].chunks_exact(2 * line).take(count).enumerate() {
            let (upper, lower) = dy.split_at(line);
            for pixel in 0..width {
                for channel in starts::<S>(channels) {
                    let from = 2 * pixel * channels + channel;
                    let next = from + channels;
                    let columns = [
                        output_gradient([Lanes::load(simd, upper, from), Lanes::load(simd, lower, from)]),
                        output_gradient([Lanes::load(simd, upper, next), Lanes::load(simd, lower, next)]),
                    ];
                    let square = each(simd, &turned(simd, &columns), output_gradient);
                    store(&square, m, (row * width + pixel) * channels + channel, plane);
                }
            }
        }
    }
}

/// Transform of the gradient of the large map to nine for each pixel of the small one, `[pixels, 9, channels]`.
pub(super) struct Window<'a> {
    /// The gradient.
    pub(super) dy: &'a [f32],
    /// Its size.
    pub(super) extent: Extent,
    /// First row of the small map, counted through all images.
    pub(super) first: usize,
    /// Number of rows of the small map.
    pub(super) count: usize,
    /// The transformed gradients.
    pub(super) d: &'a mut [f32],
}

impl Vectorized for Window<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { dy, extent, first, count, d } = self;
        let Extent { height, width, channels, .. } = extent;
        let none = vec![0.0; width * channels];
        for row in 0..count {
            let at = 2 * (first + row);
            let lines = lines::<4>(dy, &none, extent, at / height, at % height);
            for pixel in 0..width / 2 {
                for channel in starts::<S>(channels) {
                    let columns = square(simd, &lines, extent, 2 * pixel, channel);
                    let factors = each(simd, &turned(simd, &each(simd, &columns, window)), window);
                    store(&factors, d, (row * (width / 2) + pixel) * 9 * channels + channel, channels);
                }
            }
        }
    }
}

/// Transform of weights in place.
pub(super) struct UpsampledWeight<'a> {
    /// `[inputs, 9, outputs]`.
    pub(super) taps: &'a mut [f32],
    /// Number of outputs.
    pub(super) outputs: usize,
}

impl Vectorized for UpsampledWeight<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { taps, outputs } = self;
        let mut done = vec![0.0; 9 * outputs];
        for taps in taps.chunks_exact_mut(9 * outputs) {
            for channel in starts::<S>(outputs) {
                let columns = columns::<S, 3>(simd, taps, channel, outputs);
                let square = each(simd, &turned(simd, &each(simd, &columns, weight)), weight);
                // Not in place yet: the last run may overlap the one before.
                store(&square, &mut done, channel, outputs);
            }
            taps.copy_from_slice(&done);
        }
    }
}

/// Transform of the gradients of the transformed weights to those of the weights.
pub(super) struct UpsampledWeightGradient<'a> {
    /// `[9, inputs, outputs]`.
    pub(super) products: &'a [f32],
    /// Number of inputs.
    pub(super) inputs: usize,
    /// Number of outputs.
    pub(super) outputs: usize,
    /// `[inputs, 9, outputs]`.
    pub(super) gradient: &'a mut [f32],
}

impl Vectorized for UpsampledWeightGradient<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { products, inputs, outputs, gradient } = self;
        for (row, taps) in gradient.chunks_exact_mut(9 * outputs).enumerate() {
            for channel in starts::<S>(outputs) {
                let columns = columns::<S, 3>(simd, products, row * outputs + channel, inputs * outputs);
                let square =
                    each(simd, &turned(simd, &each(simd, &columns, weight_gradient)), weight_gradient);
                store(&square, taps, channel, outputs);
            }
        }
    }
}
