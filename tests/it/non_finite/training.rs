//! What training is made of: losses, optimiser, averages, guards, the controller.

use autogan::arch::graph::ops::Linear;
use autogan::gan::{
    Adam, AdamConfig, Loss, NonFinite, Total, diagnose_non_finite, diversity, find_non_finite, latents,
    non_finite_weights, uniform,
};
use autogan::model::{Average, Controller, Hidden, NamedTensors, Pass};
use autogan::rng::rng;
use autogan::search::{Baseline, ControllerConfig, reinforce_loss};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

use super::{Kind, NON_FINITE, Right, close, host, judge, tensor};
use crate::numbers::operators::Layer;

const LOSSES: [Loss; 3] = [Loss::Hinge, Loss::NonSaturating, Loss::LeastSquares];
const SCORES: usize = 6;

/// A loss's value in f64.
fn expected(loss: Loss, real: &[f32], fake: &[f32]) -> (f64, f64) {
    let mean = |scores: &[f32], f: &dyn Fn(f64) -> f64| {
        scores.iter().map(|x| f(f64::from(*x))).sum::<f64>() / scores.len() as f64
    };
    let softplus = |x: f64| if x > 30.0 { x } else { x.exp().ln_1p() };
    match loss {
        Loss::Hinge => {
            (mean(real, &|x| (1.0 - x).max(0.0)) + mean(fake, &|x| (1.0 + x).max(0.0)), -mean(fake, &|x| x))
        }
        Loss::NonSaturating => {
            (mean(real, &|x| softplus(-x)) + mean(fake, &softplus), mean(fake, &|x| softplus(-x)))
        }
        Loss::LeastSquares => (
            mean(real, &|x| (x - 1.0).powi(2)) + mean(fake, &|x| x.powi(2)),
            mean(fake, &|x| (x - 1.0).powi(2)),
        ),
    }
}

pub(super) fn losses(device: &Device, cases: usize) {
    let device = device.clone().autodiff();
    for number in 0..cases {
        let kind = Kind::of(number);
        let generator = &mut rng(6, "non_finite/loss", number as u64);
        let (non_finite, tame) = (kind.numbers(generator, SCORES), Kind::Tame.numbers(generator, SCORES));
        for loss in LOSSES {
            for (what, real, fake) in [("real", &non_finite, &tame), ("fake", &tame, &non_finite)] {
                let (discriminator, generator) = expected(loss, real, fake);
                let leaf = |values: &[f32]| tensor(values, [SCORES, 1], &device).require_grad();
                let (real, fake) = (leaf(real), leaf(fake));
                let value = loss.discriminator(real.clone(), fake.clone());
                let gradients = value.backward();
                let right = |values: &[f32]| close(f64::from(values[0]), discriminator);
                judge(
                    &format!("{loss:?}, {what} scores"),
                    kind,
                    &non_finite,
                    Ok(host(value.inner())),
                    Right::Known(&right),
                );
                if kind == Kind::Tame {
                    let slopes =
                        [real.grad(&gradients), fake.grad(&gradients)].map(|slope| host(slope.unwrap()));
                    assert!(slopes.iter().flatten().all(|slope| slope.is_finite()), "{slopes:?}");
                }
                if what == "fake" {
                    let value = loss.generator(fake);
                    let right = |values: &[f32]| close(f64::from(values[0]), generator);
                    judge(
                        &format!("{loss:?}, generator"),
                        kind,
                        &non_finite,
                        Ok(host(value.inner())),
                        Right::Known(&right),
                    );
                }
            }
        }
    }
}

