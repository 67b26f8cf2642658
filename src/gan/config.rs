//! How a GAN is trained.

use serde::{Deserialize, Serialize};

use super::adam::AdamConfig;
use super::loss::Loss;
use super::schedule::Network;
use crate::arch::{Genotype, macs};
use crate::model::ModelConfig;

/// What the learning rates do over a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LrDecay {
    /// Constant, as in the released scripts.
    #[default]
    None,
    /// Linear to zero at the last step.
    Linear,
}

/// Which batch norm statistics the average generator uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AverageStatistics {
    /// The raw generator's, as in the released code.
    Raw,
    /// Measured anew for the averaged weights.
    #[default]
    Recalibrated,
}

/// The adversarial recipe, shared by the search's shared training and by training from scratch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// The adversarial loss.
    pub loss: Loss,
    /// Learning rate of the generator.
    #[serde(alias = "generator_rate")]
    pub generator_learning_rate: f64,
    /// Learning rate of the discriminator.
    #[serde(alias = "discriminator_rate")]
    pub discriminator_learning_rate: f64,
    /// Adam's other settings.
    pub adam: AdamConfig,
    /// Discriminator steps for each generator step.
    pub n_critic: u64,
    /// Real images (and as many fakes) in a discriminator step.
    pub batch: usize,
    /// Fakes in a generator step.
    pub generator_batch: usize,
    /// Keep an epoch's last batch though it is smaller, as the released code does. Costs new kernel
    /// shapes on a GPU.
    pub keep_last_batch: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            loss: Loss::Hinge,
            generator_learning_rate: 2e-4,
            discriminator_learning_rate: 2e-4,
            adam: AdamConfig::default(),
            n_critic: 5,
            batch: 64,
            generator_batch: 128,
            keep_last_batch: false,
        }
    }
}

impl Recipe {
    /// The learning rate that a network begins with.
    pub fn learning_rate(&self, network: Network) -> f64 {
        match network {
            Network::Discriminator => self.discriminator_learning_rate,
            Network::Generator => self.generator_learning_rate,
        }
    }

    /// Multiply-accumulates of one generator step and the discriminator steps that come with it.
    ///
    /// A discriminator step is the generator's forward pass, and forward and both backward passes of
    /// the discriminator for real and fake images. A generator step is forward and both backward
    /// passes of the generator, forward and the backward pass to the images of the discriminator.
    pub fn training_macs(&self, genotype: &Genotype, model: &ModelConfig) -> u64 {
        let cells = genotype.cells.len();
        let generator = macs(genotype, &model.net_shape());
        let discriminator = model.discriminator_graph(cells).cost().macs;
        let critic = self.batch as u64 * (generator + 6 * discriminator);
        self.generator_batch as u64 * (3 * generator + 2 * discriminator) + self.n_critic * critic
    }
}

/// Training of one architecture from scratch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Generator steps.
    pub steps: u64,
    /// What the learning rates do.
    #[serde(alias = "rate_decay")]
    pub lr_decay: LrDecay,
    /// Generator steps between evaluations; the last step is always evaluated.
    pub evaluate_every: u64,
    /// Generator steps between pictures of the fixed latents.
    pub samples_every: u64,
    /// Which batch norm statistics the average generator uses.
    pub average_statistics: AverageStatistics,
    /// Have a GPU repeat recorded steps, as soon as Adam's corrections of bias are over. The numbers stay the
    /// same, and it takes more of the GPU's memory.
    pub capture: bool,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            steps: 50_000,
            lr_decay: LrDecay::None,
            evaluate_every: 3_128,
            samples_every: 500,
            average_statistics: AverageStatistics::Recalibrated,
            capture: false,
        }
    }
}

impl TrainConfig {
    /// Discriminator steps in all.
    pub fn last_step(&self, n_critic: u64) -> u64 {
        self.steps * n_critic
    }

    /// The learning rate at discriminator step `step`, from 0, of a network that begins with `initial`.
    pub fn learning_rate(&self, initial: f64, step: u64, n_critic: u64) -> f64 {
        match self.lr_decay {
            LrDecay::None => initial,
            LrDecay::Linear => initial * (1.0 - step as f64 / self.last_step(n_critic) as f64),
        }
    }
}
