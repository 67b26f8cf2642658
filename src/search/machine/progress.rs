//! How much of a search is done.

use super::{Phase, Search};
use crate::search::activity::Activity;
use crate::search::plan::WorkItem;

impl Search {
    /// The work of the whole search, each item with the units of it that are done.
    pub fn progress(&self) -> Vec<(WorkItem, u64)> {
        let mut items: Vec<(WorkItem, u64)> = self.work.iter().map(|item| (item.clone(), 0)).collect();
        let here = |item: &WorkItem| self.activity() == Some(item.activity) && item.cells == self.state.cells;
        let config = &self.plan.search;
        let all = self.context.space.cells();
        let past = (0..self.state.iteration).map(|iteration| config.cells_at(iteration, all));
        let past: Vec<usize> = past.collect();
        for (item, done) in &mut items {
            let iterations = past.iter().filter(|&&cells| cells == item.cells).count() as u64;
            *done = match item.activity {
                Activity::Shared => iterations * config.shared_steps,
                Activity::Control => iterations * config.controller.steps,
                Activity::Rank if item.cells < self.state.cells => item.units,
                Activity::Rank | Activity::Derive | Activity::Winner => 0,
            };
            *done += match &self.state.phase {
                Phase::Shared { done, .. } | Phase::Control { done, .. } if here(item) => *done,
                Phase::Control { .. }
                    if item.activity == Activity::Shared && item.cells == self.state.cells =>
                {
                    config.shared_steps
                }
                Phase::Rank { ranked, .. } if here(item) => ranked.len() as u64,
                Phase::Derive => match (&self.derivation, item.activity) {
                    (Some(derivation), Activity::Derive) => derivation.derive_steps_done(),
                    (Some(derivation), Activity::Winner) => {
                        derivation.winner_steps_done(self.plan.derive.steps)
                    }
                    (_, Activity::Rank) => item.units,
                    _ => 0,
                },
                Phase::Done => item.units,
                _ => 0,
            };
            *done = (*done).min(item.units);
        }
        items
    }
}
