//! The proxy task of a search, as an interface: what a genotype is worth, and what that costs.

use serde::{Deserialize, Serialize};

use super::config::SearchConfig;
use super::context::Context;
use super::estimator_id::EstimatorId;
use super::shared::SharedGan;
use crate::arch::Genotype;
use crate::gan::{
    Divergence, EvaluationLatents, GanError, GeneratorEvaluation, TrainConfig, Training, TrainingNews,
};
use crate::metric::{Reward, RewardScale, Score, ScoreConfig};

/// What a candidate turned out to be worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Its scores.
    pub scores: Vec<Score>,
    /// The search's reward: larger is better.
    pub reward: f64,
    /// Multiply-accumulates that were spent on it.
    pub macs: u64,
}

impl Estimate {
    /// The estimate, if its reward is finite: a strategy would learn nothing from another and never
    /// recover.
    ///
    /// # Errors
    ///
    /// If it is NaN or infinite.
    pub fn checked(self, genotype: &Genotype) -> Result<Self, Divergence> {
        if self.reward.is_finite() {
            Ok(self)
        } else {
            Err(Divergence::Reward { architecture: genotype.to_string(), value: self.reward })
        }
    }
}

/// Estimates candidates.
pub trait Estimator {
    /// How the board names it.
    fn id(&self) -> EstimatorId;

    /// Starts estimating `genotype`. Equal `draw`s use equal random numbers.
    ///
    /// # Errors
    ///
    /// If it cannot be trained on the images there are.
    fn begin(
        &self,
        context: &Context,
        shared: &SharedGan,
        genotype: &Genotype,
        draw: u64,
    ) -> Result<Box<dyn Estimation>, GanError>;

    /// Estimates made while this is the same are the same for the same genotype and can be
    /// remembered; `None` when each draws random numbers of its own.
    fn version(&self, shared: &SharedGan) -> Option<(u64, u64)>;
}

/// An estimate under way.
pub trait Estimation {
    /// Does one piece of work. Returns the estimate after the last one.
    ///
    /// # Errors
    ///
    /// If a loss or a score is not finite.
    fn advance(&mut self, context: &Context) -> Result<Option<Estimate>, GanError>;
}

/// Scores a candidate with the shared generator's weights (the paper's proxy).
pub struct SharedWeights {
    config: SearchConfig,
    score: ScoreConfig,
}

impl SharedWeights {
    /// Scores as `score` says, but for as many images and splits as the search's configuration has.
    pub fn new(config: SearchConfig, score: &ScoreConfig) -> Self {
        Self { score: score.of_candidate(config.reward_samples, config.reward_splits), config }
    }
}

impl Estimator for SharedWeights {
    fn id(&self) -> EstimatorId {
        EstimatorId::SharedWeights
    }

    fn begin(
        &self,
        context: &Context,
        shared: &SharedGan,
        genotype: &Genotype,
        draw: u64,
    ) -> Result<Box<dyn Estimation>, GanError> {
        let generator = shared.candidate(context, &self.config, genotype);
        let draw = if self.config.fixed_noise { 0 } else { draw };
        let latents = EvaluationLatents { seed: context.seed, stream: "latent/reward", draw };
        let evaluator = &context.training_data(genotype.cells.len()).evaluator;
        Ok(Box::new(SharedEstimation {
            macs: context.costs().scoring_macs(genotype, self.config.reward_samples),
            reward: self.config.reward,
            cells: genotype.cells.len(),
            evaluation: GeneratorEvaluation::new(generator, evaluator, &self.score, latents)?,
        }))
    }

    fn version(&self, shared: &SharedGan) -> Option<(u64, u64)> {
        let version = (shared.restarts(), shared.step());
        self.config.fixed_noise.then_some(version)
    }
}

struct SharedEstimation {
    evaluation: GeneratorEvaluation,
    reward: Reward,
    macs: u64,
    cells: usize,
}

impl Estimation for SharedEstimation {
    fn advance(&mut self, context: &Context) -> Result<Option<Estimate>, GanError> {
        let Some(scores) = self.evaluation.advance()? else {
            return Ok(None);
        };
        let evaluator = &context.training_data(self.cells).evaluator;
        Ok(Some(Estimate {
            reward: self.reward.of(&scores, &RewardScale::of(evaluator))?,
            scores,
            macs: self.macs,
        }))
    }
}

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
            train: TrainConfig { steps, evaluate_every: steps, samples_every: steps, ..train },
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
        context: &Context,
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
}

impl Estimation for ScratchEstimation {
    fn advance(&mut self, context: &Context) -> Result<Option<Estimate>, GanError> {
        // The one evaluation comes after the last step.
        if let Some(TrainingNews::Evaluated { scores, .. }) = self.training.advance()? {
            let cells = self.training.trainer().genotype().cells.len();
            let evaluator = &context.training_data(cells).evaluator;
            return Ok(Some(Estimate {
                reward: self.reward.of(&scores, &RewardScale::of(evaluator))?,
                scores,
                macs: self.macs,
            }));
        }
        Ok(None)
    }
}

/// An estimate that was made before, which costs nothing.
pub(super) struct Remembered(pub Estimate);

impl Estimation for Remembered {
    fn advance(&mut self, _context: &Context) -> Result<Option<Estimate>, GanError> {
        Ok(Some(Estimate { macs: 0, ..self.0.clone() }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_reward_that_is_not_finite_is_an_error_with_its_architecture() {
        let genotype: Genotype = "1 0 1 1".parse().unwrap();
        let estimate = |reward| Estimate { scores: Vec::new(), reward, macs: 1 };
        assert_eq!(estimate(0.5).checked(&genotype), Ok(estimate(0.5)));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = estimate(value).checked(&genotype).unwrap_err().to_string();
            assert!(error.contains("1 0 1 1") && error.contains(&value.to_string()), "{error}");
        }
    }
}
