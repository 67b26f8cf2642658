//! A search as the job of a run.

use super::interface::{Job, JobState, Winner, describe};
use crate::arch::Genotype;
use crate::engine::event::Trained;
use crate::gan::{Best, GanError, Updates};
use crate::model::NamedTensors;
use crate::search::{Board, Emitted, SampleGrid, Search, SearchError, WorkItem};

impl Job for Search {
    fn step(&mut self) -> Result<Vec<Emitted>, SearchError> {
        self.step()
    }

    fn is_evaluating(&self) -> bool {
        self.is_evaluating()
    }

    fn finished(&self) -> bool {
        self.finished()
    }

    fn progress(&self) -> Vec<(WorkItem, u64)> {
        self.progress()
    }

    fn current(&self) -> Option<&Genotype> {
        self.current()
    }

    fn updates(&self) -> Updates {
        self.updates()
    }

    fn preview(&self) -> Option<Result<SampleGrid, GanError>> {
        self.preview()
    }

    fn state(&self) -> (JobState, NamedTensors) {
        let (state, tensors) = self.state();
        (JobState::Search(Box::new(state)), tensors)
    }

    fn load_state(&mut self, state: JobState, tensors: &NamedTensors) -> anyhow::Result<()> {
        let JobState::Search(state) = state else { return Err(JobState::mismatch()) };
        Ok(self.load_state(*state, tensors)?)
    }

    fn reseed(&mut self) {
        self.reseed();
    }

    fn board(&self) -> Option<&Board> {
        Some(self.board())
    }

    fn trained(&self) -> Vec<Trained> {
        let model = self.derived_model();
        let trained = self.derived().into_iter().map(|derived| {
            let best = Best { step: derived.best_step, scores: derived.scores };
            describe(&derived.genotype, model, best, derived.steps)
        });
        trained.collect()
    }

    fn winner(&self) -> Option<Winner> {
        let derived = self.derived();
        let genotype = &derived.first()?.genotype;
        Some(Winner::new(genotype, self.derived_model(), self.winner_weights()?, self.winner_raw()))
    }
}
