//! The paper's proxy task: the shared generator's weights, as they are.

use super::{Estimate, Estimation, Estimator, EstimatorId};
use crate::arch::Genotype;
use crate::export::Tiles;
use crate::gan::{EvaluationLatents, GanError, GeneratorEvaluation};
use crate::metric::{Reward, RewardScale, ScoreConfig};
use crate::search::config::SearchConfig;
use crate::search::context::SearchContext;
use crate::search::shared::SharedGan;

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
        context: &SearchContext,
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
            evaluation: GeneratorEvaluation::new(generator, evaluator, &self.score, latents)?.keep_images(),
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
    fn advance(&mut self, context: &SearchContext) -> Result<Option<Estimate>, GanError> {
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

    fn take_images(&mut self) -> Option<Tiles> {
        self.evaluation.take_images()
    }
}
