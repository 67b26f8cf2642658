//! Every operator the program uses, and one adversarial step, on a device against the CPU.
//!
//! Drivers and tuned kernels can be wrong without a word; this finds it before hours of training do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Gradients, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};

use super::{Adam, AdamConfig, Gan, Loss, Networks, latents};
use crate::arch::graph::ops::*;
use crate::arch::graph::{Graph, Shape};
use crate::arch::{CellGene, ConvBlock, Genotype, Norm, Slot, Up};
use crate::model::{Init, ModelConfig, NamedTensors, Pass, Value, Weights, host, is_buffer, run};
use crate::rng::{normals, rng};

/// A check passes below this.
pub const TOLERANCE: f64 = 1e-3;
/// Tensors that are smaller than this share of the largest one beside them are measured against that
/// share: a gradient that is zero on paper (of a bias before a norm) holds nothing but rounding.
const FLOOR: f64 = 1e-2;
/// A ReLU whose input is zero but for rounding opens on one device and not on the other, which shows in
/// all gradients before it. A fault shows with any numbers, so a check may be tried with others.
const TRIES: u64 = 3;
/// Number of checks.
pub const CHECKS: usize = OPERATORS.len();

/// How far a device is from the CPU in one operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The operator.
    pub name: String,
    /// The worst difference of a value, relative to the largest magnitude of its tensor; infinite
    /// when a value is not finite or the operator failed.
    #[serde(deserialize_with = "infinite_if_null")]
    pub forward_error: f64,
    /// The same for gradients, where there are any.
    pub backward_error: Option<f64>,
    /// Whether both are below 1e-3.
    pub passed: bool,
}

/// JSON has no infinity, and is given `null` instead.
fn infinite_if_null<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
}

impl Check {
    fn new(name: &str, forward_error: f64, backward_error: Option<f64>) -> Self {
        Self {
            name: name.to_owned(),
            forward_error,
            backward_error,
            passed: forward_error.max(backward_error.unwrap_or(0.0)) < TOLERANCE,
        }
    }

    /// The larger error of the two.
    pub fn worst(&self) -> f64 {
        self.forward_error.max(self.backward_error.unwrap_or(0.0))
    }
}

/// Runs all checks on `device`. `progress` gets the name of each before it begins.
pub fn self_test(device: &Device, progress: &mut dyn FnMut(&str)) -> Vec<Check> {
    let checks = OPERATORS.iter().map(|(name, operator)| {
        progress(name);
        check(name, *operator, device)
    });
    checks.collect()
}

/// The first try that passes, else the last one.
fn check(name: &str, operator: OperatorTest, device: &Device) -> Check {
    let mut tries = (0..TRIES - 1).map(|seed| attempt(name, operator, device, seed));
    let passed = tries.find(|check| check.passed);
    passed.unwrap_or_else(|| attempt(name, operator, device, TRIES - 1))
}

fn attempt(name: &str, operator: OperatorTest, device: &Device, seed: u64) -> Check {
    let expected = operator(Probe::new(&Device::flex(), seed));
    // A kernel that a driver cannot compile ends in a panic, whose reason is logged by then.
    match catch_unwind(AssertUnwindSafe(|| operator(Probe::new(device, seed)))) {
        Err(_) => Check::new(name, f64::INFINITY, None),
        Ok(found) => {
            let gradients = !expected.gradients.is_empty();
            let backward = gradients.then(|| worst(&expected.gradients, &found.gradients));
            Check::new(name, worst(&expected.values, &found.values), backward)
        }
    }
}

/// The worst error of `found`, tensor by tensor. See [`Check::forward_error`] and [`FLOOR`].
fn worst(expected: &[Vec<f32>], found: &[Vec<f32>]) -> f64 {
    let largest = |values: &[f32]| values.iter().fold(0.0, |max, x| f64::from(x.abs()).max(max));
    let floor = FLOOR * expected.iter().map(|values| largest(values)).fold(0.0, f64::max);
    let sizes = |tensors: &[Vec<f32>]| tensors.iter().map(Vec::len).collect::<Vec<usize>>();
    let finite = |tensors: &[Vec<f32>]| tensors.iter().flatten().all(|x| x.is_finite());
    if sizes(expected) != sizes(found) || !finite(expected) || !finite(found) {
        return f64::INFINITY;
    }
    let error = |(expected, found): (&Vec<f32>, &Vec<f32>)| {
        let differences = expected.iter().zip(found).map(|(a, b)| f64::from(a - b).abs());
        match differences.fold(0.0, f64::max) {
            0.0 => 0.0,
            difference => difference / largest(expected).max(floor),
        }
    };
    expected.iter().zip(found).map(error).fold(0.0, f64::max)
}

