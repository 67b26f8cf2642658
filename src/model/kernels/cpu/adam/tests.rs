use super::*;
use crate::model::kernels::cpu::testing::{assert_close, double, random, same_bits};

const STEP: AdamStep = AdamStep { beta1: 0.5, beta2: 0.9, epsilon: 1e-8, learning_rate: 2e-4, steps: 1 };

/// Weight, gradient, first and second moment of parameters of these lengths.
fn parameters(lengths: &[usize]) -> Vec<[Vec<f32>; 4]> {
    let one = |(seed, &len): (usize, &usize)| {
        let seed = seed as u64;
        let second = random(len, seed + 40).iter().map(|second| second.abs()).collect();
        [random(len, seed + 10), random(len, seed + 20), random(len, seed + 30), second]
    };
    lengths.iter().enumerate().map(one).collect()
}

fn stepped(mut values: Vec<[Vec<f32>; 4]>, step: AdamStep) -> Vec<[Vec<f32>; 4]> {
    adam_step(
        values
            .iter_mut()
            .map(|[weight, gradient, first, second]| AdamParameter { weight, gradient, first, second, step })
            .collect(),
    );
    values
}

#[test]
fn a_step_follows_the_paper() {
    for (beta1, steps) in [(0.0, 1), (0.5, 1), (0.9, 7), (0.5, 100_000)] {
        let step = AdamStep { beta1, steps, ..STEP };
        let before = parameters(&[0, 1, 17, 40_001]);
        let after = same_bits(|| stepped(before.clone(), step));
        for (before, after) in before.iter().zip(&after) {
            let [weight, gradient, first, second] = before.each_ref().map(|values| double(values));
            let (mut moves, mut firsts, mut seconds) = (vec![], vec![], vec![]);
            for i in 0..weight.len() {
                let m = beta1 * first[i] + (1.0 - beta1) * gradient[i];
                let v = 0.9 * second[i] + 0.1 * gradient[i] * gradient[i];
                let unbiased = m / (1.0 - beta1.powi(steps as i32));
                let scale = (v / (1.0 - 0.9f64.powi(steps as i32))).sqrt() + 1e-8;
                moves.push(weight[i] - 2e-4 * unbiased / scale);
                firsts.push(m);
                seconds.push(v);
            }
            assert_close(&after[0], &moves, 1e-7);
            assert_close(&after[2], &firsts, 1e-7);
            assert_close(&after[3], &seconds, 1e-7);
            assert_eq!(after[1], before[1]);
        }
    }
}

#[test]
fn the_first_step_has_the_size_of_the_learning_rate() {
    let values = vec![[vec![1.0; 3], vec![3.0, -1e-3, 0.0], vec![0.0; 3], vec![0.0; 3]]];
    let [weight, ..] = &stepped(values, AdamStep { learning_rate: 0.125, ..STEP })[0];
    assert!((weight[0] - 0.875).abs() <= 1e-6 && (weight[1] - 1.125).abs() <= 1e-5 && weight[2] == 1.0);
}

#[test]
fn non_finite_gradients_reach_the_weight() {
    for bad in [f32::NAN, f32::INFINITY] {
        let values = vec![[vec![1.0; 2], vec![bad, 1.0], vec![0.0; 2], vec![0.0; 2]]];
        let [weight, _, first, second] = &stepped(values, STEP)[0];
        assert!(!weight[0].is_finite() && !first[0].is_finite() && !second[0].is_finite());
        assert!(weight[1].is_finite());
    }
}

#[test]
fn averages_follow_the_weights() {
    let weights = [random(40_001, 1), random(3, 2)];
    let before = [random(40_001, 3), random(3, 4)];
    let after = same_bits(|| {
        let mut averages = before.clone();
        let pairs =
            averages.iter_mut().zip(&weights).map(|(average, weight)| (&mut average[..], &weight[..]));
        update_averages(pairs.collect(), 0.999);
        averages
    });
    for ((before, weight), after) in before.iter().zip(&weights).zip(&after) {
        let pairs = double(before).into_iter().zip(double(weight));
        let expected: Vec<f64> = pairs.map(|(before, weight)| before * 0.999 + weight * 0.001).collect();
        assert_close(after, &expected, 1e-7);
    }
}

#[test]
#[should_panic(expected = "different lengths")]
fn lengths_must_agree() {
    let (mut one, mut two, mut other) = ([0.0; 2], [0.0; 2], [0.0; 1]);
    adam_step(vec![AdamParameter {
        weight: &mut one,
        gradient: &[0.0; 2],
        first: &mut two,
        second: &mut other,
        step: STEP,
    }]);
}