/// The step is right, or the weights or the optimiser's moments show that it is not.
pub(super) fn adam(device: &Device, cases: usize) {
    let device = device.clone().autodiff();
    let (rate, weight) = (0.1, 0.5);
    for number in 0..cases {
        let kind = Kind::of(number);
        let slopes = kind.numbers(&mut rng(7, "non_finite/adam", number as u64), 8);
        for beta1 in [0.0, 0.5] {
            // A layer's output for the unit vector has one column of its weight as gradient.
            let layer = Layer::on_features(Linear { bias: false, ..Linear::new(8) }, 1, &device);
            let mut layer = layer.with([("weight", vec![weight; 8])]);
            let output = layer.features(tensor(&[1.0], [1, 1], &device), Pass::Train);
            let gradients = (output * tensor(&slopes, [1, 8], &device)).sum().backward();
            let mut adam = Adam::new(AdamConfig { beta1, ..AdamConfig::default() });
            adam.step(&mut layer.weights, gradients, rate);
            let state = layer.state();
            let mut out = state["weight"].as_slice::<f32>().unwrap().to_vec();
            let healthy = Total::default().weights(&layer.weights).adam(&adam).is_finite();
            assert_eq!(
                healthy,
                find_non_finite(&state).is_none() && find_non_finite(&adam.state_dict()).is_none()
            );
            if !healthy {
                out.push(f32::NAN);
            }
            let right = |values: &[f32]| {
                values.iter().zip(&slopes).all(|(value, slope)| {
                    let slope = f64::from(*slope);
                    let step = rate * slope / (slope.abs() + 1e-8);
                    // Below 1e-19 the square of a slope is nothing, and so is its step beside epsilon.
                    (f64::from(weight) - step - f64::from(*value)).abs() < 1e-4
                })
            };
            judge(&format!("Adam, beta1 {beta1}"), kind, &slopes, Ok(out), Right::Known(&right));
        }
    }
}

pub(super) fn averages(device: &Device, cases: usize) {
    let layer = |values: &[f32]| {
        Layer::on_features(Linear::new(2), 4, device).with([("weight", values.to_vec())]).weights
    };
    for number in 0..cases {
        let kind = Kind::of(number);
        let generator = &mut rng(8, "non_finite/average", number as u64);
        let (start, newest) = (Kind::Tame.numbers(generator, 8), kind.numbers(generator, 8));
        let mut average = Average::new(&layer(&start), 0.9);
        average.update(&layer(&newest));
        let out = average.weights().state_dict()["operator.weight"].as_slice::<f32>().unwrap().to_vec();
        let right = |values: &[f32]| {
            let wanted = start.iter().zip(&newest).map(|(a, b)| 0.9 * f64::from(*a) + 0.1 * f64::from(*b));
            values.iter().zip(wanted).all(|(value, wanted)| {
                close(f64::from(*value) / wanted.abs().max(1.0), wanted / wanted.abs().max(1.0))
            })
        };
        judge("average weights", kind, &newest, Ok(out), Right::Known(&right));
    }
}

pub(super) fn diversity_of_images(device: &Device, cases: usize) {
    for number in 0..cases {
        let kind = Kind::of(number);
        let x = kind.numbers(&mut rng(9, "non_finite/diversity", number as u64), 4 * 3 * 4);
        let images = || tensor(&x, [4, 3, 2, 2], device);
        let found = diversity(images());
        judge("diversity", kind, &x, Ok(vec![found as f32]), Right::Unknown);
        let reason = uniform(images(), 0.02);
        assert_eq!(reason.is_some(), !found.is_finite() || found < 0.02, "{x:?}: {found}, {reason:?}");
        assert_eq!(uniform(images(), 0.0), None);
    }
    let alone = tensor(&[0.3; 12], [1, 3, 2, 2], device);
    assert_eq!(diversity(alone), 0.0, "one image is like itself");
}

/// The check of a module by one number, at every place where a value can hide.
pub(super) fn sums_of_weights(device: &Device, cases: usize) {
    let device = device.clone().autodiff();
    let layer = Layer::on_features(Linear::new(30), 40, &device).weights;
    assert_eq!(non_finite_weights(&layer), None);
    for number in 0..cases {
        let generator = &mut rng(10, "non_finite/sums", number as u64);
        let mut state = layer.state_dict();
        let name = if generator.random() { "operator.weight" } else { "operator.bias" };
        let kind = Kind::of(number);
        let shape = state[name].shape().to_vec();
        let values = kind.numbers(generator, shape.iter().product());
        state.insert(name.to_owned(), TensorData::new(values.clone(), shape));
        let mut changed = layer.clone();
        changed.load_state_dict(&state).unwrap();
        let found_here = non_finite_weights(&changed);
        match kind {
            Kind::Tame => assert_eq!(found_here, None),
            // Finite, or so large that their sum is not.
            Kind::Huge => assert!(found_here.is_none_or(|found| found == diagnose_non_finite(&state))),
            Kind::NonFinite => {
                let nan = values.iter().filter(|value| value.is_nan()).count();
                let infinite = values.iter().filter(|value| value.is_infinite()).count();
                let (name, values) = (name.to_owned(), values.len());
                assert_eq!(found_here, Some(NonFinite::Values { name, nan, infinite, values, tensors: 1 }));
            }
        }
    }
}

