//! Rewrites: graphs that compute the same for less.

use super::ops::{AvgPool, BatchNorm, Conv, InstanceNorm, Op, PooledConv, UpsampledConv};
use super::{Graph, Node, NodeId};

/// What takes the place of two operators, of which only the second takes the first one's value.
enum Rewrite {
    /// The second before the first.
    Swapped,
    /// One operator for both.
    Fused(Op),
}

impl Graph {
    /// A graph that gives the same values but for rounding, with the same weights under the same names, for less
    /// arithmetic. It is for running: builders make what is drawn, counted and exported.
    ///
    /// - A 1x1 convolution comes before an upsampling, and behind a pooling, where maps are smaller. Both orders give
    ///   the same, since either resizing weighs pixels by shares that sum to one and a 1x1 convolution does not mix
    ///   pixels.
    /// - Nearest-neighbour upsampling and the 3x3 convolution behind it become one operator, and so do a 3x3
    ///   convolution and the pooling behind it, and a norm or a convolution and the ReLU behind it.
    pub fn rewritten(&self) -> Graph {
        let mut graph = self.clone();
        // A rewrite can bring together what another one takes.
        while let Some(next) = graph.pass(swap) {
            graph = next;
        }
        while let Some(next) = graph.pass(fuse) {
            graph = next;
        }
        graph
    }

    /// Rewrites each pair of operators that `rule` knows, from the first on; none where there is no such pair.
    fn pass(&self, rule: fn(&Op, &Op) -> Option<Rewrite>) -> Option<Graph> {
        let uses = self.uses();
        let mut pairs: Vec<Option<(usize, Rewrite)>> = Vec::with_capacity(self.nodes.len());
        let mut is_first = vec![false; self.nodes.len()];
        for node in &self.nodes {
            let pair = match node.inputs.as_slice() {
                &[NodeId(first)] if uses[first] == 1 && pairs[first].is_none() => {
                    rule(&self.nodes[first].op, &node.op).map(|rewrite| (first, rewrite))
                }
                _ => None,
            };
            if let Some((first, _)) = &pair {
                is_first[*first] = true;
            }
            pairs.push(pair);
        }
        if !is_first.contains(&true) {
            return None;
        }
        let mut graph = Graph::new();
        // Where each node's value is now; none for one that is taken by the other of its pair.
        let mut moved: Vec<Option<NodeId>> = Vec::with_capacity(self.nodes.len());
        for (index, (node, pair)) in self.nodes.iter().zip(pairs).enumerate() {
            let new = |graph: &mut Graph, op: &Op, inputs: &[NodeId], from: &Node| match op {
                Op::Input(_) => graph.push(op.clone(), &[], from.shape, &from.name, None),
                op => graph.insert(&from.name, op.clone(), inputs, from.weights.clone()),
            };
            let inputs = |node: &Node, moved: &[Option<NodeId>]| -> Vec<NodeId> {
                node.inputs.iter().filter_map(|id| moved[id.0]).collect()
            };
            moved.push(match pair {
                _ if is_first[index] => None,
                None => {
                    let inputs = inputs(node, &moved);
                    Some(new(&mut graph, &node.op, &inputs, node))
                }
                Some((first, Rewrite::Swapped)) => {
                    let first = &self.nodes[first];
                    let inputs = inputs(first, &moved);
                    let second = new(&mut graph, &node.op, &inputs, node);
                    Some(new(&mut graph, &first.op, &[second], first))
                }
                Some((first, Rewrite::Fused(op))) => {
                    let first = &self.nodes[first];
                    let inputs = inputs(first, &moved);
                    // One of the two has weights at most.
                    let named = if first.weights.is_some() { first } else { node };
                    Some(new(&mut graph, &op, &inputs, named))
                }
            });
        }
        graph.outputs = self.outputs.iter().filter_map(|id| moved[id.0]).collect();
        Some(graph)
    }
}

fn swap(first: &Op, second: &Op) -> Option<Rewrite> {
    let is_wanted = match (first, second) {
        (Op::Upsample(_), Op::Conv(conv)) => is_pointwise(conv),
        (Op::Conv(conv), Op::AvgPool(pool)) => is_pointwise(conv) && *pool == AvgPool::halving(),
        _ => false,
    };
    is_wanted.then_some(Rewrite::Swapped)
}

fn fuse(first: &Op, second: &Op) -> Option<Rewrite> {
    let op = match (first, second) {
        (Op::BatchNorm(_), Op::Relu(_)) => BatchNorm { relu: true }.into(),
        (Op::InstanceNorm(_), Op::Relu(_)) => InstanceNorm { relu: true }.into(),
        (Op::Conv(conv), Op::Relu(_)) if !conv.relu => Conv { relu: true, ..*conv }.into(),
        (Op::Upsample(up), Op::Conv(conv)) => UpsampledConv::of(up, conv)?.into(),
        (Op::Conv(conv), Op::AvgPool(pool)) => PooledConv::of(conv, pool)?.into(),
        _ => return None,
    };
    Some(Rewrite::Fused(op))
}

