//! The Inception network of 2015 as a function from images to features.

use burn::tensor::{Device, Tensor, TensorData};

use super::InceptionWeights;
use super::layout::{convolutions, graph};
use crate::arch::Graph;
use crate::model::{NamedTensors, Pass, Weights, features_and_logits, run};

/// What batch norm adds to a variance.
const EPSILON: f64 = 1e-3;

/// The network on a device.
#[derive(Clone, Debug)]
pub struct Inception {
    graph: Graph,
    weights: Weights,
}

impl Inception {
    /// The network with these numbers.
    pub fn new(weights: &InceptionWeights, device: &Device) -> Self {
        let numbers = &weights.numbers;
        let mut tensors = NamedTensors::new();
        for (name, shape) in convolutions() {
            let part = |part: &str| numbers[&format!("{name}.{part}")].as_slice();
            let norm = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"].map(part);
            let (weight, bias) = fused(part("conv.weight"), norm);
            tensors.insert(format!("{name}.bias"), TensorData::new(bias, [shape[0]]));
            tensors.insert(format!("{name}.weight"), TensorData::new(weight, shape));
        }
        let graph = graph();
        let parameters = graph.parameters();
        let head = &parameters["fc.weight"];
        tensors.insert(
            "fc.weight".to_owned(),
            TensorData::new(numbers["fc.weight"].clone(), head.shape.clone()),
        );
        let weights = Weights::from_state_dict(&parameters, &tensors, device)
            .unwrap_or_else(|error| unreachable!("names and shapes are those of the graph: {error}"));
        Self { graph: graph.rewritten(), weights }
    }

    /// Images `[batch, 3, 299, 299]`, about -1 to 1, to features `[batch, 2048]` and logits `[batch, 1008]`; see
    /// [`graph`].
    pub fn forward(&self, images: Tensor<4>) -> (Tensor<2>, Tensor<2>) {
        features_and_logits(run(&self.graph, &self.weights, vec![images.into()], Pass::Eval))
    }
}

/// A convolution's weight and bias with the batch norm behind it in them. `norm` is scale, shift, running mean and
/// running variance, a value for each output channel.
fn fused(weight: &[f32], norm: [&[f32]; 4]) -> (Vec<f32>, Vec<f32>) {
    let [scale, shift, mean, variance] = norm;
    let factor = |channel: usize| f64::from(scale[channel]) / (f64::from(variance[channel]) + EPSILON).sqrt();
    let of_channel = weight.len() / scale.len();
    let weight =
        weight.iter().enumerate().map(|(at, &value)| (f64::from(value) * factor(at / of_channel)) as f32);
    let bias = (0..scale.len())
        .map(|channel| (f64::from(shift[channel]) - f64::from(mean[channel]) * factor(channel)) as f32);
    (weight.collect(), bias.collect())
}
