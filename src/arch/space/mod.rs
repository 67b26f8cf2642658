//! The search space: its members, their numbering and the controller's heads.

mod bounds;
mod cell;
mod config;
mod explore;

pub use cell::Token;
pub use config::{Allowed, CellOverride, SkipRule, SkipRules, SpaceConfig};

use bounds::{Bounded, minus};
use cell::{CellSpace, check_overrides};

use crate::arch::{ArchError, CellGene, Cost, Genotype, MAX_CELLS, NetShape, Slot, graph};

/// A checked search space: a [`SpaceConfig`] for generators of one [`NetShape`]. It is never empty.
///
/// Members are the genotypes with all cells and allowed choices only. [`Space::size`], [`Space::index`],
/// [`Space::at`] and [`Space::check`] leave the bounds on cost out of account; the methods that search
/// moves by ([`Space::sample`], [`Space::sample_cell`]) respect them.
///
/// ```
/// use autogan::arch::{Genotype, NetShape, Space, SpaceConfig};
///
/// let space = Space::new(SpaceConfig::default(), NetShape::default())?;
/// assert_eq!(space.size(), 373_248);
/// let index = space.index(&Genotype::autogan_a()).expect("AutoGAN's own space has it");
/// assert_eq!(space.at(index), Genotype::autogan_a());
/// let bounded = SpaceConfig { max_params: Some(4_405_250), ..SpaceConfig::default() };
/// assert!(!Space::new(bounded, NetShape::default())?.within_bounds(&Genotype::autogan_a()));
/// # Ok::<(), autogan::arch::ArchError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Space {
    config: SpaceConfig,
    shape: NetShape,
    cells: Vec<CellSpace>,
    /// Present if a bound is set.
    bounded: Option<Bounded>,
}

