//! What the window keeps of a run's events, each with the event index at which it came.

use crate::arch::Genotype;
use crate::engine::Tick;
use crate::metric::Score;
use crate::search::{Activity, Distributions, GeneratorStep, SampleSource, TrainingId};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunPhase {
    /// The event index at which it began.
    pub event_index: u32,
    /// What is done.
    pub activity: Activity,
    /// Cells of the genotypes that it is done with.
    pub cells: usize,
    /// The search iteration, from 0.
    pub iteration: u64,
}

impl RunPhase {
    /// In words, such as `training the shared GAN, 2 cells, iteration 3`.
    pub fn words(&self) -> String {
        self.activity.described(self.cells, self.iteration)
    }
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunProgress {
    /// Share of the work, from 0 to 1.
    pub done: f32,
    /// Seconds that are left.
    pub eta: Option<f64>,
    /// Units of the current kind of work a second.
    pub speed: Option<f64>,
}

/// The strategy's distributions after an iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities {
    /// When: the event index.
    pub event_index: u32,
    /// Cells of the stage.
    pub cells: usize,
    /// The search iteration, from 0.
    pub iteration: u64,
    /// `[token][choice]`.
    pub distributions: Distributions,
}

/// The picture by which a candidate is shown: a file, relative to the run folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CandidatePicture {
    /// A row of the first images that its estimate made.
    Strip(String),
    /// A grid of samples of its training from scratch.
    Samples(String),
}

/// A picture of the fixed latents in the run folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// When: the event index.
    pub event_index: u32,
    /// The work that it comes from.
    pub source: SampleSource,
    /// What made it, where that was kept.
    pub genotype: Option<Genotype>,
    /// When it was made, which names its file.
    pub tick: Tick,
    /// Its file, relative to the run folder.
    pub file: String,
}

/// A picture of the fixed latents as they are now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// Counts up, so that a new one is told from an old one.
    pub number: u64,
    /// The work that it comes from.
    pub source: SampleSource,
    /// What made it.
    pub genotype: Genotype,
    /// A PNG file in base64.
    pub png: String,
}

/// An evaluation of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationRecord {
    /// When: the event index.
    pub event_index: u32,
    /// Which training.
    pub training: TrainingId,
    /// How far it was.
    pub step: GeneratorStep,
    /// The scores, the deciding one first.
    pub scores: Vec<Score>,
    /// Whether it is that training's best so far.
    pub best: bool,
}

/// The best of a ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    /// When: the event index.
    pub event_index: u32,
    /// Cells.
    pub cells: usize,
    /// Numbers on the board, best first.
    pub candidates: Vec<usize>,
}
