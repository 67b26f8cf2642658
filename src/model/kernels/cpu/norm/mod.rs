//! What batch norm and instance norm share.
//!
//! Each section of a map has statistics of its own for every channel: batch norm has one section for the whole batch,
//! instance norm one for each image.

mod backward;
mod batch_norm;
mod forward;
mod instance_norm;
mod statistics;

use crate::model::kernels::cpu::sections::Sections;
use backward::{Slope, affine_gradients, gradient_sums, input_gradient};
pub use batch_norm::FusedBatchNorm;
use forward::{Affine, apply};
pub use instance_norm::{instance_norm, instance_norm_backward};
pub use statistics::ChannelStatistics;
use statistics::measure;

/// Added to the variance before the square root (PyTorch's default).
pub(crate) const EPSILON: f64 = 1e-5;

/// `1 / sqrt(variance + epsilon)`, or NaN where the variance overflows single precision.
///
/// Values that lie further apart than 1e19 have such a variance. What is divided by infinity is 0, the most ordinary of
/// numbers; as NaN it cannot pass for one.
pub(crate) fn inverse_deviation(variance: f64) -> f64 {
    if (variance as f32).is_infinite() { f64::NAN } else { (variance + EPSILON).sqrt().recip() }
}

/// What single precision leaves of a mean.
fn mean_rest(mean: f64) -> f64 {
    mean - f64::from(mean as f32)
}

/// A normalisation: its sections, weights and whether a ReLU follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Norm<'a> {
    /// How the map is cut.
    pub(crate) sections: Sections,
    /// Weight and bias by channel; none stand for 1 and 0.
    pub(crate) affine: Option<(&'a [f32], &'a [f32])>,
    /// Whether what is not positive becomes 0.
    pub(crate) relu: bool,
}

/// Gradients of a normalisation's input, weight and bias.
#[derive(Clone, Debug, PartialEq)]
pub struct NormGradients {
    /// Of the input, in its own shape.
    pub x: Vec<f32>,
    /// Of the weight, `[channels]`.
    pub weight: Vec<f32>,
    /// Of the bias, `[channels]`.
    pub bias: Vec<f32>,
}

impl Norm<'_> {
    /// The statistics of `x`.
    pub(crate) fn measure(&self, x: &[f32]) -> ChannelStatistics {
        self.check(x);
        measure(self.sections, x)
    }

    /// `x` normalised by `statistics`.
    pub(crate) fn forward(&self, x: &[f32], statistics: &ChannelStatistics) -> Vec<f32> {
        self.check(x);
        apply(self.sections, x, &self.coefficients(statistics), self.relu)
    }

    /// Turns the output's gradient into the gradients of what went in. `constant` says that `statistics` do not depend
    /// on `x`.
    pub(crate) fn backward(
        &self,
        x: &[f32],
        statistics: &ChannelStatistics,
        mut gradient: Vec<f32>,
        constant: bool,
    ) -> NormGradients {
        self.check(x);
        self.check(&gradient);
        let affine = self.coefficients(statistics);
        let sums = gradient_sums(self.sections, x, &gradient, &affine, self.relu);
        let slopes = if constant {
            Slope::none(self.sections)
        } else {
            Slope::of_sections(self.sections, statistics, &sums, self.affine.map(|(weight, _)| weight))
        };
        input_gradient(self.sections, x, &mut gradient, &affine, &slopes, self.relu);
        let (weight, bias) = affine_gradients(self.sections, statistics, &sums);
        NormGradients { x: gradient, weight, bias }
    }

    /// The coefficients of each section.
    fn coefficients(&self, statistics: &ChannelStatistics) -> Vec<Affine> {
        let entries = self.sections.count * self.sections.columns.channels;
        assert_eq!(
            (statistics.mean.len(), statistics.variance.len()),
            (entries, entries),
            "statistics of another map"
        );
        Affine::of_sections(self.sections, statistics, self.affine)
    }

    /// Panics if `map`, weight or bias are of another size.
    fn check(&self, map: &[f32]) {
        let channels = self.sections.columns.channels;
        assert_eq!(map.len(), self.sections.len(), "a map of another size");
        let fits = |(weight, bias): (&[f32], &[f32])| weight.len() == channels && bias.len() == channels;
        assert!(self.affine.is_none_or(fits), "weight or bias of another number of channels");
    }
}

#[cfg(test)]
mod tests;
