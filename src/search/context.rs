//! What a search stands on: the space, the networks' sizes, the images of every stage, the device.

use burn::tensor::Device;

use super::plan::CostFactors;
use crate::arch::Space;
use crate::gan::{Recipe, TrainingData, TrainingSetup};
use crate::metric::ScoreConfig;
use crate::model::ModelConfig;

/// Fixed for a whole search.
#[derive(Clone)]
pub struct SearchContext {
    /// Seed of every random number.
    pub seed: u64,
    /// Where the networks are trained, without autodiff.
    pub device: Device,
    /// The search space.
    pub space: Space,
    /// Sizes and switches of the networks.
    pub model: ModelConfig,
    /// The adversarial recipe.
    pub recipe: Recipe,
    /// Entry `s`: images and evaluator of genotypes with `s + 1` cells.
    pub training_data: Vec<TrainingData>,
}

impl SearchContext {
    /// Images and evaluator for genotypes with `cells` cells.
    pub fn training_data(&self, cells: usize) -> &TrainingData {
        &self.training_data[cells - 1]
    }

    /// Trainings from scratch of networks of these sizes, scored as `score` says.
    pub fn training_setup(&self, model: &ModelConfig, score: ScoreConfig) -> TrainingSetup {
        TrainingSetup {
            model: model.clone(),
            recipe: self.recipe,
            score,
            device: self.device.clone(),
            seed: self.seed,
            score_seed: self.seed,
        }
    }

    /// What the parts of the work cost.
    pub fn costs(&self) -> CostFactors<'_> {
        let extractor_macs = self.training_data(self.space.cells()).evaluator.extractor().macs();
        CostFactors {
            seed: self.seed,
            space: &self.space,
            model: &self.model,
            recipe: &self.recipe,
            extractor_macs,
        }
    }
}
