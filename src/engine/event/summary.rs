//! The outcome of a run.

use serde::{Deserialize, Serialize};

use crate::search::Trained;

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
