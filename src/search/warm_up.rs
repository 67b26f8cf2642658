//! Compiles and tunes a search's kernels before the search begins.
//!
//! A GPU's kernels are compiled at first use and tuned for each new shape, which takes seconds to
//! minutes. Here the search's own code runs on networks that are thrown away, so that none of it
//! happens in the middle of a run and every estimate of the time that is left is sound.

use std::collections::{BTreeSet, VecDeque};

use super::config::EstimatorKind;
use super::context::SearchContext;
use super::derive::Derivation;
use super::error::SearchError;
use super::estimator::{Estimator, Scratch, SharedWeights};
use super::plan::SearchPlan;
use super::shared::SharedGan;
use crate::arch::{Genotype, Slot, Space};
use crate::gan::{PIECES, dry_run, one_step};

/// One piece of the warm-up.
enum WarmUpTask {
    /// A discriminator and a generator step of the shared pair, and its diversity.
    Shared(Genotype),
    /// The first batch of an estimate.
    Estimate(Genotype),
    /// A step of training from scratch, a picture, the first batch of an evaluation.
    Derive(Genotype),
}

/// The warm-up of one search, task by task. It leaves nothing behind but compiled and tuned kernels:
/// random numbers depend on their streams and counters only, so the search is the same without it.
pub struct WarmUp {
    context: SearchContext,
    plan: SearchPlan,
    estimator: Box<dyn Estimator>,
    shared: SharedGan,
    tasks: VecDeque<(String, WarmUpTask)>,
}

impl WarmUp {
    /// The warm-up of the search that `Search::new` makes of the same things.
    pub fn new(context: &SearchContext, plan: &SearchPlan) -> Self {
        let mut context = context.clone();
        let mut plan = plan.clone();
        (context.recipe, plan.derive) = one_step(context.recipe, plan.derive);
        plan.winner = plan.derive;
        plan.search.scratch_steps = 1;
        let search = plan.search.clone();
        let estimator: Box<dyn Estimator> = match search.estimator {
            EstimatorKind::Shared => Box::new(SharedWeights::new(search, &plan.score)),
            EstimatorKind::Scratch => Box::new(Scratch::new(search, &plan.score, plan.derive)),
        };
        Self { tasks: tasks(&context, &plan), shared: SharedGan::new(&context), estimator, context, plan }
    }

    /// Tasks that are left.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether all is warm.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Does the next task and returns its name; `None` when there is none left.
    ///
    /// # Errors
    ///
    /// If the networks cannot be trained or scored on the images there are: the search could not
    /// either.
    pub fn step(&mut self) -> Result<Option<String>, SearchError> {
        let Some((name, task)) = self.tasks.pop_front() else {
            return Ok(None);
        };
        dry_run(|| self.run(task), SearchError::is_not_finite)?;
        Ok(Some(name))
    }

    fn run(&mut self, task: WarmUpTask) -> Result<(), SearchError> {
        let (context, plan) = (&self.context, &self.plan);
        match task {
            WarmUpTask::Shared(genotype) => {
                // Both networks' updates.
                self.shared.advance(context, &plan.search, &genotype)?;
                while self.shared.is_halfway() {
                    self.shared.advance(context, &plan.search, &genotype)?;
                }
                self.shared.uniform(context, &plan.search, &genotype);
            }
            WarmUpTask::Estimate(genotype) => {
                let mut estimation = self.estimator.begin(context, &self.shared, &genotype, 0)?;
                for _ in 0..self.pieces() {
                    if estimation.advance(context)?.is_some() {
                        break;
                    }
                }
            }
            WarmUpTask::Derive(genotype) => {
                let mut derivation = Derivation::new(context, plan, vec![(0, genotype)])?;
                for _ in 0..PIECES {
                    derivation.step(context, plan, &mut Vec::new())?;
                }
            }
        }
        Ok(())
    }

    /// Pieces of work of an estimate that are different from each other.
    fn pieces(&self) -> usize {
        match self.plan.search.estimator {
            EstimatorKind::Shared => 1,
            EstimatorKind::Scratch => PIECES,
        }
    }
}

