//! Parameters and multiply-accumulates (MACs) of a network, layer by layer, read from its graph.

use super::graph::{Graph, Node, SkipTap, generator};
use super::{Genotype, NetShape};
use serde::{Deserialize, Serialize};

/// What a part of a network, or all of it, costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cost {
    /// Learnable numbers; buffers such as running statistics do not count.
    pub params: u64,
    /// Multiply-accumulates for one image.
    pub macs: u64,
}

impl std::ops::Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost { params: self.params + other.params, macs: self.macs + other.macs }
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        costs.fold(Cost::default(), |total, cost| total + cost)
    }
}

/// One layer that holds parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerCost {
    /// Its place, such as `cell2.skip1.conv` (into cell 2, from cell 1).
    pub name: String,
    /// Learnable numbers.
    pub params: u64,
    /// Multiply-accumulates for one image.
    pub macs: u64,
    /// Side of its output, in pixels.
    pub side: usize,
}

impl Graph {
    /// What each operator with weights costs, in the order of the nodes.
    pub fn layers(&self) -> Vec<LayerCost> {
        let weighted = self.nodes().iter().filter(|node| node.weights.is_some());
        weighted
            .map(|node| {
                let Cost { params, macs } = self.node_cost(node);
                LayerCost { name: node.name.clone(), params, macs, side: node.shape.side() }
            })
            .collect()
    }

    /// What one operator costs.
    pub(super) fn node_cost(&self, node: &Node) -> Cost {
        let (operator, inputs) = (node.op.operator(), self.input_shapes(node));
        let trained = operator.parameters(&inputs).into_iter().filter(|parameter| parameter.trained);
        Cost {
            params: trained.map(|parameter| parameter.count()).sum(),
            macs: operator.macs(&inputs, node.shape),
        }
    }

    /// What the whole network costs.
    pub fn cost(&self) -> Cost {
        self.nodes().iter().map(|node| self.node_cost(node)).sum()
    }
}

/// The layers of the generator that a genotype describes, from the latent vector to the image.
/// A genotype of fewer cells than the search space has is the generator of that stage.
pub fn layers(genotype: &Genotype, shape: &NetShape) -> Vec<LayerCost> {
    generator(genotype, shape, SkipTap::default()).layers()
}

/// Parameters of the generator that a genotype describes.
///
/// ```
/// use autogan::arch::{Genotype, NetShape, macs, params};
///
/// let (best, paper) = (Genotype::autogan_a(), NetShape::default());
/// assert_eq!(params(&best, &paper), 4_405_251);
/// assert_eq!(macs(&best, &paper) / 1_000_000, 1_765);
/// // Half the channels: a convolution then has a quarter of its weights.
/// assert_eq!(params(&best, &NetShape { channels: 128, ..paper }), 1_235_971);
/// ```
pub fn params(genotype: &Genotype, shape: &NetShape) -> u64 {
    generator(genotype, shape, SkipTap::default()).cost().params
}

