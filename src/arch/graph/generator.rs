//! The generator of AutoGAN: a linear layer, searched cells, the layers to the image (Gong et al. 2019).
//!
//! Weights have the names of the released code's state dict (`cell1.pre_conv1.conv.weight`, `to_rgb.0.running_mean`),
//! so its checkpoints map on and ours can be read there. The shared generator of a search is the same builder: its
//! weights are those of all architectures of the space, by name, and one architecture's graph runs on them.

use serde::{Deserialize, Serialize};

use super::ops::{Add, BatchNorm, Conv, ConvTranspose, InstanceNorm, Interpolation, Linear, Relu, Tanh};
use super::ops::{Unflatten, Upsample};
use super::{Graph, NodeId, Shape};
use crate::arch::{CellGene, ConvBlock, Genotype, NetShape, Norm, Up};

/// Where a cell's value for later cells' skips is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipTap {
    /// After earlier cells' skips were added: what the released code does, by aliasing.
    AfterAddition,
    /// Before: what the paper's figure shows.
    #[default]
    BeforeAddition,
}

/// The generator of a genotype: latents `[latent]` to images `[image channels, side, side]` in -1 to 1. A genotype of
/// fewer cells than its search space has is the generator of an earlier stage of growth.
///
/// ```
/// use autogan::arch::graph::{Shape, generator};
/// use autogan::arch::{Genotype, NetShape, SkipTap};
///
/// let graph = generator(&Genotype::autogan_a(), &NetShape::default(), SkipTap::BeforeAddition);
/// assert_eq!(graph.node(graph.outputs()[0]).shape, Shape::Maps { channels: 3, side: 32 });
/// // Weights have the names of the released code, so that its checkpoints can be read.
/// assert!(graph.parameters().contains_key("cell1.pre_conv1.conv.weight"));
/// let skips = graph.nodes().iter().filter(|node| node.path().contains(&"skip1") && node.weights.is_some());
/// assert_eq!(skips.count(), 2, "from cell 1 into cell 2, and into cell 3");
/// ```
pub fn generator(genotype: &Genotype, shape: &NetShape, tap: SkipTap) -> Graph {
    let mut graph = Graph::new();
    let mut x = first_layers(&mut graph, shape);
    let mut taps = Vec::with_capacity(genotype.cells.len());
    for (cell, gene) in genotype.cells.iter().enumerate() {
        let mut builder = CellBuilder { graph: &mut graph, cell, gene, channels: shape.channels };
        let (passed_on, output) = builder.build(x, &taps, tap);
        taps.push(passed_on);
        x = output;
    }
    let image = image_layers(&mut graph, x, shape);
    graph.output(image);
    graph
}

/// One cell alone, cell `cell` from 0, between inputs that stand for the cells before it.
pub(in crate::arch) fn cell(cell: usize, gene: &CellGene, shape: &NetShape) -> Graph {
    let mut graph = Graph::new();
    let maps = |side| Shape::Maps { channels: shape.channels, side };
    let x = graph.input("input", maps(shape.side(cell)));
    let taps: Vec<NodeId> = (0..cell)
        .map(|source| graph.input(&format!("tap{}", source + 1), maps(shape.side(source + 1))))
        .collect();
    let mut builder = CellBuilder { graph: &mut graph, cell, gene, channels: shape.channels };
    let (_, output) = builder.build(x, &taps, SkipTap::default());
    graph.output(output);
    graph
}

/// What every generator of so many cells has: the linear layer and the layers to the image.
pub(in crate::arch) fn ends(cells: usize, shape: &NetShape) -> Graph {
    let mut graph = Graph::new();
    let maps = first_layers(&mut graph, shape);
    graph.output(maps);
    let last = graph.input("cells", Shape::Maps { channels: shape.channels, side: shape.side(cells) });
    let image = image_layers(&mut graph, last, shape);
    graph.output(image);
    graph
}

fn first_layers(graph: &mut Graph, shape: &NetShape) -> NodeId {
    let latent = graph.input("latent", Shape::Features(shape.latent));
    let values = shape.channels * shape.bottom_width * shape.bottom_width;
    let linear = graph.add_weighted("l1", "l1", Linear::new(values), latent);
    graph.add("l1.maps", Unflatten { side: shape.bottom_width }, &[linear])
}

fn image_layers(graph: &mut Graph, x: NodeId, shape: &NetShape) -> NodeId {
    let norm = graph.add_weighted("to_rgb.norm", "to_rgb.0", BatchNorm::default(), x);
    let relu = graph.add("to_rgb.relu", Relu, &[norm]);
    let conv = graph.add_weighted("to_rgb.conv", "to_rgb.2", Conv::new(shape.image_channels, 3), relu);
    graph.add("to_rgb.tanh", Tanh, &[conv])
}

/// Puts one cell together.
struct CellBuilder<'a> {
    graph: &'a mut Graph,
    /// From 0.
    cell: usize,
    gene: &'a CellGene,
    channels: usize,
}