impl Space {
    /// Checks the configuration and prepares the space for generators of this shape.
    ///
    /// # Errors
    /// A number out of range, a choice without values or with one twice, an override that fits no cell, or
    /// a bound that no architecture keeps.
    pub fn new(config: SpaceConfig, shape: NetShape) -> Result<Space, ArchError> {
        shape.check()?;
        if !(1..=MAX_CELLS).contains(&config.cells) {
            let text = format!("space.cells is {}; set it to 1 to {MAX_CELLS}", config.cells);
            return Err(ArchError::setting("space.cells", text));
        }
        check_overrides(&config)?;
        let cells = (0..config.cells)
            .map(|cell| CellSpace::new(&config, &shape, cell))
            .collect::<Result<Vec<CellSpace>, ArchError>>()?;
        let mut space = Space { config, shape, cells, bounded: None };
        space.check_bounds()?;
        if space.config.max_params.is_some() || space.config.max_macs.is_some() {
            let count = |cell: &CellSpace| {
                let genes = cell.genes.iter();
                genes.map(|(&cost, genes)| (cost, genes.len() as u64)).collect()
            };
            let costs: Vec<_> = space.cells.iter().map(count).collect();
            let ends = graph::ends(space.cells(), &shape).cost();
            let budget =
                minus(space.limit(), ends).expect("the cheapest architecture, which has these ends, fits");
            space.bounded = Some(Bounded::new(&costs, budget));
        }
        Ok(space)
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &SpaceConfig {
        &self.config
    }

    /// The shape that costs are counted for.
    pub fn shape(&self) -> &NetShape {
        &self.shape
    }

    /// What cell `cell` (from 0) may be, bounds on cost left out of account.
    pub(super) fn genes(&self, cell: usize) -> impl Iterator<Item = &CellGene> {
        self.cells[cell].genes.values().flatten()
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// What is chosen in cell `cell` (from 0), in the order of [`Slot::ALL`]. AutoGAN's slots are listed also
    /// with one value only; later ones are not, so that a space that does not use them is searched as if
    /// there were none.
    pub fn tokens(&self, cell: usize) -> &[Token] {
        &self.cells[cell].tokens
    }

    /// The allowed values of a slot in cell `cell` (from 0), ascending; 0 where the cell does not have it.
    pub fn allowed(&self, cell: usize, slot: Slot) -> &[u32] {
        &self.cells[cell].allowed[slot]
    }

    /// The gene that actions stand for, one action for each of [`Space::tokens`].
    ///
    /// # Panics
    /// If an action is not a place in its token's values.
    pub fn cell_from_actions(&self, cell: usize, actions: &[usize]) -> CellGene {
        let tokens = self.tokens(cell);
        assert_eq!(actions.len(), tokens.len(), "cell {} takes one action for each token", cell + 1);
        let chosen = tokens.iter().zip(actions);
        chosen.fold(self.cells[cell].first(), |gene, (token, &action)| {
            gene.with(token.slot, token.values[action])
        })
    }

    /// The actions that stand for a gene of cell `cell` (from 0); `None` if it is outside the space.
    pub fn actions_of(&self, cell: usize, gene: &CellGene) -> Option<Vec<usize>> {
        self.cells[cell].check(cell, gene).ok()?;
        let tokens = self.tokens(cell).iter();
        tokens.map(|token| token.values.binary_search(&gene.value(token.slot)).ok()).collect()
    }

    /// Whether the genotype is a member, or the first cells of one; bounds on cost do not matter.
    pub fn contains(&self, genotype: &Genotype) -> bool {
        self.check(genotype).is_ok()
    }

    /// [`Space::contains`] with the reason.
    ///
    /// # Errors
    /// Too many cells, or the first choice outside the space, with what is allowed instead.
    pub fn check(&self, genotype: &Genotype) -> Result<(), ArchError> {
        if genotype.cells.len() > self.cells() {
            return Err(ArchError::arch(format!(
                "the architecture has {} cells, but the search space only {}; drop the last cells or raise space.cells",
                genotype.cells.len(),
                self.cells()
            )));
        }
        let mut cells = self.cells.iter().zip(&genotype.cells).enumerate();
        cells.try_for_each(|(at, (cell, gene))| cell.check(at, gene))
    }

    /// Number of members, whatever they cost: 373,248 for AutoGAN's space.
    pub fn size(&self) -> u64 {
        self.cells.iter().map(CellSpace::size).product()
    }

    /// Exact number of members that keep the bounds on cost.
    pub fn size_within_bounds(&self) -> u64 {
        self.bounded.as_ref().map_or_else(|| self.size(), Bounded::size)
    }

    /// The number of a member, in `0..size()`; the first cell counts most, and within a cell the first
    /// token. `None` if the genotype has another number of cells or is outside the space.
    pub fn index(&self, genotype: &Genotype) -> Option<u64> {
        if genotype.cells.len() != self.cells() {
            return None;
        }
        let mut index = 0;
        for (cell, gene) in genotype.cells.iter().enumerate() {
            for (token, action) in self.tokens(cell).iter().zip(self.actions_of(cell, gene)?) {
                index = index * token.values.len() as u64 + action as u64;
            }
        }
        Some(index)
    }

    /// The member with this number; the inverse of [`Space::index`].
    ///
    /// # Panics
    /// If `index` is not below [`Space::size`].
    pub fn at(&self, index: u64) -> Genotype {
        assert!(index < self.size(), "index {index} in a space of {}", self.size());
        let mut rest = index;
        let mut genotype = Genotype::default();
        for cell in (0..self.cells()).rev() {
            let mut actions = vec![0; self.tokens(cell).len()];
            for (token, action) in self.tokens(cell).iter().zip(&mut actions).rev() {
                let radix = token.values.len() as u64;
                *action = (rest % radix) as usize;
                rest /= radix;
            }
            genotype.cells.push(self.cell_from_actions(cell, &actions));
        }
        genotype.cells.reverse();
        genotype
    }

    /// The bounds; a number without one may be anything.
    pub(super) fn limit(&self) -> Cost {
        Cost {
            params: self.config.max_params.unwrap_or(u64::MAX),
            macs: self.config.max_macs.unwrap_or(u64::MAX),
        }
    }

    /// Cost of the whole generator that begins with these cells and is as cheap as possible.
    pub(super) fn cheapest_completion_cost(&self, prefix: &Genotype) -> Cost {
        let rest = self.cells.iter().skip(prefix.cells.len()).map(|cell| &cell.cheapest);
        let genes = prefix.cells.iter().chain(rest).enumerate();
        let cells = prefix.cells.len().max(self.cells());
        let of_cells: Cost = genes.map(|(cell, gene)| graph::cell(cell, gene, self.shape()).cost()).sum();
        graph::ends(cells, self.shape()).cost() + of_cells
    }

    /// Whether some architecture keeps the bounds; the cheapest is cheapest in both numbers.
    fn check_bounds(&self) -> Result<(), ArchError> {
        let cost = self.cheapest_completion_cost(&Genotype::default());
        let bounds = [
            ("space.max_params", self.config.max_params, cost.params),
            ("space.max_macs", self.config.max_macs, cost.macs),
        ];
        for (bound, limit, needed) in bounds {
            if let Some(limit) = limit.filter(|&limit| limit < needed) {
                let cells = self.cells.iter().map(|cell| cell.cheapest).collect();
                let genotype = Genotype { cells }.to_string();
                let text = format!(
                    "the search space is empty: {bound} is {limit}, but its cheapest architecture ({genotype}) has \
                     {needed}; raise {bound}"
                );
                return Err(ArchError::setting(bound, text));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Up, macs, params};
    use proptest::prelude::*;

    fn space(config: SpaceConfig) -> Space {
        Space::new(config, NetShape::default()).unwrap()
    }

    fn full(cells: usize) -> Space {
        space(SpaceConfig { cells, ..SpaceConfig::default() })
    }

    #[test]
    fn the_full_spaces_have_the_papers_sizes() {
        assert_eq!(full(1).size(), 36);
        assert_eq!(full(2).size(), 36 * 72);
        assert_eq!(full(3).size(), 373_248);
        assert_eq!(full(3).size_within_bounds(), 373_248);
        assert_eq!(full(6).size(), 36u64.pow(6) << 15);
    }

    #[test]
    fn numbering_two_cells_meets_every_member_once_and_in_order() {
        let space = full(2);
        let members: Vec<Genotype> = (0..space.size()).map(|index| space.at(index)).collect();
        assert!(members.windows(2).all(|pair| pair[0] < pair[1]));
        for (index, genotype) in members.iter().enumerate() {
            assert_eq!(space.index(genotype), Some(index as u64));
            assert!(space.contains(genotype) && space.contains(&genotype.prefix(1)));
        }
        assert_eq!(space.index(&members[0].prefix(1)), None, "a prefix has no number");
    }

    #[test]
    fn numbering_six_cells_leads_back_and_actions_to_the_gene() {
        let space = full(6);
        proptest!(|(index in 0..space.size())| {
            let genotype = space.at(index);
            prop_assert_eq!(space.index(&genotype), Some(index));
            for (cell, gene) in genotype.cells.iter().enumerate() {
                let actions = space.actions_of(cell, gene).unwrap();
                prop_assert_eq!(space.cell_from_actions(cell, &actions), *gene);
            }
        });
    }

    #[test]
    fn heads_list_the_allowed_values_in_the_references_order() {
        let text = "up = ['deconv', 'bilinear']\nshortcut = [true]\n
                    [[cell]]\nnumber = 3\nskips = ['always', 'free']";
        let space = space(toml::from_str(text).unwrap());
        let values = |cell| -> Vec<(Slot, Vec<u32>)> {
            space.tokens(cell).iter().map(|token| (token.slot, token.values.clone())).collect()
        };
        let first = [
            (Slot::ConvBlock, vec![0, 1]),
            (Slot::Norm, vec![0, 1, 2]),
            (Slot::Up, vec![0, 2]),
            (Slot::Shortcut, vec![1]),
        ];
        assert_eq!(values(0), first);
        assert_eq!(values(1)[4], (Slot::Skips, vec![0, 1]));
        assert_eq!(values(2)[4], (Slot::Skips, vec![2, 3]), "from cell 1 always");
        let gene = space.cell_from_actions(2, &[1, 2, 1, 0, 1]);
        assert_eq!(Slot::ALL[..5].iter().map(|&slot| gene.value(slot)).collect::<Vec<_>>(), [1, 2, 2, 1, 3]);
        assert_eq!(space.actions_of(2, &gene.with(Slot::Up, Up::Nearest as u32)), None);
    }

    #[test]
    fn bounds_on_the_papers_space_are_counted_exactly() {
        let bounded =
            |max_params, max_macs| space(SpaceConfig { max_params, max_macs, ..SpaceConfig::default() });
        let shape = NetShape::default();
        let (p, m) = (4_405_251, 1_765_000_000);
        let costs: Vec<(u64, u64)> = (0..full(3).size())
            .map(|index| {
                let genotype = full_member(index);
                (params(&genotype, &shape), macs(&genotype, &shape))
            })
            .collect();
        let count =
            |fits: &dyn Fn(&(u64, u64)) -> bool| costs.iter().filter(|cost| fits(cost)).count() as u64;
        assert_eq!(bounded(Some(p), None).size_within_bounds(), count(&|c| c.0 <= p));
        assert_eq!(bounded(None, Some(m)).size_within_bounds(), count(&|c| c.1 <= m));
        assert_eq!(bounded(Some(p), Some(m)).size_within_bounds(), count(&|c| c.0 <= p && c.1 <= m));
        assert_eq!(bounded(Some(4_076_291), None).size_within_bounds(), count(&|c| c.0 <= 4_076_291));
    }

    /// A member of the paper's space by plain arithmetic, independent of [`Space::at`]'s tables.
    fn full_member(index: u64) -> Genotype {
        let radices = [2, 3, 3, 2, 2, 3, 3, 2, 2, 2, 3, 3, 2, 4];
        let mut tokens = [0; 14];
        let mut rest = index;
        for (token, radix) in tokens.iter_mut().zip(radices).rev() {
            *token = (rest % radix) as u32;
            rest /= radix;
        }
        Genotype::from_tokens(&tokens).unwrap()
    }
}
