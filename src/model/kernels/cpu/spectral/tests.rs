use super::*;
use crate::model::kernels::cpu::testing::{assert_close, double, random, same_bits};

const SIZES: [(usize, usize); 6] = [(1, 1), (3, 27), (64, 576), (7, 65), (128, 1152), (1, 40)];

struct Values {
    weight: Vec<f32>,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Values {
    fn layer(&self) -> SpectralLayer<'_> {
        SpectralLayer { weight: &self.weight, left: &self.left, right: &self.right }
    }
}

fn values() -> Vec<Values> {
    let unit = |x: Vec<f32>| super::unit(x, vec![]);
    let one = |(seed, (rows, columns)): (usize, (usize, usize))| {
        let seed = 10 * seed as u64;
        Values {
            weight: random(rows * columns, seed),
            left: unit(random(rows, seed + 1)),
            right: unit(random(columns, seed + 2)),
        }
    };
    SIZES.into_iter().enumerate().map(one).collect()
}

fn unit_f64(x: Vec<f64>) -> Vec<f64> {
    let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    x.iter().map(|x| x / length).collect()
}

/// `W / sigma`, `u`, `v` and sigma in double precision.
fn reference(values: &Values, iterate: bool) -> (Vec<f64>, Vec<f64>, Vec<f64>, f64) {
    let (weight, mut left, mut right) = (double(&values.weight), double(&values.left), double(&values.right));
    let (rows, columns) = (left.len(), right.len());
    if iterate {
        right = unit_f64(
            (0..columns).map(|j| (0..rows).map(|i| weight[i * columns + j] * left[i]).sum()).collect(),
        );
        left = unit_f64(
            (0..rows).map(|i| (0..columns).map(|j| weight[i * columns + j] * right[j]).sum()).collect(),
        );
    }
    let at = |i: usize| left[i / columns] * right[i % columns];
    let sigma: f64 = (0..weight.len()).map(|i| weight[i] * at(i)).sum();
    (weight.iter().map(|w| w / sigma).collect(), left, right, sigma)
}

#[test]
fn weights_are_divided_by_their_spectral_norm() {
    let values = values();
    let layers: Vec<_> = values.iter().map(Values::layer).collect();
    for iterate in [true, false] {
        let outputs = same_bits(|| spectral_norm(&layers, iterate));
        for (values, output) in values.iter().zip(outputs) {
            let (weight, left, right, sigma) = reference(values, iterate);
            // Without an iteration sigma is a sum of random signs, which loses a few digits.
            assert_close(&output.weight, &weight, if iterate { 3e-7 } else { 5e-6 });
            assert_close(&output.left, &left, 3e-7);
            assert_close(&output.right, &right, 3e-7);
            assert_close(&[output.sigma], &[sigma], if iterate { 3e-7 } else { 5e-6 });
        }
    }
}

#[test]
fn many_iterations_find_the_largest_singular_value() {
    let weight = [3.0, 0.0, 0.0, 0.0, -5.0, 0.0];
    let (mut left, mut right) = (vec![0.6, 0.8], vec![0.6, 0.8, 0.0]);
    let mut sigma = 0.0;
    for _ in 0..50 {
        let layer = SpectralLayer { weight: &weight, left: &left, right: &right };
        let output = spectral_norm(&[layer], true).remove(0);
        (left, right, sigma) = (output.left, output.right, output.sigma);
    }
    assert!((sigma - 5.0).abs() <= 1e-5);
}

#[test]
fn the_gradient_is_that_of_finite_differences() {
    for (rows, columns) in [(3, 5), (4, 1)] {
        let values =
            Values { weight: random(rows * columns, 1), left: random(rows, 2), right: random(columns, 3) };
        let gradient = random(rows * columns, 4);
        let sigma = spectral_norm(&[values.layer()], false)[0].sigma;
        let Values { weight, left, right } = &values;
        let layer = SpectralGradient { weight, gradient: &gradient, left, right, sigma };
        let actual = spectral_norm_backward(&[layer]).remove(0);
        let loss = |at: usize, step: f32| {
            let mut weight = weight.clone();
            weight[at] += step;
            let moved = Values { weight, left: left.clone(), right: right.clone() };
            let (output, ..) = reference(&moved, false);
            let loss: f64 = output.iter().zip(&gradient).map(|(w, &g)| w * f64::from(g)).sum();
            (loss, f64::from(moved.weight[at]))
        };
        let expected: Vec<f64> = (0..weight.len())
            .map(|at| {
                let (more, less) = (loss(at, 1e-4), loss(at, -1e-4));
                (more.0 - less.0) / (more.1 - less.1)
            })
            .collect();
        assert_close(&actual, &expected, 2e-6);
    }
}

#[test]
fn gradients_match_the_formula() {
    let values = values();
    let gradients: Vec<_> = values.iter().map(|values| random(values.weight.len(), 99)).collect();
    let sigma = 2.5;
    let layers: Vec<_> = values
        .iter()
        .zip(&gradients)
        .map(|(Values { weight, left, right }, gradient)| SpectralGradient {
            weight,
            gradient,
            left,
            right,
            sigma,
        })
        .collect();
    let actual = same_bits(|| spectral_norm_backward(&layers));
    for (layer, actual) in layers.iter().zip(actual) {
        let (weight, gradient) = (double(layer.weight), double(layer.gradient));
        let inner: f64 = weight.iter().zip(&gradient).map(|(w, g)| w * g).sum();
        let (left, right) = (double(layer.left), double(layer.right));
        let expected: Vec<f64> = (0..weight.len())
            .map(|i| gradient[i] / 2.5 - inner / 6.25 * left[i / right.len()] * right[i % right.len()])
            .collect();
        assert_close(&actual, &expected, 3e-7);
    }
}

#[test]
fn a_weight_of_zeros_stays_and_keeps_its_vectors() {
    let layer = SpectralLayer { weight: &[0.0; 6], left: &[0.6, 0.8], right: &[1.0, 0.0, 0.0] };
    let output = spectral_norm(&[layer], true).remove(0);
    assert_eq!(output.weight, [0.0; 6]);
    assert_eq!((&output.left[..], &output.right[..], output.sigma), (layer.left, layer.right, 1.0));
    let gradient = SpectralGradient {
        weight: layer.weight,
        gradient: &[1.0; 6],
        left: layer.left,
        right: layer.right,
        sigma: output.sigma,
    };
    assert_eq!(spectral_norm_backward(&[gradient]), [[1.0; 6]]);
}

#[test]
fn non_finite_weights_stay_non_finite() {
    for bad in [f32::NAN, f32::INFINITY] {
        let mut weight = [1.0; 6];
        weight[4] = bad;
        let layer = SpectralLayer { weight: &weight, left: &[0.6, 0.8], right: &[1.0, 0.0, 0.0] };
        let output = spectral_norm(&[layer], true).remove(0);
        assert!(output.weight.iter().all(|w| !w.is_finite()));
        assert!(output.left.iter().any(|u| !u.is_finite()) && output.right.iter().any(|v| !v.is_finite()));
    }
    // Finite, but its squares overflow single precision.
    let layer = SpectralLayer { weight: &[1e30, -1e30], left: &[1.0], right: &[0.6, 0.8] };
    let output = spectral_norm(&[layer], true).remove(0);
    assert!((output.weight[0] - 0.5f32.sqrt()).abs() <= 1e-6);
}
