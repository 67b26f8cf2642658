//! Fréchet distance between two Gaussians (Dowson and Landau 1982; on features: Heusel et al. 2017).

use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};
use rayon::prelude::*;

use super::super::error::MetricError;
use super::super::feature_set::FeatureSet;
use super::super::feature_set::Material;
use super::super::statistics::Gaussian;
use super::definition::{Metric, MetricName, MetricSettings, MetricValue, Naming, PreparedMetric};

/// The name of its value.
pub const FRECHET_DISTANCE: MetricName = MetricName(&Naming {
    key: "frechet_distance",
    label: "Fréchet distance",
    inception_label: "FID",
    larger_is_better: false,
    about: "Between Gaussians fitted to real and generated features (Heusel 2017): 0 or more",
});

/// The Fréchet distance between Gaussians fitted to real and generated features.
#[derive(Debug)]
pub(super) struct FrechetDistance;

impl Metric for FrechetDistance {
    fn word(&self) -> &'static str {
        "fid"
    }

    fn noun(&self) -> &'static str {
        "the Fréchet distance"
    }

    fn values(&self) -> &'static [MetricName] {
        &[FRECHET_DISTANCE]
    }

    fn material(&self) -> Material {
        Material::Moments
    }

    fn fewest_images(&self, _settings: &MetricSettings) -> (usize, Option<&'static str>) {
        (2, None)
    }

    fn prepare(
        &self,
        real: &Arc<FeatureSet>,
        _settings: &MetricSettings,
    ) -> Result<Box<dyn PreparedMetric>, MetricError> {
        Ok(Box::new(Target::new(real.gaussian()?)?))
    }
}

impl PreparedMetric for Target {
    fn evaluate(&self, generated: &FeatureSet) -> Result<Vec<MetricValue>, MetricError> {
        Ok(vec![self.distance(&generated.gaussian()?)?.into()])
    }
}

/// A Gaussian that many others are compared with: half of the work is done once.
#[derive(Debug, Clone)]
pub struct Target {
    gaussian: Gaussian,
    /// Symmetric square root of the covariance.
    root: Mat<f64>,
}

impl Target {
    /// Prepares the comparison.
    ///
    /// # Errors
    /// When the Gaussian holds NaN or infinity or the eigenvalue iteration does not converge.
    pub fn new(gaussian: Gaussian) -> Result<Self, MetricError> {
        gaussian.check()?;
        Ok(Self { root: square_root(gaussian.covariance.as_ref())?, gaussian })
    }

    /// `|m1 - m2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^(1/2))`, zero or more.
    ///
    /// The last trace is the sum of the square roots of the eigenvalues of the symmetric
    /// `S1^(1/2) S2 S1^(1/2)`, which are those of `S1 S2`: no complex numbers, and singular covariances
    /// (fewer samples than features) need no special case. Rounding can leave a result, or an eigenvalue
    /// that should be zero, a little below zero; both are set to zero, and so is the distance of a Gaussian
    /// to itself. Work is cut the same way for any number of threads, so the same input gives the same bits.
    ///
    /// # Errors
    /// When the feature widths differ, the other Gaussian holds NaN or infinity, the eigenvalue iteration
    /// does not converge, or the numbers are too large for `f64`.
    pub fn distance(&self, other: &Gaussian) -> Result<f64, MetricError> {
        let own = &self.gaussian;
        if own.mean.len() != other.mean.len() {
            return Err(MetricError::WidthMismatch { left: own.mean.len(), right: other.mean.len() });
        }
        other.check()?;
        if own.mean == other.mean && own.covariance == other.covariance {
            return Ok(0.0);
        }
        let translation: f64 = std::iter::zip(&own.mean, &other.mean).map(|(a, b)| (a - b).powi(2)).sum();
        let root = self.root.as_ref();
        let product = multiply(root, multiply(other.covariance.as_ref(), root).as_ref());
        let coupling: f64 = product
            .self_adjoint_eigenvalues(Side::Lower)
            .map_err(|_| MetricError::Eigen { width: own.mean.len() })?
            .into_iter()
            .map(root_of)
            .sum();
        let distance = translation + trace(&own.covariance) + trace(&other.covariance) - 2.0 * coupling;
        if distance.is_finite() {
            Ok(distance.max(0.0))
        } else {
            Err(MetricError::Eigen { width: own.mean.len() })
        }
    }
}

