//! Sums of tiles: a few pixels by a few registers of outputs.

use std::ops::Range;

use pulp::Simd;

use super::panels::{PanelView, Panels};
use crate::model::kernels::cpu::conv::lanes::Vectorized;

/// Values under a kernel that are gone over at a time: the weights of a panel for them are half of the first-level
/// cache.
const DEPTH: usize = 384;

/// A band of rows of pixels.
pub(super) struct TileBand<'a> {
    /// What it is computed from.
    pub(super) source: BandSource<'a>,
    /// The band of the output, `[rows, width, outputs]`.
    pub(super) y: &'a mut [f32],
}

/// What a band is computed from.
#[derive(Clone, Copy)]
pub(super) struct BandSource<'a> {
    /// The rows of the map under the kernels of the band's pixels, from its first one on, with zeros around.
    pub(super) lines: &'a [&'a [f32]],
    /// Pixels of a row of the output.
    pub(super) width: usize,
    /// Pixels from one place of the kernel to the next, both ways.
    pub(super) step: usize,
    /// Channels of the map.
    pub(super) channels: usize,
    /// The weights.
    pub(super) panels: &'a Panels,
    /// Whether ReLU follows.
    pub(super) relu: bool,
}

impl Vectorized for TileBand<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { source, y } = self;
        let outputs = source.panels.outputs();
        let pixels = y.len() / outputs;
        let mut padded = Vec::new();
        for panel in source.panels.views() {
            let width = panel.bias.len();
            if panel.outputs == width {
                sum(simd, source, panel, pixels, PanelSums { values: y, first: panel.first, step: outputs });
                continue;
            }
            padded.resize(pixels * width, 0.0);
            sum(simd, source, panel, pixels, PanelSums { values: &mut padded, first: 0, step: width });
            for (y, padded) in y.chunks_exact_mut(outputs).zip(padded.chunks_exact(width)) {
                y[panel.first..][..panel.outputs].copy_from_slice(&padded[..panel.outputs]);
            }
        }
    }
}

/// Where the sums of a panel go.
struct PanelSums<'a> {
    values: &'a mut [f32],
    /// Place of the first pixel's sums.
    first: usize,
    /// Values from one pixel to the next.
    step: usize,
}

/// A piece of the values under a kernel.
struct Piece {
    /// Rows of the kernel.
    rows: Range<usize>,
    /// Values of each row.
    run: Range<usize>,
    /// Whether it is the first one, to which the bias is added, and the last one, behind which ReLU may follow.
    ends: [bool; 2],
}

/// Sums of a panel for all pixels of a band, by tiles that fill the registers.
#[inline(always)]
fn sum<S: Simd>(
    simd: S,
    source: BandSource<'_>,
    panel: PanelView<'_>,
    pixels: usize,
    mut target: PanelSums<'_>,
) {
    let (rows, run) = (source.panels.rows(), source.panels.run());
    let rows_each = (DEPTH / run).clamp(1, rows);
    let pieces = run.div_ceil(DEPTH);
    for above in (0..rows).step_by(rows_each) {
        for at in 0..pieces {
            let piece = Piece {
                rows: above..rows.min(above + rows_each),
                run: run * at / pieces..run * (at + 1) / pieces,
                ends: [above == 0 && at == 0, above + rows_each >= rows && at + 1 == pieces],
            };
            match (S::REGISTER_COUNT >= 32, panel.registers) {
                (true, 4) => tiles::<S, 6, 4>(simd, source, panel, pixels, &piece, &mut target),
                (true, 3) => tiles::<S, 8, 3>(simd, source, panel, pixels, &piece, &mut target),
                (true, 2) => tiles::<S, 12, 2>(simd, source, panel, pixels, &piece, &mut target),
                (false, 2) => tiles::<S, 6, 2>(simd, source, panel, pixels, &piece, &mut target),
                _ => tiles::<S, 8, 1>(simd, source, panel, pixels, &piece, &mut target),
            }
        }
    }
}

/// Sums of a piece, by tiles of `P` pixels and `R` registers.
#[inline(always)]
fn tiles<S: Simd, const P: usize, const R: usize>(
    simd: S,
    source: BandSource<'_>,
    panel: PanelView<'_>,
    pixels: usize,
    piece: &Piece,
    target: &mut PanelSums<'_>,
) {
    let (weights, _) = S::as_simd_f32s(panel.values);
    let (weights, _) = weights.as_chunks::<R>();
    let (bias, _) = S::as_simd_f32s(panel.bias);
    let len = piece.run.len();
    let mut place = [0, 0];
    for first in (0..pixels).step_by(P) {
        let count = P.min(pixels - first);
        let mut places = [[0; 2]; P];
        for (at, own) in places.iter_mut().enumerate() {
            *own = [place[0] * source.step, place[1] * source.step * source.channels + piece.run.start];
            // What is left of the last tile is summed up once more for its last pixel.
            if at + 1 < count || count == P {
                place[1] += 1;
                if place[1] == source.width {
                    place = [place[0] + 1, 0];
                }
            }
        }
        let mut sums = [[simd.splat_f32s(0.0); R]; P];
        for row in piece.rows.clone() {
            let mut runs: [&[f32]; P] = [&[]; P];
            for (run, place) in runs.iter_mut().zip(&places) {
                *run = &source.lines[place[0] + row][place[1]..][..len];
            }
            let start = row * source.panels.run() + piece.run.start;
            accumulate(simd, &mut sums, &runs, &weights[start..start + len]);
        }
        for (at, sums) in sums.iter().enumerate().take(count) {
            let start = target.first + (first + at) * target.step;
            let (values, _) = S::as_mut_simd_f32s(&mut target.values[start..start + R * S::F32_LANES]);
            for ((value, sum), bias) in values.iter_mut().zip(sums).zip(bias) {
                let before = if piece.ends[0] { *bias } else { *value };
                let mut sum = simd.add_f32s(before, *sum);
                if piece.ends[1] && source.relu {
                    // A comparison, since a maximum would make a number of NaN on some machines.
                    let zero = simd.splat_f32s(0.0);
                    sum = simd.select_f32s(simd.less_than_or_equal_f32s(sum, zero), zero, sum);
                }
                *value = sum;
            }
        }
    }
}

/// Adds the products of `P` runs with weights to their sums.
#[inline(always)]
fn accumulate<S: Simd, const P: usize, const R: usize>(
    simd: S,
    sums: &mut [[S::f32s; R]; P],
    runs: &[&[f32]; P],
    weights: &[[S::f32s; R]],
) {
    // Of one length, which spares a check at each value.
    let mut values: [&[f32]; P] = [&[]; P];
    for (values, run) in values.iter_mut().zip(runs) {
        *values = &run[..weights.len()];
    }
    let mut own = *sums;
    for (at, weights) in weights.iter().enumerate() {
        for (sums, values) in own.iter_mut().zip(&values) {
            let value = simd.splat_f32s(values[at]);
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum = simd.mul_add_e_f32s(value, *weight, *sum);
            }
        }
    }
    *sums = own;
}