impl CellBuilder<'_> {
    /// The cell behind `x`, with the values that earlier cells pass on. Returns what this one passes on, and its output.
    fn build(&mut self, x: NodeId, taps: &[NodeId], tap: SkipTap) -> (NodeId, NodeId) {
        let before = self.block(1, x);
        let mut h = before;
        for source in self.gene.skips_from(self.cell) {
            let skip = self.skip(taps[source], source);
            h = self.add(&format!("skip{}.add", source + 1), Add, &[h, skip]);
        }
        let passed_on = match tap {
            SkipTap::AfterAddition => h,
            SkipTap::BeforeAddition => before,
        };
        let mut output = self.block(2, h);
        if self.gene.shortcut() {
            let enlarged = self.upsample("shortcut.up", "deconv_sc", x);
            let conv = self.add_weighted("shortcut.conv", "c_sc", Conv::new(self.channels, 1), enlarged);
            output = self.add("shortcut.add", Add, &[output, conv]);
        }
        (passed_on, output)
    }

    /// A block of the cell: norm, activation and a 3x3 convolution, the first with upsampling before the convolution.
    fn block(&mut self, number: usize, x: NodeId) -> NodeId {
        let order = match self.gene.conv_block() {
            ConvBlock::Pre => "pre",
            ConvBlock::Post => "post",
        };
        let weights = format!("{order}_conv{number}");
        match self.gene.conv_block() {
            ConvBlock::Pre => {
                let h = self.norm_and_activation(number, &weights, x);
                self.upsample_and_convolution(number, &weights, h)
            }
            ConvBlock::Post => {
                let h = self.upsample_and_convolution(number, &weights, x);
                self.norm_and_activation(number, &weights, h)
            }
        }
    }

    fn norm_and_activation(&mut self, block: usize, weights: &str, x: NodeId) -> NodeId {
        let name = format!("block{block}.norm");
        let normalised = match self.gene.norm() {
            Norm::None => x,
            Norm::Batch => self.add_weighted(&name, &format!("{weights}.bn"), BatchNorm::default(), x),
            Norm::Instance => self.add(&name, InstanceNorm::default(), &[x]),
        };
        self.add(&format!("block{block}.relu"), Relu, &[normalised])
    }

    fn upsample_and_convolution(&mut self, block: usize, weights: &str, x: NodeId) -> NodeId {
        let enlarged = match block {
            1 => self.upsample("block1.up", &format!("{weights}.deconv"), x),
            _ => x,
        };
        let name = format!("block{block}.conv");
        self.add_weighted(&name, &format!("{weights}.conv"), Conv::new(self.channels, 3), enlarged)
    }

    /// Doubles the side.
    fn upsample(&mut self, name: &str, deconv: &str, x: NodeId) -> NodeId {
        match interpolation(self.gene.up()) {
            Some(interpolation) => self.add(name, Upsample { interpolation, factor: 2 }, &[x]),
            None => self.add_weighted(name, deconv, ConvTranspose { outputs: self.channels }, x),
        }
    }

    /// What the cell `source` (from 0) passes on, as large as this cell's maps. A transposed convolution only doubles,
    /// so that larger factors take several.
    fn skip(&mut self, x: NodeId, source: usize) -> NodeId {
        let (name, distance) = (format!("skip{}", source + 1), self.cell - source);
        let enlarged = match interpolation(self.gene.up()) {
            Some(interpolation) => {
                self.add(&format!("{name}.up"), Upsample { interpolation, factor: 1 << distance }, &[x])
            }
            None => (0..distance).fold(x, |x, doubling| {
                let name = format!("{name}.up{}", doubling + 1);
                let op = ConvTranspose { outputs: self.channels };
                self.add_weighted(&name, &skip_deconv(distance, doubling), op, x)
            }),
        };
        let weights = format!("skip_in_ops.{source}");
        self.add_weighted(&format!("{name}.conv"), &weights, Conv::new(self.channels, 1), enlarged)
    }

    fn add(&mut self, name: &str, op: impl Into<super::Op>, inputs: &[NodeId]) -> NodeId {
        self.graph.add(&format!("cell{}.{name}", self.cell + 1), op, inputs)
    }

    fn add_weighted(&mut self, name: &str, weights: &str, op: impl Into<super::Op>, input: NodeId) -> NodeId {
        let cell = self.cell + 1;
        self.graph.add_weighted(&format!("cell{cell}.{name}"), format!("cell{cell}.{weights}"), op, input)
    }
}

/// How an upsampling without weights finds its pixels; `None` for the transposed convolution.
fn interpolation(up: Up) -> Option<Interpolation> {
    match up {
        Up::Bilinear => Some(Interpolation::Bilinear),
        Up::Nearest => Some(Interpolation::Nearest),
        Up::Deconv => None,
    }
}

/// The released code's name for a transposed convolution of a skip over `distance` cells: a bare layer where one
/// doubling does, else a sequence.
pub(in crate::arch) fn skip_deconv(distance: usize, doubling: usize) -> String {
    match distance {
        1 => "skip_deconvx2".to_owned(),
        _ => format!("skip_deconvx{}.{doubling}", 1usize << distance),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PAPER: NetShape = NetShape { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 };

    #[test]
    fn names_are_those_of_the_released_state_dict() {
        let genotype = Genotype::parse("0 1 2 1 / 1 0 0 1 1 / 1 0 2 0 3").unwrap();
        let parameters = generator(&genotype, &PAPER, SkipTap::default()).parameters();
        for name in [
            "l1.weight",
            "cell1.post_conv1.deconv.weight",
            "cell1.post_conv1.bn.running_var",
            "cell1.deconv_sc.bias",
            "cell1.c_sc.weight",
            "cell2.pre_conv2.conv.weight",
            "cell2.skip_in_ops.0.bias",
            "cell3.skip_deconvx2.weight",
            "cell3.skip_deconvx4.1.weight",
            "to_rgb.0.running_mean",
            "to_rgb.2.bias",
        ] {
            assert!(parameters.contains_key(name), "{name} is missing among {:?}", parameters.keys());
        }
    }
}
