//! The extractor's network: four strided convolutions, a global mean, one linear layer.

use burn::tensor::{Device, Tensor, TensorData};

use super::ExtractorError;
use super::resize::{Filter, resize};
use super::respond::{BATCH, BatchedForward, respond};
use crate::arch::Graph;
use crate::arch::graph::ops::{Conv, Linear, Relu, SpatialMean};
use crate::arch::graph::{Parameter, Shape};
use crate::model::{NamedTensors, Pass, Weights, features_and_logits, run};
use crate::rng::{normals, rng};

/// Side in pixels of the images that the network takes.
pub const INPUT_SIDE: usize = 32;
/// Width of the features: the global mean of the last convolution's activations.
pub const FEATURES: usize = 64;

/// Channels before and after each convolution.
const CHANNELS: [usize; 5] = [3, 16, 32, 64, FEATURES];
/// Kernel of the convolutions; with stride 2 and padding 1 each halves the side exactly.
const KERNEL: usize = 4;

/// A small classifier (107,000 parameters, 1.5 million multiply-accumulates an image).
#[derive(Clone, Debug)]
pub struct ExtractorNetwork {
    graph: Graph,
    weights: Weights,
    classes: usize,
}

/// The network for `classes` classes: images `[3, 32, 32]` in -1 to 1 to features and logits.
fn graph(classes: usize) -> Graph {
    let mut graph = Graph::new();
    let mut x = graph.input("image", Shape::Maps { channels: CHANNELS[0], side: INPUT_SIDE });
    for (i, &outputs) in CHANNELS[1..].iter().enumerate() {
        let conv = Conv { stride: 2, padding: [1, 1], ..Conv::new(outputs, KERNEL) };
        let name = format!("conv{i}");
        let maps = graph.add_weighted(&name, name.as_str(), conv, x);
        x = graph.add(&format!("{name}.relu"), Relu, &[maps]);
    }
    let features = graph.add("features", SpatialMean, &[x]);
    let head = Linear { inputs_first: true, ..Linear::new(classes) };
    let logits = graph.add_weighted("head", "head", head, features);
    graph.output(features);
    graph.output(logits);
    graph
}

/// Initial weights: N(0, 2 / fan_in) (He et al. 2015), biases zero.
pub(super) fn initial_weights(classes: usize, seed: u64) -> NamedTensors {
    let initial = |(name, Parameter { shape, .. }): (String, Parameter)| {
        let count = shape.iter().product();
        let fan_in = match shape[..] {
            [_, channels, height, width] => channels * height * width,
            [inputs, _] => inputs,
            _ => 0,
        };
        let values = match fan_in {
            0 => vec![0.0; count],
            fan_in => {
                let spread = (2.0 / fan_in as f32).sqrt();
                let draws = normals(&mut rng(seed, &format!("extractor/init/{name}"), 0), count);
                draws.into_iter().map(|x| x * spread).collect()
            }
        };
        (name, TensorData::new(values, shape))
    };
    graph(classes).parameters().into_iter().map(initial).collect()
}

impl ExtractorNetwork {
    /// A network with the given weights on `device`. `source` names their file in errors.
    pub(super) fn new(weights: &NamedTensors, device: &Device, source: &str) -> Result<Self, ExtractorError> {
        let classes = weights.get("head.bias").map_or(0, |bias| bias.num_elements());
        let graph = graph(classes);
        let parameters = graph.parameters();
        let mut tensors = NamedTensors::new();
        for (name, Parameter { shape, .. }) in &parameters {
            let found = weights.get(name).filter(|tensor| tensor.shape().to_vec() == *shape);
            let Some(found) = found.filter(|_| classes > 0) else {
                return Err(ExtractorError::Damaged {
                    file: source.to_owned(),
                    why: format!("tensor {name} is missing or not of shape {shape:?}"),
                });
            };
            tensors.insert(name.clone(), found.clone());
        }
        let weights = Weights::from_state_dict(&parameters, &tensors, device)
            .unwrap_or_else(|error| unreachable!("names and shapes were checked above: {error}"));
        Ok(Self { graph: graph.rewritten(), weights, classes })
    }

    /// Its weights.
    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Its weights, to be trained.
    pub(super) fn weights_mut(&mut self) -> &mut Weights {
        &mut self.weights
    }

    /// The same network outside of autodiff.
    pub(super) fn without_autodiff(&self) -> Self {
        Self { weights: self.weights.without_autodiff(), ..self.clone() }
    }

    /// Multiply-accumulates of the convolutions for one image.
    pub(super) fn macs() -> u64 {
        let layers = graph(1).layers();
        layers.iter().filter(|layer| layer.name.starts_with("conv")).map(|layer| layer.macs).sum()
    }

    /// Number of classes that the logits have.
    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    /// Features and logits of `images` `[n, 3, side, side]` in [-1, 1]; `first` is the index of the first of
    /// them in the whole set.
    pub(super) fn respond(
        &self,
        images: Tensor<4>,
        first: usize,
    ) -> Result<(Vec<f32>, Vec<f32>), ExtractorError> {
        let forward =
            |levels: Tensor<4>| self.forward(resize(levels / 127.5 - 1.0, INPUT_SIDE, Filter::Triangle));
        respond(images, first, &BatchedForward { size: BATCH, fill: true, forward: &forward })
    }

    /// Images `[batch, 3, 32, 32]` in [-1, 1] to features `[batch, 64]` and logits `[batch, classes]`.
    pub(super) fn forward(&self, images: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        features_and_logits(run(&self.graph, &self.weights, vec![images.into()], Pass::Eval))
    }
}
