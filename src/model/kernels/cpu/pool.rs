//! Average pooling over windows of 2 x 2 pixels that do not overlap; of others in [`window`].

pub mod window;

use pulp::NullaryFnOnce;

use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::fill_rows;
use crate::model::kernels::cpu::simd::dispatch;

/// Half of each side, rounded down: the last row and column of an odd side are left out.
pub fn halved(extent: Extent) -> Extent {
    Extent { height: extent.height / 2, width: extent.width / 2, ..extent }
}

/// Mean of each window: `[images, height / 2, width / 2, channels]`.
///
/// # Panics
///
/// If `x` does not have `extent`'s size.
pub fn average_pool(x: &[f32], extent: Extent) -> Vec<f32> {
    assert_eq!(x.len(), extent.len(), "a map of another size");
    let (out, row) = (halved(extent), extent.width * extent.channels);
    fill_rows(out.len(), out.width * out.channels, |index, row_out| {
        let (image, y) = (index / out.height, index % out.height);
        let rows = &x[(image * extent.height + 2 * y) * row..][..2 * row];
        let (top, bottom) = rows.split_at(row);
        dispatch(PoolRow { top, bottom, channels: extent.channels, out: row_out });
    })
}

/// Gradient of [`average_pool`]'s input, whose size is `extent`: a quarter of the window's, 0 for what was left out.
///
/// # Panics
///
/// If `gradient` does not have the output's size.
pub fn average_pool_backward(gradient: &[f32], extent: Extent) -> Vec<f32> {
    let out = halved(extent);
    assert_eq!(gradient.len(), out.len(), "a gradient of another size");
    let row = out.width * out.channels;
    fill_rows(extent.len(), extent.width * extent.channels, |index, row_out| {
        let (image, y) = (index / extent.height, index % extent.height / 2);
        if y < out.height {
            let gradient = &gradient[(image * out.height + y) * row..][..row];
            dispatch(UnpoolRow { gradient, channels: extent.channels, out: row_out });
        }
    })
}

/// One row of the output from two of the input.
struct PoolRow<'a> {
    top: &'a [f32],
    bottom: &'a [f32],
    channels: usize,
    out: &'a mut [f32],
}

impl NullaryFnOnce for PoolRow<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let pairs = self.top.chunks_exact(2 * self.channels).zip(self.bottom.chunks_exact(2 * self.channels));
        for (out, (top, bottom)) in self.out.chunks_exact_mut(self.channels).zip(pairs) {
            let (a, b) = top.split_at(self.channels);
            let (c, d) = bottom.split_at(self.channels);
            pool_pixel(a, b, c, d, out);
        }
    }
}

/// The mean of four pixels.
#[inline(always)]
fn pool_pixel(a: &[f32], b: &[f32], c: &[f32], d: &[f32], out: &mut [f32]) {
    for ((((out, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *out = (a + b + c + d) * 0.25;
    }
}

/// One row of the input's gradient from the window's.
struct UnpoolRow<'a> {
    gradient: &'a [f32],
    channels: usize,
    out: &'a mut [f32],
}

impl NullaryFnOnce for UnpoolRow<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let pixels = self.gradient.chunks_exact(self.channels);
        for (out, gradient) in self.out.chunks_exact_mut(2 * self.channels).zip(pixels) {
            let (left, right) = out.split_at_mut(self.channels);
            quarter(gradient, left);
            quarter(gradient, right);
        }
    }
}

/// A quarter of `gradient`.
#[inline(always)]
fn quarter(gradient: &[f32], out: &mut [f32]) {
    for (out, gradient) in out.iter_mut().zip(gradient) {
        *out = gradient * 0.25;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::cpu::testing::{
        EXTENTS, assert_adjoint, assert_close, extent, random, same_bits,
    };

    fn reference(x: &[f32], extent: Extent) -> Vec<f64> {
        let at = |n: usize, y: usize, x: usize, c: usize| {
            ((n * extent.height + y) * extent.width + x) * extent.channels + c
        };
        let mut out = vec![];
        for n in 0..extent.images {
            for (y, px) in (0..extent.height / 2).flat_map(|y| (0..extent.width / 2).map(move |x| (y, x))) {
                out.extend((0..extent.channels).map(|c| {
                    let window = [(0, 0), (0, 1), (1, 0), (1, 1)];
                    window.iter().map(|(i, j)| f64::from(x[at(n, 2 * y + i, 2 * px + j, c)])).sum::<f64>()
                        / 4.0
                }));
            }
        }
        out
    }

    #[test]
    fn windows_are_averaged() {
        for extent in EXTENTS {
            let x = random(extent.len(), 1);
            assert_close(&same_bits(|| average_pool(&x, extent)), &reference(&x, extent), 2e-7);
        }
    }

    #[test]
    fn the_gradient_is_the_adjoint() {
        for extent in EXTENTS {
            let (x, gradient) = (random(extent.len(), 1), random(halved(extent).len(), 2));
            let backward = same_bits(|| average_pool_backward(&gradient, extent));
            assert_adjoint(&x, &average_pool(&x, extent), &gradient, &backward);
        }
    }

    #[test]
    fn the_last_row_and_column_of_odd_sides_have_no_part() {
        let extent = extent(1, 3, 3, 1);
        let x = [1.0, 2.0, f32::NAN, 3.0, 4.0, f32::NAN, f32::NAN, f32::NAN, f32::NAN];
        assert_eq!(average_pool(&x, extent), [2.5]);
        assert_eq!(average_pool_backward(&[4.0], extent), [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn non_finite_values_reach_their_window() {
        let extent = extent(1, 4, 4, 1);
        let mut x = vec![1.0; 16];
        x[5] = f32::NAN;
        x[10] = f32::INFINITY;
        let y = average_pool(&x, extent);
        assert!(y[0].is_nan() && y[1] == 1.0 && y[2] == 1.0 && y[3] == f32::INFINITY);
        assert!(average_pool_backward(&[f32::NAN, 1.0, 1.0, 1.0], extent)[5].is_nan());
    }
}
