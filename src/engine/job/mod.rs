//! What a run works on: a search, or the training of one architecture.

mod interface;
mod search;
mod training;

pub(super) use interface::{Counts, Job, JobState};
pub(super) use training::SingleTraining;
