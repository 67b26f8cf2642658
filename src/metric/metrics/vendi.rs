//! Vendi score (Friedman and Dieng 2023, "The Vendi Score: A Diversity Evaluation Metric for Machine
//! Learning"): how many different images there are among the generated ones, in effect.

use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, Side};

use super::super::error::{MetricError, check_rows};
use super::super::feature_set::FeatureSet;
use super::super::feature_set::Material;
use super::definition::{Metric, MetricName, MetricSettings, MetricValue, Naming, PreparedMetric};

/// Rows that are multiplied at a time.
const BLOCK: usize = 256;

/// The name of its value.
pub const VENDI_SCORE: MetricName = MetricName(&Naming {
    key: "vendi_score",
    label: "Vendi score",
    inception_label: "Vendi score",
    larger_is_better: true,
    about: "Effective number of different generated images (Friedman 2023): from 1 to their number, variety",
});

/// exp of the entropy of the eigenvalues of the images' similarities.
#[derive(Debug)]
pub(super) struct VendiScore;

impl Metric for VendiScore {
    fn word(&self) -> &'static str {
        "vendi"
    }

    fn noun(&self) -> &'static str {
        "the Vendi score"
    }

    fn values(&self) -> &'static [MetricName] {
        &[VENDI_SCORE]
    }

    fn material(&self) -> Material {
        Material::Features
    }

    fn compares(&self) -> bool {
        false
    }

    fn fewest_images(&self, _settings: &MetricSettings) -> (usize, Option<&'static str>) {
        (1, None)
    }

    /// A block of rows and the matrix of the features' width that its eigenvalues are computed of, twice.
    fn memory(&self, _settings: &MetricSettings, _real: usize, _generated: usize, width: usize) -> u64 {
        let width = width as u64;
        width.saturating_mul(width.saturating_mul(2).saturating_add(BLOCK as u64)).saturating_mul(8)
    }

    fn prepare(
        &self,
        _real: &Arc<FeatureSet>,
        _settings: &MetricSettings,
    ) -> Result<Box<dyn PreparedMetric>, MetricError> {
        Ok(Box::new(Self))
    }
}

impl PreparedMetric for VendiScore {
    fn evaluate(&self, generated: &FeatureSet) -> Result<Vec<MetricValue>, MetricError> {
        Ok(vec![vendi_score(generated.features()?, generated.width())?.into()])
    }
}

/// The Vendi score of `features` `[samples, width]`, row-major, with the cosine of two rows as their
/// similarity: from 1, where all point the same way, to the number of samples (or `width`, if that is less).
///
/// The eigenvalues of the similarities divided by their number are those of `X^T X / n` with rows of length 1,
/// a matrix of the features' width. Rows of zeros are like each other and unlike all others.
///
/// # Errors
/// When there is no sample, there are no whole rows, a feature is not finite, or the eigenvalue iteration does
/// not converge.
pub fn vendi_score(features: &[f32], width: usize) -> Result<f64, MetricError> {
    check_rows(features, width, 0)?;
    let samples = features.len() / width;
    if samples == 0 {
        return Err(MetricError::TooFewSamples { what: "a Vendi score", needed: 1, samples });
    }
    let mut similarity = Mat::<f64>::zeros(width, width);
    let mut zeros = 0;
    for block in features.chunks(BLOCK * width) {
        let lengths = block.chunks_exact(width).map(length).collect::<Vec<f64>>();
        zeros += lengths.iter().filter(|length| **length == 0.0).count();
        let unit = |i: usize, j: usize| match lengths[i] {
            0.0 => 0.0,
            length => f64::from(block[i * width + j]) / length,
        };
        let rows = Mat::from_fn(lengths.len(), width, unit);
        matmul(&mut similarity, Accum::Add, rows.transpose(), &rows, 1.0 / samples as f64, Par::Seq);
    }
    let eigenvalues = similarity.self_adjoint_eigenvalues(Side::Lower);
    let eigenvalues = eigenvalues.map_err(|_| MetricError::Eigen { width })?;
    let shares = eigenvalues.into_iter().chain([zeros as f64 / samples as f64]);
    // Rounding can leave an eigenvalue that should be zero a little below it.
    let entropy: f64 = shares.filter(|share| *share > 0.0).map(|share| -share * share.ln()).sum();
    Ok(entropy.exp())
}

