//! What passes: how a run, or a server of samples, stands at the moment.

use serde::{Deserialize, Serialize};

use super::log::Tick;
use crate::arch::Genotype;
use crate::model::PrincipalDirection;
use crate::search::{Activity, SampleSource};

/// An event that is of use only while it is new. No run folder keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LiveEvent {
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
    /// The device that `auto` chose.
    Device {
        /// The device, by name.
        name: String,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// Something that is done before the run can begin, such as reading images.
    Preparing {
        /// What is done, in words.
        what: String,
        /// How much of it is done.
        done: u64,
        /// How much there is.
        total: u64,
    },
    /// How far the run is.
    Progress {
        /// Share of the work that is done, from 0 to 1.
        done: f64,
        /// Seconds that the rest takes at the speed measured so far, once there is one.
        eta_seconds: Option<f64>,
        /// Units of the current kind of work that are done in a second, such as generator steps.
        speed: Option<f64>,
    },
    /// The run is paused, also after each step that it was asked for, or goes on after that.
    Paused {
        /// Whether it is paused.
        paused: bool,
    },
    /// The run cannot go on at the moment and waits: the disk is full, or its numbers are not finite again and
    /// again. `Continue` has it try again.
    Waiting {
        /// What has happened and what helps; none when it goes on.
        reason: Option<String>,
    },
    /// Something of this process that the user should know.
    Notice {
        /// A sentence on it.
        text: String,
    },
    /// The worker process lives.
    Alive {
        /// Milliseconds since its last other event.
        quiet_ms: u64,
    },
    /// The architecture that is trained or estimated now.
    CurrentArchitecture {
        /// Its cells, as many as the stage has.
        genotype: Genotype,
    },
    /// Images of the fixed latents as they are now.
    Preview {
        /// The work that they come from.
        source: SampleSource,
        /// What made them.
        genotype: Genotype,
        /// Images in a row.
        columns: usize,
        /// A PNG file, base64.
        png: String,
    },
    /// A checkpoint was written.
    CheckpointSaved {
        /// When, which names it.
        tick: Tick,
    },
    /// What the memory pools of a GPU hold, at each checkpoint.
    Memory {
        /// Bytes that tensors take.
        in_use: u64,
        /// Bytes that were asked of the system.
        reserved: u64,
    },
    /// A generator is there to make images.
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
        /// The table of the file that it is in, where the file has tables.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        table: Option<String>,
        /// The device, by name.
        device: String,
        /// Which generator of the file it is, and how its architecture is known, where the file does not say that.
        #[serde(default)]
        notes: Vec<String>,
        /// The strongest directions of its latents, the strongest first: of the average weights.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        directions: Vec<PrincipalDirection>,
    },
    /// Images that were asked for.
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
    /// Images that were asked for cannot be made.
    NotGenerated {
        /// Of the request.
        id: u64,
        /// Why, and what to do next.
        text: String,
    },
    /// Where this process's time went.
    TimeSpent {
        /// Each kind of work, in order of a search.
        work: Vec<TimeSpent>,
    },
    /// The run has stopped as it was asked to, with a checkpoint where it was under way.
    Stopped,
    /// The run could not go on.
    Failed {
        /// Why, and what to do next.
        text: String,
    },
}

/// One kind of work and the time it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeSpent {
    /// The kind of work.
    pub activity: Activity,
    /// Cells of the genotypes it was done with.
    pub cells: usize,
    /// How often, in the activity's unit.
    pub units: u64,
    /// Seconds in all, those of checkpoints and pictures included.
    pub seconds: f64,
}
