//! From channels first, burn's order, to channels last, and channels of several maps beside each other.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::{fill_rows, zeros};
use crate::model::kernels::cpu::simd::dispatch;

/// Side of the square tiles that are turned at once, so that whole cache lines are read and written.
const TILE: usize = 16;

/// Rows of the output that one task writes.
const BAND: usize = 64;

/// `[images, channels, height, width]` as `[images, height, width, channels]`.
///
/// # Panics
///
/// If `x` does not have `extent`'s size.
pub fn to_channels_last(x: &[f32], extent: Extent) -> Vec<f32> {
    assert_eq!(x.len(), extent.len(), "a map of another size");
    transpose(x, extent.channels, extent.height * extent.width)
}

/// The channels of `parts`, each with its number of channels, beside each other: `[pixels, channels of all]`.
///
/// # Panics
///
/// If a part does not have as many pixels.
pub fn concat(parts: &[(&[f32], usize)], pixels: usize) -> Vec<f32> {
    for (values, channels) in parts {
        assert_eq!(values.len(), pixels * channels, "a map of another size");
    }
    let all: usize = parts.iter().map(|(_, channels)| channels).sum();
    fill_rows(pixels * all, all, |pixel, out| {
        let mut rest = out;
        for &(values, channels) in parts {
            let own;
            (own, rest) = rest.split_at_mut(channels);
            own.copy_from_slice(&values[pixel * channels..][..channels]);
        }
    })
}

/// Each matrix `[rows, columns]` of `x` as `[columns, rows]`.
fn transpose(x: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let matrix = (rows * columns).max(1);
    let mut out = zeros(x.len());
    let bands: Vec<_> = out
        .chunks_mut(matrix)
        .zip(x.chunks(matrix))
        .flat_map(|(out, x)| out.chunks_mut(BAND * rows).enumerate().map(move |band| (x, band)))
        .collect();
    bands
        .into_par_iter()
        .for_each(|(x, (band, out))| dispatch(Band { x, columns, first: band * BAND, rows, out }));
    out
}

/// A band of a transposed matrix: columns of `x` from `first` on become rows of `out`.
struct Band<'a> {
    x: &'a [f32],
    columns: usize,
    first: usize,
    rows: usize,
    out: &'a mut [f32],
}

impl NullaryFnOnce for Band<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Band { x, columns, first, rows, out } = self;
        let width = out.len() / rows;
        for row in (0..rows).step_by(TILE) {
            for column in (0..width).step_by(TILE) {
                let (from, to) = (&x[row * columns + first + column..], &mut out[column * rows + row..]);
                if row + TILE <= rows && column + TILE <= width {
                    turn_tile(from, columns, to, rows);
                } else {
                    turn_edge(from, columns, to, [TILE.min(rows - row), TILE.min(width - column)], rows);
                }
            }
        }
    }
}

/// Turns a whole tile; lines of `from` and `to` are `columns` and `rows` apart.
#[inline(always)]
fn turn_tile(from: &[f32], columns: usize, to: &mut [f32], rows: usize) {
    let mut tile = [[0.0f32; TILE]; TILE];
    for (line, from) in tile.iter_mut().zip(from.chunks(columns)) {
        line.copy_from_slice(&from[..TILE]);
    }
    for (j, to) in to.chunks_mut(rows).take(TILE).enumerate() {
        let line: [f32; TILE] = std::array::from_fn(|i| tile[i][j]);
        to[..TILE].copy_from_slice(&line);
    }
}

/// Turns what is left of a tile at the matrix's edge: `tall` lines of `wide` values.
#[inline(always)]
fn turn_edge(from: &[f32], columns: usize, to: &mut [f32], [tall, wide]: [usize; 2], rows: usize) {
    for j in 0..wide {
        for i in 0..tall {
            to[j * rows + i] = from[i * columns + j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::cpu::testing::{EXTENTS, random, same_bits};

    #[test]
    fn channels_come_to_lie_beside_each_other() {
        let parts = [(&[1.0, 2.0, 3.0, 4.0][..], 2), (&[], 0), (&[f32::INFINITY, 6.0][..], 1)];
        assert_eq!(concat(&parts, 2), [1.0, 2.0, f32::INFINITY, 3.0, 4.0, 6.0]);
        let (one, other) = (random(1200 * 64, 1), random(1200 * 35, 2));
        let joined = same_bits(|| concat(&[(&one, 64), (&other, 35)], 1200));
        for (pixel, own) in joined.chunks_exact(99).enumerate() {
            assert_eq!(own[..64], one[pixel * 64..][..64]);
            assert_eq!(own[64..], other[pixel * 35..][..35]);
        }
        assert!(concat(&parts[1..2], 2).is_empty());
    }

    #[test]
    fn values_keep_their_place() {
        for extent in EXTENTS {
            let x = random(extent.len(), 1);
            let pixels = extent.height * extent.width;
            let last = same_bits(|| to_channels_last(&x, extent));
            for (i, &value) in last.iter().enumerate() {
                let (c, pixel, image) =
                    (i % extent.channels, i / extent.channels % pixels, i / extent.channels / pixels);
                assert_eq!(value, x[(image * extent.channels + c) * pixels + pixel]);
            }
        }
    }
}
