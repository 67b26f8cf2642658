//! Parameters and multiply-accumulates (MACs), layer by layer: the one place that knows what a layer costs.
//!
//! MACs are per image and count convolutions, transposed convolutions and linear layers only; norms,
//! activations, resizing and additions are left out, as the papers of this field do.

use super::{ArchError, CellGene, Conv, Genotype, Norm, Up};
use serde::{Deserialize, Serialize};

/// The numbers that, together with a genotype, fix a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetShape {
    /// Channels of every cell (the reference's `gf_dim`).
    pub channels: usize,
    /// Length of the latent vector.
    pub latent: usize,
    /// Side of the first feature map, in pixels: 4 for 32 px, 6 for 48 px with three cells.
    pub bottom_width: usize,
    /// Channels of an image; 3, since all data are read as RGB.
    pub image_channels: usize,
}

impl Default for NetShape {
    /// The derived CIFAR-10 generator of the paper.
    fn default() -> Self {
        Self { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 }
    }
}

impl NetShape {
    /// Side of the images of a generator with `cells` cells, in pixels.
    pub fn side(&self, cells: usize) -> usize {
        self.bottom_width << cells
    }

    /// Whether every number is in its range; the ranges keep every cost below 2^63.
    ///
    /// # Errors
    /// The first number that is 0 or too large.
    pub fn check(&self) -> Result<(), ArchError> {
        let ranges = [
            ("channels", self.channels, 16_384),
            ("latent", self.latent, 16_384),
            ("bottom_width", self.bottom_width, 256),
            ("image_channels", self.image_channels, 16),
        ];
        match ranges.into_iter().find(|&(_, value, limit)| !(1..=limit).contains(&value)) {
            Some((field, value, limit)) => Err(ArchError::Shape { field, value, limit }),
            None => Ok(()),
        }
    }
}

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

impl LayerCost {
    /// A convolution with bias and a square kernel; its output has side `side`.
    pub(super) fn conv(name: String, inputs: usize, outputs: usize, kernel: usize, side: usize) -> LayerCost {
        let weights = (inputs * outputs * kernel * kernel) as u64;
        LayerCost { name, params: weights + outputs as u64, macs: weights * area(side), side }
    }

    /// A transposed convolution with bias, kernel 2 and stride 2: each output pixel has one input pixel.
    pub(super) fn deconv(name: String, channels: usize, side: usize) -> LayerCost {
        let weights = (4 * channels * channels) as u64;
        LayerCost { name, params: weights + channels as u64, macs: weights / 4 * area(side), side }
    }

    /// Batch norm with scale and shift.
    fn batch_norm(name: String, channels: usize, side: usize) -> LayerCost {
        LayerCost { name, params: 2 * channels as u64, macs: 0, side }
    }

    /// The layer's cost without its name.
    pub fn cost(&self) -> Cost {
        Cost { params: self.params, macs: self.macs }
    }
}

fn area(side: usize) -> u64 {
    (side * side) as u64
}

/// The layers of the generator that a genotype describes, from the latent vector to the image.
/// A genotype of fewer cells than the search space has is the generator of that stage.
pub fn layers(genotype: &Genotype, shape: &NetShape) -> Vec<LayerCost> {
    let mut all = vec![first_layer(shape)];
    for (cell, gene) in genotype.cells.iter().enumerate() {
        all.extend(cell_layers(cell, gene, shape));
    }
    all.extend(image_layers(genotype.cells.len(), shape));
    all
}

/// Parameters of the generator that a genotype describes.
pub fn params(genotype: &Genotype, shape: &NetShape) -> u64 {
    layers(genotype, shape).iter().map(|layer| layer.params).sum()
}

/// Multiply-accumulates for one image of the generator that a genotype describes.
pub fn macs(genotype: &Genotype, shape: &NetShape) -> u64 {
    layers(genotype, shape).iter().map(|layer| layer.macs).sum()
}

/// Cost of what every generator of `cells` cells has: the linear layer and the layers to the image.
pub(super) fn fixed_cost(cells: usize, shape: &NetShape) -> Cost {
    let ends = std::iter::once(first_layer(shape)).chain(image_layers(cells, shape));
    ends.map(|layer| layer.cost()).sum()
}

/// Cost of cell `cell` (from 0). No other cell's choices change it.
pub(super) fn cell_cost(cell: usize, gene: &CellGene, shape: &NetShape) -> Cost {
    cell_layers(cell, gene, shape).iter().map(LayerCost::cost).sum()
}

fn first_layer(shape: &NetShape) -> LayerCost {
    let outputs = shape.channels as u64 * area(shape.bottom_width);
    LayerCost {
        name: "l1".to_owned(),
        params: (shape.latent as u64 + 1) * outputs,
        macs: shape.latent as u64 * outputs,
        side: shape.bottom_width,
    }
}

fn image_layers(cells: usize, shape: &NetShape) -> [LayerCost; 2] {
    let side = shape.side(cells);
    [
        LayerCost::batch_norm("to_rgb.norm".to_owned(), shape.channels, side),
        LayerCost::conv("to_rgb.conv".to_owned(), shape.channels, shape.image_channels, 3, side),
    ]
}

fn cell_layers(cell: usize, gene: &CellGene, shape: &NetShape) -> Vec<LayerCost> {
    let channels = shape.channels;
    let (low, high) = (shape.side(cell), shape.side(cell + 1));
    let deconv = gene.up() == Up::Deconv;
    let batch_norm = gene.norm() == Norm::Batch;
    let name = |part: &str| format!("cell{}.{part}", cell + 1);
    let mut all = Vec::new();

    // A pre block normalises its input, which in the first block is still small.
    if batch_norm && gene.conv() == Conv::Pre {
        all.push(LayerCost::batch_norm(name("block1.norm"), channels, low));
    }
    if deconv {
        all.push(LayerCost::deconv(name("block1.up"), channels, high));
    }
    all.push(LayerCost::conv(name("block1.conv"), channels, channels, 3, high));
    if batch_norm && gene.conv() == Conv::Post {
        all.push(LayerCost::batch_norm(name("block1.norm"), channels, high));
    }

    for source in gene.skips_from(cell) {
        let skip = |part: &str| name(&format!("skip{}.{part}", source + 1));
        // A skip leaves its source at the source's full side and doubles until it is as large as the target.
        if deconv {
            for doubling in 1..=cell - source {
                let side = shape.side(source + 1 + doubling);
                all.push(LayerCost::deconv(skip(&format!("up{doubling}")), channels, side));
            }
        }
        all.push(LayerCost::conv(skip("conv"), channels, channels, 1, high));
    }

    if batch_norm {
        all.push(LayerCost::batch_norm(name("block2.norm"), channels, high));
    }
    all.push(LayerCost::conv(name("block2.conv"), channels, channels, 3, high));

    if gene.shortcut() {
        if deconv {
            all.push(LayerCost::deconv(name("shortcut.up"), channels, high));
        }
        all.push(LayerCost::conv(name("shortcut.conv"), channels, channels, 1, high));
    }
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Space, SpaceConfig};

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
            let sum = cells.map(|(cell, gene)| cell_cost(cell, gene, &STL)).sum::<Cost>()
                + fixed_cost(genotype.cells.len(), &STL);
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