/// The Fréchet distance of two Gaussians; see [`Target::distance`].
///
/// ```
/// use autogan::metric::{Gaussian, frechet_distance};
///
/// let a = Gaussian::new(vec![0.0], &[1.0]);
/// let b = Gaussian::new(vec![3.0], &[4.0]);
/// // The squares of the differences of the means and of the standard deviations.
/// assert!((frechet_distance(&a, &b)? - 10.0).abs() < 1e-12);
/// # Ok::<(), autogan::metric::MetricError>(())
/// ```
///
/// # Errors
/// When the feature widths differ or the eigenvalue iteration does not converge.
pub fn frechet_distance(a: &Gaussian, b: &Gaussian) -> Result<f64, MetricError> {
    if a.mean.len() != b.mean.len() {
        return Err(MetricError::WidthMismatch { left: a.mean.len(), right: b.mean.len() });
    }
    Target::new(a.clone())?.distance(b)
}

/// Symmetric square root of a positive semi-definite matrix.
fn square_root(matrix: MatRef<'_, f64>) -> Result<Mat<f64>, MetricError> {
    let eigen =
        matrix.self_adjoint_eigen(Side::Lower).map_err(|_| MetricError::Eigen { width: matrix.nrows() })?;
    let (vectors, values) = (eigen.U(), eigen.S().column_vector());
    let scaled = Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| vectors[(i, j)] * root_of(values[j]));
    Ok(multiply(scaled.as_ref(), vectors.transpose()))
}

/// The square root of an eigenvalue, which rounding can leave a little below zero. `max` would turn NaN into
/// zero, and a distance that does not exist into a perfect one.
fn root_of(eigenvalue: f64) -> f64 {
    if eigenvalue < 0.0 { 0.0 } else { eigenvalue.sqrt() }
}

/// Columns of a product that one thread computes at a time, however many threads there are.
const COLUMNS: usize = 128;

fn multiply(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    let mut rest = product.as_mut();
    let mut parts = Vec::new();
    for start in (0..right.ncols()).step_by(COLUMNS) {
        let count = COLUMNS.min(right.ncols() - start);
        let part;
        (part, rest) = rest.split_at_col_mut(count);
        parts.push((part, right.subcols(start, count)));
    }
    parts.into_par_iter().for_each(|(part, right)| matmul(part, Accum::Replace, left, right, 1.0, Par::Seq));
    product
}

