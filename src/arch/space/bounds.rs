//! Counting and drawing, exactly, the architectures within bounds on cost.
//!
//! A generator costs the sum of what its cells cost, and few costs are possible in one cell. So the cells
//! are cut into a head and a tail, each half's sums are listed with the number of ways to reach them, and
//! a pair of sums fits if it stays within the budget. Even six cells with two bounds need only some
//! hundred thousand sums in either half, where one list for the whole generator would need a billion.

use crate::arch::Cost;
use rand::{Rng, RngExt};
use std::collections::BTreeMap;

/// How often each cost occurs.
pub(super) type Costs = BTreeMap<Cost, u64>;

/// The architectures of a space within its bounds.
#[derive(Debug, Clone)]
pub(super) struct Bounded {
    head: Half,
    tail: Half,
    budget: Cost,
    /// For each sum of the head: its cost, in how many ways it arises, and how many tails fit behind it.
    pairs: Vec<(Cost, u64, u64)>,
    size: u64,
}

impl Bounded {
    /// `cells` says how many genes of each cell have which cost, `budget` what all cells together may cost.
    /// A number without a bound has to be 0 in every cost, so that sums which differ only there merge.
    pub fn new(cells: &[Costs], budget: Cost) -> Bounded {
        let (head, tail) = cells.split_at(balanced_split(cells));
        let (head, tail) = (Half::new(head), Half::new(tail));
        let pairs: Vec<(Cost, u64, u64)> = fitting(head.sums(), tail.sums(), budget);
        let size = pairs.iter().map(|&(_, ways, tails)| ways * tails).sum();
        Bounded { head, tail, budget, pairs, size }
    }

    /// Number of architectures within the bounds.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The cost of each cell of an architecture that is uniformly random among those within the bounds:
    /// every one of a cell's genes with that cost is then equally likely.
    pub fn draw(&self, rng: &mut impl Rng) -> Vec<Cost> {
        let pairs = self.pairs.iter().map(|&(cost, ways, tails)| (cost, ways * tails));
        let head = pick(pairs, rng);
        let rest = minus(self.budget, head).expect("a drawn head leaves enough for some tail");
        let fits = self.tail.sums().iter().filter(|&(&cost, _)| minus(rest, cost).is_some());
        let tail = pick(fits.map(|(&cost, &ways)| (cost, ways)), rng);
        let mut costs = self.head.draw(head, rng);
        costs.extend(self.tail.draw(tail, rng));
        costs
    }
}

/// Neighbouring cells, with all sums of their costs.
#[derive(Debug, Clone)]
struct Half {
    cells: Vec<Costs>,
    /// `sums[k]`: how often each sum of the costs of cells `k..` occurs; the last is the empty sum.
    sums: Vec<Costs>,
}

impl Half {
    fn new(cells: &[Costs]) -> Half {
        let mut sums = vec![Costs::from([(Cost::default(), 1)])];
        for cell in cells.iter().rev() {
            let mut longer = Costs::new();
            for (&rest, &rest_ways) in &sums[sums.len() - 1] {
                for (&cost, &ways) in cell {
                    *longer.entry(cost + rest).or_default() += ways * rest_ways;
                }
            }
            sums.push(longer);
        }
        sums.reverse();
        Half { cells: cells.to_vec(), sums }
    }

    fn sums(&self) -> &Costs {
        &self.sums[0]
    }

    /// One cost for each cell, together `sum`, each way to it equally likely.
    fn draw(&self, sum: Cost, rng: &mut impl Rng) -> Vec<Cost> {
        let mut rest = sum;
        let cells = self.cells.iter().zip(&self.sums[1..]);
        cells
            .map(|(cell, later)| {
                let options = cell.iter().filter_map(|(&cost, &ways)| {
                    let later_ways = later.get(&minus(rest, cost)?)?;
                    Some((cost, ways * later_ways))
                });
                let cost = pick(options, rng);
                rest = minus(rest, cost).expect("only costs that leave a rest are options");
                cost
            })
            .collect()
    }
}

/// Where to cut the cells so that the longer half's list of sums stays as short as possible.
fn balanced_split(cells: &[Costs]) -> usize {
    let sums = |cells: &[Costs]| cells.iter().map(|cell| cell.len() as u64).product::<u64>();
    (0..=cells.len()).min_by_key(|&at| sums(&cells[..at]).max(sums(&cells[at..]))).unwrap_or(0)
}

