//! All that can be said of an architecture, for programs and for people.

use serde::Serialize;

use super::graph::{Critic, Graph, SkipTap, discriminator, generator};
use super::{ArchError, Cost, Genotype, LayerCost, NetShape, Space, SpaceConfig};

/// An architecture in words and numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// By name.
    pub genotype: Genotype,
    /// The integer vector.
    pub vector: Vec<u32>,
    /// One line for each cell.
    pub words: Vec<String>,
    /// Its number in the full space of as many cells, from 0.
    pub index: Option<u64>,
    /// The size of that space.
    pub space_size: u64,
    /// The sizes that the costs are for.
    pub shape: NetShape,
    /// Side of the images in pixels.
    pub side: usize,
    /// What the generator costs.
    pub generator: NetworkCost,
    /// What its opponent costs.
    pub discriminator: NetworkCost,
}

/// What a network costs, layer by layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkCost {
    /// Channels of its cells or blocks.
    pub channels: usize,
    /// Parameters.
    pub params: u64,
    /// Multiply-accumulates for one image.
    pub macs: u64,
    /// Its layers.
    pub layers: Vec<LayerCost>,
}

impl NetworkCost {
    fn new(channels: usize, graph: &Graph) -> Self {
        let Cost { params, macs } = graph.cost();
        Self { channels, params, macs, layers: graph.layers() }
    }
}

impl Description {
    /// Describes a genotype of these sizes, against a discriminator of so many channels.
    ///
    /// # Errors
    /// If the genotype has no cell or a size is out of its range.
    pub fn of(
        genotype: &Genotype,
        shape: &NetShape,
        discriminator_channels: usize,
    ) -> Result<Self, ArchError> {
        let cells = genotype.cells.len();
        let config = SpaceConfig { cells, ..SpaceConfig::default() };
        let space = Space::new(config, *shape)?;
        // The discriminator's sizes have the same range as the generator's.
        NetShape { channels: discriminator_channels, ..*shape }.check()?;
        let side = shape.side(cells);
        let critic = Critic { channels: discriminator_channels, spectral_norm: true };
        Ok(Self {
            vector: genotype.tokens(),
            words: genotype.describe(),
            index: space.index(genotype),
            space_size: space.size(),
            shape: *shape,
            side,
            generator: NetworkCost::new(shape.channels, &generator(genotype, shape, SkipTap::default())),
            discriminator: NetworkCost::new(discriminator_channels, &discriminator(&critic, cells - 1, side)),
            genotype: genotype.clone(),
        })
    }
}