fn trace(matrix: &Mat<f64>) -> f64 {
    (0..matrix.nrows()).map(|i| matrix[(i, i)]).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metric::Statistics;
    use crate::rng::{normals, rng};

    fn draws(counter: u64, samples: usize, dim: usize) -> Vec<f32> {
        let mut x = normals(&mut rng(5, "test/frechet", counter), samples * dim);
        // Columns of very different spread, so that a wrong pairing of them shows.
        for (i, x) in x.iter_mut().enumerate() {
            *x *= 0.1 + (i % dim) as f32;
        }
        x
    }

    fn gaussian(features: &[f32], dim: usize) -> Gaussian {
        let mut statistics = Statistics::new(dim);
        statistics.push(features).unwrap();
        statistics.gaussian().unwrap()
    }

    fn diagonal(mean: &[f64], variances: &[f64]) -> Gaussian {
        let dim = mean.len();
        Gaussian {
            mean: mean.to_vec(),
            covariance: Mat::from_fn(dim, dim, |i, j| if i == j { variances[i] } else { 0.0 }),
        }
    }

    fn assert_close(value: f64, expected: f64, relative: f64) {
        let error = (value - expected).abs() / expected.abs();
        assert!(error < relative, "{value} instead of {expected}");
    }

    #[test]
    fn identical_sets_have_distance_zero_also_when_singular() {
        for samples in [200, 7] {
            let a = gaussian(&draws(0, samples, 12), 12);
            let scale = trace(&a.covariance);
            assert!(frechet_distance(&a, &a).unwrap() < 1e-6 * scale);
        }
    }

    #[test]
    fn a_translation_adds_its_squared_length() {
        let a = gaussian(&draws(0, 100, 6), 6);
        let mut b = gaussian(&draws(1, 100, 6), 6);
        b.mean.clone_from(&a.mean);
        let base = frechet_distance(&a, &b).unwrap();
        for (i, mean) in b.mean.iter_mut().enumerate() {
            *mean += i as f64;
        }
        assert_close(frechet_distance(&a, &b).unwrap(), base + 55.0, 1e-12);
    }

    #[test]
    fn diagonal_covariances_have_the_closed_form() {
        let a = diagonal(&[1.0, 2.0, 3.0], &[4.0, 9.0, 0.0]);
        let b = diagonal(&[1.0, 0.0, 3.0], &[1.0, 16.0, 25.0]);
        // |m1 - m2|^2 = 4 and the sum of (s1 - s2)^2 = 1 + 1 + 25.
        assert_close(frechet_distance(&a, &b).unwrap(), 31.0, 1e-12);
    }

    #[test]
    fn covariances_that_do_not_commute_have_the_two_by_two_closed_form() {
        // tr((S1 S2)^(1/2))^2 = tr(S1 S2) + 2 sqrt(det(S1 S2)) for 2 x 2 matrices.
        let of = |m: [[f64; 2]; 2]| Gaussian {
            mean: vec![0.0; 2],
            covariance: Mat::from_fn(2, 2, |i, j| m[i][j]),
        };
        let a = of([[2.0, 1.0], [1.0, 3.0]]);
        let b = of([[5.0, -2.0], [-2.0, 1.0]]);
        let coupling = (9.0 + 2.0 * (5.0f64 * 1.0).sqrt()).sqrt();
        assert_close(frechet_distance(&a, &b).unwrap(), 11.0 - 2.0 * coupling, 1e-12);
    }

    #[test]
    fn a_joint_rotation_changes_nothing_and_the_distance_is_symmetric() {
        let dim = 9;
        let a = gaussian(&draws(0, 40, dim), dim);
        let b = gaussian(&draws(1, 60, dim), dim);
        let expected = frechet_distance(&a, &b).unwrap();
        assert!(expected > 1.0);
        assert_close(frechet_distance(&b, &a).unwrap(), expected, 1e-10);
        let noise = normals(&mut rng(5, "test/rotation", 0), dim * dim);
        let rotation = Mat::from_fn(dim, dim, |i, j| f64::from(noise[i * dim + j])).qr().compute_Q();
        let rotate = |g: &Gaussian| {
            let mean = Mat::from_fn(dim, 1, |i, _| g.mean[i]);
            let mean = &rotation * mean;
            Gaussian {
                mean: (0..dim).map(|i| mean[(i, 0)]).collect(),
                covariance: &rotation * &g.covariance * rotation.transpose(),
            }
        };
        assert_close(frechet_distance(&rotate(&a), &rotate(&b)).unwrap(), expected, 1e-10);
    }

    /// With fewer samples than features the coupling is the nuclear norm of the small matrix
    /// `X1 X2^T / sqrt((n1 - 1)(n2 - 1))` of centred rows: another way to the same number.
    #[test]
    fn singular_covariances_agree_with_the_nuclear_norm() {
        let (dim, n1, n2) = (40, 9, 13);
        let (x1, x2) = (draws(0, n1, dim), draws(1, n2, dim));
        let (a, b) = (gaussian(&x1, dim), gaussian(&x2, dim));
        let centred = |x: &[f32], g: &Gaussian| {
            Mat::from_fn(x.len() / dim, dim, |i, j| f64::from(x[i * dim + j]) - g.mean[j])
        };
        let small = centred(&x1, &a) * centred(&x2, &b).transpose();
        let nuclear: f64 = small.singular_values().unwrap().into_iter().sum();
        let coupling = nuclear / (((n1 - 1) * (n2 - 1)) as f64).sqrt();
        let translation: f64 = std::iter::zip(&a.mean, &b.mean).map(|(a, b)| (a - b).powi(2)).sum();
        let expected = translation + trace(&a.covariance) + trace(&b.covariance) - 2.0 * coupling;
        assert_close(frechet_distance(&a, &b).unwrap(), expected, 1e-6);
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let dim = 2 * COLUMNS + 9;
        let [a, b] = [0, 1].map(|counter| gaussian(&draws(counter, 400, dim), dim));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| frechet_distance(&a, &b).unwrap().to_bits())
        };
        assert_eq!((on(2), on(4)), (on(1), on(1)));
        let whole = a.covariance.as_ref() * b.covariance.as_ref();
        let error = (&multiply(a.covariance.as_ref(), b.covariance.as_ref()) - &whole).norm_l2();
        assert!(error <= 1e-14 * whole.norm_l2(), "{error}");
    }

    #[test]
    fn different_widths_are_refused() {
        let error = frechet_distance(&diagonal(&[0.0], &[1.0]), &diagonal(&[0.0; 2], &[1.0; 2]));
        assert_eq!(error, Err(MetricError::WidthMismatch { left: 1, right: 2 }));
    }
}
