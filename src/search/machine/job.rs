//! The search as the job of a run.

use super::{Search, shared_losses};
use crate::arch::Genotype;
use crate::gan::{GanError, Updates};
use crate::model::{NamedTensors, add_prefix, strip_prefix};
use crate::search::activity::Activity;
use crate::search::board::Board;
use crate::search::derive::{Derivation, Derived};
use crate::search::error::SearchError;
use crate::search::event::{Emitted, SampleGrid};
use crate::search::job::{Job, Trained, Winner};
use crate::search::plan::WorkItem;
use crate::search::state::{JobState, Phase, SearchState};

impl Job for Search {
    fn step(&mut self) -> Result<Vec<Emitted>, SearchError> {
        let mut emitted = Vec::new();
        self.emit_phase(&mut emitted);
        match self.state.phase.clone() {
            Phase::Shared { done, restarts } => self.train_shared(done, restarts, &mut emitted)?,
            Phase::Control { done, collapsed } => self.train_strategy(done, collapsed, &mut emitted)?,
            Phase::Rank { ranked, draws } => self.rank(ranked, draws, &mut emitted)?,
            Phase::Derive => self.derive(&mut emitted)?,
            Phase::Done => {}
        }
        Ok(emitted)
    }

    fn read_losses(&mut self) -> Result<Vec<Emitted>, SearchError> {
        let mut emitted = shared_losses(self.shared.read_losses(&self.plan.search)?);
        if let Some(derivation) = &mut self.derivation {
            emitted.extend(derivation.read_losses()?);
        }
        Ok(emitted)
    }

    /// Whether an estimate or an evaluation is under way.
    fn is_evaluating(&self) -> bool {
        self.estimation.is_some() || self.derivation.as_ref().is_some_and(Derivation::is_evaluating)
    }

    fn finished(&self) -> bool {
        self.state.phase == Phase::Done
    }

    fn progress(&self) -> Vec<(WorkItem, u64)> {
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

    /// Of the training under way, or of the shared generator as the iteration's best candidate, or as any one while
    /// there is none.
    fn preview(&self) -> Option<Result<SampleGrid, GanError>> {
        if let Some(derivation) = &self.derivation {
            return derivation.preview();
        }
        let genotype = match (self.best_of_stage(), &self.estimation) {
            (Some(best), _) => best.genotype.clone(),
            (None, Some((proposal, _))) => proposal.genotype.clone(),
            (None, None) => {
                let step = self.shared.step();
                self.strategy.propose(&self.context.space, "shared", step).genotype
            }
        };
        (self.plan.search.shared_steps > 0).then(|| self.shared_picture(genotype))
    }

    fn current(&self) -> Option<&Genotype> {
        let trained = self.derivation.as_ref().and_then(Derivation::current);
        trained.or(self.current.as_ref())
    }

    fn updates(&self) -> Updates {
        let trained = self.derivation.as_ref().and_then(Derivation::updates);
        trained.unwrap_or_else(|| self.shared.updates())
    }

    fn state(&self) -> (JobState, NamedTensors) {
        let (shared, gan) = self.shared.state();
        let (strategy, controller) = self.strategy.state();
        let mut tensors = add_prefix("shared", gan);
        tensors.extend(add_prefix("strategy", controller));
        let derivation = self.derivation.as_ref().map(|derivation| {
            let (state, own) = derivation.state();
            tensors.extend(add_prefix("derivation", own));
            state
        });
        let state = SearchState { shared, strategy, derivation, ..self.state.clone() };
        (JobState::Search(Box::new(state)), tensors)
    }

    fn load_state(&mut self, state: JobState, tensors: &NamedTensors) -> Result<(), SearchError> {
        let JobState::Search(state) = state else { return Err(SearchError::OtherJob) };
        self.shared.load_state(state.shared.clone(), &strip_prefix("shared", tensors))?;
        let strategy = state.strategy.clone();
        self.strategy.load_state(&self.context.space, strategy, &strip_prefix("strategy", tensors))?;
        self.derivation = match state.derivation.clone() {
            None => None,
            Some(saved) => {
                let own = strip_prefix("derivation", tensors);
                Some(Derivation::from_state(&self.context, &self.plan, saved, &own)?)
            }
        };
        self.state = *state;
        (self.estimation, self.current) = (None, None);
        Ok(())
    }

    fn reseed(&mut self) {
        match &mut self.derivation {
            Some(derivation) => derivation.reseed(),
            None => self.shared.reseed(),
        }
    }

    fn board(&self) -> Option<&Board> {
        Some(&self.state.board)
    }

    fn trained(&self) -> Vec<Trained> {
        let derived = self.derivation.iter().flat_map(Derivation::derived);
        let trained = derived.map(|Derived { genotype, scores, best_step, steps, .. }| {
            Trained::new(&genotype, &self.plan.derived_model, scores, best_step, steps)
        });
        trained.collect()
    }

    fn winner(&self) -> Option<Winner> {
        let derivation = self.derivation.as_ref()?;
        let genotype = derivation.derived().into_iter().next()?.genotype;
        let (average, raw) = (derivation.winner_weights()?, derivation.winner_raw());
        Some(Winner::new(&genotype, &self.plan.derived_model, average, raw))
    }
}
