//! Assembles a training from scratch. Nothing else does.

use burn::tensor::Device;

use super::GanError;
use super::config::{Recipe, TrainConfig};
use super::trainer::{Trainer, TrainingData};
use super::training::Training;
use crate::arch::Genotype;
use crate::metric::ScoreConfig;
use crate::model::ModelConfig;

/// What the trainings of a run have in common.
#[derive(Clone)]
pub struct TrainingSetup {
    /// Sizes and switches of the networks.
    pub model: ModelConfig,
    /// The adversarial recipe.
    pub recipe: Recipe,
    /// How generators are evaluated.
    pub score: ScoreConfig,
    /// Where the networks are trained, without autodiff.
    pub device: Device,
    /// Seed of initial weights, latents and the order of the images.
    pub seed: u64,
    /// Seed of the latents of evaluations.
    pub score_seed: u64,
}

impl TrainingSetup {
    /// A training of `genotype` on `training_data` that has done nothing yet. Its random numbers come from streams
    /// under `stream`.
    ///
    /// # Errors
    ///
    /// If there are fewer images than a batch takes.
    pub fn training(
        &self,
        genotype: &Genotype,
        training_data: &TrainingData,
        config: TrainConfig,
        stream: &str,
    ) -> Result<Training, GanError> {
        let Self { model, recipe, score, device, seed, score_seed } = self;
        let images = &training_data.images;
        let trainer = Trainer::new(genotype.clone(), model, *recipe, config, images, device, *seed, stream)?;
        Ok(Training::new(trainer, training_data.clone(), config, score.clone(), *score_seed))
    }
}
