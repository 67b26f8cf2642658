//! Directions of latent space along which a generator changes its images most.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};
use serde::{Deserialize, Serialize};

/// The longest latents whose directions are computed: a bound on time and memory, which grow with its square and more.
const MOST_LATENT: usize = 1024;

/// A direction of latent space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrincipalDirection {
    /// What one standard deviation adds to a latent, `[latent]`: of length 1.
    pub vector: Vec<f32>,
    /// The share that it explains of the variance of the first layer's output, from 0 to 1.
    pub share: f64,
}

/// The `count` strongest directions of a generator whose first layer is linear with the weight `[outputs, latent]`,
/// row-major; the strongest first. Fewer where latents have fewer numbers; none where latents are longer than 1,024
/// numbers, or the weight is zero everywhere or not finite.
///
/// GANSpace (Härkönen et al. 2020, section 2.2) draws latents `z`, takes the principal components of what the first layer
/// makes of them, and finds the direction that belongs to each by least squares. Of a linear layer, `y = W z + b`, and
/// latents that follow N(0, 1), all of that is known without a draw. With the singular value decomposition `W = U S Vᵀ`
/// the covariance of `y` is `W Wᵀ = U S² Uᵀ`, so the components are the columns of `U` and their variances `s²`. The
/// coordinate of `y` along one is `s vᵀ z`, and the least squares that predict `z` from it give `v / s`: one standard
/// deviation `s` of the coordinate is the step `v`. These right singular vectors are the eigenvectors of `Wᵀ W`, as in
/// the closed form of Shen and Zhou (2021).
///
/// A direction and its opposite are the same component; the one is taken whose number of the largest size is positive.
///
/// ```
/// use autogan::model::principal_directions;
///
/// // Of two outputs, one is three times the first number of the latent, the other its second number.
/// let directions = principal_directions(&[3.0, 0.0, 0.0, 1.0], 2, 2);
/// assert_eq!(directions[0].vector, [1.0, 0.0]);
/// assert!((directions[0].share - 0.9).abs() < 1e-12);
/// ```
pub fn principal_directions(weight: &[f32], latent: usize, count: usize) -> Vec<PrincipalDirection> {
    let is_matrix = (1..=MOST_LATENT).contains(&latent) && weight.len().is_multiple_of(latent);
    if !is_matrix || !weight.iter().all(|value| value.is_finite()) {
        return Vec::new();
    }
    let wide: Vec<f64> = weight.iter().map(|&value| f64::from(value)).collect();
    let weight = MatRef::from_row_major_slice(&wide, wide.len() / latent, latent);
    let mut products = Mat::zeros(latent, latent);
    // In one thread, so that the same weights give the same bits everywhere.
    matmul(products.as_mut(), Accum::Replace, weight.transpose(), weight, 1.0, Par::Seq);
    let Ok(eigen) = products.self_adjoint_eigen(Side::Lower) else { return Vec::new() };
    let (vectors, variances) = (eigen.U(), eigen.S().column_vector());
    // Rounding can leave a variance that should be zero a little below it.
    let variance = |column: usize| variances[column].max(0.0);
    let total: f64 = (0..latent).map(variance).sum();
    if total == 0.0 || !total.is_finite() {
        return Vec::new();
    }
    let mut strongest: Vec<usize> = (0..latent).collect();
    strongest.sort_by(|&one, &other| variance(other).total_cmp(&variance(one)));
    strongest.truncate(count);
    let direction = |column: usize| {
        let vector: Vec<f64> = (0..latent).map(|row| vectors[(row, column)]).collect();
        let largest =
            vector.iter().copied().reduce(|one, other| if other.abs() > one.abs() { other } else { one });
        let sign = largest.map_or(1.0, f64::signum);
        let vector = vector.into_iter().map(|value| (sign * value) as f32).collect();
        PrincipalDirection { vector, share: variance(column) / total }
    };
    strongest.into_iter().map(direction).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{normals, rng};

    fn close(found: &[f32], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} instead of {expected}");
        }
    }

    #[test]
    fn a_case_by_hand() {
        // W = [[2, 2], [1, -1]]: W^T W = [[5, 3], [3, 5]], whose eigenvalues are 8 and 2 with the eigenvectors (1, 1)
        // and (1, -1), both over the root of 2.
        let directions = principal_directions(&[2.0, 2.0, 1.0, -1.0], 2, 5);
        assert_eq!(directions.len(), 2, "no more than latents have numbers");
        let half = 0.5_f64.sqrt();
        close(&directions[0].vector, &[half, half]);
        assert!((directions[0].share - 0.8).abs() < 1e-12);
        // Both numbers are of the same size up to rounding, so that the sign is either.
        let sign = f64::from(directions[1].vector[0].signum());
        close(&directions[1].vector, &[sign * half, -sign * half]);
        assert!((directions[1].share - 0.2).abs() < 1e-12);
        assert_eq!(principal_directions(&[2.0, 2.0, 1.0, -1.0], 2, 1), directions[..1]);
    }

    #[test]
    fn more_numbers_than_outputs_leave_directions_without_variance() {
        // One output, 3 z1 - 4 z2: all of its variance is along (3, -4) / 5, of which the larger number is positive.
        let directions = principal_directions(&[3.0, -4.0, 0.0], 3, 3);
        close(&directions[0].vector, &[-0.6, 0.8, 0.0]);
        assert!((directions[0].share - 1.0).abs() < 1e-12);
        assert!(directions[1..].iter().all(|direction| direction.share.abs() < 1e-12));
    }

    /// The way of GANSpace itself: principal components of the outputs of drawn latents, and least squares.
    #[test]
    fn they_are_the_directions_that_many_latents_lead_to() {
        const LATENT: usize = 4;
        const OUTPUTS: usize = 6;
        const DRAWS: usize = 20_000;
        let mut weight = normals(&mut rng(3, "test/weight", 0), OUTPUTS * LATENT);
        // Numbers of a latent that differ in what they bring about, so that no two directions are alike.
        for (at, value) in weight.iter_mut().enumerate() {
            *value *= [4.0, 2.0, 1.0, 0.3][at % LATENT];
        }
        let found = principal_directions(&weight, LATENT, 2);
        let latents = normals(&mut rng(3, "test/latents", 0), DRAWS * LATENT);
        let latents: Vec<f64> = latents.into_iter().map(f64::from).collect();
        let z = MatRef::from_row_major_slice(&latents, DRAWS, LATENT);
        let weight: Vec<f64> = weight.into_iter().map(f64::from).collect();
        let y = z * MatRef::from_row_major_slice(&weight, OUTPUTS, LATENT).transpose();
        let eigen =
            (y.transpose() * y.as_ref()).self_adjoint_eigen(Side::Lower).map_err(|_| "no eigenvalues");
        let Ok(eigen) = eigen else { panic!("a covariance has eigenvalues") };
        let variances: Vec<f64> =
            (0..OUTPUTS).map(|at| eigen.S().column_vector()[at] / DRAWS as f64).collect();
        let total: f64 = variances.iter().sum();
        for (number, direction) in found.iter().enumerate() {
            // They come with the largest variance last.
            let column = OUTPUTS - 1 - number;
            let coordinates: Vec<f64> = (0..DRAWS)
                .map(|row| (0..OUTPUTS).map(|at| y[(row, at)] * eigen.U()[(at, column)]).sum())
                .collect();
            let square: f64 = coordinates.iter().map(|x| x * x).sum();
            // What one standard deviation of the coordinate predicts of each number of the latent.
            let step: Vec<f64> = (0..LATENT)
                .map(|at| {
                    let product: f64 = coordinates.iter().enumerate().map(|(row, x)| x * z[(row, at)]).sum();
                    product / square * variances[column].sqrt()
                })
                .collect();
            let cosine: f64 = step.iter().zip(&direction.vector).map(|(a, b)| a * f64::from(*b)).sum();
            let length = step.iter().map(|value| value * value).sum::<f64>().sqrt();
            assert!((length - 1.0).abs() < 0.05, "a step of length {length} in direction {number}");
            assert!(cosine.abs() / length > 0.99, "direction {number}: {step:?} beside {direction:?}");
            assert!((variances[column] / total - direction.share).abs() < 0.02, "direction {number}");
        }
    }

    #[test]
    fn what_has_no_directions_has_none() {
        assert!(principal_directions(&[0.0; 8], 4, 5).is_empty(), "no variance");
        assert!(principal_directions(&[1.0, f32::NAN], 2, 5).is_empty());
        assert!(principal_directions(&[1.0; 3], 2, 5).is_empty(), "no whole rows");
        assert!(principal_directions(&[], 0, 5).is_empty());
        assert!(principal_directions(&[], 3, 5).is_empty(), "no outputs");
        assert!(principal_directions(&vec![1.0; MOST_LATENT + 1], MOST_LATENT + 1, 5).is_empty(), "too long");
    }

    #[test]
    fn they_are_at_right_angles_and_the_same_every_time() {
        let weight = normals(&mut rng(5, "test/weight", 0), 64 * 16);
        let directions = principal_directions(&weight, 16, 6);
        assert_eq!(directions, principal_directions(&weight, 16, 6));
        assert!(directions.is_sorted_by(|one, other| one.share >= other.share));
        for (one, first) in directions.iter().enumerate() {
            for (other, second) in directions.iter().enumerate() {
                let dot: f64 = first.vector.iter().zip(&second.vector).map(|(a, b)| f64::from(a * b)).sum();
                assert!((dot - f64::from(u8::from(one == other))).abs() < 1e-5, "{one} and {other}: {dot}");
            }
        }
    }
}
