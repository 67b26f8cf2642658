//! What a run tells: to its folder, to the terminal, to a window.

use serde::{Deserialize, Serialize};

use crate::arch::Genotype;
use crate::metric::Score;
use crate::search::{Activity, Candidate, Distributions};

/// One event. In JSON, `event` names the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins or goes on.
    Started {
        /// The run folder.
        dir: String,
        /// The device, by name.
        device: String,
        /// The seed.
        seed: u64,
        /// Whether it goes on from a checkpoint.
        resumed: bool,
    },
    /// Something that is done before the run can begin, such as reading images.
    Preparing {
        /// What.
        what: String,
        /// How much of it is done.
        done: u64,
        /// How much there is.
        total: u64,
    },
    /// Another phase begins.
    Phase {
        /// Which one.
        activity: Activity,
        /// Cells of the genotypes at hand.
        cells: usize,
        /// The search iteration, from 0.
        iteration: u64,
    },
    /// How far the run is. Not kept in the run folder.
    Progress {
        /// Share of the work that is done, from 0 to 1.
        done: f64,
        /// Seconds that the rest takes at the speed measured so far, once there is one.
        eta_seconds: Option<f64>,
    },
    /// A value to plot.
    Metric {
        /// What it is.
        name: String,
        /// Its place on the horizontal axis.
        step: u64,
        /// The value.
        value: f64,
    },
    /// The distributions a strategy draws from.
    Probabilities {
        /// Cells of the genotypes at hand.
        cells: usize,
        /// The search iteration.
        iteration: u64,
        /// `[token][choice]`.
        distributions: Distributions,
    },
    /// An architecture was estimated.
    Candidate(Candidate),
    /// The best candidates of a ranking, best first.
    Beam {
        /// Their cells.
        cells: usize,
        /// Their numbers on the board.
        candidates: Vec<usize>,
    },
    /// The shared pair was started anew.
    Reset {
        /// The search iteration.
        iteration: u64,
        /// Why.
        reason: String,
    },
    /// A training from scratch was evaluated.
    Evaluated {
        /// Which training.
        name: String,
        /// Generator steps.
        step: u64,
        /// Its scores, the deciding one first.
        scores: Vec<Score>,
        /// Whether it is the best of that training so far.
        best: bool,
    },
    /// Images of the fixed latents were written.
    Samples {
        /// What made them.
        name: String,
        /// The run's unit of work, which names the file.
        step: u64,
        /// The file, relative to the run folder.
        file: String,
    },
    /// A checkpoint was written. Not kept in the run folder.
    CheckpointSaved {
        /// The run's unit of work.
        step: u64,
    },
    /// Something the user should know.
    Warning {
        /// What.
        text: String,
    },
    /// The run could not go on.
    Failed {
        /// Why, and what to do next.
        text: String,
    },
    /// The run is done.
    Finished {
        /// What came out.
        summary: Box<Summary>,
    },
}

impl Event {
    /// Whether the run folder keeps it: what another run of the same settings would tell, too.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(
            self,
            Self::Started { .. }
                | Self::Preparing { .. }
                | Self::Progress { .. }
                | Self::CheckpointSaved { .. }
        )
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