/// For each sum of the head how many tails stay within the budget, by sweeping over parameters with a
/// Fenwick tree over MACs.
fn fitting(head: &Costs, tail: &Costs, budget: Cost) -> Vec<(Cost, u64, u64)> {
    let mut ranks: Vec<u64> = tail.keys().map(|cost| cost.macs).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let mut tree = vec![0u64; ranks.len() + 1];
    let mut waiting = tail.iter().peekable();
    let mut pairs = Vec::with_capacity(head.len());
    // Dear heads first: what is left for the tail then only grows.
    for (&cost, &ways) in head.iter().rev() {
        let Some(rest) = minus(budget, cost) else {
            continue;
        };
        while let Some((added, tails)) = waiting.next_if(|(tail, _)| tail.params <= rest.params) {
            let mut at = ranks.partition_point(|&macs| macs < added.macs) + 1;
            while at < tree.len() {
                tree[at] += tails;
                at += at & at.wrapping_neg();
            }
        }
        let mut at = ranks.partition_point(|&macs| macs <= rest.macs);
        let mut tails = 0;
        while at > 0 {
            tails += tree[at];
            at &= at - 1;
        }
        if tails > 0 {
            pairs.push((cost, ways, tails));
        }
    }
    pairs
}

/// What is left of a budget, if both numbers suffice.
pub(super) fn minus(budget: Cost, cost: Cost) -> Option<Cost> {
    Some(Cost { params: budget.params.checked_sub(cost.params)?, macs: budget.macs.checked_sub(cost.macs)? })
}

/// One of the options, each as likely as its weight says.
fn pick(options: impl Iterator<Item = (Cost, u64)> + Clone, rng: &mut impl Rng) -> Cost {
    let total: u64 = options.clone().map(|(_, weight)| weight).sum();
    let mut ticket = rng.random_range(0..total);
    for (cost, weight) in options {
        if ticket < weight {
            return cost;
        }
        ticket -= weight;
    }
    unreachable!("the ticket is below the sum of all weights")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells whose costs overlap, so that sums merge.
    fn cells(n: u64) -> Vec<Costs> {
        let cost = |params, macs| Cost { params, macs };
        let of_cell = |cell: u64| Costs::from([(cost(1, 2), 1), (cost(2, 1), 2), (cost(3 + cell % 2, 4), 3)]);
        (0..n).map(of_cell).collect()
    }

    /// Number of architectures within the budget, one by one.
    fn count(cells: &[Costs], budget: Cost) -> u64 {
        let Some((first, rest)) = cells.split_first() else {
            return 1;
        };
        let counted = first.iter().filter_map(|(&cost, ways)| Some(ways * count(rest, minus(budget, cost)?)));
        counted.sum()
    }

    #[test]
    fn the_size_is_that_of_counting_one_by_one() {
        for n in 1..=6 {
            let cells = cells(n);
            for params in 0..=4 * n {
                for macs in 0..=4 * n {
                    let budget = Cost { params, macs };
                    assert_eq!(Bounded::new(&cells, budget).size(), count(&cells, budget), "{n} {budget:?}");
                }
            }
        }
    }

    #[test]
    fn every_draw_is_within_the_budget_and_as_likely_as_it_should_be() {
        let cells = cells(4);
        let budget = Cost { params: 8, macs: 9 };
        let bounded = Bounded::new(&cells, budget);
        let mut rng = crate::rng::rng(1, "arch/bounds", 0);
        let mut seen: BTreeMap<Vec<Cost>, u64> = BTreeMap::new();
        let draws = 40_000;
        for _ in 0..draws {
            *seen.entry(bounded.draw(&mut rng)).or_default() += 1;
        }
        let mut members = 0;
        for (costs, &times) in &seen {
            assert!(minus(budget, costs.iter().copied().sum()).is_some());
            let ways: u64 = costs.iter().zip(&cells).map(|(cost, cell)| cell[cost]).product();
            let expected = draws as f64 * ways as f64 / bounded.size() as f64;
            let off = (times as f64 - expected) / expected.sqrt();
            assert!(off.abs() < 5.0, "{costs:?}: {times} instead of {expected}");
            members += ways;
        }
        assert_eq!(members, bounded.size(), "every architecture within the budget was drawn");
    }
}
