//! What a run goes on from, as files of a checkpoint, and when the next one is due.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::rollback::Rollbacks;
use crate::engine::event::Tick;
use crate::gan::{Divergence, find_non_finite};
use crate::model::{from_safetensors, to_safetensors};
use crate::run::{Checkpoint, Draft, RunError};
use crate::search::{Job, JobState, SearchError};

/// The plain part of a checkpoint.
const STATE: &str = "state.json";
/// The tensors of a checkpoint.
const TENSORS: &str = "state.safetensors";

#[derive(Serialize, Deserialize)]
struct Saved {
    tick: Tick,
    #[serde(alias = "task")]
    job: JobState,
    #[serde(default, alias = "setbacks")]
    rollbacks: Rollbacks,
}

/// The files of a checkpoint, still in memory.
pub(super) struct Files {
    state: Vec<u8>,
    tensors: Vec<u8>,
}

impl Files {
    /// The state of a run.
    ///
    /// # Errors
    ///
    /// If a tensor of it is not finite.
    pub fn of(tick: Tick, job: &dyn Job, rollbacks: &Rollbacks) -> anyhow::Result<Self> {
        let (job, tensors) = job.state();
        if let Some(what) = find_non_finite(&tensors) {
            return Err(SearchError::from(Divergence::Weights { what, step: tick.0 }).into());
        }
        let state = Saved { tick, job, rollbacks: rollbacks.clone() };
        Ok(Self {
            state: serde_json::to_vec(&state)?,
            tensors: to_safetensors(&tensors, Default::default())?,
        })
    }

    /// Bytes of all.
    pub fn bytes(&self) -> u64 {
        (self.state.len() + self.tensors.len()) as u64
    }

    /// Writes them.
    pub fn write(&self, draft: &mut Draft<'_>) -> Result<(), RunError> {
        draft.write(STATE, &self.state)?;
        draft.write(TENSORS, &self.tensors)
    }
}

/// Has `job` take on the state that a checkpoint holds; returns the rest of it.
///
/// # Errors
///
/// If the checkpoint does not fit the job.
pub(super) fn load(checkpoint: &Checkpoint, job: &mut dyn Job) -> anyhow::Result<(Tick, Rollbacks)> {
    let place = checkpoint.dir().display().to_string();
    let unreadable = || format!("the checkpoint {place} cannot be gone on from");
    let saved: Saved = serde_json::from_slice(&checkpoint.read(STATE)?).with_context(unreadable)?;
    let (tensors, _) = from_safetensors(&checkpoint.read(TENSORS)?).with_context(unreadable)?;
    job.load_state(saved.job, &tensors).with_context(unreadable)?;
    Ok((saved.tick, saved.rollbacks))
}

/// When the newest checkpoint was saved, and when the next one is due.
pub(super) struct Schedule {
    every: Duration,
    saved_at: Instant,
    /// None where the state differs from that of the newest checkpoint though no work was done.
    saved_tick: Option<Tick>,
    /// Bytes of the newest one.
    pub bytes: u64,
}

impl Schedule {
    /// One checkpoint each `every`; none was saved yet.
    pub fn new(every: Duration) -> Self {
        Self { every, saved_at: Instant::now(), saved_tick: None, bytes: 0 }
    }

    /// Whether it is time for the next one.
    pub fn is_due(&self) -> bool {
        self.saved_at.elapsed() >= self.every
    }

    /// Whether nothing was done since the newest one.
    pub fn is_saved(&self, tick: Tick) -> bool {
        self.saved_tick == Some(tick)
    }

    /// One was saved just now.
    pub fn saved(&mut self, tick: Tick) {
        (self.saved_at, self.saved_tick) = (Instant::now(), Some(tick));
    }

    /// The run stands where a checkpoint is.
    pub fn loaded(&mut self, tick: Tick) {
        self.saved_tick = Some(tick);
    }

    /// The state has changed without any work.
    pub fn changed(&mut self) {
        self.saved_tick = None;
    }
}
