//! One operator by itself, with weights.

use autogan::arch::Graph;
use autogan::arch::graph::{Op, Shape};
use autogan::model::{Init, NamedTensors, Pass, Value, Weights, run};
use burn::tensor::{Device, Tensor};

/// What stands before the names of the operator's weights.
const PREFIX: &str = "operator.";

/// An operator with its weights, which forward passes move as in training.
#[derive(Clone)]
pub struct Layer {
    graph: Graph,
    pub weights: Weights,
}

impl Layer {
    /// An operator on maps of so many channels, with initial weights.
    pub fn on_maps(op: impl Into<Op>, channels: usize, device: &Device) -> Self {
        Self::new(op, Shape::Maps { channels, side: 4 }, device)
    }

    /// An operator on vectors of such a length, with initial weights.
    pub fn on_features(op: impl Into<Op>, length: usize, device: &Device) -> Self {
        Self::new(op, Shape::Features(length), device)
    }

    fn new(op: impl Into<Op>, input: Shape, device: &Device) -> Self {
        let graph = Graph::of_operator(op, &[input]);
        let weights = Weights::initial(&graph.parameters(), [Init::XavierUniform; 2], device, 1, "test");
        Self { graph, weights }
    }

    /// The same with other values for some tensors.
    pub fn with(mut self, tensors: impl IntoIterator<Item = (&'static str, Vec<f32>)>) -> Self {
        let mut state = self.weights.state_dict();
        for (name, values) in tensors {
            let data = state.get_mut(&format!("{PREFIX}{name}")).unwrap();
            *data = burn::tensor::TensorData::new(values, data.shape().clone());
        }
        self.weights.load_state_dict(&state).unwrap();
        self
    }

    /// The same with the given state.
    pub fn loaded(mut self, state: &NamedTensors) -> Self {
        let named = |(name, data): (&String, _)| (format!("{PREFIX}{name}"), Clone::clone(data));
        self.weights.load_state_dict(&state.iter().map(named).collect()).unwrap();
        self
    }

    /// Its tensors by their last names.
    pub fn state(&self) -> NamedTensors {
        let state = self.weights.state_dict().into_iter();
        state.map(|(name, data)| (name.strip_prefix(PREFIX).unwrap().to_owned(), data)).collect()
    }

    pub fn maps(&mut self, x: Tensor<4>, pass: Pass) -> Tensor<4> {
        self.forward(x.into(), pass).maps()
    }

    pub fn features(&mut self, x: Tensor<2>, pass: Pass) -> Tensor<2> {
        self.forward(x.into(), pass).features()
    }

    fn forward(&mut self, x: Value, pass: Pass) -> Value {
        let mut forwarded = run(&self.graph, &self.weights, vec![x], pass);
        self.weights.set_buffers(std::mem::take(&mut forwarded.buffers));
        forwarded.output()
    }
}
