//! The interpreter: runs a graph on weights.

use super::layer::{Layer, Pass, Value};
use super::ops::Forward;
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
    let mut buffers = Buffers::new();
    let mut values: Vec<Option<Value>> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let value = if let Op::Input(_) = node.op {
            inputs.next().unwrap_or_else(|| panic!("no value for the input {}", node.name))
        } else {
            let taken = node.inputs.iter().map(|&id| take(&mut values, &mut uses, id.index())).collect();
            let layer = Layer::new(weights, node, pass, &mut buffers);
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
