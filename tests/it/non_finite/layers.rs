//! Layers.

use autogan::arch::graph::ops::*;
use autogan::model::Pass;
use autogan::rng::rng;
use burn::tensor::{Device, Tensor};

use super::{Kind, Right, caught, close, host, judge, tensor};
use crate::numbers::operators::Layer;

const IMAGE: [usize; 4] = [2, 3, 4, 4];
const COUNT: usize = 2 * 3 * 4 * 4;

pub(super) fn resizing(device: &Device, cases: usize) {
    let mut doubling = Layer::on_maps(ConvTranspose { outputs: 3 }, 3, device);
    for number in 0..cases {
        let kind = Kind::of(number);
        let x = kind.numbers(&mut rng(2, "non_finite/resize", number as u64), COUNT);
        let (least, most) = x.iter().fold((f32::MAX, f32::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
        let slack = 1e-5 * least.abs().max(most.abs());
        let within = |values: &[f32]| values.iter().all(|v| *v >= least - slack && *v <= most + slack);
        for (interpolation, factor) in
            [(Interpolation::Nearest, 2), (Interpolation::Bilinear, 2), (Interpolation::Bilinear, 4)]
        {
            let out = host(resize(tensor(&x, IMAGE, device), interpolation, factor));
            judge(&format!("{interpolation:?} times {factor}"), kind, &x, Ok(out), Right::Known(&within));
        }
        let out = host(doubling.maps(tensor(&x, IMAGE, device), Pass::Train));
        judge("transposed convolution", kind, &x, Ok(out), Right::Unknown);
    }
}

fn resize(x: Tensor<4>, interpolation: Interpolation, factor: usize) -> Tensor<4> {
    Layer::on_maps(Upsample { interpolation, factor }, 3, &x.device()).maps(x, Pass::Train)
}

fn instance_norm(x: Tensor<4>) -> Tensor<4> {
    Layer::on_maps(InstanceNorm::default(), 3, &x.device()).maps(x, Pass::Train)
}

/// A batch norm whose scale is one.
fn batch_norm(channels: usize, device: &Device) -> Layer {
    Layer::on_maps(BatchNorm::default(), channels, device).with([("weight", vec![1.0; channels])])
}

/// The deviations of the rows of a channel, where they can be told apart from none.
fn normalised(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
    values.iter().map(|x| (x - mean) / (variance + 1e-5).sqrt()).collect()
}

pub(super) fn norms(device: &Device, cases: usize) {
    // One value for each channel, too: a batch of one picture of one pixel.
    for shape in [IMAGE, [1, 3, 1, 1]] {
        let count: usize = shape.iter().product();
        let [batch, channels, height, width] = shape;
        let plane = height * width;
        for number in 0..cases {
            let kind = Kind::of(number);
            let x = kind.numbers(&mut rng(3, "non_finite/norm", number as u64), count);
            let wide = |at: usize| f64::from(x[at]);
            let planes = (0..batch * channels)
                .flat_map(|p| normalised(&Vec::from_iter((0..plane).map(|i| wide(p * plane + i)))));
            let expected: Vec<f64> = planes.collect();
            let right = |values: &[f32]| values.iter().zip(&expected).all(|(v, e)| near(*v, *e));
            let out = host(instance_norm(tensor(&x, shape, device)));
            judge("instance norm", kind, &x, Ok(out), Right::Known(&right));

            let mut expected = vec![0.0; count];
            for channel in 0..channels {
                let places: Vec<usize> = (0..batch)
                    .flat_map(|b| (0..plane).map(move |i| (b * channels + channel) * plane + i))
                    .collect();
                let values = normalised(&places.iter().map(|at| wide(*at)).collect::<Vec<f64>>());
                places.into_iter().zip(values).for_each(|(at, value)| expected[at] = value);
            }
            let right = |values: &[f32]| values.iter().zip(&expected).all(|(v, e)| near(*v, *e));
            for pass in [Pass::Train, Pass::Measure { seen: 0 }] {
                let mut norm = batch_norm(channels, device);
                let mut out = host(norm.maps(tensor(&x, shape, device), pass));
                let seen = norm.state();
                // What is divided by an infinite deviation looks ordinary; the statistics tell, and are
                // looked at together with the weights.
                let statistics = seen.values().flat_map(|data| data.as_slice::<f32>().unwrap().to_vec());
                let finite = statistics.clone().all(f32::is_finite);
                if !finite {
                    out.push(f32::NAN);
                }
                judge(&format!("batch norm, {pass:?}"), kind, &x, Ok(out), Right::Known(&right));
                if !finite {
                    let tame = host(norm.maps(tensor(&[0.5; COUNT], IMAGE, device), Pass::Eval));
                    let non_finite = tame.iter().any(|value| !value.is_finite());
                    assert!(non_finite, "statistics {seen:?} make {tame:?} of a tame picture");
                }
            }
            let out = host(batch_norm(channels, device).maps(tensor(&x, shape, device), Pass::Eval));
            let right = |values: &[f32]| {
                values
                    .iter()
                    .zip(&x)
                    .all(|(v, e)| close(f64::from(v / e.abs().max(1.0)), f64::from(e / e.abs().max(1.0))))
            };
            judge("batch norm, Eval", kind, &x, Ok(out), Right::Known(&right));
        }
    }
}

/// Within what f32 leaves of a deviation that is small beside its mean.
fn near(found: f32, expected: f64) -> bool {
    (f64::from(found) - expected).abs() < 0.02
}

/// Weights of zeros, tame, huge and non-finite ones before ordinary pictures, and the other way round.
pub(super) fn spectral_norm(device: &Device, cases: usize) {
    let reparameterisation = Reparameterisation::Spectral;
    let conv = Layer::on_maps(Conv { reparameterisation, ..Conv::new(4, 3) }, 3, device);
    let linear = Layer::on_features(spectral_linear(1), 48, device);
    for number in 0..cases {
        let kind = Kind::of(number);
        let generator = &mut rng(4, "non_finite/spectral", number as u64);
        let tame = Kind::Tame.numbers(generator, COUNT);
        let weight = kind.numbers(generator, 4 * 3 * 9);
        let name = "spectral convolution";
        let mut find_non_finite = conv.clone().with([("weight_orig", weight.clone())]);
        for pass in [Pass::Train, Pass::Train, Pass::Eval] {
            let out = host(find_non_finite.maps(tensor(&tame, IMAGE, device), pass));
            // A norm of one bounds the output by the input's length and the bias; after one step from
            // random vectors the norm is only roughly known.
            let length = tame.iter().map(|x| x * x).sum::<f32>().sqrt() * 30.0 + 1.0;
            let bounded = |values: &[f32]| values.iter().all(|v| v.abs() <= length);
            let right = |values: &[f32]| bounded(values) || values.iter().any(|v| v.abs() > 1e9);
            judge(&format!("{name}, weights, {pass:?}"), kind, &weight, Ok(out), Right::Known(&right));
        }
        let x = kind.numbers(generator, COUNT);
        let out = host(conv.clone().maps(tensor(&x, IMAGE, device), Pass::Eval));
        judge(&format!("{name}, pictures"), kind, &x, Ok(out), Right::Unknown);
        let out = host(linear.clone().features(tensor(&x, [2, 48], device), Pass::Train));
        judge("spectral linear layer", kind, &x, Ok(out), Right::Unknown);
    }
    zeros_stay_zeros_and_can_grow(device);
}

/// PyTorch makes NaN of them.
fn zeros_stay_zeros_and_can_grow(device: &Device) {
    let with = |layer: Layer, weight: Vec<f32>| layer.with([("weight_orig", weight)]);
    let x = || tensor(&[1.0; 4], [1, 4], device);
    let mut layer = with(Layer::on_features(spectral_linear(2), 4, device), vec![0.0; 8]);
    for pass in [Pass::Train, Pass::Train, Pass::Eval] {
        assert_eq!(host(layer.features(x(), pass)), [0.0; 2], "{pass:?}");
    }
    let mut grown = with(layer, vec![3.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    let mut out = Vec::new();
    for _ in 0..30 {
        out = host(grown.features(x(), Pass::Train));
    }
    assert!((out[0] - 1.0).abs() < 1e-3 && (out[1] - 1.0 / 3.0).abs() < 1e-3, "{out:?}");
}

fn spectral_linear(outputs: usize) -> Linear {
    let reparameterisation = Reparameterisation::Spectral;
    Linear { bias: false, reparameterisation, ..Linear::new(outputs) }
}

pub(super) fn linear(device: &Device, cases: usize) {
    let mut layer = Layer::on_features(Linear::new(3), 6, device);
    for number in 0..cases {
        let kind = Kind::of(number);
        let x = kind.numbers(&mut rng(5, "non_finite/linear", number as u64), 12);
        let out = host(layer.features(tensor(&x, [2, 6], device), Pass::Train));
        judge("linear layer", kind, &x, Ok(out), Right::Unknown);
    }
}

#[test]
fn layers_make_no_numbers_of_nothing() {
    let device = Device::flex();
    let empty = |shape| tensor::<4>(&[], shape, &device);
    let norm = batch_norm(3, &device);
    for shape in [[0, 3, 4, 4], [2, 3, 0, 4], [2, 3, 4, 0], [2, 3, 0, 0]] {
        let results = [
            caught(|| host(resize(empty(shape), Interpolation::Nearest, 2))),
            caught(|| host(resize(empty(shape), Interpolation::Bilinear, 2))),
            caught(|| host(instance_norm(empty(shape)))),
            caught(|| host(norm.clone().maps(empty(shape), Pass::Eval))),
        ];
        for result in results {
            assert!(
                result.as_ref().is_err() || result.as_ref().is_ok_and(Vec::is_empty),
                "{shape:?}: {result:?}"
            );
        }
    }
}