fn tasks(context: &SearchContext, plan: &SearchPlan) -> VecDeque<(String, WarmUpTask)> {
    let (all, search) = (context.space.cells(), &plan.search);
    let stages: BTreeSet<usize> =
        (0..search.total_iterations()).map(|iteration| search.cells_at(iteration, all)).collect();
    let mut tasks = VecDeque::new();
    let mut add = |what: &str, cells: usize, genotypes: &[Genotype], task: fn(Genotype) -> WarmUpTask| {
        let (side, count) = (context.model.side(cells), genotypes.len());
        for (at, genotype) in genotypes.iter().enumerate() {
            let name = format!("{what} at {side} px, {} of {count}", at + 1);
            tasks.push_back((name, task(genotype.clone())));
        }
    };
    for cells in stages {
        let genotypes = covering(&context.space, cells);
        if search.shared_steps > 0 {
            add("shared training", cells, &genotypes, WarmUpTask::Shared);
        }
        add("estimates", cells, &genotypes, WarmUpTask::Estimate);
    }
    let genotypes = covering(&context.space, all);
    // Networks of the shared GAN's size use its kernels; one tells the few others apart.
    let count = if plan.derived_model == context.model { 1 } else { genotypes.len() };
    add("training from scratch", all, &genotypes[..count], WarmUpTask::Derive);
    tasks
}

/// Genotypes of `cells` cells in which every allowed value of every token occurs, and every pair of
/// values that share a kernel: block kind and norm, block kind and shortcut, upsampling and skips, and
/// what AutoGAN has no slot for with all else. Bounds on cost are left out of account; the networks hold
/// all operators anyway.
fn covering(space: &Space, cells: usize) -> Vec<Genotype> {
    // For each token of a cell, after how many genotypes it takes its next value; and after how many all of
    // them have been there.
    let periods = |cell: usize| {
        let count = |slot: Slot| space.allowed(cell, slot).len();
        let (mut periods, mut all) = (Vec::new(), 1);
        for token in space.tokens(cell) {
            let period = match token.slot {
                Slot::Norm | Slot::Shortcut => count(Slot::ConvBlock),
                Slot::Skips => count(Slot::Up),
                slot if slot.is_released() => 1,
                _ => all,
            };
            all = all.max(period * token.values.len());
            periods.push(period);
        }
        (periods, all)
    };
    let count = (0..cells).map(|cell| periods(cell).1).max().unwrap_or(0);
    let gene = |cell: usize, number: usize| {
        let tokens = space.tokens(cell).iter().zip(periods(cell).0);
        let actions: Vec<usize> =
            tokens.map(|(token, period)| number / period % token.values.len()).collect();
        space.cell_from_actions(cell, &actions)
    };
    let genotype = |number| Genotype { cells: (0..cells).map(|cell| gene(cell, number)).collect() };
    (0..count).map(genotype).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{NetShape, SpaceConfig};
    use Slot::{ConvBlock, Norm, Shortcut, Skips, Up};
    use std::collections::HashSet;

    #[test]
    fn a_covering_set_has_every_value_and_every_pair_that_shares_a_kernel() {
        let config = SpaceConfig { cells: 4, ..SpaceConfig::default() };
        let space = Space::new(config, NetShape::default()).unwrap();
        for cells in 1..=4 {
            let genotypes = covering(&space, cells);
            for cell in 0..cells {
                let genes = genotypes.iter().map(|genotype| genotype.cells[cell]);
                let pairs = |a: Slot, b: Slot| {
                    let pairs: HashSet<_> =
                        genes.clone().map(|gene| (gene.value(a), gene.value(b))).collect();
                    pairs.len()
                };
                let of = [(ConvBlock, Norm), (ConvBlock, Shortcut), (Up, Up)].map(|(a, b)| pairs(a, b));
                assert_eq!(of, [6, 4, 3]);
                assert!(cell == 0 || pairs(Up, Skips) == 3 << cell);
            }
        }
        assert_eq!(covering(&space, 3).len(), 12);
    }
}