/// The length of a row; the largest `f32` squared is far within `f64`.
fn length(row: &[f32]) -> f64 {
    row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rng::{normals, rng};

    const WIDTH: usize = 6;

    /// `counts[i]` rows along axis i, of different lengths.
    fn groups(counts: &[usize]) -> Vec<f32> {
        let row =
            |axis: usize, at: usize| (0..WIDTH).map(move |j| if j == axis { 0.5 + at as f32 } else { 0.0 });
        let of_axis = |(axis, count): (usize, &usize)| (0..*count).flat_map(move |at| row(axis, at));
        counts.iter().enumerate().flat_map(of_axis).collect()
    }

    fn assert_score(features: &[f32], expected: f64) {
        let found = vendi_score(features, WIDTH).unwrap();
        assert!((found - expected).abs() < 1e-9 * expected, "{found} instead of {expected}");
    }

    #[test]
    fn groups_that_have_nothing_in_common_count_by_the_entropy_of_their_shares() {
        assert_score(&groups(&[700]), 1.0);
        assert_score(&groups(&[3, 3, 3, 3]), 4.0);
        // exp(2/4 ln 4 + 1/2 ln 2)
        assert_score(&groups(&[2, 2, 4]), 8f64.sqrt());
        // Rows of zeros are one more group.
        assert_score(&[groups(&[3, 3]), vec![0.0; 3 * WIDTH]].concat(), 3.0);
        assert_score(&[0.0; 3 * WIDTH], 1.0);
    }

    #[test]
    fn two_images_at_an_angle_have_the_closed_form() {
        for cosine in [0.0f64, 0.3, 0.8, 1.0] {
            let sine = (1.0 - cosine * cosine).sqrt();
            let mut features = groups(&[1]);
            features.extend([cosine as f32, sine as f32, 0.0, 0.0, 0.0, 0.0]);
            // The eigenvalues of [[1, c], [c, 1]] / 2.
            let shares = [(1.0 + cosine) / 2.0, (1.0 - cosine) / 2.0];
            let entropy: f64 = shares.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            let found = vendi_score(&features, WIDTH).unwrap();
            assert!((found - entropy.exp()).abs() < 1e-5, "{found} instead of {}", entropy.exp());
        }
    }

    #[test]
    fn it_is_that_of_the_similarities_themselves_and_copies_change_nothing() {
        let samples = 9;
        let features = normals(&mut rng(4, "test/vendi", 0), samples * WIDTH);
        let row = |i: usize| &features[i * WIDTH..][..WIDTH];
        let cosine = |i: usize, j: usize| {
            let dot: f64 = row(i).iter().zip(row(j)).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            dot / length(row(i)) / length(row(j)) / samples as f64
        };
        let eigenvalues =
            Mat::from_fn(samples, samples, cosine).self_adjoint_eigenvalues(Side::Lower).unwrap();
        let entropy: f64 = eigenvalues.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
        assert_score(&features, entropy.exp());
        assert_score(&features.repeat(70), entropy.exp());
    }

    #[test]
    fn bad_input_is_refused() {
        assert!(vendi_score(&[], WIDTH).unwrap_err().to_string().contains("at least 1 samples"));
        assert!(vendi_score(&[1.0; WIDTH + 1], WIDTH).is_err());
        assert!(vendi_score(&[1.0, f32::NAN, 0.0, 0.0, 0.0, 0.0], WIDTH).is_err());
        assert!(vendi_score(&[f32::MAX; 2 * WIDTH], WIDTH).is_ok_and(|score| (score - 1.0).abs() < 1e-9));
    }
}
