//! What a run tells: to its folder, to the terminal, to a window.

use serde::{Deserialize, Serialize};

use crate::arch::Genotype;
use crate::metric::Score;
use crate::search::{Activity, News};

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
    /// What `auto` took. Not kept in the run folder.
    Device {
        /// The device, by name.
        name: String,
        /// Why, as the end of a sentence.
        reason: String,
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
    /// How far the run is. Not kept in the run folder.
    Progress {
        /// Share of the work that is done, from 0 to 1.
        done: f64,
        /// Seconds that the rest takes at the speed measured so far, once there is one.
        eta_seconds: Option<f64>,
        /// Units of the work at hand that are done in a second, such as generator steps.
        speed: Option<f64>,
    },
    /// The run waits, also after each step that it was asked for, or goes on after that. Not kept in the run folder.
    Paused {
        /// Whether it waits.
        paused: bool,
    },
    /// The run cannot go on at the moment and waits: the disk is full, or its numbers break off again and
    /// again. `Continue` has it try again. Not kept in the run folder.
    Held {
        /// What has happened and what helps; none when it goes on.
        reason: Option<String>,
    },
    /// Something of this process that the user should know. Not kept in the run folder.
    Notice {
        /// What.
        text: String,
    },
    /// The worker process lives. Not kept in the run folder.
    Alive {
        /// Milliseconds since it told anything else.
        quiet_ms: u64,
    },
    /// The architecture that is trained or estimated now. Not kept in the run folder.
    AtHand {
        /// Its cells, as many as the stage has.
        genotype: Genotype,
    },
    /// Images of the fixed latents as they are now. Not kept in the run folder.
    Preview {
        /// The work that they come from.
        name: String,
        /// What made them.
        genotype: Genotype,
        /// Images in a row.
        columns: usize,
        /// A PNG file, base64.
        png: String,
    },
    /// Images of the fixed latents were written.
    Samples {
        /// The work that they come from.
        name: String,
        /// What made them; the first versions did not keep it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        genotype: Option<Genotype>,
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
    /// What the memory pools of a GPU hold, at each checkpoint. Not kept in the run folder.
    Memory {
        /// Bytes that tensors take.
        in_use: u64,
        /// Bytes that were asked of the system.
        reserved: u64,
    },
    /// A generator is there to make images. Not kept in the run folder.
    Loaded {
        /// The architecture.
        genotype: Genotype,
        /// Its integer vector.
        vector: String,
        /// Length of a latent.
        latent: usize,
        /// Side of its images in pixels.
        side: usize,
        /// Parameters.
        params: u64,
        /// SHA-256 of the file, in hexadecimal digits.
        sha256: String,
        /// The same of the file with its raw weights, if they were kept.
        raw_sha256: Option<String>,
        /// The device, by name.
        device: String,
    },
    /// Images that were asked for. Not kept in the run folder.
    Generated {
        /// Of the request.
        id: u64,
        /// Side in pixels.
        side: usize,
        /// Number of images.
        count: usize,
        /// Their pixels, `[image][row][column][channel]`, base64.
        rgba: String,
    },
    /// Images that were asked for cannot be made. Not kept in the run folder.
    NotGenerated {
        /// Of the request.
        id: u64,
        /// Why, and what to do next.
        text: String,
    },
    /// Where this process's time went. Not kept in the run folder.
    Took {
        /// Each kind of work, in order of a search.
        work: Vec<Work>,
    },
    /// The run was told to stop and did, with a checkpoint. Not kept in the run folder.
    Stopped,
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
    /// What the search or the training itself tells.
    #[serde(untagged)]
    News(News),
}

impl From<News> for Event {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

impl Event {
    /// Whether the run folder keeps it: what another run of the same settings would tell, too.
    pub(crate) fn is_kept(&self) -> bool {
        !matches!(
            self,
            Self::Device { .. }
                | Self::Started { .. }
                | Self::Preparing { .. }
                | Self::Progress { .. }
                | Self::Paused { .. }
                | Self::Held { .. }
                | Self::Notice { .. }
                | Self::Alive { .. }
                | Self::AtHand { .. }
                | Self::Preview { .. }
                | Self::CheckpointSaved { .. }
                | Self::Memory { .. }
                | Self::Loaded { .. }
                | Self::Generated { .. }
                | Self::NotGenerated { .. }
                | Self::Took { .. }
                | Self::Stopped
        )
    }
}

/// One kind of work and the time it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// What was done.
    pub activity: Activity,
    /// Cells of the genotypes it was done with.
    pub cells: usize,
    /// How often, in the activity's unit.
    pub units: u64,
    /// Seconds in all, those of checkpoints and pictures included.
    pub seconds: f64,
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
