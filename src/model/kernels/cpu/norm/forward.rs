//! The normalisation itself, once its coefficients are known.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use super::{ChannelStatistics, inverse_deviation, mean_rest};
use crate::model::kernels::cpu::activation::rectified;
use crate::model::kernels::cpu::fill::zeros;
use crate::model::kernels::cpu::sections::{Columns, Sections};
use crate::model::kernels::cpu::simd::dispatch;

/// What normalises one section: `(x - centre) · scale + shift`, by column.
///
/// The mean's digits beyond single precision are in `shift`, so that a mean of 1000 deviations costs none.
#[derive(Debug)]
pub(crate) struct Affine {
    pub(crate) centre: Vec<f32>,
    pub(crate) scale: Vec<f32>,
    pub(crate) shift: Vec<f32>,
}

impl Affine {
    /// Coefficients of each section. `weight` and `bias` are by channel; none stand for 1 and 0.
    pub(crate) fn of_sections(
        sections: Sections,
        statistics: &ChannelStatistics,
        affine: Option<(&[f32], &[f32])>,
    ) -> Vec<Self> {
        let channels = sections.columns.channels;
        let pairs = statistics.mean.chunks(channels).zip(statistics.variance.chunks(channels));
        pairs.map(|(mean, variance)| Self::new(sections.columns, mean, variance, affine)).collect()
    }

    /// Coefficients of one section.
    fn new(columns: Columns, mean: &[f64], variance: &[f64], affine: Option<(&[f32], &[f32])>) -> Self {
        let channels = 0..columns.channels;
        let scale: Vec<f64> = channels
            .clone()
            .map(|c| inverse_deviation(variance[c]) * affine.map_or(1.0, |(weight, _)| f64::from(weight[c])))
            .collect();
        let shift = channels
            .map(|c| affine.map_or(0.0, |(_, bias)| f64::from(bias[c])) - mean_rest(mean[c]) * scale[c]);
        Self {
            shift: columns.repeat(shift),
            centre: columns.repeat(mean.iter().copied()),
            scale: columns.repeat(scale.iter().copied()),
        }
    }
}

/// `x` normalised by its section's coefficients; with `relu`, what is not positive becomes 0.
pub(crate) fn apply(sections: Sections, x: &[f32], affine: &[Affine], relu: bool) -> Vec<f32> {
    let mut out = zeros(x.len());
    sections.pieces_mut(&mut out).into_par_iter().zip(sections.pieces(x)).for_each(
        |((_, out), (section, x))| {
            let affine = &affine[section];
            if relu {
                dispatch(Apply::<true> { x, affine, out })
            } else {
                dispatch(Apply::<false> { x, affine, out })
            }
        },
    );
    out
}

/// Normalises a piece.
struct Apply<'a, const RELU: bool> {
    x: &'a [f32],
    affine: &'a Affine,
    out: &'a mut [f32],
}

impl<const RELU: bool> NullaryFnOnce for Apply<'_, RELU> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Affine { centre, scale, shift } = self.affine;
        for (x, out) in self.x.chunks(centre.len()).zip(self.out.chunks_mut(centre.len())) {
            normalise::<RELU>(x, centre, scale, shift, out);
        }
    }
}

/// One row of [`Apply`].
#[inline(always)]
fn normalise<const RELU: bool>(x: &[f32], centre: &[f32], scale: &[f32], shift: &[f32], out: &mut [f32]) {
    for ((((out, &x), &centre), &scale), &shift) in out.iter_mut().zip(x).zip(centre).zip(scale).zip(shift) {
        *out = normalised::<RELU>(x, centre, scale, shift);
    }
}

/// One normalised value. The backward pass computes it again for ReLU's mask, so both must round alike.
#[inline(always)]
pub(super) fn normalised<const RELU: bool>(x: f32, centre: f32, scale: f32, shift: f32) -> f32 {
    let value = (x - centre) * scale + shift;
    if RELU { rectified(value) } else { value }
}
