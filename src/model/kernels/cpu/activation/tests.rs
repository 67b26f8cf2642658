use super::*;
use crate::model::kernels::cpu::testing::{double, random, same_bits};

#[test]
fn relu_keeps_positive_values_and_nan() {
    let x = [1.5, -2.0, 0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, 1e-40];
    let y = relu(&x);
    assert_eq!(y, [1.5, 0.0, 0.0, 0.0, f32::INFINITY, 0.0, 1e-40]);
    assert!(relu(&[f32::NAN])[0].is_nan());
    let x = random(40_001, 1);
    let expected: Vec<f32> = x.iter().map(|x| x.max(0.0)).collect();
    assert_eq!(same_bits(|| relu(&x)), expected);
    let mut x = x;
    relu_in_place(&mut x);
    assert_eq!(x, expected);
}

#[test]
fn relu_gradient_passes_where_the_output_is_positive_or_nan() {
    let output = [1.0, 0.0, f32::NAN, f32::INFINITY, 0.0];
    let backward = |output: &[f32], gradient: &[f32]| {
        let mut gradient = gradient.to_vec();
        relu_backward(output, &mut gradient);
        gradient
    };
    assert_eq!(backward(&output, &[2.0, 3.0, 4.0, 5.0, f32::INFINITY]), [2.0, 0.0, 4.0, 5.0, 0.0]);
    assert!(backward(&[1.0], &[f32::NAN])[0].is_nan());
    let (x, gradient) = (random(40_001, 1), random(40_001, 2));
    let from_output = same_bits(|| backward(&relu(&x), &gradient));
    assert_eq!(from_output, backward(&x, &gradient));
}

#[test]
fn tanh_is_exact_to_three_in_ten_million() {
    // Every 100th of all positive numbers and their opposites, so denormal ones as well.
    let sizes = (0..f32::INFINITY.to_bits()).step_by(100).map(f32::from_bits);
    let x: Vec<f32> = sizes.flat_map(|x| [x, -x]).collect();
    let mut worst = 0.0f64;
    for (&x, y) in x.iter().zip(tanh(&x)) {
        let exact = f64::from(x).tanh();
        let error = (f64::from(y) - exact).abs();
        // Below the smallest normal number only the spacing of numbers counts.
        if x.abs() < f32::MIN_POSITIVE {
            assert!(y == x, "tanh({x:e}) = {y:e}");
        } else {
            worst = worst.max(error / exact.abs());
        }
        assert!(y.abs() <= 1.0, "tanh({x:e}) = {y:e}");
    }
    assert!(worst <= 3e-7, "relative error {worst:e}");
}

#[test]
fn tanh_of_special_values() {
    let y = tanh(&[0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e30, -1e30, 1e-42]);
    assert_eq!(y[0].to_bits(), 0.0f32.to_bits());
    assert_eq!(y[1].to_bits(), (-0.0f32).to_bits());
    assert_eq!((y[2], y[3], y[5], y[6], y[7]), (1.0, -1.0, 1.0, -1.0, 1e-42));
    assert!(y[4].is_nan());
    let x = random(40_001, 3);
    same_bits(|| tanh(&x));
}

#[test]
fn tanh_gradient() {
    let (x, gradient) = (random(1001, 4), random(1001, 5));
    let actual = same_bits(|| tanh_backward(&tanh(&x), &gradient));
    for ((x, g), actual) in double(&x).into_iter().zip(double(&gradient)).zip(actual) {
        let step = 1e-5;
        let slope = ((x + step).tanh() - (x - step).tanh()) / (2.0 * step);
        assert!((f64::from(actual) - g * slope).abs() <= 5e-7);
    }
    assert!(tanh_backward(&[f32::NAN, 0.5], &[1.0, f32::INFINITY]).iter().all(|g| !g.is_finite()));
}
