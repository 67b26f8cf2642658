//! How long one update of each network takes on a device, and which operators take it.

use std::time::Instant;

use anyhow::Context as _;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arch::graph::{Node, Shape};
use crate::arch::{Genotype, Graph};
use crate::config::RunConfig;
use crate::data::ImageSet;
use crate::device::{self, DeviceChoice, DeviceWork, WorkCounter};
use crate::gan::{LrDecay, Network, Networks, Recipe, TrainConfig, Trainer};
use crate::model::{Init, Pass, Value, Weights, run};
use crate::rng::{normals, rng};

/// Stream of the weights, the latents and the images.
const STREAM: &str = "step";
/// Times that each operator is run by itself, after one to warm up.
const OPERATOR_RUNS: usize = 5;

/// Times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// The median.
    pub median: f64,
    /// A quarter of all took less.
    pub lower_quartile: f64,
    /// A quarter of all took more.
    pub upper_quartile: f64,
}

impl Times {
    /// Of at least one time in milliseconds.
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        Self { median: at(0.5), lower_quartile: at(0.25), upper_quartile: at(0.75) }
    }
}

/// An operator at the sizes that a network has it in, timed by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatorTimes {
    /// The network.
    pub network: Network,
    /// What it is, such as `3x3 conv, 64`.
    pub operator: String,
    /// The shape of its value for one image, such as `[64, 16, 16]`.
    pub shape: String,
    /// How often the network has it.
    pub count: usize,
    /// Milliseconds of all of them together, forward.
    pub forward: f64,
    /// The same forward and backward, with the gradients of input and weights.
    pub forward_backward: f64,
}

/// What a GPU is asked for in one update, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateWork {
    /// Operations on tensors, without those that only view a tensor otherwise.
    pub operations: f64,
    /// Operations that only view a tensor otherwise.
    pub views: f64,
    /// Kernels launched.
    pub kernels: f64,
    /// Tensors made of values of the host.
    pub uploads: f64,
    /// Reads of values by the host.
    pub readbacks: f64,
}

impl UpdateWork {
    /// The share of one of so many updates.
    fn of(work: DeviceWork, updates: usize) -> Self {
        let share = |count: u64| count as f64 / updates as f64;
        Self {
            operations: share(work.operations),
            views: share(work.views),
            kernels: share(work.kernels),
            uploads: share(work.uploads),
            readbacks: share(work.readbacks),
        }
    }
}

