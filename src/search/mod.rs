//! Finding an architecture.
//!
//! The three aspects of architecture search stay apart: the search space is [`Space`](crate::arch::Space),
//! the proxy task an [`Estimator`], the optimisation algorithm a [`Strategy`]. [`Search`] is the machine
//! that drives them, one small piece of work at a time.

mod activity;
mod board;
mod config;
mod context;
mod curve;
mod derive;
mod estimator;
mod estimator_id;
mod event;
mod machine;
mod plan;
mod random;
mod reinforce;
mod shared;
mod strategy;
mod warm_up;

pub use activity::Activity;
pub use board::{Board, Candidate};
pub use config::{Baseline, ControllerConfig, EstimatorKind, Levels, SearchConfig, StrategyKind};
pub use context::Context;
pub use curve::{Axis, Curve, CurveGroup, DiscriminatorStep, GanId, GeneratorStep, TrainingId};
pub use derive::Derived;
pub use estimator::{Estimate, Estimation, Estimator, Scratch, SharedWeights};
pub use estimator_id::EstimatorId;
pub use event::{Emitted, SampleGrid, SampleSource, SearchEvent, training_events};
pub use machine::{Search, SearchState};
pub use plan::{Costs, SearchPlan, WorkItem, work_items};
pub use random::Random;
pub use reinforce::{Reinforce, ReinforceLoss, reinforce_loss};
pub use shared::SharedGan;
pub use strategy::{Distributions, Proposal, Reading, Strategy, StrategyError};
pub use warm_up::WarmUp;

use thiserror::Error;

use crate::gan::{GanError, NotFinite};
use crate::metric::{NoClasses, RewardError};

/// Why a search could not go on.
#[derive(Debug, Error)]
pub enum SearchError {
    /// A network could not be trained or scored.
    #[error(transparent)]
    Gan(#[from] GanError),
    /// A reward, or what a strategy learns with, is not finite.
    #[error(transparent)]
    NotFinite(#[from] NotFinite),
    /// Scores could not be turned into a reward.
    #[error(transparent)]
    Reward(#[from] NoClasses),
    /// A saved strategy does not fit.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
}

impl SearchError {
    /// Whether something that was computed was NaN or infinite.
    pub fn is_not_finite(&self) -> bool {
        match self {
            Self::Gan(error) => error.is_no_number(),
            other => matches!(other, Self::NotFinite(_)),
        }
    }
}

/// A score that is not finite is the same wherever it turns up: [`GanError::is_no_number`] knows it.
impl From<RewardError> for SearchError {
    fn from(error: RewardError) -> Self {
        Self::Gan(error.into())
    }
}
