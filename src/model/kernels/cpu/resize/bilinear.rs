//! Bilinear enlarging with half-pixel centres (PyTorch's `align_corners=False`).

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use super::enlarged;
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::{fill_rows_with, zeros};
use crate::model::kernels::cpu::simd::{add_scaled, dispatch};

#[cfg(test)]
mod tests;

/// Rows of the input whose gradient one task adds up. Gradients of the rows around them are read twice.
const BAND: usize = 8;

/// `x` enlarged by `factor`, each pixel made of two in each direction.
///
/// # Panics
///
/// If `x` does not have `extent`'s size, or `factor` is 0.
pub fn bilinear(x: &[f32], extent: Extent, factor: usize) -> Vec<f32> {
    assert_eq!(x.len(), extent.len(), "a map of another size");
    let (down, across) = (taps(extent.height, factor), taps(extent.width, factor));
    let (out, row) = (enlarged(extent, factor), extent.width * extent.channels);
    let scratch = || vec![0.0; row];
    fill_rows_with(out.len(), out.width * out.channels, scratch, |blended, index, out_row| {
        let (image, LinearTap { low, high, share }) = (index / out.height, down[index % out.height]);
        let row_at = |y: usize| &x[(image * extent.height + y) * row..][..row];
        dispatch(Spread {
            low: row_at(low),
            high: row_at(high),
            share,
            blended,
            across: &across,
            out: out_row,
        });
    })
}

/// Gradient of [`bilinear`]'s input, whose size is `extent`.
///
/// # Panics
///
/// If `gradient` does not have the output's size, or `factor` is 0.
pub fn bilinear_backward(gradient: &[f32], extent: Extent, factor: usize) -> Vec<f32> {
    let large = enlarged(extent, factor);
    assert_eq!(gradient.len(), large.len(), "a gradient of another size");
    let (down, across) = (taps(extent.height, factor), taps(extent.width, factor));
    let (row, large_row) = (extent.width * extent.channels, large.width * large.channels);
    let mut out = zeros(extent.len());
    let image = (extent.height * row).max(1);
    let bands: Vec<_> = out
        .chunks_mut(image)
        .enumerate()
        .flat_map(|(image, rows)| {
            rows.chunks_mut((BAND * row).max(1)).enumerate().map(move |band| (image, band))
        })
        .collect();
    bands.into_par_iter().for_each_init(
        || vec![0.0; row],
        |gathered, (image, (band, out))| {
            let first = band * BAND;
            let inside = first..first + out.len() / row;
            for (y, tap) in down.iter().enumerate() {
                if !inside.contains(&tap.low) && !inside.contains(&tap.high) {
                    continue;
                }
                let gradient = &gradient[(image * large.height + y) * large_row..][..large_row];
                dispatch(Gather { gradient, across: &across, gathered });
                for (y, share) in [(tap.low, 1.0 - tap.share), (tap.high, tap.share)] {
                    if inside.contains(&y) {
                        let sums = &mut out[(y - first) * row..][..row];
                        dispatch(AddScaled { sums, x: gathered, factor: share });
                    }
                }
            }
        },
    );
    out
}

/// The two inputs of an output and the second one's share.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LinearTap {
    low: usize,
    high: usize,
    share: f32,
}

/// What each of the `size * factor` outputs of one direction is made of.
fn taps(size: usize, factor: usize) -> Vec<LinearTap> {
    assert!(factor > 0, "enlarging by a factor of 0");
    let tap = |output: usize| {
        let source = ((output as f32 + 0.5) / factor as f32 - 0.5).max(0.0);
        let low = (source as usize).min(size - 1);
        LinearTap { low, high: (low + 1).min(size - 1), share: source - low as f32 }
    };
    (0..size * factor).map(tap).collect()
}

/// One row of the output: blends two rows of the input, then the pixels of that.
struct Spread<'a> {
    low: &'a [f32],
    high: &'a [f32],
    share: f32,
    blended: &'a mut [f32],
    across: &'a [LinearTap],
    out: &'a mut [f32],
}

impl NullaryFnOnce for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        blend(self.low, self.high, self.share, self.blended);
        let channels = self.out.len() / self.across.len();
        for (out, tap) in self.out.chunks_exact_mut(channels).zip(self.across) {
            let pixel = |x: usize| &self.blended[x * channels..][..channels];
            blend(pixel(tap.low), pixel(tap.high), tap.share, out);
        }
    }
}

/// `low · (1 - share) + high · share`.
#[inline(always)]
fn blend(low: &[f32], high: &[f32], share: f32, out: &mut [f32]) {
    for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
        *out = low * (1.0 - share) + high * share;
    }
}

/// The gradient of a blended row from that of the output's row.
struct Gather<'a> {
    gradient: &'a [f32],
    across: &'a [LinearTap],
    gathered: &'a mut [f32],
}

impl NullaryFnOnce for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let channels = self.gradient.len() / self.across.len();
        self.gathered.fill(0.0);
        for (pixel, tap) in self.gradient.chunks_exact(channels).zip(self.across) {
            add_scaled(&mut self.gathered[tap.low * channels..][..channels], pixel, 1.0 - tap.share);
            add_scaled(&mut self.gathered[tap.high * channels..][..channels], pixel, tap.share);
        }
    }
}

/// Adds `x · factor` to `sums`.
struct AddScaled<'a> {
    sums: &'a mut [f32],
    x: &'a [f32],
    factor: f32,
}

impl NullaryFnOnce for AddScaled<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        add_scaled(self.sums, self.x, self.factor);
    }
}
