//! Training one GAN: losses, the adversarial step, the trainer and its guards.

mod adam;
mod adversarial;
mod config;
mod dry;
mod evaluation;
mod health;
mod latent;
mod loss;
mod schedule;
mod self_test;
mod step;
mod trainer;
mod training;
mod training_setup;

pub use adam::{Adam, AdamConfig, AdamError, UnusedParams};
pub use adversarial::AdversarialLoop;
pub use config::{AverageStatistics, LrDecay, Recipe, TrainConfig};
pub use dry::{PIECES, dry_run, one_step, warm_up};
pub use evaluation::{EvaluationLatents, GeneratorEvaluation, KEPT_IMAGES};
pub use health::{
    ALIKE, Divergence, HealthConfig, LossWindow, NonFinite, Total, WEIGHTS_EVERY, diagnose_non_finite,
    diversity, find_non_finite, non_finite_weights, uniform,
};
pub use latent::{latents, reseeded};
pub use loss::Loss;
pub use schedule::{Losses, Network, StepLosses, UpdateSchedule, Updates};
pub use self_test::{CHECKS, Check, self_test};
pub use step::{Gan, Networks};
pub use trainer::{BEST, BEST_RAW, Best, RECALIBRATION_BATCHES, Trainer, TrainerState, TrainingData};
pub use training::{GRID, Training, TrainingNews, TrainingState, picture};
pub use training_setup::TrainingSetup;

use thiserror::Error;

use crate::data::DataError;
use crate::metric::{ExtractorError, MetricError, RewardError};
use crate::model::StateError;

/// Why a training could not go on.
#[derive(Debug, Error)]
pub enum GanError {
    /// A loss, a weight or a reward is not finite any more.
    #[error(transparent)]
    Divergence(#[from] Divergence),
    /// Generated images are not finite.
    #[error("the generator's images are not finite")]
    Images,
    /// Saved weights do not fit.
    #[error(transparent)]
    State(#[from] StateError),
    /// A saved optimiser state does not fit.
    #[error(transparent)]
    Adam(#[from] AdamError),
    /// The images cannot be cut into batches.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The images could not be evaluated.
    #[error(transparent)]
    Extractor(#[from] ExtractorError),
    /// The scores have no reward.
    #[error(transparent)]
    Reward(#[from] RewardError),
}

impl From<MetricError> for GanError {
    fn from(error: MetricError) -> Self {
        ExtractorError::from(error).into()
    }
}

impl GanError {
    /// Whether a loss, a weight, a reward, an image, a feature or a score was NaN or infinite.
    pub fn is_divergence(&self) -> bool {
        use ExtractorError::Metric;
        matches!(
            self,
            Self::Divergence(_)
                | Self::Images
                | Self::Extractor(Metric(MetricError::NotFinite { .. } | MetricError::NoGaussian { .. }))
                | Self::Reward(RewardError::NotFinite { .. })
        )
    }
}