/// What an operator gave.
struct Outcome {
    values: Vec<Vec<f32>>,
    gradients: Vec<Vec<f32>>,
}

/// Reads the gradients of some tensors.
type GradientReader = Box<dyn Fn(&Gradients) -> Vec<Vec<f32>>>;

/// Makes an operator's inputs, the same on every device, and collects what comes of them.
struct Probe {
    /// With autodiff.
    device: Device,
    seed: u64,
    draws: u64,
    values: Vec<Vec<f32>>,
    sources: Vec<GradientReader>,
}

impl Probe {
    fn new(device: &Device, seed: u64) -> Self {
        Self { device: device.clone().autodiff(), seed, draws: 0, values: Vec::new(), sources: Vec::new() }
    }

    /// A constant of normal draws.
    fn constant<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        let draws = normals(&mut rng(self.seed, "self-test", self.draws), shape.iter().product());
        self.draws += 1;
        Tensor::from_data(TensorData::new(draws, shape), &self.device)
    }

    /// Normal draws whose gradient is compared.
    fn input<const D: usize>(&mut self, shape: [usize; D]) -> Tensor<D> {
        let input = self.constant(shape).require_grad();
        let watched = input.clone();
        let read = move |gradients: &Gradients| vec![watched.grad(gradients).map_or(vec![f32::NAN], host)];
        self.sources.push(Box::new(read));
        input
    }

    /// Initial weights of a graph.
    fn weights(&self, graph: &Graph) -> Weights {
        let schemes = [Init::XavierUniform; 2];
        Weights::initial(&graph.parameters(), schemes, &self.device, self.seed, "self-test")
    }

    /// Runs a graph with one output, compares its buffers and its weights' gradients too, and finishes.
    fn run(mut self, graph: &Graph, inputs: Vec<Value>, pass: Pass) -> Outcome {
        let weights = self.weights(graph);
        let mut forwarded = run(graph, &weights, inputs, pass);
        std::mem::take(&mut forwarded.buffers).into_values().for_each(|buffer| self.note(buffer));
        let count = weights.parameters().count();
        self.sources.push(Box::new(move |gradients: &Gradients| {
            let found: Vec<Vec<f32>> =
                weights.gradients(gradients).values().map(|data| data.iter::<f32>().collect()).collect();
            if found.len() == count { found } else { vec![vec![f32::NAN]] }
        }));
        match forwarded.output() {
            Value::Features(output) => self.finish(output),
            Value::Maps(output) => self.finish(output),
        }
    }

    /// Compares a value that the operator leaves behind too.
    fn note<const D: usize>(&mut self, value: Tensor<D>) {
        self.values.push(host(value));
    }

    /// Goes back from the output, weighed by random numbers so that no gradient cancels.
    fn finish<const D: usize>(mut self, output: Tensor<D>) -> Outcome {
        let weights = self.constant(output.dims());
        let gradients = (output.clone() * weights).sum().backward();
        self.note(output.inner());
        Outcome {
            values: self.values,
            gradients: self.sources.iter().flat_map(|read| read(&gradients)).collect(),
        }
    }
}

type OperatorTest = fn(Probe) -> Outcome;

/// `[batch, channels, height, width]` of the operators' inputs.
const IMAGES: [usize; 4] = [4, 8, 8, 8];

