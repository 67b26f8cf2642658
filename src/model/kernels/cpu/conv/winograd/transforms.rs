//! The transforms of F(2x2, 3x3) along the channels.
//!
//! In one dimension, with taps `g`, inputs `d` and outputs `y` (Lavin and Gray 2016, equation 5):
//! `y = A [(G g) * (B d)]`. In two dimensions each matrix is applied to the columns and then to the rows; the
//! gradients use the transposes.

use pulp::Simd;

use crate::model::kernels::cpu::conv::lanes::{Lanes, Vectorized, columns, each, starts, store, turned};
use crate::model::kernels::cpu::extent::Extent;

/// `B d`: 4 inputs to 4 factors.
#[inline(always)]
fn input<S: Simd>(d: [Lanes<S>; 4]) -> [Lanes<S>; 4] {
    [d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]]
}

/// `A m`: 4 products to 2 outputs.
#[inline(always)]
fn output<S: Simd>(m: [Lanes<S>; 4]) -> [Lanes<S>; 2] {
    [m[0] + m[1] + m[2], m[1] - m[2] - m[3]]
}

/// Transpose of [`output`]: the gradients of 2 outputs to those of 4 products.
#[inline(always)]
fn output_gradient<S: Simd>(y: [Lanes<S>; 2]) -> [Lanes<S>; 4] {
    [y[0], y[0] + y[1], y[0] - y[1], -y[1]]
}

/// `G g`: 3 taps to 4 factors.
#[inline(always)]
fn weight<S: Simd>(g: [Lanes<S>; 3]) -> [Lanes<S>; 4] {
    let outer = g[0] + g[2];
    [g[0], (outer + g[1]).half(), (outer - g[1]).half(), g[2]]
}

/// Transpose of [`weight`].
#[inline(always)]
fn weight_gradient<S: Simd>(u: [Lanes<S>; 4]) -> [Lanes<S>; 3] {
    let (sum, difference) = ((u[1] + u[2]).half(), (u[1] - u[2]).half());
    [u[0] + sum, difference, sum + u[3]]
}

/// Transform of rows of tiles to the 16 matrices `v`, `[16, tiles, channels]`.
pub(super) struct TileInput<'a> {
    /// The map.
    pub(super) x: &'a [f32],
    /// Its size.
    pub(super) extent: Extent,
    /// Zeros above and beside it, two at most.
    pub(super) padding: [usize; 2],
    /// First row of tiles, counted through all images.
    pub(super) first: usize,
    /// Number of rows of tiles.
    pub(super) count: usize,
    /// The matrices.
    pub(super) v: &'a mut [f32],
}

impl Vectorized for TileInput<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { x, extent, padding: [above, beside], first, count, v } = self;
        let Extent { height, width, channels, .. } = extent;
        let line = width * channels;
        // A row or column that is over at an odd side has a tile with zeros of its own.
        let [tall, across] = [height + 2 * above, width + 2 * beside].map(|side| (side - 2).div_ceil(2));
        let plane = count * across * channels;
        let none = vec![0.0; line];
        for row in 0..count {
            let at = first + row;
            let (image, top) = (at / tall, at % tall * 2);
            let mut lines = [&none[..]; 4];
            for (y, row) in lines.iter_mut().enumerate() {
                if let Some(y) = (top + y).checked_sub(above).filter(|y| *y < height) {
                    *row = &x[(image * height + y) * line..][..line];
                }
            }
            for channel in starts::<S>(channels) {
                // Neighbouring tiles share two of their four columns.
                let mut left = column(simd, &lines, [0, beside], channels, channel);
                let mut middle = column(simd, &lines, [1, beside], channels, channel);
                for tile in 0..across {
                    let right = column(simd, &lines, [2 * tile + 2, beside], channels, channel);
                    let last = column(simd, &lines, [2 * tile + 3, beside], channels, channel);
                    let square = each(simd, &turned(simd, &[left, middle, right, last]), input);
                    store(&square, v, (row * across + tile) * channels + channel, plane);
                    (left, middle) = (right, last);
                }
            }
        }
    }
}

/// Reads a column, counted from the first one of the padding, and transforms it. A place is a column and the padding.
#[inline(always)]
fn column<S: Simd>(
    simd: S,
    lines: &[&[f32]; 4],
    [column, beside]: [usize; 2],
    channels: usize,
    channel: usize,
) -> [Lanes<S>; 4] {
    if column < beside || (column - beside + 1) * channels > lines[0].len() {
        return [Lanes::zero(simd); 4];
    }
    let at = (column - beside) * channels + channel;
    input([
        Lanes::load(simd, lines[0], at),
        Lanes::load(simd, lines[1], at),
        Lanes::load(simd, lines[2], at),
        Lanes::load(simd, lines[3], at),
    ])
}

