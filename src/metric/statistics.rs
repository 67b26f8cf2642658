//! Mean and covariance of features, gathered batch by batch in f64.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::error::{MetricError, check_rows};

/// Rows of a scatter matrix that one thread computes at a time, however many threads there are.
const ROWS: usize = 128;

/// Running mean and scatter matrix of feature rows.
///
/// Each batch is centred on its own mean and then merged by the pairwise formula of Chan, Golub and
/// LeVeque (1979), so nothing cancels however far the features lie from zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    samples: usize,
    mean: Vec<f64>,
    /// Sum of `(x - mean)(x - mean)^T`, `[dim, dim]`, row-major.
    scatter: Vec<f64>,
}

/// A Gaussian fitted to features.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaussian {
    /// Mean, `[dim]`.
    pub mean: Vec<f64>,
    /// Covariance, `[dim, dim]`, symmetric.
    pub covariance: Mat<f64>,
}

impl Gaussian {
    /// From a mean `[dim]` and a covariance `[dim, dim]`, row-major.
    ///
    /// # Panics
    ///
    /// If the covariance does not have `dim * dim` entries.
    pub fn new(mean: Vec<f64>, covariance: &[f64]) -> Self {
        let dim = mean.len();
        assert_eq!(covariance.len(), dim * dim, "a covariance is square");
        Self { mean, covariance: MatRef::from_row_major_slice(covariance, dim, dim).to_owned() }
    }

    /// Whether it can be one: finite numbers, and no variance below zero.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub(super) fn check(&self) -> Result<(), MetricError> {
        let dim = self.mean.len();
        let bad = |what: String| Err(MetricError::NoGaussian { what });
        if (self.covariance.nrows(), self.covariance.ncols()) != (dim, dim) {
            return bad(format!(
                "a mean of {dim} values has a covariance of {} rows",
                self.covariance.nrows()
            ));
        }
        if let Some(at) = self.mean.iter().position(|value| !value.is_finite()) {
            return bad(format!("the mean of feature {at} is {}", self.mean[at]));
        }
        for row in 0..dim {
            let mut values = (0..dim).map(|column| self.covariance[(row, column)]);
            if let Some(column) = values.position(|value| !value.is_finite()) {
                let value = self.covariance[(row, column)];
                return bad(format!("the covariance of the features {row} and {column} is {value}"));
            }
            if self.covariance[(row, row)] < 0.0 {
                return bad(format!("the variance of feature {row} is {}", self.covariance[(row, row)]));
            }
        }
        Ok(())
    }

    /// The covariance, `[dim, dim]`, row-major.
    pub fn rows(&self) -> Vec<f64> {
        let dim = self.mean.len();
        (0..dim * dim).map(|at| self.covariance[(at / dim, at % dim)]).collect()
    }
}

impl Statistics {
    /// Empty statistics of features with `dim` columns.
    pub fn new(dim: usize) -> Self {
        Statistics { samples: 0, mean: vec![0.0; dim], scatter: vec![0.0; dim * dim] }
    }

    /// Number of samples seen.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Width of the features.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Number of samples, mean `[dim]` and scatter matrix `[dim, dim]`, for a file.
    pub(super) fn state(&self) -> (usize, &[f64], &[f64]) {
        (self.samples, &self.mean, &self.scatter)
    }

    /// What [`Statistics::state`] gave, read back from a file.
    ///
    /// # Errors
    /// When the parts do not fit each other or are not finite.
    pub(super) fn from_state(samples: usize, mean: Vec<f64>, scatter: Vec<f64>) -> Result<Self, MetricError> {
        if mean.len().checked_pow(2) != Some(scatter.len()) {
            return Err(MetricError::DamagedStatistics { mean: mean.len(), scatter: scatter.len() });
        }
        if let Some(value) = mean.iter().chain(&scatter).find(|value| !value.is_finite()) {
            return Err(MetricError::NoGaussian {
                what: format!("stored statistics hold the value {value}"),
            });
        }
        Ok(Statistics { samples, mean, scatter })
    }

