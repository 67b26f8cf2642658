//! The interpreter: runs a graph on weights.

use super::layer::{Layer, Pass, Value};
use super::ops::Forward;
use super::spectral::normalise_all;
use super::weights::{Buffers, Weights};
use crate::arch::Graph;
use crate::arch::graph::ops::operators;
use crate::arch::graph::ops::*;

/// What a forward pass gave.
pub struct Forwarded {
    /// The network's outputs.
    pub outputs: Vec<Value>,
    /// The buffers that the pass moved, to be given to [`Weights::set_buffers`]; none in [`Pass::Eval`].
    pub buffers: Buffers,
}

impl Forwarded {
    /// The only output.
    ///
    /// # Panics
    ///
    /// If the graph has none.
    pub fn output(mut self) -> Value {
        self.outputs.remove(0)
    }
}

/// Runs `graph` on `weights`, which are those of its [`parameters`](Graph::parameters) and may be more. `inputs` are
/// the values of its input nodes, in their order. Weights and inputs are on one device, both with autodiff or both
/// without.
///
/// # Panics
///
/// If an input or a weight is missing.
pub fn run(graph: &Graph, weights: &Weights, inputs: Vec<Value>, pass: Pass) -> Forwarded {
    let mut uses = graph.uses();
    let mut inputs = inputs.into_iter();
    let normalised = normalise_all(graph, weights, pass);
    let mut buffers = Buffers::new();
    let mut values: Vec<Option<Value>> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let value = if let Op::Input(_) = node.op {
            inputs.next().unwrap_or_else(|| panic!("no value for the input {}", node.name))
        } else {
            let taken = node.inputs.iter().map(|&id| take(&mut values, &mut uses, id.index())).collect();
            let layer = Layer::new(weights, node, pass, &normalised, &mut buffers);
            forward(&node.op, taken, layer)
        };
        values.push(Some(value));
    }
    let outputs = graph.outputs().iter().map(|&id| take(&mut values, &mut uses, id.index())).collect();
    Forwarded { outputs, buffers }
}

/// The value of a node, which is let go of with its last use: always in the order of the graph, since burn's fusion
/// keeps a plan for every order that it meets.
fn take(values: &mut [Option<Value>], uses: &mut [usize], index: usize) -> Value {
    uses[index] -= 1;
    let value = if uses[index] == 0 { values[index].take() } else { values[index].clone() };
    value.unwrap_or_else(|| unreachable!("nodes come after their inputs, and uses are counted"))
}

macro_rules! dispatch {
    ($($operator:ident,)+) => {
        fn forward(op: &Op, inputs: Vec<Value>, layer: Layer<'_>) -> Value {
            match op {
                $(Op::$operator(operator) => operator.forward(inputs, layer),)+
            }
        }
    };
}
operators!(dispatch);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use burn::tensor::{Device, Tensor, TensorData};

    use super::*;
    use crate::arch::Genotype;
    use crate::model::{ModelConfig, NamedTensors, copied};
    use crate::rng::{normals, rng};

    fn tensor<const D: usize>(name: &str, shape: [usize; D], device: &Device) -> Tensor<D> {
        let values = normals(&mut rng(1, name, 0), shape.iter().product());
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// The output, and the gradients of all weights and of the input, for a loss that weighs every value otherwise.
    fn results<const I: usize>(graph: &Graph, weights: &Weights, input: [usize; I]) -> NamedTensors
    where
        Value: From<Tensor<I>>,
    {
        let input = tensor("input", input, weights.device()).require_grad();
        let forwarded = run(graph, weights, vec![input.clone().into()], Pass::Train);
        let buffers = forwarded.buffers.clone();
        let (value, loss) = match forwarded.output() {
            Value::Features(own) => {
                (copied(own.clone()), (own.clone() * tensor("loss", own.dims(), &own.device())).sum())
            }
            Value::Maps(own) => {
                (copied(own.clone()), (own.clone() * tensor("loss", own.dims(), &own.device())).sum())
            }
        };
        let gradients = loss.backward();
        let mut results = weights.gradients(&gradients);
        results.insert("input".to_owned(), copied(input.grad(&gradients).unwrap()));
        results.insert("output".to_owned(), value);
        results.extend(buffers.into_iter().map(|(name, buffer)| (name, copied(buffer))));
        results
    }

    fn assert_near(found: &NamedTensors, expected: &NamedTensors, what: &str) {
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
        let rms = |values: &[f32]| {
            let squares: f64 = values.iter().map(|&x| f64::from(x).powi(2)).sum();
            (squares / values.len() as f64).sqrt()
        };
        let values = |tensors: &NamedTensors, name: &str| tensors[name].as_slice::<f32>().unwrap().to_vec();
        // The gradient of a bias in front of a norm is nothing but rounding.
        let floor = 1e-2 * expected.keys().map(|name| rms(&values(expected, name))).fold(0.0, f64::max);
        for name in expected.keys() {
            let (found, expected) = (values(found, name), values(expected, name));
            let difference: Vec<f32> = found.iter().zip(&expected).map(|(a, b)| a - b).collect();
            let error = rms(&difference) / rms(&expected).max(floor);
            assert!(error < 1e-4, "{what}: {name} is {error} off");
        }
    }

    #[test]
    fn rewritten_graphs_give_the_same_values_and_gradients() {
        let model = ModelConfig {
            latent_dim: 5,
            generator_channels: 6,
            discriminator_channels: 5,
            bottom_width: 3,
            ..ModelConfig::default()
        };
        let device = Device::flex();
        for vector in [
            "0 1 1 1 / 1 0 1 1 1 / 0 1 0 0 3",
            "1 2 0 0 / 0 1 0 1 1 / 1 2 1 1 2",
            "0 2 2 1 / 1 1 2 1 1",
            "1 0 0 1",
        ] {
            let genotype = Genotype::parse(vector).unwrap();
            let graph = model.generator_graph(&genotype);
            let rewritten = graph.rewritten();
            assert_ne!(rewritten, graph, "{vector}");
            let weights = model.derived_generator(&genotype, &device, 1, "test");
            assert_near(&results(&rewritten, &weights, [4, 5]), &results(&graph, &weights, [4, 5]), vector);
        }
        for cells in 1..=3 {
            let graph = model.discriminator_graph(cells);
            let weights = model.discriminator(cells, &device, 1, "test");
            let images = [2, 3, model.side(cells), model.side(cells)];
            let (found, expected) =
                (results(&graph.rewritten(), &weights, images), results(&graph, &weights, images));
            assert_near(&found, &expected, &format!("discriminator of stage {cells}"));
        }
    }
}