/// Whether it is linear and computes each pixel from that pixel alone.
fn is_pointwise(conv: &Conv) -> bool {
    (conv.kernel, conv.stride, conv.padding, conv.relu) == ([1, 1], 1, [0, 0], false)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::graph::{Critic, Shape, discriminator, generator};
    use crate::arch::{Genotype, NetShape, SkipTap, Space, SpaceConfig};
    use crate::rng::rng;

    fn operators(graph: &Graph, group: &str) -> Vec<String> {
        let own = graph.nodes().iter().filter(|node| node.path()[0] == group);
        own.map(|node| node.op.operator().label()).collect()
    }

    #[test]
    fn small_maps_are_convolved_instead_of_large_ones() {
        let shape = NetShape { channels: 8, ..NetShape::default() };
        // Norms before convolutions, nearest upsampling; a shortcut in the first cell, a skip into the second.
        let genotype = Genotype::parse("1 1 1 1 / 1 1 0 0 1").unwrap();
        let graph = generator(&genotype, &shape, SkipTap::default()).rewritten();
        assert_eq!(
            operators(&graph, "cell1"),
            [
                "batch norm, ReLU",
                "nearest x2, 3x3 conv, 8",
                "batch norm, ReLU",
                "3x3 conv, 8",
                "1x1 conv",
                "nearest x2",
                "+"
            ]
        );
        let second = operators(&graph, "cell2");
        let place = second.iter().position(|own| own == "1x1 conv").unwrap();
        assert_eq!(second[place + 1], "bilinear x2", "{second:?}");
        let critic = discriminator(&Critic { channels: 8, spectral_norm: true }, 1, 16).rewritten();
        let block = operators(&critic, "block2");
        let place = block.iter().position(|own| own == "1x1 conv").unwrap();
        assert_eq!(block[place - 1], "average 2x2", "{block:?}");
    }

    #[test]
    fn shapes_and_weights_stay_for_every_architecture() {
        let shape = NetShape { channels: 4, ..NetShape::default() };
        let space = Space::new(SpaceConfig::full(3), shape).unwrap();
        for draw in 0..50 {
            let genotype = space.sample(&mut rng(1, "rewrite", draw));
            let graph = generator(&genotype, &shape, SkipTap::default());
            let rewritten = graph.rewritten();
            assert_eq!(rewritten.parameters(), graph.parameters(), "{genotype}");
            let output = |graph: &Graph| graph.node(graph.outputs()[0]).shape;
            assert_eq!(output(&rewritten), output(&graph), "{genotype}");
            assert!(rewritten.cost().macs <= graph.cost().macs, "{genotype}");
            assert_eq!(rewritten.rewritten(), rewritten, "{genotype}");
        }
    }

    #[test]
    fn a_convolution_and_the_relu_behind_it_are_one_and_no_longer_linear() {
        use crate::arch::graph::ops::{Interpolation, Relu, Upsample};
        let mut graph = Graph::new();
        let x = graph.input("x", Shape::Maps { channels: 2, side: 4 });
        let up = graph.add("up", Upsample { interpolation: Interpolation::Bilinear, factor: 2 }, &[x]);
        let point = graph.add_weighted("point", "point", Conv::new(2, 1), up);
        let relu = graph.add("relu", Relu, &[point]);
        let conv = graph.add_weighted("conv", "conv", Conv::new(2, 3), relu);
        let relu = graph.add("relu", Relu, &[conv]);
        let pooled = graph.add("pool", AvgPool::halving(), &[relu]);
        graph.output(pooled);
        let rewritten = graph.rewritten();
        let labels: Vec<String> =
            rewritten.nodes()[1..].iter().map(|node| node.op.operator().label()).collect();
        assert_eq!(labels, ["1x1 conv", "bilinear x2", "ReLU", "3x3 conv, 2, ReLU", "average 2x2"]);
        assert_eq!(rewritten.rewritten(), rewritten);
    }

    #[test]
    fn a_value_that_others_take_stays() {
        use crate::arch::graph::ops::{Add, Interpolation, Relu, Upsample};
        let mut graph = Graph::new();
        let x = graph.input("x", Shape::Maps { channels: 2, side: 4 });
        let up = graph.add("up", Upsample { interpolation: Interpolation::Nearest, factor: 2 }, &[x]);
        let conv = graph.add_weighted("conv", "conv", Conv::new(2, 1), up);
        let sum = graph.add("sum", Add, &[up, conv]);
        let norm = graph.add("norm", InstanceNorm::default(), &[sum]);
        let relu = graph.add("relu", Relu, &[norm]);
        graph.output(relu);
        graph.output(norm);
        assert_eq!(graph.rewritten(), graph);
    }
}
