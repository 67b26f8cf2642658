//! A short training from scratch as the proxy task.

use super::{Estimate, Estimation, Estimator, EstimatorId};
use crate::arch::Genotype;
use crate::export::Tiles;
use crate::gan::{GRID, GanError, KEPT_IMAGES, TrainConfig, Training, TrainingNews};
use crate::metric::{Reward, RewardScale, ScoreConfig};
use crate::search::config::SearchConfig;
use crate::search::context::SearchContext;
use crate::search::shared::SharedGan;

/// Trains a candidate for a few steps from scratch and scores what comes out.
pub struct Scratch {
    config: SearchConfig,
    score: ScoreConfig,
    train: TrainConfig,
}

impl Scratch {
    /// Trains for `config.scratch_steps` generator steps, otherwise as `train` says.
    pub fn new(config: SearchConfig, score: &ScoreConfig, train: TrainConfig) -> Self {
        let steps = config.scratch_steps;
        Self {
            score: score.of_candidate(config.reward_samples, config.reward_splits),
            train: TrainConfig {
                steps,
                evaluate_every: steps,
                samples_every: steps,
                capture: false,
                ..train
            },
            config,
        }
    }
}

impl Estimator for Scratch {
    fn id(&self) -> EstimatorId {
        EstimatorId::Scratch { steps: self.config.scratch_steps }
    }

    fn begin(
        &self,
        context: &SearchContext,
        _shared: &SharedGan,
        genotype: &Genotype,
        draw: u64,
    ) -> Result<Box<dyn Estimation>, GanError> {
        let training_data = context.training_data(genotype.cells.len());
        let draw = if self.config.fixed_noise { 0 } else { draw };
        let setup = context.training_setup(&context.model, self.score.clone());
        let training = setup.training(genotype, training_data, self.train, &format!("scratch/{draw}"))?;
        let steps = self.train.steps;
        let scoring = context.costs().scoring_macs(genotype, self.score.samples);
        Ok(Box::new(ScratchEstimation {
            training,
            reward: self.config.reward,
            macs: context.costs().training_macs(genotype, steps) + scoring,
            images: None,
        }))
    }

    fn version(&self, _shared: &SharedGan) -> Option<(u64, u64)> {
        self.config.fixed_noise.then_some((0, 0))
    }
}

struct ScratchEstimation {
    training: Training,
    reward: Reward,
    macs: u64,
    images: Option<Tiles>,
}

impl Estimation for ScratchEstimation {
    fn advance(&mut self, context: &SearchContext) -> Result<Option<Estimate>, GanError> {
        // The one picture and the one evaluation come after the last step, in this order.
        match self.training.advance()? {
            Some(TrainingNews::Samples { picture, .. }) => {
                self.images = Tiles::of_picture(&picture, GRID, KEPT_IMAGES);
                Ok(None)
            }
            Some(TrainingNews::Evaluated { scores, .. }) => {
                let cells = self.training.trainer().genotype().cells.len();
                let evaluator = &context.training_data(cells).evaluator;
                Ok(Some(Estimate {
                    reward: self.reward.of(&scores, &RewardScale::of(evaluator))?,
                    scores,
                    macs: self.macs,
                }))
            }
            _ => Ok(None),
        }
    }

    fn take_images(&mut self) -> Option<Tiles> {
        self.images.take()
    }
}