    /// Adds a batch of features `[n, dim]`, row-major. An error leaves the statistics as they were.
    ///
    /// # Errors
    /// When the batch has no whole rows or holds NaN or infinity; the latter names the sample,
    /// counted over all batches.
    pub fn push(&mut self, features: &[f32]) -> Result<(), MetricError> {
        let dim = self.dim();
        check_rows(features, dim, self.samples)?;
        let samples = features.len() / dim;
        if samples == 0 {
            return Ok(());
        }
        let mut batch = Statistics { samples, ..Statistics::new(dim) };
        for row in features.chunks_exact(dim) {
            for (mean, &x) in batch.mean.iter_mut().zip(row) {
                *mean += f64::from(x) / samples as f64;
            }
        }
        let centred = Mat::from_fn(samples, dim, |i, j| f64::from(features[i * dim + j]) - batch.mean[j]);
        batch.scatter.par_chunks_mut((ROWS * dim).max(1)).enumerate().for_each(|(part, scatter)| {
            let count = scatter.len() / dim;
            let left = centred.transpose().subrows(part * ROWS, count);
            let scatter = MatMut::from_row_major_slice_mut(scatter, count, dim);
            matmul(scatter, Accum::Replace, left, &centred, 1.0, Par::Seq);
        });
        self.merge(&batch)
    }

    /// Adds the samples of `other`, as if they had been pushed here.
    ///
    /// # Errors
    /// When the feature widths differ.
    pub fn merge(&mut self, other: &Statistics) -> Result<(), MetricError> {
        let dim = self.dim();
        if dim != other.dim() {
            return Err(MetricError::WidthMismatch { left: dim, right: other.dim() });
        }
        let total = self.samples.saturating_add(other.samples);
        if total == 0 {
            return Ok(());
        }
        let share = other.samples as f64 / total as f64;
        let between = self.samples as f64 * share;
        let gap: Vec<f64> =
            std::iter::zip(&other.mean, &self.mean).map(|(theirs, ours)| theirs - ours).collect();
        let rows = self.scatter.par_chunks_mut(dim.max(1)).zip(other.scatter.par_chunks(dim.max(1)));
        rows.zip(&gap).with_min_len(ROWS).for_each(|((ours, theirs), own)| {
            for ((ours, theirs), gap) in ours.iter_mut().zip(theirs).zip(&gap) {
                *ours += theirs + between * own * gap;
            }
        });
        self.mean.iter_mut().zip(&gap).for_each(|(mean, gap)| *mean += share * gap);
        self.samples = total;
        Ok(())
    }

