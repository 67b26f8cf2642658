//! Finding an architecture.
//!
//! The three aspects of architecture search stay apart: the search space is [`Space`](crate::arch::Space),
//! the proxy task an [`Estimator`], the optimisation algorithm a [`Strategy`]. [`Search`] is the machine
//! that drives them, one small piece of work at a time.

mod board;
mod config;
mod context;
mod derive;
mod estimator;
mod machine;
mod news;
mod plan;
mod random;
mod reinforce;
mod shared;
mod strategy;
mod warm_up;

pub use board::{Board, Candidate};
pub use config::{Baseline, ControllerConfig, EstimatorKind, Levels, SearchConfig, StrategyKind};
pub use context::Context;
pub use derive::{Derived, translate};
pub use estimator::{Estimate, Estimation, Estimator, Scratch, SharedWeights};
pub use machine::{Search, SearchState};
pub use news::{Activity, News, Shown, Told};
pub use plan::{Costs, Part, SearchPlan, parts};
pub use random::Random;
pub use reinforce::{Outcome, Reinforce, reinforce_loss};
pub use shared::SharedGan;
pub use strategy::{Distributions, Proposal, Reading, Strategy, StrategyError};
pub use warm_up::WarmUp;

use thiserror::Error;

use crate::gan::GanError;
use crate::metric::NoClasses;

/// Why a search could not go on.
#[derive(Debug, Error)]
pub enum SearchError {
    /// A network could not be trained or scored.
    #[error(transparent)]
    Gan(#[from] GanError),
    /// Scores could not be turned into a reward.
    #[error(transparent)]
    Reward(#[from] NoClasses),
    /// A saved strategy does not fit.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
}