/// Transform of the 16 products `m`, `[16, tiles, channels]`, to rows of `y`.
pub(super) struct TileOutput<'a> {
    /// The products.
    pub(super) m: &'a [f32],
    /// What is added to each pixel.
    pub(super) bias: Option<&'a [f32]>,
    /// Size of the map.
    pub(super) extent: Extent,
    /// First row of tiles, counted through all images.
    pub(super) first: usize,
    /// Number of rows of tiles.
    pub(super) count: usize,
    /// These rows of the map.
    pub(super) y: &'a mut [f32],
}

impl Vectorized for TileOutput<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { m, bias, extent: Extent { height, width, channels, .. }, first, count, mut y } = self;
        let (line, across) = (width * channels, width.div_ceil(2));
        let (tall, plane) = (height.div_ceil(2), count * across * channels);
        for row in 0..count {
            // The last row and the last column of an odd side have no second one.
            let lines = 2.min(height - (first + row) % tall * 2);
            let band;
            (band, y) = y.split_at_mut(lines * line);
            let (upper, lower) = band.split_at_mut(line);
            for tile in 0..across {
                let is_whole = 2 * tile + 1 < width;
                for channel in starts::<S>(channels) {
                    let from = (row * across + tile) * channels + channel;
                    let columns = columns::<S, 4>(simd, m, from, plane);
                    let bias = match bias {
                        Some(bias) => Lanes::load(simd, bias, channel),
                        None => Lanes::zero(simd),
                    };
                    let [top, bottom] = each(simd, &turned(simd, &each(simd, &columns, output)), output);
                    let to = 2 * tile * channels + channel;
                    (top[0] + bias).store(upper, to);
                    if is_whole {
                        (top[1] + bias).store(upper, to + channels);
                    }
                    if lines == 2 {
                        (bottom[0] + bias).store(lower, to);
                        if is_whole {
                            (bottom[1] + bias).store(lower, to + channels);
                        }
                    }
                }
            }
        }
    }
}

/// Transform of rows of tiles of an output gradient to those of the 16 products, `m` `[16, tiles, channels]`.
pub(super) struct TileOutputGradient<'a> {
    /// The gradient.
    pub(super) dy: &'a [f32],
    /// Its size.
    pub(super) extent: Extent,
    /// First row of tiles, counted through all images.
    pub(super) first: usize,
    /// Number of rows of tiles.
    pub(super) count: usize,
    /// The matrices.
    pub(super) m: &'a mut [f32],
}

impl Vectorized for TileOutputGradient<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { dy, extent, first, count, m } = self;
        let Extent { width, channels, .. } = extent;
        let (line, across) = (width * channels, width / 2);
        let plane = count * across * channels;
        let rows = dy[2 * first * line..2 * (first + count) * line].chunks_exact(2 * line);
        for (row, dy) in rows.enumerate() {
            let (upper, lower) = dy.split_at(line);
            for tile in 0..across {
                for channel in starts::<S>(channels) {
                    let from = 2 * tile * channels + channel;
                    let next = from + channels;
                    let columns = [
                        output_gradient([Lanes::load(simd, upper, from), Lanes::load(simd, lower, from)]),
                        output_gradient([Lanes::load(simd, upper, next), Lanes::load(simd, lower, next)]),
                    ];
                    let square = each(simd, &turned(simd, &columns), output_gradient);
                    store(&square, m, (row * across + tile) * channels + channel, plane);
                }
            }
        }
    }
}

/// Transform of some inputs' weights.
pub(super) struct TileWeight<'a, 'b> {
    /// `[inputs, 9, outputs]`.
    pub(super) weight: &'a [f32],
    /// Number of outputs.
    pub(super) outputs: usize,
    /// The 16 matrices, `[inputs, outputs]` each.
    pub(super) planes: &'a mut [&'b mut [f32]],
}

impl Vectorized for TileWeight<'_, '_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { weight: taps, outputs, planes } = self;
        for (row, taps) in taps.chunks_exact(9 * outputs).enumerate() {
            for channel in starts::<S>(outputs) {
                let columns = columns::<S, 3>(simd, taps, channel, outputs);
                let square = each(simd, &turned(simd, &each(simd, &columns, weight)), weight);
                for (plane, value) in planes.iter_mut().zip(square.as_flattened()) {
                    value.store(plane, row * outputs + channel);
                }
            }
        }
    }
}

/// Transform of the gradients of the transformed weights to those of the weights.
pub(super) struct TileWeightGradient<'a> {
    /// `[16, inputs, outputs]`.
    pub(super) products: &'a [f32],
    /// Number of inputs.
    pub(super) inputs: usize,
    /// Number of outputs.
    pub(super) outputs: usize,
    /// `[inputs, 9, outputs]`.
    pub(super) gradient: &'a mut [f32],
}

impl Vectorized for TileWeightGradient<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { products, inputs, outputs, gradient } = self;
        for (row, taps) in gradient.chunks_exact_mut(9 * outputs).enumerate() {
            for channel in starts::<S>(outputs) {
                let columns = columns::<S, 4>(simd, products, row * outputs + channel, inputs * outputs);
                let square =
                    each(simd, &turned(simd, &each(simd, &columns, weight_gradient)), weight_gradient);
                store(&square, taps, channel, outputs);
            }
        }
    }
}
