//! A network as a value: operators in topological order, each with the shape that it makes.
//!
//! Builders make graphs: [`generator`] of a genotype, [`discriminator`] at a stage of growth, and the feature
//! extractors under `metric`. A builder is the only place that knows how its network is put together. Everything
//! else reads graphs: cost ([`layers`](super::layers)), [`Graph::parameters`] (so allocation, initialisation,
//! import and export of weights), drawing, PyTorch text, and the interpreter in `model`.
//!
//! To add an operator is to write one file in [`ops`] and one in `model/ops`.

mod discriminator;
mod generator;
pub mod ops;
mod rewrite;

pub use discriminator::{Critic, discriminator};
pub use generator::{SkipTap, generator};
pub(super) use generator::{cell, ends, skip_deconv};
pub use ops::{Op, Operator, Parameter, Start, TorchCode};

use std::collections::BTreeMap;
use std::fmt;

/// What a node gives for one image or latent vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A vector of so many features.
    Features(usize),
    /// Square feature maps or an image: `[channels, side, side]`.
    Maps {
        /// Number of maps.
        channels: usize,
        /// Height and width in pixels.
        side: usize,
    },
}

impl Shape {
    /// Channels of maps, or the length of a vector.
    pub fn channels(self) -> usize {
        match self {
            Shape::Features(count) => count,
            Shape::Maps { channels, .. } => channels,
        }
    }

    /// Height and width in pixels; 1 for a vector.
    pub fn side(self) -> usize {
        match self {
            Shape::Features(_) => 1,
            Shape::Maps { side, .. } => side,
        }
    }

    /// Values for each channel: the pixels of a map.
    pub fn area(self) -> u64 {
        (self.side() * self.side()) as u64
    }
}

impl fmt::Display for Shape {
    /// `[256, 8, 8]` or `[128]`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Features(count) => write!(out, "[{count}]"),
            Shape::Maps { channels, side } => write!(out, "[{channels}, {side}, {side}]"),
        }
    }
}

/// A node's place in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(usize);

impl NodeId {
    /// Its index among [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0
    }
}

/// One operator at work.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// The nodes whose values it takes, all of them before it.
    pub inputs: Vec<NodeId>,
    /// The shape of its value for one image.
    pub shape: Shape,
    /// Its place for a reader, unique in the graph: `cell2.skip1.conv` is the convolution of the skip from cell 1
    /// into cell 2. The first part names the group that it is drawn in.
    pub name: String,
    /// Prefix of its weights' names, which are those of PyTorch's state dicts: `cell2.skip_in_ops.0`. `None` for an
    /// operator without weights.
    pub weights: Option<String>,
}

impl Node {
    /// The parts of its name: `["cell2", "skip1", "conv"]`.
    pub fn path(&self) -> Vec<&str> {
        self.name.split('.').collect()
    }
}

/// A network: operators in topological order, each with the shape that it makes.
///
/// ```
/// use autogan::arch::graph::ops::{AvgPool, Conv};
/// use autogan::arch::graph::{Graph, Shape};
///
/// let mut graph = Graph::new();
/// let image = graph.input("image", Shape::Maps { channels: 3, side: 8 });
/// let conv = graph.add_weighted("conv", "block.conv", Conv::new(16, 3), image);
/// let pooled = graph.add("pool", AvgPool::halving(), &[conv]);
/// graph.output(pooled);
/// assert_eq!(graph.node(pooled).shape, Shape::Maps { channels: 16, side: 4 });
/// assert_eq!(graph.parameters()["block.conv.weight"].shape, [16, 3, 3, 3]);
/// assert_eq!(graph.cost().params, 16 * 3 * 3 * 3 + 16);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    outputs: Vec<NodeId>,
}

impl Graph {
    /// A graph without nodes, to be built with the methods below.
    pub fn new() -> Self {
        Self::default()
    }

    /// A network of one operator, whose weights' names begin with `operator.`: to look at an operator by itself.
    ///
    /// # Panics
    ///
    /// As [`Graph::add`].
    pub fn of_operator(op: impl Into<Op>, inputs: &[Shape]) -> Self {
        let (mut graph, op) = (Self::new(), op.into());
        let inputs: Vec<NodeId> = inputs.iter().map(|&shape| graph.input("input", shape)).collect();
        let weighted = !op.operator().parameters(&graph.shapes(&inputs)).is_empty();
        let weights = weighted.then(|| "operator".to_owned());
        let output = graph.insert("operator", op, &inputs, weights);
        graph.output(output);
        graph
    }

