//! The outcome of a run.

use serde::{Deserialize, Serialize};

use crate::arch::Genotype;
use crate::metric::Score;

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

/// What came out of a run: `summary.json`. Says nothing of time, so that equal runs say the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The data.
    pub data: String,
    /// Side of the images in pixels.
    pub side: usize,
    /// The trained architectures, best first; the first is the winner.
    pub trained: Vec<Trained>,
    /// Candidates on the board.
    pub candidates: usize,
    /// Multiply-accumulates spent on estimates.
    pub estimate_macs: u64,
    /// The winner's weights, relative to the run folder.
    pub weights: String,
    /// A grid of its images, relative to the run folder.
    pub grid: String,
}