/// What a GPU is asked for in one update of each network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GpuWork {
    /// In an update of the discriminator.
    pub discriminator: UpdateWork,
    /// In an update of the generator and of its moving average.
    pub generator: UpdateWork,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTimes {
    /// The device.
    pub device: String,
    /// Threads that the CPU computes with.
    pub threads: usize,
    /// The architecture, as its integer vector.
    pub vector: String,
    /// Side of the images in pixels.
    pub side: usize,
    /// Channels of the generator.
    pub generator_channels: usize,
    /// Channels of the discriminator.
    pub discriminator_channels: usize,
    /// Real images, and as many generated ones, in an update of the discriminator.
    pub batch: usize,
    /// Generated images in an update of the generator.
    pub generator_batch: usize,
    /// Updates of each network that were timed.
    pub updates: usize,
    /// An update of the discriminator, in milliseconds.
    pub discriminator: Times,
    /// An update of the generator and of its moving average, in milliseconds.
    pub generator: Times,
    /// Both together, in milliseconds.
    pub both: Times,
    /// What the GPU is asked for, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuWork>,
    /// Operators, those that take longest first.
    pub operators: Vec<OperatorTimes>,
    /// Memory of this process at its highest, in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

/// Times `updates` updates of each network of `genotype`, after `warm_up` of each, with the sizes and the recipe of
/// `config` on its device, and where `operators` says so each operator by itself. The images are noise.
///
/// # Errors
///
/// If the device cannot be opened or the sizes cannot be.
pub fn step_times(
    config: &RunConfig,
    genotype: &Genotype,
    warm_up: usize,
    updates: usize,
    operators: bool,
) -> anyhow::Result<StepTimes> {
    let opened = device::open(&config.device.parse::<DeviceChoice>()?)?;
    let model = &config.model;
    let side = model.side(genotype.cells.len());
    // An update of each, one after the other.
    let recipe = Recipe { n_critic: 1, ..config.recipe };
    let images = noise(recipe.batch, side)?;
    // The rate does not change what a step costs, and more steps may be timed than a training has.
    let train = TrainConfig { lr_decay: LrDecay::None, ..config.winner };
    let (device, seed) = (&opened.device, config.seed);
    let mut trainer = Trainer::new(genotype.clone(), model, recipe, train, &images, device, seed, STREAM)?;
    let (mut discriminator, mut generator) = (Vec::new(), Vec::new());
    let counter = opened.is_gpu.then(WorkCounter::new);
    let work_so_far = || counter.as_ref().map_or(DeviceWork::default(), WorkCounter::work);
    let mut work = [DeviceWork::default(); 2];
    for round in 0..warm_up + updates {
        let mut update = || -> anyhow::Result<(f64, DeviceWork)> {
            let (begun, before) = (Instant::now(), work_so_far());
            trainer.advance(&images)?;
            // A GPU may still be at work on the weights, which no number was read of.
            opened.device.sync().context("the device does not answer")?;
            Ok((begun.elapsed().as_secs_f64() * 1e3, work_so_far() - before))
        };
        let [(first, asked), (second, asked_next)] = [update()?, update()?];
        if round >= warm_up {
            discriminator.push(first);
            generator.push(second);
            work = [work[0] + asked, work[1] + asked_next];
        }
    }
    let [discriminator_work, generator_work] = work.map(|work| UpdateWork::of(work, updates));
    let gpu = counter.map(|_| GpuWork { discriminator: discriminator_work, generator: generator_work });
    let peak_memory = peak_memory();
    drop(trainer);
    let mut operator_list = Vec::new();
    if operators {
        let networks = Networks::new(model, genotype);
        for (network, graph, batch) in [
            (Network::Generator, &networks.generator, recipe.generator_batch),
            (Network::Discriminator, &networks.discriminator, recipe.batch),
        ] {
            operator_list.extend(operator_times(network, graph, batch, &opened.device)?);
        }
        operator_list.sort_by(|a, b| b.forward_backward.total_cmp(&a.forward_backward));
    }
    Ok(StepTimes {
        device: opened.name,
        threads: rayon::current_num_threads(),
        vector: genotype.to_string(),
        side,
        generator_channels: model.generator_channels,
        discriminator_channels: model.discriminator_channels,
        batch: recipe.batch,
        generator_batch: recipe.generator_batch,
        updates,
        both: Times::of(discriminator.iter().zip(&generator).map(|(a, b)| a + b).collect()),
        discriminator: Times::of(discriminator),
        generator: Times::of(generator),
        gpu,
        operators: operator_list,
        peak_memory,
    })
}

/// Images of noise.
pub(super) fn noise(count: usize, side: usize) -> anyhow::Result<ImageSet> {
    let values = normals(&mut rng(0, STREAM, 0), count * side * side * 3);
    let pixels = values.into_iter().map(|value| (value * 64.0 + 128.0) as u8).collect();
    Ok(ImageSet::new("noise", side, pixels, None, Vec::new())?)
}

/// Every operator of a network by itself, those of one kind and size together.
fn operator_times(
    network: Network,
    graph: &Graph,
    batch: usize,
    device: &Device,
) -> anyhow::Result<Vec<OperatorTimes>> {
    let mut times: Vec<(&Node, Vec<Shape>, usize)> = Vec::new();
    for node in graph.nodes() {
        let inputs = graph.input_shapes(node);
        if inputs.is_empty() {
            continue;
        }
        match times.iter_mut().find(|(other, shapes, _)| other.op == node.op && *shapes == inputs) {
            Some((_, _, count)) => *count += 1,
            None => times.push((node, inputs, 1)),
        }
    }
    let timed = times.into_iter().map(|(node, inputs, count)| {
        let graph = Graph::of_operator(node.op.clone(), &inputs);
        let time = |backward| operator_time(&graph, &inputs, batch, device, backward);
        Ok(OperatorTimes {
            network,
            operator: node.op.operator().label(),
            shape: node.shape.to_string(),
            count,
            forward: count as f64 * time(false)?,
            forward_backward: count as f64 * time(true)?,
        })
    });
    timed.collect()
}

/// The median time of a graph of one operator in milliseconds.
fn operator_time(
    graph: &Graph,
    inputs: &[Shape],
    batch: usize,
    device: &Device,
    backward: bool,
) -> anyhow::Result<f64> {
    let device = if backward { device.clone().autodiff() } else { device.clone() };
    let weights = Weights::initial(&graph.parameters(), [Init::FanIn; 2], &device, 1, STREAM);
    let once = || -> anyhow::Result<f64> {
        let values: Vec<Value> = inputs.iter().map(|&shape| value(shape, batch, &device)).collect();
        let begun = Instant::now();
        let output = run(graph, &weights, values, Pass::Train).output();
        if backward {
            // Of all values alike.
            drop(match output {
                Value::Features(features) => features.backward(),
                Value::Maps(maps) => maps.backward(),
            });
        }
        device.sync().context("the device does not answer")?;
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    };
    once()?;
    let times: anyhow::Result<Vec<f64>> = (0..OPERATOR_RUNS).map(|_| once()).collect();
    Ok(Times::of(times?).median)
}

fn value(shape: Shape, batch: usize, device: &Device) -> Value {
    fn tensor<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
        let values = normals(&mut rng(0, STREAM, 1), shape.iter().product());
        let tensor = Tensor::from_data(TensorData::new(values, shape), device);
        if device.is_autodiff() { tensor.require_grad() } else { tensor }
    }
    match shape {
        Shape::Features(count) => tensor([batch, count], device).into(),
        Shape::Maps { channels, side } => tensor([batch, channels, side, side], device).into(),
    }
}

/// Memory of this process at its highest; Linux tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes << 10)
}
