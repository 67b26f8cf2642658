//! Enlarging by repetition.

use pulp::NullaryFnOnce;

use super::enlarged;
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::fill_rows;
use crate::model::kernels::cpu::simd::{add_to, dispatch};

/// Every pixel of `x` as a square of `factor` x `factor` pixels.
///
/// # Panics
///
/// If `x` does not have `extent`'s size, or `factor` is 0.
pub fn nearest(x: &[f32], extent: Extent, factor: usize) -> Vec<f32> {
    assert_eq!(x.len(), extent.len(), "a map of another size");
    assert!(factor > 0, "enlarging by a factor of 0");
    let (out, row) = (enlarged(extent, factor), extent.width * extent.channels);
    // Rows are counted over all images: all have the same height.
    fill_rows(out.len(), out.width * out.channels, |index, row_out| {
        let pixels = x[index / factor * row..][..row].chunks_exact(extent.channels);
        for (square, pixel) in row_out.chunks_exact_mut(factor * extent.channels).zip(pixels) {
            square.chunks_exact_mut(extent.channels).for_each(|out| out.copy_from_slice(pixel));
        }
    })
}

/// Gradient of [`nearest`]'s input, whose size is `extent`: the sum over each square.
///
/// # Panics
///
/// If `gradient` does not have the output's size, or `factor` is 0.
pub fn nearest_backward(gradient: &[f32], extent: Extent, factor: usize) -> Vec<f32> {
    let large = enlarged(extent, factor);
    assert_eq!(gradient.len(), large.len(), "a gradient of another size");
    assert!(factor > 0, "enlarging by a factor of 0");
    let rows = factor * large.width * large.channels;
    fill_rows(extent.len(), extent.width * extent.channels, |index, out| {
        dispatch(SumSquares {
            rows: &gradient[index * rows..][..rows],
            channels: extent.channels,
            factor,
            out,
        });
    })
}

/// Adds up `factor` rows of the gradient in squares.
struct SumSquares<'a> {
    rows: &'a [f32],
    channels: usize,
    factor: usize,
    out: &'a mut [f32],
}

impl NullaryFnOnce for SumSquares<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for row in self.rows.chunks_exact(self.factor * self.out.len()) {
            let squares = row.chunks_exact(self.factor * self.channels);
            for (out, square) in self.out.chunks_exact_mut(self.channels).zip(squares) {
                match self.factor {
                    2 => {
                        let (left, right) = square.split_at(self.channels);
                        add_pair(out, left, right);
                    }
                    _ => square.chunks_exact(self.channels).for_each(|pixel| add_to(out, pixel)),
                }
            }
        }
    }
}

/// Adds two pixels at once.
#[inline(always)]
fn add_pair(sums: &mut [f32], left: &[f32], right: &[f32]) {
    for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
        *sum += left + right;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::cpu::testing::{EXTENTS, assert_adjoint, extent, random, same_bits};

    #[test]
    fn pixels_become_squares() {
        for (extent, factor) in EXTENTS.into_iter().zip([2, 4, 8, 2, 3, 2, 2, 2, 1]) {
            let (x, large) = (random(extent.len(), 1), enlarged(extent, factor));
            let y = same_bits(|| nearest(&x, extent, factor));
            assert_eq!(y.len(), large.len());
            for (i, &y) in y.iter().enumerate() {
                let (c, pixel) = (i % extent.channels, i / extent.channels);
                let (px, row) = (pixel % large.width, pixel / large.width);
                assert_eq!(y, x[(row / factor * extent.width + px / factor) * extent.channels + c]);
            }
        }
    }

    #[test]
    fn the_gradient_is_the_adjoint() {
        for (extent, factor) in EXTENTS.into_iter().zip([2, 4, 8, 2, 3, 2, 2, 2, 4]) {
            let (x, gradient) = (random(extent.len(), 1), random(enlarged(extent, factor).len(), 2));
            let backward = same_bits(|| nearest_backward(&gradient, extent, factor));
            assert_adjoint(&x, &nearest(&x, extent, factor), &gradient, &backward);
        }
    }

    #[test]
    fn non_finite_values_stay_in_their_square() {
        let y = nearest(&[f32::NAN, 1.0], extent(1, 1, 2, 1), 2);
        assert!(y[0].is_nan() && y[5].is_nan() && y[6] == 1.0);
        let mut gradient = [1.0; 8];
        gradient[7] = f32::INFINITY;
        assert_eq!(nearest_backward(&gradient, extent(1, 1, 2, 1), 2), [4.0, f32::INFINITY]);
    }
}
