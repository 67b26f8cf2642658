//! What one cell of a search space allows.

use crate::arch::slots::{BySlot, skip_bit};
use crate::arch::{Allowed, ArchError, CellGene, Cost, NetShape, SkipRule, Slot, SpaceConfig, graph};
use std::collections::BTreeMap;

/// A choice of one cell and its allowed values: one head of the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What is chosen.
    pub slot: Slot,
    /// The allowed values, ascending, at least one; action `a` stands for `values[a]`.
    pub values: Vec<u32>,
}

/// What one cell allows.
#[derive(Debug, Clone)]
pub(super) struct CellSpace {
    /// What is searched: AutoGAN's slots, and later ones that have more than one value.
    pub tokens: Vec<Token>,
    /// The allowed values of each slot, ascending; 0 where the cell does not have it.
    pub allowed: BySlot<Vec<u32>>,
    /// One for each earlier cell.
    rules: Vec<SkipRule>,
    /// The cell's genes by what counts against a bound; a number without one is 0.
    pub genes: BTreeMap<Cost, Vec<CellGene>>,
    /// The gene that is cheapest in parameters and in MACs at once. There is one, because choices are
    /// independent and none that saves parameters costs MACs or the other way round.
    pub cheapest: CellGene,
    /// The gene that is dearest in both, which there is for the same reason.
    pub dearest: CellGene,
}

impl CellSpace {
    /// What cell `cell` (from 0) allows: its override where it has one, else what holds everywhere.
    pub fn new(config: &SpaceConfig, shape: &NetShape, cell: usize) -> Result<CellSpace, ArchError> {
        let mut rules = Vec::new();
        let mut allowed: BySlot<Vec<u32>> = BySlot::default();
        for &slot in Slot::ALL {
            let mut values: Vec<u32> = match config.allowed(slot, Some(cell + 1)) {
                Allowed::Tokens(tokens) => tokens.clone(),
                Allowed::Skips(written) => {
                    rules = written.of_cell(cell)?;
                    allowed_masks(&rules)
                }
            };
            values.sort_unstable();
            let (choice, number) = (slot.name(), cell + 1);
            let wrong = |text| Err(ArchError::setting(format!("space.{choice}"), text));
            if values.is_empty() {
                return wrong(format!(
                    "the search space is empty: {choice} of cell {number} allows no value; list at least one"
                ));
            }
            if let Some(pair) = values.windows(2).find(|pair| pair[0] == pair[1]) {
                let value = slot.value_name(cell, pair[0]);
                return wrong(format!(
                    "{choice} of cell {number} lists {value} twice in the search space; keep one of them"
                ));
            }
            allowed[slot] = values;
        }
        let searched = |slot: &Slot| slot.is_released() || allowed[*slot].len() > 1;
        let tokens = Slot::of_cell(cell).filter(searched);
        let tokens = tokens.map(|slot| Token { slot, values: allowed[slot].clone() }).collect();

        let all: Vec<(Cost, CellGene)> = all_genes(&allowed)
            .into_iter()
            .map(|gene| (graph::cell(cell, &gene, shape).cost(), gene))
            .collect();
        let mut genes: BTreeMap<Cost, Vec<CellGene>> = BTreeMap::new();
        for &(cost, gene) in &all {
            let counted = Cost {
                params: config.max_params.map_or(0, |_| cost.params),
                macs: config.max_macs.map_or(0, |_| cost.macs),
            };
            genes.entry(counted).or_default().push(gene);
        }
        let cost = |(cost, _): &&(Cost, CellGene)| *cost;
        let [cheapest, dearest] = [all.iter().min_by_key(cost), all.iter().max_by_key(cost)]
            .map(|costed| costed.expect("every choice has a value, so there is a gene").1);
        Ok(CellSpace { tokens, allowed, rules, genes, cheapest, dearest })
    }

    /// Number of the cell's genes.
    pub fn size(&self) -> u64 {
        self.tokens.iter().map(|token| token.values.len() as u64).product()
    }

    /// The gene with the first allowed value of every slot.
    pub fn first(&self) -> CellGene {
        Slot::ALL.iter().fold(CellGene::default(), |gene, &slot| gene.with(slot, self.allowed[slot][0]))
    }

    /// The first choice of a gene of cell `cell` (from 0) that is outside.
    pub fn check(&self, cell: usize, gene: &CellGene) -> Result<(), ArchError> {
        let number = cell + 1;
        let outside = |choice: &str, value: String, allowed: String| {
            Err(ArchError::arch(format!(
                "cell {number} has {choice} {value}, outside the search space; use {allowed}"
            )))
        };
        for &slot in Slot::ALL.iter().filter(|&&slot| slot != Slot::Skips) {
            let (value, allowed) = (gene.value(slot), &self.allowed[slot]);
            if !allowed.contains(&value) {
                let allowed = allowed.iter().map(|&value| slot.value_name(cell, value));
                let allowed = allowed.collect::<Vec<_>>().join(" or ");
                return outside(slot.name(), slot.value_name(cell, value), allowed);
            }
        }
        for (source, rule) in self.rules.iter().enumerate() {
            let on = gene.has_skip(cell, source);
            if !rule.allows(on) {
                let skip = format!("the skip from cell {}", source + 1);
                let name = |on| Slot::Shortcut.value_name(cell, u32::from(on));
                return outside(&skip, name(on), name(!on));
            }
        }
        let mask = gene.value(Slot::Skips);
        if mask >> cell != 0 {
            let allowed = format!("0 to {}", Slot::Skips.values(cell) - 1);
            return outside("the skip mask", mask.to_string(), allowed);
        }
        Ok(())
    }
}

