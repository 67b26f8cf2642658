//! What a run works on, as an interface: a search, or the training of one architecture.

use serde::{Deserialize, Serialize};

use super::board::Board;
use super::error::SearchError;
use super::event::{Emitted, SampleGrid};
use super::plan::WorkItem;
use super::state::JobState;
use crate::arch::{Genotype, macs, params};
use crate::gan::{GanError, Updates};
use crate::metric::Score;
use crate::model::{ModelConfig, ModelFile, NamedTensors};

/// The work of a run, done piece by piece.
pub trait Job {
    /// Does one piece of work and returns what it emits.
    ///
    /// # Errors
    ///
    /// If a loss or a score is not finite; go back to a saved state then.
    fn step(&mut self) -> Result<Vec<Emitted>, SearchError>;

    /// Reads the losses that a GPU has and that were not emitted yet, without which the [`state`](Self::state) is not whole,
    /// and returns what it emits.
    ///
    /// # Errors
    ///
    /// If a loss is not finite; go back to a saved state then.
    fn read_losses(&mut self) -> Result<Vec<Emitted>, SearchError>;

    /// Whether something is under way that its state does not hold and a resumed run does anew.
    fn is_evaluating(&self) -> bool;

    /// Whether all is done.
    fn finished(&self) -> bool;

    /// Each item of the work with the units of it that are done.
    fn progress(&self) -> Vec<(WorkItem, u64)>;

    /// The architecture that is trained or estimated now.
    fn current(&self) -> Option<&Genotype>;

    /// Updates of each network of the GAN that is trained now.
    fn updates(&self) -> Updates;

    /// Images of the fixed latents as they are now, once there is a generator to show.
    fn preview(&self) -> Option<Result<SampleGrid, GanError>>;

    /// Everything that a resumed job needs.
    fn state(&self) -> (JobState, NamedTensors);

    /// Becomes what [`state`](Self::state) saved.
    ///
    /// # Errors
    ///
    /// If the state is of another kind of job or belongs to other settings.
    fn load_state(&mut self, state: JobState, tensors: &NamedTensors) -> Result<(), SearchError>;

    /// Goes on from here with other latents and another order of the images, so that what was done from
    /// here before is not done again alike.
    fn reseed(&mut self);

    /// The board, where there is one.
    fn board(&self) -> Option<&Board>;

    /// The trained architectures, best first, described for a summary.
    fn trained(&self) -> Vec<Trained>;

    /// The best generator so far.
    fn winner(&self) -> Option<Winner>;

    /// How much is done, in what a step is measured by.
    fn counts(&self) -> Counts {
        Counts { units: self.progress().iter().map(|(_, done)| done).sum(), updates: self.updates() }
    }
}

/// How much of a job is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Units of work, of all kinds.
    pub units: u64,
    /// Updates of each network of the GAN that is trained now.
    pub updates: Updates,
}

/// A generator with its weights at its best evaluation.
pub struct Winner {
    /// The moving average of the weights, which is what was scored.
    pub average: ModelFile,
    /// The raw weights of that time; none where an early version saved the run.
    pub raw: Option<ModelFile>,
}

impl Winner {
    /// The generator of a genotype with these weights.
    pub fn new(
        genotype: &Genotype,
        config: &ModelConfig,
        average: NamedTensors,
        raw: Option<NamedTensors>,
    ) -> Self {
        let file = |tensors| ModelFile { genotype: genotype.clone(), config: config.clone(), tensors };
        Self { average: file(average), raw: raw.map(file) }
    }
}

/// One trained architecture in a summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// The architecture.
    pub genotype: Genotype,
    /// Its integer vector.
    pub vector: String,
    /// Parameters.
    pub params: u64,
    /// Multiply-accumulates for an image.
    pub macs: u64,
    /// Scores of its best evaluation, the deciding one first.
    pub scores: Vec<Score>,
    /// Generator steps at that evaluation.
    pub best_step: u64,
    /// Generator steps in all.
    pub steps: u64,
}

impl Trained {
    /// A genotype in networks of these sizes, which had its best scores at `best_step` of `steps`.
    pub fn new(
        genotype: &Genotype,
        model: &ModelConfig,
        scores: Vec<Score>,
        best_step: u64,
        steps: u64,
    ) -> Self {
        let shape = model.net_shape();
        Self {
            vector: genotype.to_string(),
            params: params(genotype, &shape),
            macs: macs(genotype, &shape),
            genotype: genotype.clone(),
            scores,
            best_step,
            steps,
        }
    }
}
