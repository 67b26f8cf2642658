//! The network's graph, with the names of PyTorch's ports of it.

use std::collections::BTreeMap;

use crate::arch::Graph;
use crate::arch::graph::ops::{AvgPool, Concat, Conv, Linear, MaxPool, Op, Relu, SpatialMean};
use crate::arch::graph::{NodeId, Shape};

/// Width of the features.
pub const FEATURES: usize = 2048;
/// Classes: those of ImageNet in 2012 and eight that are never used.
pub const CLASSES: usize = 1008;
/// Multiply-accumulates of the convolutions for one image of 299 x 299 pixels.
pub const MACS: u64 = 5_711_000_000;
/// Most numbers that a file with these tensors has: parameters, running statistics, counters.
pub const NUMBERS: usize = 23_886_000;
/// Side in pixels of the images that the network takes.
const SIDE: usize = 299;

/// The network (Szegedy et al. 2015, "Rethinking the Inception Architecture", as the graph `inception-2015-12-05` has
/// it): images `[3, 299, 299]` of about -1 to 1 to features (the mean of the last block's activations) and logits
/// without the bias, as the Inception score of TensorFlow takes them.
///
/// Batch norm, which does not change any more, is part of the convolutions.
pub fn graph() -> Graph {
    let mut builder = Builder { graph: Graph::new() };
    let image = builder.graph.input("image", Shape::Maps { channels: 3, side: SIDE });
    let x = builder.conv("Conv2d_1a_3x3", image, 32, [3, 3], 2, false);
    let x = builder.conv("Conv2d_2a_3x3", x, 32, [3, 3], 1, false);
    let x = builder.conv("Conv2d_2b_3x3", x, 64, [3, 3], 1, true);
    let x = builder.halve("pool1", x);
    let x = builder.conv("Conv2d_3b_1x1", x, 80, [1, 1], 1, false);
    let x = builder.conv("Conv2d_4a_3x3", x, 192, [3, 3], 1, false);
    let mut x = builder.halve("pool2", x);
    for (block, pool) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
        x = builder.a(block, x, pool);
    }
    x = builder.b("Mixed_6a", x);
    for (block, inner) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
        x = builder.c(block, x, inner);
    }
    x = builder.d("Mixed_7a", x);
    x = builder.e("Mixed_7b", x, AvgPool { window: 3, stride: 1, padding: 1 });
    // The graph of 2015 takes the maximum here, which later versions of the network do not.
    x = builder.e("Mixed_7c", x, MaxPool { window: 3, stride: 1, padding: 1 });
    let mut graph = builder.graph;
    let features = graph.add("features", SpatialMean, &[x]);
    let head = Linear { bias: false, ..Linear::new(CLASSES) };
    let logits = graph.add_weighted("fc", "fc", head, features);
    graph.output(features);
    graph.output(logits);
    graph
}

struct Builder {
    graph: Graph,
}

impl Builder {
    /// A convolution with ReLU. One that is padded keeps the size.
    fn conv(
        &mut self,
        name: &str,
        x: NodeId,
        outputs: usize,
        kernel: [usize; 2],
        stride: usize,
        padded: bool,
    ) -> NodeId {
        let padding = kernel.map(|extent| if padded { extent / 2 } else { 0 });
        let op = Conv { kernel, stride, padding, ..Conv::new(outputs, 1) };
        let conv = self.graph.add_weighted(name, name, op, x);
        self.graph.add(&format!("{name}.relu"), Relu, &[conv])
    }

    /// Convolutions one after the other that keep the size.
    fn chain(&mut self, block: &str, x: NodeId, layers: &[(&str, usize, [usize; 2])]) -> NodeId {
        layers.iter().fold(x, |x, &(name, outputs, kernel)| {
            self.conv(&format!("{block}.{name}"), x, outputs, kernel, 1, true)
        })
    }

    /// The largest of each 3 x 3 pixels, every other one.
    fn halve(&mut self, name: &str, x: NodeId) -> NodeId {
        self.graph.add(name, MaxPool { window: 3, stride: 2, padding: 0 }, &[x])
    }

    fn pooled(&mut self, block: &str, x: NodeId, pool: impl Into<Op>, outputs: usize) -> NodeId {
        let pooled = self.graph.add(&format!("{block}.pool"), pool, &[x]);
        self.chain(block, pooled, &[("branch_pool", outputs, [1, 1])])
    }

    fn concat(&mut self, block: &str, branches: &[NodeId]) -> NodeId {
        self.graph.add(block, Concat, branches)
    }

    /// 35 x 35 pixels.
    fn a(&mut self, block: &str, x: NodeId, pool: usize) -> NodeId {
        let double =
            [("branch3x3dbl_1", 64, [1, 1]), ("branch3x3dbl_2", 96, [3, 3]), ("branch3x3dbl_3", 96, [3, 3])];
        let branches = [
            self.chain(block, x, &[("branch1x1", 64, [1, 1])]),
            self.chain(block, x, &[("branch5x5_1", 48, [1, 1]), ("branch5x5_2", 64, [5, 5])]),
            self.chain(block, x, &double),
            self.pooled(block, x, AvgPool { window: 3, stride: 1, padding: 1 }, pool),
        ];
        self.concat(block, &branches)
    }

