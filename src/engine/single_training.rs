//! The training of one architecture as the job of a run.

use crate::arch::Genotype;
use crate::gan::{GanError, Training, Updates};
use crate::model::{ModelConfig, NamedTensors};
use crate::search::{
    Activity, Board, Emitted, Job, JobState, SampleGrid, SearchError, Trained, TrainingId, Winner, WorkItem,
    training_events,
};

/// A training with what a run wants to know of it.
pub(crate) struct SingleTraining {
    pub training: Training,
    /// Sizes and switches of the networks.
    pub model: ModelConfig,
    /// Generator steps in all.
    pub steps: u64,
    /// Multiply-accumulates of one of them.
    pub macs: u64,
    /// Steps between evaluations.
    pub evaluate_every: u64,
    /// Multiply-accumulates of an evaluation.
    pub evaluation_macs: u64,
}

impl Job for SingleTraining {
    fn step(&mut self) -> Result<Vec<Emitted>, SearchError> {
        let news = self.training.advance()?;
        Ok(news.into_iter().flat_map(|news| training_events(TrainingId::Single, news)).collect())
    }

    fn read_losses(&mut self) -> Result<Vec<Emitted>, SearchError> {
        let news = self.training.read_losses()?;
        Ok(news.into_iter().flat_map(|news| training_events(TrainingId::Single, news)).collect())
    }

    fn is_evaluating(&self) -> bool {
        self.training.is_evaluating()
    }

    fn finished(&self) -> bool {
        self.training.finished()
    }

    fn progress(&self) -> Vec<(WorkItem, u64)> {
        let trainer = self.training.trainer();
        let item = WorkItem {
            activity: Activity::Winner,
            cells: trainer.genotype().cells.len(),
            units: self.steps,
            macs: self.macs,
            evaluate_every: self.evaluate_every,
            evaluation_macs: self.evaluation_macs,
        };
        vec![(item, trainer.generator_steps())]
    }

    fn current(&self) -> Option<&Genotype> {
        Some(self.training.trainer().genotype())
    }

    fn updates(&self) -> Updates {
        self.training.trainer().updates()
    }

    fn preview(&self) -> Option<Result<SampleGrid, GanError>> {
        Some(SampleGrid::of_training(TrainingId::Single, &self.training))
    }

    fn state(&self) -> (JobState, NamedTensors) {
        let (state, tensors) = self.training.state();
        (JobState::Train(Box::new(state)), tensors)
    }

    fn load_state(&mut self, state: JobState, tensors: &NamedTensors) -> Result<(), SearchError> {
        let JobState::Train(state) = state else { return Err(SearchError::OtherJob) };
        Ok(self.training.load_state(*state, tensors)?)
    }

    fn reseed(&mut self) {
        self.training.reseed();
    }

    fn board(&self) -> Option<&Board> {
        None
    }

    fn trained(&self) -> Vec<Trained> {
        let trainer = self.training.trainer();
        let (genotype, steps) = (trainer.genotype(), trainer.generator_steps());
        let trained = trainer
            .best()
            .map(|best| Trained::new(genotype, &self.model, best.scores.clone(), best.step, steps));
        trained.into_iter().collect()
    }

    fn winner(&self) -> Option<Winner> {
        let trainer = self.training.trainer();
        let average = trainer.best_weights()?.clone();
        Some(Winner::new(trainer.genotype(), &self.model, average, trainer.best_raw().cloned()))
    }
}