const OPERATORS: &[(&str, OperatorTest)] = &[
    ("convolution 3x3", |probe| maps(probe, Conv::new(8, 3), Pass::Train)),
    ("convolution 1x1", |probe| maps(probe, Conv::new(8, 1), Pass::Train)),
    ("strided convolution", |probe| maps(probe, Conv { stride: 2, ..Conv::new(8, 3) }, Pass::Train)),
    ("convolution 1x7", |probe| {
        maps(probe, Conv { kernel: [1, 7], padding: [0, 3], ..Conv::new(8, 1) }, Pass::Train)
    }),
    ("transposed convolution", |probe| maps(probe, ConvTranspose { outputs: 8 }, Pass::Train)),
    ("bilinear resize x2", |probe| upsample(probe, Interpolation::Bilinear, 2)),
    ("bilinear resize x4", |probe| upsample(probe, Interpolation::Bilinear, 4)),
    ("nearest resize x2", |probe| upsample(probe, Interpolation::Nearest, 2)),
    ("nearest resize x4", |probe| upsample(probe, Interpolation::Nearest, 4)),
    ("nearest resize x2 and 3x3 convolution", |probe| {
        maps(probe, UpsampledConv { conv: Conv::new(8, 3) }, Pass::Train)
    }),
    ("3x3 convolution and average pooling", |probe| {
        maps(probe, PooledConv { conv: Conv::new(8, 3) }, Pass::Train)
    }),
    ("batch norm in training", |probe| maps(probe, BatchNorm::default(), Pass::Train)),
    ("batch norm in use", |probe| maps(probe, BatchNorm::default(), Pass::Eval)),
    ("batch norm and ReLU", |probe| maps(probe, BatchNorm { relu: true }, Pass::Train)),
    ("instance norm", |probe| maps(probe, InstanceNorm::default(), Pass::Train)),
    ("average pooling", |probe| maps(probe, AvgPool::halving(), Pass::Train)),
    ("average pooling at the border", |probe| {
        maps(probe, AvgPool { window: 3, stride: 1, padding: 1 }, Pass::Train)
    }),
    ("max pooling", |probe| maps(probe, MaxPool { window: 3, stride: 2, padding: 0 }, Pass::Train)),
    ("spectrally normalised convolution", |probe| {
        let reparameterisation = Reparameterisation::Spectral;
        maps(probe, Conv { reparameterisation, ..Conv::new(8, 3) }, Pass::Train)
    }),
    ("spectrally normalised linear layer", |probe| spectral_linear(probe, 4)),
    // The discriminator's last layer. burn 0.22.1's fused kernels misread a transposed column.
    ("spectrally normalised single output", |probe| spectral_linear(probe, 1)),
    ("linear layer", |probe| features(probe, Linear::new(32))),
    ("linear layer, inputs first", |probe| features(probe, Linear { inputs_first: true, ..Linear::new(32) })),
    ("ReLU", |probe| maps(probe, Relu, Pass::Train)),
    ("tanh", |probe| maps(probe, Tanh, Pass::Train)),
    ("softplus", |mut probe| {
        let x = probe.input(IMAGES);
        probe.finish(activation::softplus(x, 1.0))
    }),
    ("sum over pixels", |probe| maps(probe, SpatialSum, Pass::Train)),
    ("mean over pixels", |probe| maps(probe, SpatialMean, Pass::Train)),
    ("vector as maps", |probe| features(probe, Unflatten { side: 2 })),
    ("sum of two branches", |probe| two_branches(probe, Add)),
    ("two branches side by side", |probe| two_branches(probe, Concat)),
    ("Adam", adam),
    ("one adversarial step", adversarial_step),
];

/// An operator on maps.
fn maps(mut probe: Probe, op: impl Into<Op>, pass: Pass) -> Outcome {
    let [_, channels, side, _] = IMAGES;
    let graph = Graph::of_operator(op, &[Shape::Maps { channels, side }]);
    let x = probe.input(IMAGES);
    probe.run(&graph, vec![x.into()], pass)
}

/// An operator on vectors.
fn features(mut probe: Probe, op: impl Into<Op>) -> Outcome {
    let graph = Graph::of_operator(op, &[Shape::Features(16)]);
    let x = probe.input([4, 16]);
    probe.run(&graph, vec![x.into()], Pass::Train)
}

fn two_branches(mut probe: Probe, op: impl Into<Op>) -> Outcome {
    let [_, channels, side, _] = IMAGES;
    let graph = Graph::of_operator(op, &[Shape::Maps { channels, side }; 2]);
    let branches = vec![probe.input(IMAGES).into(), probe.input(IMAGES).into()];
    probe.run(&graph, branches, Pass::Train)
}

fn upsample(probe: Probe, interpolation: Interpolation, factor: usize) -> Outcome {
    maps(probe, Upsample { interpolation, factor }, Pass::Train)
}

fn spectral_linear(probe: Probe, outputs: usize) -> Outcome {
    let reparameterisation = Reparameterisation::Spectral;
    features(probe, Linear { bias: false, reparameterisation, ..Linear::new(outputs) })
}

/// Two steps with both moments in play. The loss is linear, so both see the same gradients on every
/// device, none of them near zero, where Adam turns rounding into steps.
fn adam(mut probe: Probe) -> Outcome {
    let slope = probe.constant([1, 16]);
    let slope = slope.clone().sign() + slope;
    let graph = Graph::of_operator(Linear::new(4), &[Shape::Features(16)]);
    let mut weights = probe.weights(&graph);
    let config = AdamConfig { beta1: 0.5, ..AdamConfig::default() };
    let mut adam = Adam::new(config);
    for _ in 0..2 {
        let output = run(&graph, &weights, vec![slope.clone().into()], Pass::Train).output();
        adam.step(&mut weights, output.features().sum().backward(), 0.1);
    }
    weights.tensors().for_each(|tensor| probe.note(tensor));
    Outcome { values: probe.values, gradients: Vec::new() }
}

