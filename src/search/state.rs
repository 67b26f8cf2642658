//! What a search stands on between two pieces of work, as a checkpoint keeps it.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::board::Board;
use super::derive::DerivationState;
use super::estimator::Estimate;
use super::shared::SharedState;
use super::strategy::Proposal;
use crate::arch::Genotype;
use crate::gan::TrainingState;

/// A ranked proposal and its number on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ranked {
    pub proposal: Proposal,
    pub candidate: usize,
}

/// Where the search stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub(super) enum Phase {
    Shared { done: u64, restarts: u32 },
    Control { done: u64, collapsed: Option<String> },
    Rank { ranked: Vec<Ranked>, draws: u64 },
    Derive,
    Done,
}

/// The beginning of an iteration.
pub(super) const SHARED: Phase = Phase::Shared { done: 0, restarts: 0 };

/// The plain part of a search's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchState {
    pub(super) phase: Phase,
    pub(super) iteration: u64,
    pub(super) cells: usize,
    /// Number of strategy draws of each stream, so that none is used twice.
    pub(super) proposed: u64,
    pub(super) ranked: u64,
    /// Number of estimates that were begun.
    pub(super) estimates: u64,
    /// Board numbers of the beam the strategy's proposals extend.
    pub(super) beam: Vec<usize>,
    pub(super) board: Board,
    /// Estimates that are still valid: all were made at `version`.
    pub(super) remembered: Vec<(Genotype, Estimate)>,
    pub(super) version: Option<(u64, u64)>,
    pub(super) shared: SharedState,
    pub(super) strategy: serde_json::Value,
    pub(super) derivation: Option<DerivationState>,
    /// The phase that was emitted last, so that a resumed search does not emit it again.
    #[serde(alias = "told")]
    pub(super) emitted_phase: Option<(Activity, u64)>,
}

/// The plain part of a job's state.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Of a search.
    Search(Box<SearchState>),
    /// Of the training of one architecture.
    Train(Box<TrainingState>),
}
