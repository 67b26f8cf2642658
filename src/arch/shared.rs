//! What the shared generator of a search space holds.

use super::cost::fixed_cost;
use super::slots::sources;
use super::{CellGene, Conv, LayerCost, Norm, Slot, Space, Up};

/// Which operators a cell of the shared generator must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellModules {
    /// Kinds of block that exist; each kind has a first and a second block of its own.
    pub convs: Vec<Conv>,
    /// Whether every block has a batch norm.
    pub batch_norm: bool,
    /// Whether first blocks, shortcut and skips have transposed convolutions.
    pub deconv: bool,
    /// Whether the shortcut's convolution exists.
    pub shortcut: bool,
    /// Source cells (from 0, ascending) whose skip has a convolution.
    pub skips_from: Vec<usize>,
}

impl CellModules {
    /// What some architecture of the space can use in cell `cell` (from 0). Bounds on cost are left out of
    /// account.
    pub fn used(space: &Space, cell: usize) -> CellModules {
        let has = |slot: Slot, value: u32| space.allowed(cell, slot).contains(&value);
        let possible = space.allowed(cell, Slot::Skips).iter().fold(0, |mask, value| mask | value);
        CellModules {
            convs: Conv::ALL.iter().copied().filter(|&conv| has(Slot::Conv, conv as u32)).collect(),
            batch_norm: has(Slot::Norm, Norm::Batch as u32),
            deconv: has(Slot::Up, Up::Deconv as u32),
            shortcut: has(Slot::Shortcut, 1),
            skips_from: sources(possible, cell),
        }
    }

    /// What one gene uses as cell `cell`.
    pub fn of_gene(gene: &CellGene, cell: usize) -> CellModules {
        CellModules {
            convs: vec![gene.conv()],
            batch_norm: gene.norm() == Norm::Batch,
            deconv: gene.up() == Up::Deconv,
            shortcut: gene.shortcut(),
            skips_from: gene.skips_from(cell),
        }
    }

    /// Every operator, as in cell `cell` of the reference's shared generator.
    pub fn everything(cell: usize) -> CellModules {
        CellModules {
            convs: Conv::ALL.to_vec(),
            batch_norm: true,
            deconv: true,
            shortcut: true,
            skips_from: (0..cell).collect(),
        }
    }

    fn params(&self, cell: usize, channels: usize) -> u64 {
        let conv3 = LayerCost::conv(String::new(), channels, channels, 3, 1).params;
        let conv1 = LayerCost::conv(String::new(), channels, channels, 1, 1).params;
        let up = if self.deconv { LayerCost::deconv(String::new(), channels, 1).params } else { 0 };
        let norm = if self.batch_norm { 2 * channels as u64 } else { 0 };
        let doublings: usize = self.skips_from.iter().map(|source| cell - source).sum();

        let blocks = self.convs.len() as u64 * (2 * (conv3 + norm) + up);
        let shortcut = if self.shortcut { conv1 + up } else { 0 };
        blocks + shortcut + self.skips_from.len() as u64 * conv1 + doublings as u64 * up
    }
}

/// Parameters of the shared generator of a space, which holds the operators of all its architectures.
///
/// With `allocate_unused` it is the reference's module list, whatever the space allows: every operator in
/// every cell, transposed convolutions also in second blocks, and in each cell one chain of them for every
/// ratio that occurs in the generator. Without, it is [`CellModules::used`] of each cell.
pub fn shared_params(space: &Space, allocate_unused: bool) -> u64 {
    let shape = space.shape();
    let cells = space.cells();
    let of_cell = |cell: usize| {
        if allocate_unused {
            reference_cell_params(cell, cells, shape.channels)
        } else {
            CellModules::used(space, cell).params(cell, shape.channels)
        }
    };
    fixed_cost(cells, shape).params + (0..cells).map(of_cell).sum::<u64>()
}

/// Cell `cell` (from 0) of the reference's `Cell` class in a generator of `cells` cells.
fn reference_cell_params(cell: usize, cells: usize, channels: usize) -> u64 {
    let up = LayerCost::deconv(String::new(), channels, 1).params;
    // Chains for ratios 2, 4, ... 2^(cells - 1), of which this cell's skips use the first `cell`.
    let unused_chains: usize = (cell + 1..cells).sum();
    let second_blocks = Conv::ALL.len();
    CellModules::everything(cell).params(cell, channels) + (second_blocks + unused_chains) as u64 * up
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{NetShape, SpaceConfig, params};

    const PAPER: NetShape = NetShape { channels: 256, latent: 128, bottom_width: 4, image_channels: 3 };
    const STL: NetShape = NetShape { bottom_width: 6, ..PAPER };
    const NARROW: NetShape = NetShape { channels: 128, ..PAPER };

    fn space(config: SpaceConfig, shape: NetShape) -> Space {
        Space::new(config, shape).unwrap()
    }

    fn read(text: &str, shape: NetShape) -> Space {
        space(toml::from_str(text).unwrap(), shape)
    }

    #[test]
    fn the_shared_generator_has_the_references_parameters() {
        assert_eq!(shared_params(&space(SpaceConfig::default(), PAPER), true), 14_315_267);
        assert_eq!(shared_params(&space(SpaceConfig::default(), NARROW), true), 3_716_995);
        // A restricted space changes nothing as long as everything is allocated.
        assert_eq!(shared_params(&read("up = ['nearest']", PAPER), true), 14_315_267);
    }

    #[test]
    fn without_unused_operators_the_shared_generator_lacks_exactly_those() {
        let channels = 256;
        let up = 4 * channels * channels + channels;
        let conv1 = channels * channels + channels;
        // Two transposed convolutions in second blocks of each cell; three, two and no unused in skips.
        let full = space(SpaceConfig::default(), PAPER);
        let lean = shared_params(&full, false);
        assert_eq!(lean, 14_315_267 - up * (3 * 2 + 3 + 2));

        assert_eq!(shared_params(&read("shortcut = [false]", PAPER), false), lean - 3 * (conv1 + up));
        assert_eq!(shared_params(&read("skips = 'never'", PAPER), false), lean - 3 * conv1 - 4 * up);
    }

    #[test]
    fn a_space_of_one_architecture_shares_exactly_its_parameters() {
        let text = "conv = ['post']\nnorm = ['batch']\nup = ['deconv']\nshortcut = [true]\n
                    skips = 'always'\ncells = 5";
        let space = read(text, STL);
        assert_eq!(space.size(), 1);
        assert_eq!(shared_params(&space, false), params(&space.at(0), &STL));
    }
}