#[test]
fn an_empty_batch_has_no_diversity_and_counts_as_no_numbers() {
    let none = Tensor::<4>::zeros([0, 3, 2, 2], &Device::flex());
    assert!(diversity(none.clone()).is_nan());
    assert!(uniform(none, 0.02).is_some_and(|reason| reason.contains("not finite")));
}

#[test]
fn latents_are_finite_in_any_number() {
    for count in [0, 1, 2, 257] {
        let z = latents(1, "non_finite", 0, count, 16, &Device::flex());
        assert_eq!(z.dims(), [count, 16]);
        assert!(host(z).iter().all(|value| value.is_finite()));
    }
}

/// The controller with other values.
fn loaded(controller: &Controller, state: &NamedTensors) -> Controller {
    let mut controller = controller.clone();
    controller.weights.load_state_dict(state).unwrap();
    controller
}

/// The distributions of a non-finite controller are non-finite: a draw from them would take the last value for ever.
#[test]
fn a_controllers_probabilities_are_probabilities_or_no_numbers() {
    let choices = [2, 3, 3, 2];
    let device = Device::flex();
    let controller = Controller::new(&choices, 8, &device, 1, "non_finite");
    let healthy = controller.weights.state_dict();
    let names: Vec<&String> = healthy.keys().collect();
    let mut shown = 0;
    for number in 0..240 {
        let kind = Kind::of(number);
        let generator = &mut rng(11, "non_finite/controller", number as u64);
        let name = names[number / 3 % names.len()];
        let mut state = healthy.clone();
        let shape = state[name].shape().to_vec();
        let values = kind.numbers(generator, shape.iter().product());
        state.insert(name.clone(), TensorData::new(values.clone(), shape));
        let non_finite = loaded(&controller, &state);
        let walk = non_finite.unroll(&Hidden::zero(8), |_, _| 1);
        for distribution in &walk.probabilities {
            let finite = distribution.iter().all(|p| p.is_finite());
            let sum: f32 = distribution.iter().sum();
            let valid = distribution.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-4;
            assert!(valid || !finite, "{name}: {distribution:?}");
            assert!(valid || kind != Kind::Tame, "{name}: {distribution:?}");
            shown += usize::from(!finite);
        }
        // An embedding's row that is not chosen is not used, and a gate may close over an infinity; the
        // weights themselves tell in any case.
        match (kind, non_finite_weights(&non_finite.weights)) {
            (Kind::Tame, found) => assert_eq!(found, None, "{name}"),
            (Kind::NonFinite, found) => assert!(found.is_some(), "{name}"),
            (Kind::Huge, _) => {}
        }
    }
    assert!(shown > 40, "{shown} non-finite distributions were seen");
    for logit in [f32::NEG_INFINITY, f32::INFINITY, f32::NAN] {
        let mut state = healthy.clone();
        state.insert("decoders.0.bias".to_owned(), TensorData::new(vec![logit; 2], [2]));
        let walk = loaded(&controller, &state).unroll(&Hidden::zero(8), |_, _| 0);
        assert!(walk.probabilities[0].iter().all(|p| p.is_nan()), "{:?}", walk.probabilities[0]);
    }
}

#[test]
fn a_reward_that_is_no_number_makes_a_loss_that_is_none() {
    let device = Device::flex();
    for baseline in [Baseline::Persistent, Baseline::AsReleased] {
        let config = ControllerConfig { baseline, ..ControllerConfig::default() };
        let of = |reward: f64, old: Option<&[f32]>| {
            let log_probs = Tensor::<1>::from_floats([-0.7, -1.1], &device);
            let entropies = Tensor::<1>::from_floats([0.69, 1.0], &device);
            let outcome = reinforce_loss(&config, log_probs, entropies, reward, old);
            (host(outcome.loss)[0], outcome.baseline)
        };
        let (loss, kept) = of(0.5, Some(&[0.4, 0.4]));
        assert!(loss.is_finite() && kept.iter().all(|b| b.is_finite()));
        for non_finite in NON_FINITE {
            let (loss, kept) = of(f64::from(non_finite), Some(&[0.4, 0.4]));
            assert!(
                !loss.is_finite() && kept.iter().all(|b| !b.is_finite()),
                "{non_finite}: {loss}, {kept:?}"
            );
            assert!(!of(0.5, Some(&[non_finite, non_finite])).0.is_finite(), "a baseline of {non_finite}");
        }
    }
}
