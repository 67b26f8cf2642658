//! How search moves through the space: sampling and growing, within the bounds on cost.

use super::bounds::minus;
use crate::arch::{CellGene, Genotype, Space};
use rand::{Rng, RngExt};

impl Space {
    /// Whether the genotype keeps the bounds on cost. One with fewer cells does if its cheapest completion
    /// does, in the whole generator.
    pub fn within_bounds(&self, genotype: &Genotype) -> bool {
        minus(self.limit(), self.cheapest_completion_cost(genotype)).is_some()
    }

    /// The member that costs least, in parameters and in MACs at once.
    pub fn smallest(&self) -> Genotype {
        Genotype { cells: self.cells.iter().map(|cell| cell.cheapest).collect() }
    }

    /// The member that costs most in both; bounds on cost do not matter.
    pub fn largest(&self) -> Genotype {
        Genotype { cells: self.cells.iter().map(|cell| cell.dearest).collect() }
    }

    /// Whether growth may go on from these first cells: some member that begins with them keeps the bounds.
    pub fn admissible(&self, prefix: &Genotype) -> bool {
        self.contains(prefix) && self.within_bounds(prefix)
    }

    /// A uniformly random one of the members within the bounds; exact also when few are.
    pub fn sample(&self, rng: &mut impl Rng) -> Genotype {
        let Some(bounded) = &self.bounded else {
            return self.at(rng.random_range(0..self.size()));
        };
        let costs = bounded.draw(rng);
        let cells = self.cells.iter().zip(costs).map(|(cell, cost)| {
            let genes = &cell.genes[&cost];
            genes[rng.random_range(0..genes.len())]
        });
        Genotype { cells: cells.collect() }
    }

    /// A uniformly random one of the next cells after which the prefix is still admissible; `None` if there
    /// is none, because the prefix is complete or itself not admissible. Growing by it cell after cell
    /// favours, under bounds, other members than [`Space::sample`].
    pub fn sample_cell(&self, prefix: &Genotype, rng: &mut impl Rng) -> Option<CellGene> {
        if !self.contains(prefix) {
            return None;
        }
        let next = self.cells.get(prefix.cells.len())?;
        let genes = next.genes.values().flatten().copied();
        let fitting: Vec<CellGene> =
            genes.filter(|&gene| self.within_bounds(&prefix.extended(gene))).collect();
        if fitting.is_empty() {
            return None;
        }
        Some(fitting[rng.random_range(0..fitting.len())])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{NetShape, SpaceConfig};
    use crate::rng::rng;
    use std::collections::{BTreeSet, HashMap};

    #[test]
    fn no_member_is_cheaper_than_the_smallest_or_dearer_than_the_largest() {
        let config = SpaceConfig { cells: 2, ..SpaceConfig::default() };
        let space = Space::new(config, NetShape::default()).unwrap();
        let cost =
            |g: &Genotype| (crate::arch::params(g, space.shape()), crate::arch::macs(g, space.shape()));
        let (least, most) = (cost(&space.smallest()), cost(&space.largest()));
        for member in (0..space.size()).map(|index| space.at(index)) {
            let (params, macs) = cost(&member);
            assert!(least.0 <= params && params <= most.0 && least.1 <= macs && macs <= most.1, "{member}");
        }
    }

    fn space(config: SpaceConfig) -> Space {
        Space::new(config, NetShape::default()).unwrap()
    }

    fn full(cells: usize) -> Space {
        space(SpaceConfig { cells, ..SpaceConfig::default() })
    }

    /// Two cells, with an override and both bounds; small enough to look at every member.
    fn small() -> Space {
        let text = "cells = 2\nmax_params = 3_400_000\nmax_macs = 480_000_000\n
                    [[cell]]\nnumber = 2\nnorm = ['batch']";
        space(toml::from_str(text).unwrap())
    }

    fn members_within(space: &Space) -> Vec<Genotype> {
        let all = (0..space.size()).map(|index| space.at(index));
        all.filter(|genotype| space.within_bounds(genotype)).collect()
    }

    #[test]
    fn six_cells_with_both_bounds_are_counted_and_drawn() {
        let config = SpaceConfig {
            cells: 6,
            max_params: Some(11_000_000),
            max_macs: Some(125_000_000_000),
            ..SpaceConfig::default()
        };
        let space = space(config);
        let mut rng = rng(3, "arch/space", 0);
        // Too many members to look at each: compare with the share of some random ones.
        let tries = 4000;
        let free = full(6);
        let hits = (0..tries).filter(|_| space.within_bounds(&free.sample(&mut rng)));
        let share = hits.count() as f64 / f64::from(tries);
        let exact = space.size_within_bounds() as f64 / space.size() as f64;
        let spread = (exact * (1.0 - exact) / f64::from(tries)).sqrt();
        assert!(exact > 0.1 && exact < 0.9, "{exact}: the bounds cut through the space");
        assert!((share - exact).abs() < 5.0 * spread, "{share} instead of {exact}");
        for _ in 0..20 {
            assert!(space.admissible(&space.sample(&mut rng)));
        }
    }

    #[test]
    fn sampling_under_bounds_is_uniform() {
        let space = small();
        let members = members_within(&space);
        assert_eq!(space.size_within_bounds(), members.len() as u64);
        assert!(members.len() > 50 && (members.len() as u64) < space.size());
        let mut rng = rng(1, "arch/space", 0);
        let each = 50;
        let mut seen: HashMap<Genotype, f64> = HashMap::new();
        for _ in 0..each * members.len() {
            *seen.entry(space.sample(&mut rng)).or_default() += 1.0;
        }
        let times = |genotype| seen.get(genotype).copied().unwrap_or(0.0);
        let chi2: f64 = members.iter().map(|g| (times(g) - each as f64).powi(2) / each as f64).sum();
        assert_eq!(members.iter().map(times).sum::<f64>(), (each * members.len()) as f64, "only members");
        let freedom = members.len() as f64 - 1.0;
        assert!((chi2 - freedom).abs() < 5.0 * (2.0 * freedom).sqrt(), "chi2 {chi2} for {freedom}");
    }

    #[test]
    fn a_prefix_is_admissible_exactly_if_some_member_within_bounds_begins_with_it() {
        let space = small();
        let begun: BTreeSet<Genotype> =
            members_within(&space).iter().map(|member| member.prefix(1)).collect();
        let prefixes: Vec<Genotype> = (0..36).map(|index| full(1).at(index)).collect();
        for prefix in &prefixes {
            assert_eq!(space.admissible(prefix), begun.contains(prefix), "{prefix}");
        }
        assert!(begun.len() < prefixes.len(), "the bound excludes some first cells");
        let mut rng = rng(2, "arch/space", 0);
        for prefix in &begun {
            let cell = space.sample_cell(prefix, &mut rng).unwrap();
            assert!(space.admissible(&prefix.extended(cell)));
        }
        let excluded = prefixes.iter().find(|prefix| !begun.contains(prefix)).unwrap();
        assert_eq!(space.sample_cell(excluded, &mut rng), None);
        assert_eq!(space.sample_cell(&members_within(&space)[0], &mut rng), None, "it is complete");
    }
}