/// Multiply-accumulates for one image of the generator that a genotype describes.
pub fn macs(genotype: &Genotype, shape: &NetShape) -> u64 {
    generator(genotype, shape, SkipTap::default()).cost().macs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Space, SpaceConfig, graph};

    const PAPER: NetShape = NetShape { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 };
    const STL: NetShape = NetShape { bottom_width: 6, ..PAPER };
    const NARROW: NetShape = NetShape { channels: 128, ..PAPER };

    fn e2gan() -> Genotype {
        Genotype::parse("0 1 0 1 / 0 1 2 1 0 / 0 1 0 1 2").unwrap()
    }

    #[test]
    fn parameters_of_the_released_architectures_are_the_papers() {
        let of = |shape| {
            [Genotype::autogan_a(), Genotype::autogan_b(), Genotype::autogan_c()].map(|g| params(&g, &shape))
        };
        assert_eq!(of(PAPER), [4_405_251, 4_471_043, 4_406_275]);
        assert_eq!(of(STL), [5_065_731, 5_131_523, 5_066_755]);
        assert_eq!(of(NARROW), [1_235_971, 1_252_483, 1_236_483]);
        assert_eq!(params(&e2gan(), &PAPER), 4_867_331);
        assert_eq!(params(&e2gan(), &STL), 5_527_811);
    }

    #[test]
    fn each_part_of_a_has_the_papers_parameters() {
        let layers = layers(&Genotype::autogan_a(), &PAPER);
        let of = |part: &str| -> u64 {
            let layers = layers.iter().filter(|layer| layer.name.starts_with(part));
            layers.map(|layer| layer.params).sum()
        };
        assert_eq!(of("l1"), 528_384);
        assert_eq!([of("cell1"), of("cell2"), of("cell3")], [1_245_952, 1_311_744, 1_311_744]);
        assert_eq!(of("to_rgb"), 7_427);
    }

    #[test]
    fn macs_are_the_papers() {
        let a = Genotype::autogan_a();
        let close = |found: u64, giga: f64| {
            let found = found as f64 / 1e9;
            assert!((found - giga).abs() < 5e-4, "{found} G instead of {giga} G");
        };
        close(macs(&a, &PAPER), 1.765);
        close(macs(&a, &STL), 3.971);
        close(macs(&a, &NARROW), 0.443);
        close(macs(&e2gan(), &PAPER), 1.782);
    }

    #[test]
    fn the_cheapest_and_the_dearest_of_the_whole_space_are_the_papers() {
        let space = Space::new(SpaceConfig::default(), PAPER).unwrap();
        let of = |index| params(&space.at(index), &PAPER);
        let all: Vec<u64> = (0..space.size()).map(of).collect();
        assert_eq!(all.iter().min(), Some(&4_076_291));
        assert_eq!(all.iter().max(), Some(&7_098_115));
        assert_eq!(all[0], 4_076_291, "the all-zero vector");
        let dearest = Genotype::parse("0 1 2 1 0 1 2 1 1 0 1 2 1 3").unwrap();
        assert_eq!(params(&dearest, &PAPER), 7_098_115);
    }

    #[test]
    fn the_cost_of_a_generator_is_the_sum_of_its_ends_and_cells() {
        for genotype in [Genotype::autogan_c(), e2gan(), e2gan().prefix(2)] {
            let cells = genotype.cells.iter().enumerate();
            let sum = cells.map(|(cell, gene)| graph::cell(cell, gene, &STL).cost()).sum::<Cost>()
                + graph::ends(genotype.cells.len(), &STL).cost();
            assert_eq!(sum.params, params(&genotype, &STL));
            assert_eq!(sum.macs, macs(&genotype, &STL));
        }
    }

    #[test]
    fn a_skip_with_deconv_doubles_once_for_each_cell_it_passes() {
        let text = format!("{} 0 0 2 0 16", "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0");
        let layers = layers(&Genotype::parse(&text).unwrap(), &PAPER);
        let ups = layers.iter().filter(|layer| layer.name.starts_with("cell6.skip1.up"));
        let sides: Vec<usize> = ups.map(|layer| layer.side).collect();
        assert_eq!(sides, [16, 32, 64, 128, 256]);
        assert_eq!(PAPER.side(6), 256);
    }

    #[test]
    fn a_shape_out_of_range_is_refused() {
        let wrong = NetShape { latent: 0, ..PAPER };
        let message = wrong.check().unwrap_err().to_string();
        assert_eq!(message, "latent of the generator is 0; set it to 1 to 16384");
        let largest = NetShape { channels: 16_384, latent: 16_384, bottom_width: 256, image_channels: 16 };
        largest.check().unwrap();
        // The most expensive architecture at the largest shape still fits.
        let dearest = [0, 1, 2, 1].into_iter().chain((1..6).flat_map(|cell| [0, 1, 2, 1, (1 << cell) - 1]));
        let dearest = Genotype::from_tokens(&dearest.collect::<Vec<u32>>()).unwrap();
        assert!(macs(&dearest, &largest) < 1 << 63);
    }
}
