//! What a run works on, as an interface: a search, or the training of one architecture.

use serde::{Deserialize, Serialize};

use crate::arch::{Genotype, macs, params};
use crate::engine::event::Trained;
use crate::gan::{Best, GanError, TrainingState, Updates};
use crate::model::{ModelConfig, ModelFile, NamedTensors};
use crate::search::{Board, Emitted, SampleGrid, SearchError, SearchState, WorkItem};

/// The work of a run, done piece by piece.
pub(crate) trait Job {
    /// Does one piece of work and returns what it emits.
    fn step(&mut self) -> Result<Vec<Emitted>, SearchError>;

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
    fn load_state(&mut self, state: JobState, tensors: &NamedTensors) -> anyhow::Result<()>;

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
pub(crate) struct Counts {
    /// Units of work, of all kinds.
    pub units: u64,
    /// Updates of each network of the GAN that is trained now.
    pub updates: Updates,
}

/// The plain part of a job's state.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    Search(Box<SearchState>),
    Train(Box<TrainingState>),
}

impl JobState {
    /// That a checkpoint holds a state of the other kind.
    pub fn mismatch() -> anyhow::Error {
        anyhow::anyhow!("the checkpoint is of another kind of run; resume it with the command that began it")
    }
}

/// A generator with its weights at its best evaluation.
pub(crate) struct Winner {
    /// The moving average of the weights, which is what was scored.
    pub average: ModelFile,
    /// The raw weights of that time; none where an early version saved the run.
    pub raw: Option<ModelFile>,
}

impl Winner {
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

/// A trained architecture as a summary describes it.
pub(super) fn describe(genotype: &Genotype, model: &ModelConfig, best: Best, steps: u64) -> Trained {
    let shape = model.net_shape();
    Trained {
        vector: genotype.to_string(),
        params: params(genotype, &shape),
        macs: macs(genotype, &shape),
        genotype: genotype.clone(),
        scores: best.scores,
        best_step: best.step,
        steps,
    }
}
