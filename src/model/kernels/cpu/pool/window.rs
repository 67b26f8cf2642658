//! Pooling over windows of any size, forward only.

use std::ops::Range;

use pulp::NullaryFnOnce;

use crate::model::kernels::cpu::extent::{Extent, SlidingWindow};
use crate::model::kernels::cpu::fill::fill_rows_with;
use crate::model::kernels::cpu::simd::{add_to, dispatch};

/// What is made of the pixels under a window. Those beyond the border have no part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The largest value; NaN where there is one.
    Max,
    /// The mean.
    Average,
}

/// Pools each window: `[images, height, width, channels]` with the window's places.
///
/// # Panics
///
/// If `x` does not have `extent`'s size, the window does not fit the map, or its padding is as large as itself, so that
/// there can be nothing under it.
pub fn pool(x: &[f32], extent: Extent, window: SlidingWindow, pooling: Pooling) -> Vec<f32> {
    extent.check(x.len());
    let is_padded_wider = (0..2).any(|way| window.padding[way] >= window.size[way]);
    assert!(!is_padded_wider, "{window:?} reaches places without a pixel");
    let places = window.places(extent);
    let line = extent.width * extent.channels;
    let scratch = || vec![0.0; line];
    fill_rows_with(places.len(), places.width * places.channels, scratch, |scratch, index, out| {
        let (image, place) = (index / places.height, index % places.height);
        let rows = reach(window, 0, place, extent.height);
        let rows = &x[(image * extent.height + rows.start) * line..][..rows.len() * line];
        dispatch(WindowRow { rows, line: scratch, extent, window, pooling, out });
    })
}

/// Pixels of a side of `length` that the window covers at a place; `way` is 0 vertically, 1 horizontally.
#[inline(always)]
fn reach(window: SlidingWindow, way: usize, place: usize, length: usize) -> Range<usize> {
    let start = place * window.stride;
    let end = (start + window.size[way]).saturating_sub(window.padding[way]).min(length);
    start.saturating_sub(window.padding[way])..end
}

/// One row of the output: first what is under the windows in each column, then what is in each window.
struct WindowRow<'a> {
    /// Rows under the windows.
    rows: &'a [f32],
    /// Memory for a row of the map.
    line: &'a mut [f32],
    extent: Extent,
    window: SlidingWindow,
    pooling: Pooling,
    out: &'a mut [f32],
}

impl NullaryFnOnce for WindowRow<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { rows, line, extent: Extent { width, channels, .. }, window, pooling, out } = self;
        let tall = rows.len() / line.len();
        gather(rows, line, pooling);
        for (place, out) in out.chunks_exact_mut(channels).enumerate() {
            let columns = reach(window, 1, place, width);
            gather(&line[columns.start * channels..columns.end * channels], out, pooling);
            if pooling == Pooling::Average {
                scale(out, 1.0 / (tall * columns.len()) as f32);
            }
        }
    }
}

/// The largest or the sum of parts that are as long as `out` and lie one after the other.
#[inline(always)]
fn gather(parts: &[f32], out: &mut [f32], pooling: Pooling) {
    let (first, others) = parts.split_at(out.len());
    out.copy_from_slice(first);
    for part in others.chunks_exact(out.len()) {
        match pooling {
            Pooling::Max => raise_to(out, part),
            Pooling::Average => add_to(out, part),
        }
    }
}

/// Replaces what is smaller than `row`, and what is NaN there.
#[inline(always)]
fn raise_to(largest: &mut [f32], row: &[f32]) {
    for (largest, &x) in largest.iter_mut().zip(row) {
        *largest = if x > *largest || x.is_nan() { x } else { *largest };
    }
}

/// Multiplies by `factor`.
#[inline(always)]
fn scale(values: &mut [f32], factor: f32) {
    for value in values {
        *value *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::cpu::testing::{EXTENTS, assert_close, extent, random, same_bits};

    const WINDOWS: [SlidingWindow; 5] = [
        SlidingWindow { size: [3, 3], stride: 2, padding: [0, 0] },
        SlidingWindow { size: [3, 3], stride: 1, padding: [1, 1] },
        SlidingWindow { size: [2, 2], stride: 2, padding: [0, 0] },
        SlidingWindow { size: [1, 4], stride: 3, padding: [0, 2] },
        SlidingWindow { size: [5, 2], stride: 1, padding: [4, 1] },
    ];

    /// Maps of `extents` that the window fits.
    fn fitting(window: SlidingWindow) -> impl Iterator<Item = Extent> {
        EXTENTS.into_iter().filter(move |extent| {
            [extent.height, extent.width]
                .iter()
                .zip(window.size.iter().zip(window.padding))
                .all(|(side, (size, padding))| side + 2 * padding >= *size)
        })
    }

    fn reference(x: &[f32], extent: Extent, window: SlidingWindow, pooling: Pooling) -> Vec<f64> {
        let places = window.places(extent);
        let mut out = vec![];
        for index in 0..places.len() {
            let (channel, pixel) = (index % places.channels, index / places.channels);
            let (image, row) = (pixel / places.width / places.height, pixel / places.width % places.height);
            let mut covered = vec![];
            for tap in 0..window.taps() {
                let y = (row * window.stride + tap / window.size[1]).checked_sub(window.padding[0]);
                let x_at = (pixel % places.width * window.stride + tap % window.size[1])
                    .checked_sub(window.padding[1]);
                let (Some(y), Some(x_at)) = (y, x_at) else { continue };
                if y < extent.height && x_at < extent.width {
                    let pixel = (image * extent.height + y) * extent.width + x_at;
                    covered.push(f64::from(x[pixel * extent.channels + channel]));
                }
            }
            out.push(match pooling {
                Pooling::Max => covered.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                Pooling::Average => covered.iter().sum::<f64>() / covered.len() as f64,
            });
        }
        out
    }

    #[test]
    fn windows_are_pooled_without_what_is_beyond_the_border() {
        for window in WINDOWS {
            for extent in fitting(window) {
                // All below zero, so that a padding of zeros would show.
                let x: Vec<f32> = random(extent.len(), 1).iter().map(|x| x - 2.0).collect();
                for pooling in [Pooling::Max, Pooling::Average] {
                    let pooled = same_bits(|| pool(&x, extent, window, pooling));
                    assert_close(&pooled, &reference(&x, extent, window, pooling), 2e-7);
                }
            }
        }
    }

    #[test]
    fn non_finite_values_reach_their_windows() {
        let extent = extent(1, 1, 7, 1);
        let window = SlidingWindow { size: [1, 3], stride: 1, padding: [0, 1] };
        let x = [0.0, f32::NAN, 0.0, 1.0, f32::INFINITY, f32::NEG_INFINITY, 0.0];
        let max = pool(&x, extent, window, Pooling::Max);
        assert!(max[..3].iter().all(|x| x.is_nan()), "{max:?}");
        assert_eq!(max[3..], [f32::INFINITY, f32::INFINITY, f32::INFINITY, 0.0]);
        let mean = pool(&x, extent, window, Pooling::Average);
        assert!(mean[..3].iter().all(|x| x.is_nan()) && mean[4].is_nan() && mean[5].is_nan(), "{mean:?}");
        assert!(mean[3] == f32::INFINITY && mean[6] == f32::NEG_INFINITY, "{mean:?}");
    }

    #[test]
    #[should_panic(expected = "without a pixel")]
    fn a_window_that_can_be_empty_is_refused() {
        let window = SlidingWindow { size: [2, 2], stride: 1, padding: [2, 2] };
        pool(&[1.0], extent(1, 1, 1, 1), window, Pooling::Average);
    }
}