/// Whether every override is for a cell of its own that exists.
pub(super) fn check_overrides(config: &SpaceConfig) -> Result<(), ArchError> {
    for (at, own) in config.cell.iter().enumerate() {
        let (number, cells) = (own.number, config.cells);
        let wrong = |text| Err(ArchError::setting("space.cell", text));
        if !(1..=cells).contains(&number) {
            return wrong(format!(
                "a [[space.cell]] is for cell {number}, but the space has cells 1 to {cells}; change its number"
            ));
        }
        if config.cell[..at].iter().any(|earlier| earlier.number == number) {
            return wrong(format!("two [[space.cell]] are for cell {number}; join them into one"));
        }
    }
    Ok(())
}

/// The bit masks of skips that rules allow, one rule for each earlier cell.
fn allowed_masks(rules: &[SkipRule]) -> Vec<u32> {
    let cell = rules.len();
    (0..1u32 << cell)
        .filter(|mask| {
            let mut rules = rules.iter().enumerate();
            rules.all(|(source, rule)| rule.allows(mask & skip_bit(cell, source) != 0))
        })
        .collect()
}

/// All genes with allowed values, in the order of their tokens.
fn all_genes(allowed: &BySlot<Vec<u32>>) -> Vec<CellGene> {
    Slot::ALL.iter().fold(vec![CellGene::default()], |genes, &slot| {
        let with = |gene: &CellGene| allowed[slot].iter().map(|&value| gene.with(slot, value)).collect();
        genes.iter().flat_map::<Vec<CellGene>, _>(with).collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Genotype, Space};

    fn space(text: &str) -> Result<Space, ArchError> {
        Space::new(toml::from_str(text).unwrap(), NetShape::default())
    }

    fn problem(text: &str) -> String {
        space(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_outside_is_named_with_what_is_allowed() {
        let text = "up = ['bilinear', 'nearest']\n[[cell]]\nnumber = 3\nskips = ['never', 'always']";
        let space = space(text).unwrap();
        let message = |text: &str| space.check(&Genotype::parse(text).unwrap()).unwrap_err().to_string();
        assert_eq!(
            message("1 0 1 1 1 0 2 1 1"),
            "cell 2 has up deconv, outside the search space; use bilinear or nearest"
        );
        assert_eq!(
            message("1 0 1 1 1 0 0 1 1 1 0 1 0 3"),
            "cell 3 has the skip from cell 1 on, outside the search space; use off"
        );
        assert!(message("1 0 1 1 1 0 0 1 1 1 0 1 0 0").contains("the skip from cell 2 off"));
        assert!(
            message("1 0 1 1 1 0 0 1 1 1 0 1 0 1 0 0 0 0 0")
                .contains("has 4 cells, but the search space only 3")
        );
        assert!(space.contains(&Genotype::parse("1 0 1 1 1 0 0 1 1 1 0 1 0 1").unwrap()));
        let mut broken = Genotype::parse("1 0 1 1").unwrap();
        broken.cells[0] = broken.cells[0].with(Slot::Skips, 1);
        assert!(space.check(&broken).unwrap_err().to_string().contains("the skip mask 1"));
    }

    #[test]
    fn an_impossible_space_is_refused_with_the_reason() {
        assert_eq!(
            problem("up = []"),
            "the search space is empty: up of cell 1 allows no value; list at least one"
        );
        assert_eq!(
            problem("max_params = 4_000_000"),
            "the search space is empty: space.max_params is 4000000, but its cheapest architecture \
             (0 0 0 0 0 0 0 0 0 0 0 0 0 0) has 4076291; raise space.max_params"
        );
        assert!(problem("max_macs = 1").contains("space.max_macs is 1,"));
        assert_eq!(
            problem("norm = ['batch', 'none', 'batch']"),
            "norm of cell 1 lists batch twice in the search space; keep one of them"
        );
        assert_eq!(problem("cells = 7"), "space.cells is 7; set it to 1 to 6");
        assert!(problem("[[cell]]\nnumber = 4").contains("has cells 1 to 3"));
        assert!(problem("[[cell]]\nnumber = 2\n[[cell]]\nnumber = 2").contains("join them"));
        assert_eq!(
            problem("[[cell]]\nnumber = 3\nskips = ['free']"),
            "skips of cell 3 has 1 rules; give one word for all earlier cells, or a list of 2, cell 1 first"
        );
        let flat = NetShape { channels: 0, ..NetShape::default() };
        assert!(
            Space::new(SpaceConfig::default(), flat)
                .unwrap_err()
                .to_string()
                .contains("channels of the generator is 0")
        );
    }
}