/// A generator of one cell with 8 channels, and the sizes of its discriminator: what a GAN has at least.
pub(super) fn one_cell() -> (ModelConfig, Genotype) {
    let model = ModelConfig {
        latent_dim: 16,
        generator_channels: 8,
        discriminator_channels: 8,
        ..ModelConfig::default()
    };
    let gene = CellGene::default()
        .with(Slot::ConvBlock, ConvBlock::Pre as u32)
        .with(Slot::Norm, Norm::Batch as u32)
        .with(Slot::Up, Up::Bilinear as u32)
        .with(Slot::Shortcut, 1);
    (model, Genotype { cells: vec![gene] })
}

/// A discriminator and a generator update of a tiny GAN: losses, batch statistics and spectral
/// vectors forward, all gradients backward. With `beta1 = 0`, Adam's first moment is the gradient.
fn adversarial_step(mut probe: Probe) -> Outcome {
    let (model, genotype) = one_cell();
    let device = probe.device.clone().inner();
    let adam = AdamConfig { beta1: 0.0, ..AdamConfig::default() };
    let mut gan = Gan::new(
        model.derived_generator(&genotype, &device, probe.seed, "self-test"),
        model.discriminator(1, &device, probe.seed, "self-test"),
        adam,
    );
    let networks = Networks::new(&model, &genotype);
    let side = model.side(1);
    let real = probe.constant([4, 3, side, side]).tanh().inner();
    let seed = probe.seed;
    let z = |counter| latents(seed, "self-test/latent", counter, 4, model.latent_dim, &device);
    let learning_rate = 2e-4;
    let losses = [
        gan.discriminator_step(Loss::Hinge, &networks, real, z(0), learning_rate),
        gan.generator_step(Loss::Hinge, &networks, z(1), learning_rate),
    ];
    let state = gan.state_dict();
    let values = losses.into_iter().map(host);
    Outcome {
        values: values.chain(named(&state, is_buffer)).collect(),
        gradients: named(&state, |name| name.ends_with("/exp_avg")).collect(),
    }
}

fn named(state: &NamedTensors, wanted: fn(&str) -> bool) -> impl Iterator<Item = Vec<f32>> {
    let tensors = state.iter().filter(move |(name, _)| wanted(name));
    tensors.map(|(_, data)| data.as_slice().map_or(vec![f32::NAN], <[f32]>::to_vec))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_check_that_failed_altogether_can_be_read_from_json() {
        let failed = Check::new("ReLU", f64::INFINITY, None);
        let json = serde_json::to_string(&failed).unwrap();
        assert_eq!(serde_json::from_str::<Check>(&json).unwrap(), failed);
    }

    #[test]
    fn the_cpu_agrees_with_itself_in_every_operator_and_gradient() {
        let mut begun = Vec::new();
        let checks = self_test(&Device::flex(), &mut |name| begun.push(name.to_owned()));
        assert!(checks.iter().map(|check| &check.name).eq(&begun));
        for check in checks {
            assert_eq!(check.worst(), 0.0, "{check:?}");
            assert_eq!(check.backward_error.is_none(), check.name == "Adam");
        }
    }

    #[test]
    fn an_error_is_relative_to_its_own_tensor() {
        let expected = [vec![10.0, -2.0], vec![0.5, 0.5]];
        let found = [vec![10.0, -1.9], vec![0.5, 0.4]];
        assert!((worst(&expected, &found) - 0.2).abs() < 1e-6);
    }

    #[test]
    fn rounding_in_a_gradient_that_is_zero_on_paper_is_no_error() {
        let found = worst(&[vec![1.0], vec![1e-9]], &[vec![1.0], vec![-1e-9]]);
        assert!(found < TOLERANCE, "{found}");
    }

    #[test]
    fn missing_values_and_no_numbers_fail() {
        assert_eq!(worst(&[vec![1.0]], &[vec![f32::NAN]]), f64::INFINITY);
        assert_eq!(worst(&[vec![1.0, 2.0]], &[vec![1.0]]), f64::INFINITY);
        assert_eq!(worst(&[vec![0.0]], &[vec![1.0]]), f64::INFINITY);
        assert!(!Check::new("x", f64::INFINITY, None).passed);
        assert!(!Check::new("x", 0.0, Some(2e-3)).passed);
    }

    #[test]
    fn an_operator_that_panics_on_the_device_is_a_failed_check() {
        fn fragile(mut probe: Probe) -> Outcome {
            // Every second call is the device's.
            assert!(!FAIL.replace(!FAIL.get()), "the kernel does not compile");
            let x = probe.input([2]);
            probe.finish(x)
        }
        thread_local!(static FAIL: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
        let check = check("fragile", fragile, &Device::flex());
        assert!(!check.passed && check.forward_error.is_infinite());
    }
}