    /// The Gaussian with this mean and covariance (divided by `n - 1`, as every FID code does).
    ///
    /// # Errors
    /// With fewer than two samples.
    pub fn gaussian(&self) -> Result<Gaussian, MetricError> {
        if self.samples < 2 {
            return Err(MetricError::TooFewSamples {
                what: "a covariance",
                needed: 2,
                samples: self.samples,
            });
        }
        let scatter = MatRef::from_row_major_slice(&self.scatter, self.dim(), self.dim());
        let degrees = (self.samples - 1) as f64;
        Ok(Gaussian {
            mean: self.mean.clone(),
            covariance: Mat::from_fn(self.dim(), self.dim(), |i, j| scatter[(i, j)] / degrees),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rng::{normals, rng};

    const DIM: usize = 5;

    /// Features far from zero, where a naive sum of squares would lose nine digits.
    fn features(samples: usize) -> Vec<f32> {
        let mut draws = normals(&mut rng(11, "test/features", 0), samples * DIM);
        for (i, x) in draws.iter_mut().enumerate() {
            *x += 30_000.0 * (i % DIM) as f32;
        }
        draws
    }

    fn two_pass(features: &[f32]) -> (Vec<f64>, Mat<f64>) {
        let rows: Vec<&[f32]> = features.chunks_exact(DIM).collect();
        let mean: Vec<f64> = (0..DIM)
            .map(|j| rows.iter().map(|row| f64::from(row[j])).sum::<f64>() / rows.len() as f64)
            .collect();
        let covariance = Mat::from_fn(DIM, DIM, |i, j| {
            rows.iter().map(|row| (f64::from(row[i]) - mean[i]) * (f64::from(row[j]) - mean[j])).sum::<f64>()
                / (rows.len() - 1) as f64
        });
        (mean, covariance)
    }

    fn assert_equal(statistics: &Statistics, features: &[f32]) {
        let (mean, covariance) = two_pass(features);
        let gaussian = statistics.gaussian().unwrap();
        assert_eq!(statistics.samples(), features.len() / DIM);
        for j in 0..DIM {
            assert!((gaussian.mean[j] - mean[j]).abs() < 1e-12 * mean[j].abs().max(1.0));
            for i in 0..DIM {
                let difference = (gaussian.covariance[(i, j)] - covariance[(i, j)]).abs();
                assert!(difference < 1e-9, "({i}, {j}): {difference}");
            }
        }
    }

    #[test]
    fn streaming_equals_two_passes_for_every_batch_size() {
        let features = features(101);
        for batch in [1, 2, 7, 50, 101] {
            let mut statistics = Statistics::new(DIM);
            for rows in features.chunks(batch * DIM) {
                statistics.push(rows).unwrap();
            }
            assert_equal(&statistics, &features);
        }
    }

    #[test]
    fn merged_parts_equal_the_whole() {
        let features = features(64);
        let (first, second) = features.split_at(20 * DIM);
        let mut merged = Statistics::new(DIM);
        for part in [first, second, &[]] {
            let mut statistics = Statistics::new(DIM);
            statistics.push(part).unwrap();
            merged.merge(&statistics).unwrap();
        }
        assert_equal(&merged, &features);
    }

    #[test]
    fn a_bad_value_names_its_sample_and_changes_nothing() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut statistics = Statistics::new(DIM);
            statistics.push(&features(10)).unwrap();
            let before = statistics.clone();
            let mut batch = features(8);
            batch[6 * DIM + 2] = bad;
            let error = statistics.push(&batch).unwrap_err();
            assert!(error.to_string().starts_with("sample 16 has the value"), "{error}");
            assert!(error.to_string().contains("column 2"), "{error}");
            assert_eq!(statistics, before);
        }
    }

    #[test]
    fn partial_rows_other_widths_and_single_samples_are_refused() {
        let mut statistics = Statistics::new(DIM);
        assert_eq!(
            statistics.push(&[0.0; DIM + 1]),
            Err(MetricError::PartialRow { values: DIM + 1, width: DIM })
        );
        assert_eq!(
            statistics.merge(&Statistics::new(DIM + 1)),
            Err(MetricError::WidthMismatch { left: DIM, right: DIM + 1 })
        );
        statistics.push(&[0.0; DIM]).unwrap();
        let error = statistics.gaussian().unwrap_err();
        assert_eq!(error.to_string(), "a covariance needs at least 2 samples and got 1: add images");
    }

    #[test]
    fn parts_give_the_statistics_back_and_damage_is_found() {
        let mut statistics = Statistics::new(DIM);
        statistics.push(&features(9)).unwrap();
        let (samples, mean, scatter) = statistics.state();
        let again = Statistics::from_state(samples, mean.to_vec(), scatter.to_vec()).unwrap();
        assert_eq!(again, statistics);
        let error = Statistics::from_state(9, vec![0.0; 2], vec![1.0, 0.0, 0.0]).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
        let error = Statistics::from_state(9, vec![0.0], vec![f64::NAN]).unwrap_err();
        assert!(error.to_string().contains("NaN"), "{error}");
    }
}
