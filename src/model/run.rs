//! The interpreter: runs a graph on weights.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use super::ops::Forward;
use super::weights::{Rank, Weights};
use crate::arch::graph::ops::operators;
use crate::arch::graph::ops::*;
use crate::arch::graph::{Graph, Node};

/// What a forward pass is for. It decides about batch statistics and power iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Batch norm uses and records batch statistics; spectral norm does one power iteration.
    Train,
    /// Everything stands still: running statistics, stored spectral vectors.
    Eval,
    /// Batch norm uses batch statistics and averages them into the running ones.
    Measure {
        /// Number of batches that were measured before this one; 0 forgets what was there.
        seen: usize,
    },
}

/// What an edge of a graph carries, for a batch.
#[derive(Clone, Debug)]
pub enum Value {
    /// Vectors, `[batch, features]`.
    Features(Tensor<2>),
    /// Feature maps or images, `[batch, channels, side, side]`.
    Maps(Tensor<4>),
}

impl From<Tensor<2>> for Value {
    fn from(tensor: Tensor<2>) -> Self {
        Self::Features(tensor)
    }
}

impl From<Tensor<4>> for Value {
    fn from(tensor: Tensor<4>) -> Self {
        Self::Maps(tensor)
    }
}

impl Value {
    /// The vectors, `[batch, features]`.
    ///
    /// # Panics
    ///
    /// If it is maps. Shapes are checked when a graph is built, so a graph says what it gives.
    pub fn features(self) -> Tensor<2> {
        match self {
            Self::Features(tensor) => tensor,
            Self::Maps(tensor) => panic!("maps of {:?} where the graph has a vector", tensor.dims()),
        }
    }

    /// The maps, `[batch, channels, side, side]`.
    ///
    /// # Panics
    ///
    /// If it is vectors, as [`Value::features`].
    pub fn maps(self) -> Tensor<4> {
        match self {
            Self::Maps(tensor) => tensor,
            Self::Features(tensor) => panic!("vectors of {:?} where the graph has maps", tensor.dims()),
        }
    }
}

/// Buffers by name: running statistics and spectral vectors, on the plain device.
pub type Buffers = BTreeMap<String, Tensor<1>>;

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
    let mut buffers = Buffers::new();
    let mut values: Vec<Option<Value>> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let value = if let Op::Input(_) = node.op {
            inputs.next().unwrap_or_else(|| panic!("no value for the input {}", node.name))
        } else {
            let taken = node.inputs.iter().map(|&id| take(&mut values, &mut uses, id.index())).collect();
            let layer = Layer { weights, node, pass, buffers: &mut buffers };
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

/// An operator's surroundings in a forward pass: its weights by their last names, and its buffers.
pub(super) struct Layer<'a> {
    weights: &'a Weights,
    node: &'a Node,
    pub pass: Pass,
    buffers: &'a mut Buffers,
}

impl Layer<'_> {
    /// One of the operator's weights.
    pub fn weight<const D: usize>(&self, suffix: &str) -> Tensor<D>
    where
        Tensor<D>: Rank,
    {
        self.weights.parameter(&self.name(suffix))
    }

    /// One of the operator's buffers, on the plain device.
    pub fn buffer(&self, suffix: &str) -> Tensor<1> {
        self.weights.buffer(&self.name(suffix))
    }

    /// Notes what a buffer becomes by this pass.
    pub fn set_buffer(&mut self, suffix: &str, value: Tensor<1>) {
        self.buffers.insert(self.name(suffix), value);
    }

    fn name(&self, suffix: &str) -> String {
        let prefix = self.node.weights.as_deref();
        format!(
            "{}.{suffix}",
            prefix.unwrap_or_else(|| panic!("{} was added without weights", self.node.name))
        )
    }
}
