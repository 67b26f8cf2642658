//! Why a search could not go on.

use thiserror::Error;

use super::strategy::StrategyError;
use crate::gan::{Divergence, GanError};
use crate::metric::{NoClasses, RewardError};

/// Why a search could not go on.
#[derive(Debug, Error)]
pub enum SearchError {
    /// A network could not be trained or scored.
    #[error(transparent)]
    Gan(#[from] GanError),
    /// A reward, or what a strategy learns with, is not finite.
    #[error(transparent)]
    Divergence(#[from] Divergence),
    /// Scores could not be turned into a reward.
    #[error(transparent)]
    Reward(#[from] NoClasses),
    /// A saved strategy does not fit.
    #[error(transparent)]
    Strategy(#[from] StrategyError),
    /// A checkpoint holds a state of the other kind of job.
    #[error("the checkpoint is of another kind of run; resume it with the command that began it")]
    OtherJob,
}

impl SearchError {
    /// Whether something that was computed was NaN or infinite.
    pub fn is_not_finite(&self) -> bool {
        match self {
            Self::Gan(error) => error.is_divergence(),
            other => matches!(other, Self::Divergence(_)),
        }
    }
}

/// A score that is not finite is the same wherever it turns up: [`GanError::is_divergence`] knows it.
impl From<RewardError> for SearchError {
    fn from(error: RewardError) -> Self {
        Self::Gan(error.into())
    }
}
