//! What was chosen in one cell.

use super::slots::{BySlot, ConvBlock, Norm, Slot, SlotOperator, Up, skip_bit, sources};

/// The choices of one cell: a token for each slot. Which skips it may have depends on the cell's place in
/// the generator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellGene(BySlot<u32>);

impl CellGene {
    /// The token of a slot.
    pub fn value(&self, slot: Slot) -> u32 {
        self.0[slot]
    }

    /// This gene with another token of a slot.
    pub fn with(mut self, slot: Slot, token: u32) -> CellGene {
        self.0[slot] = token;
        self
    }

    /// The operator that its slot chose.
    pub fn chosen<T: SlotOperator>(&self) -> T {
        T::of_token(self.value(T::SLOT))
    }

    /// Where norm and activation stand in both blocks.
    pub fn conv_block(&self) -> ConvBlock {
        self.chosen()
    }

    /// Norm of both blocks.
    pub fn norm(&self) -> Norm {
        self.chosen()
    }

    /// Upsampling of the first block, the shortcut and the skips.
    pub fn up(&self) -> Up {
        self.chosen()
    }

    /// Whether the cell's upsampled input is added to its output through a 1x1 convolution.
    pub fn shortcut(&self) -> bool {
        self.value(Slot::Shortcut) == 1
    }

    /// The cells (from 0, ascending) whose skips end in this one, which is cell `cell` (from 0).
    pub fn skips_from(&self, cell: usize) -> Vec<usize> {
        sources(self.value(Slot::Skips), cell)
    }

    /// Whether this cell, which is cell `cell` (from 0), takes the skip from cell `source` (from 0).
    pub fn has_skip(&self, cell: usize, source: usize) -> bool {
        source < cell && self.value(Slot::Skips) & skip_bit(cell, source) != 0
    }

    /// The choices in words, for a cell that is cell `cell` (from 0):
    /// `pre-activation, no norm, nearest, shortcut, skip from cell 1`.
    pub fn describe(&self, cell: usize) -> String {
        let words = Slot::of_cell(cell).filter(|&slot| self.mentions(slot));
        words.map(|slot| slot.words(cell, self.value(slot))).collect::<Vec<_>>().join(", ")
    }

    /// Whether what is written of the gene names this slot: all of AutoGAN's, later ones if they are not at
    /// their first choice.
    pub(super) fn mentions(&self, slot: Slot) -> bool {
        slot.is_released() || self.value(slot) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_mask_says_which_cells_feed_this_one() {
        let gene = CellGene::default().with(Slot::Skips, 2);
        assert_eq!(gene.skips_from(2), [0]);
        assert!(gene.has_skip(2, 0) && !gene.has_skip(2, 1));
        assert!(!gene.has_skip(2, 2), "a cell is no source of its own");
    }

    #[test]
    fn a_cell_reads_like_a_sentence() {
        let plain = CellGene::default()
            .with(Slot::ConvBlock, ConvBlock::Pre as u32)
            .with(Slot::Up, Up::Nearest as u32)
            .with(Slot::Shortcut, 1);
        assert_eq!(plain.describe(0), "pre-activation, no norm, nearest, shortcut");
        assert_eq!(
            plain.with(Slot::Skips, 3).describe(2),
            "pre-activation, no norm, nearest, shortcut, skips from cells 1 and 2"
        );
    }
}