    /// From 35 x 35 pixels to 17 x 17.
    fn b(&mut self, block: &str, x: NodeId) -> NodeId {
        let single = self.conv(&format!("{block}.branch3x3"), x, 384, [3, 3], 2, false);
        let double = self.chain(block, x, &[("branch3x3dbl_1", 64, [1, 1]), ("branch3x3dbl_2", 96, [3, 3])]);
        let double = self.conv(&format!("{block}.branch3x3dbl_3"), double, 96, [3, 3], 2, false);
        let pooled = self.halve(&format!("{block}.pool"), x);
        self.concat(block, &[single, double, pooled])
    }

    /// 17 x 17 pixels, with `inner` channels inside.
    fn c(&mut self, block: &str, x: NodeId, inner: usize) -> NodeId {
        let single =
            [("branch7x7_1", inner, [1, 1]), ("branch7x7_2", inner, [1, 7]), ("branch7x7_3", 192, [7, 1])];
        let double = [
            ("branch7x7dbl_1", inner, [1, 1]),
            ("branch7x7dbl_2", inner, [7, 1]),
            ("branch7x7dbl_3", inner, [1, 7]),
            ("branch7x7dbl_4", inner, [7, 1]),
            ("branch7x7dbl_5", 192, [1, 7]),
        ];
        let branches = [
            self.chain(block, x, &[("branch1x1", 192, [1, 1])]),
            self.chain(block, x, &single),
            self.chain(block, x, &double),
            self.pooled(block, x, AvgPool { window: 3, stride: 1, padding: 1 }, 192),
        ];
        self.concat(block, &branches)
    }

    /// From 17 x 17 pixels to 8 x 8.
    fn d(&mut self, block: &str, x: NodeId) -> NodeId {
        let single = self.chain(block, x, &[("branch3x3_1", 192, [1, 1])]);
        let single = self.conv(&format!("{block}.branch3x3_2"), single, 320, [3, 3], 2, false);
        let chain =
            [("branch7x7x3_1", 192, [1, 1]), ("branch7x7x3_2", 192, [1, 7]), ("branch7x7x3_3", 192, [7, 1])];
        let double = self.chain(block, x, &chain);
        let double = self.conv(&format!("{block}.branch7x7x3_4"), double, 192, [3, 3], 2, false);
        let pooled = self.halve(&format!("{block}.pool"), x);
        self.concat(block, &[single, double, pooled])
    }

    /// 8 x 8 pixels.
    fn e(&mut self, block: &str, x: NodeId, pool: impl Into<Op>) -> NodeId {
        let point = self.chain(block, x, &[("branch1x1", 320, [1, 1])]);
        let single = self.chain(block, x, &[("branch3x3_1", 384, [1, 1])]);
        let double =
            self.chain(block, x, &[("branch3x3dbl_1", 448, [1, 1]), ("branch3x3dbl_2", 384, [3, 3])]);
        let branches = [
            point,
            self.chain(block, single, &[("branch3x3_2a", 384, [1, 3])]),
            self.chain(block, single, &[("branch3x3_2b", 384, [3, 1])]),
            self.chain(block, double, &[("branch3x3dbl_3a", 384, [1, 3])]),
            self.chain(block, double, &[("branch3x3dbl_3b", 384, [3, 1])]),
            self.pooled(block, x, pool, 192),
        ];
        self.concat(block, &branches)
    }
}

/// Shapes of the 94 convolutions' weights by name, such as `Mixed_5b.branch1x1`.
pub fn convolutions() -> BTreeMap<String, Vec<usize>> {
    let parameters = graph().parameters();
    let kernels = parameters.into_iter().filter(|(_, parameter)| parameter.shape.len() == 4);
    kernels.filter_map(|(name, own)| Some((name.strip_suffix(".weight")?.to_owned(), own.shape))).collect()
}

/// The tensors of a batch norm, each with a value for every channel.
pub const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// Shapes of all tensors that are needed, by name.
pub fn shapes() -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::new();
    for (name, shape) in convolutions() {
        for part in NORM {
            shapes.insert(format!("{name}.bn.{part}"), vec![shape[0]]);
        }
        shapes.insert(format!("{name}.conv.weight"), shape);
    }
    shapes.insert("fc.weight".to_owned(), vec![CLASSES, FEATURES]);
    shapes.insert("fc.bias".to_owned(), vec![CLASSES]);
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_has_as_many_numbers_as_the_published_one() {
        assert_eq!(convolutions().len(), 94);
        let count = |part: &dyn Fn(&str) -> bool| -> usize {
            let shapes = shapes().into_iter().filter(|(name, _)| part(name));
            shapes.map(|(_, shape)| shape.iter().product::<usize>()).sum()
        };
        let running = |name: &str| name.contains("running");
        assert_eq!(count(&running), 34_432);
        assert_eq!(count(&|name| !running(name) && !name.starts_with("fc")), 21_785_568);
        assert_eq!(count(&|name| name.starts_with("fc")), 2_065_392);
        assert!(count(&|_| true) < NUMBERS);
    }

    #[test]
    fn the_convolutions_cost_what_is_stated() {
        let layers = graph().layers();
        let macs: u64 = layers.iter().filter(|layer| layer.name != "fc").map(|layer| layer.macs).sum();
        assert!(macs.abs_diff(MACS) < 1_000_000, "{macs}");
    }
}