    /// All nodes; each one's inputs come before it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The nodes whose values are the network's outputs, in order.
    pub fn outputs(&self) -> &[NodeId] {
        &self.outputs
    }

    /// One node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// The shapes that the inputs of a node have.
    pub fn input_shapes(&self, node: &Node) -> Vec<Shape> {
        self.shapes(&node.inputs)
    }

    fn shapes(&self, ids: &[NodeId]) -> Vec<Shape> {
        ids.iter().map(|&id| self.node(id).shape).collect()
    }

    /// Adds a place where a value enters the network.
    pub fn input(&mut self, name: &str, shape: Shape) -> NodeId {
        self.push(Op::Input(ops::Input), &[], shape, name, None)
    }

    /// Adds an operator without weights.
    ///
    /// # Panics
    ///
    /// If it cannot take values of these shapes; a builder that does this is wrong.
    pub fn add(&mut self, name: &str, op: impl Into<Op>, inputs: &[NodeId]) -> NodeId {
        self.insert(name, op.into(), inputs, None)
    }

    /// Adds an operator whose weights' names begin with `weights` and a dot.
    ///
    /// # Panics
    ///
    /// As [`Graph::add`].
    pub fn add_weighted(
        &mut self,
        name: &str,
        weights: impl Into<String>,
        op: impl Into<Op>,
        input: NodeId,
    ) -> NodeId {
        self.insert(name, op.into(), &[input], Some(weights.into()))
    }

    /// Makes a node's value an output of the network, after those there are.
    pub fn output(&mut self, id: NodeId) {
        self.outputs.push(id);
    }

    fn insert(&mut self, name: &str, op: Op, inputs: &[NodeId], weights: Option<String>) -> NodeId {
        match op.operator().shape(&self.shapes(inputs)) {
            Ok(shape) => self.push(op, inputs, shape, name, weights),
            Err(problem) => panic!("{name} of the network {problem}"),
        }
    }

    fn push(
        &mut self,
        op: Op,
        inputs: &[NodeId],
        shape: Shape,
        name: &str,
        weights: Option<String>,
    ) -> NodeId {
        self.nodes.push(Node { op, inputs: inputs.to_vec(), shape, name: name.to_owned(), weights });
        NodeId(self.nodes.len() - 1)
    }

    /// All weights by name: their shapes, how they start, and whether a gradient reaches them.
    pub fn parameters(&self) -> Parameters {
        let mut all = Parameters::new();
        for node in &self.nodes {
            let Some(prefix) = &node.weights else {
                continue;
            };
            let own = node.op.operator().parameters(&self.input_shapes(node));
            all.extend(
                own.into_iter().map(|parameter| (format!("{prefix}.{}", parameter.suffix), parameter)),
            );
        }
        all
    }

    /// How many nodes, and outputs of the network, take each node's value.
    pub fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.nodes.len()];
        let inputs = self.nodes.iter().flat_map(|node| &node.inputs);
        inputs.chain(&self.outputs).for_each(|id| uses[id.0] += 1);
        uses
    }
}

/// Weights of a network by name, in name order.
pub type Parameters = BTreeMap<String, Parameter>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_follow_from_operators_and_weights_from_both() {
        let mut graph = Graph::new();
        let image = graph.input("image", Shape::Maps { channels: 3, side: 8 });
        let conv = graph.add_weighted("conv", "a.conv", ops::Conv::new(16, 3), image);
        let relu = graph.add("relu", ops::Relu, &[conv]);
        let pooled = graph.add("pool", ops::AvgPool::halving(), &[relu]);
        graph.output(pooled);
        assert_eq!(graph.node(pooled).shape, Shape::Maps { channels: 16, side: 4 });
        let parameters = graph.parameters();
        let shapes: Vec<(&str, &[usize])> =
            parameters.iter().map(|(name, own)| (name.as_str(), own.shape.as_slice())).collect();
        assert_eq!(shapes, [("a.conv.bias", &[16][..]), ("a.conv.weight", &[16, 3, 3, 3])]);
        assert_eq!(graph.uses(), [1, 1, 1, 1]);
        assert_eq!(graph.node(conv).path(), ["conv"]);
    }

    #[test]
    #[should_panic(expected = "sum of the network adds [3, 8, 8] and [3, 4, 4]")]
    fn operators_refuse_what_does_not_fit() {
        let mut graph = Graph::new();
        let image = graph.input("image", Shape::Maps { channels: 3, side: 8 });
        let small = graph.add("pool", ops::AvgPool::halving(), &[image]);
        graph.add("sum", ops::Add, &[image, small]);
    }
}
