//! What a search stands on: the space, the networks' sizes, the images of every stage, the device.

use burn::tensor::Device;

use crate::arch::{Genotype, Space, macs};
use crate::gan::{Arena, Recipe};
use crate::model::ModelConfig;

/// Fixed for a whole search.
#[derive(Clone)]
pub struct Context {
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
    /// Entry `s`: images and scorer of genotypes with `s + 1` cells.
    pub arenas: Vec<Arena>,
}

impl Context {
    /// Images and scorer for genotypes with `cells` cells.
    pub fn arena(&self, cells: usize) -> &Arena {
        &self.arenas[cells - 1]
    }

    /// Multiply-accumulates of `steps` generator steps with the discriminator steps between them.
    pub fn training_macs(&self, genotype: &Genotype, steps: u64) -> u64 {
        steps * self.recipe.training_macs(genotype, &self.model)
    }

    /// Multiply-accumulates of generating and scoring `samples` images.
    pub fn scoring_macs(&self, genotype: &Genotype, samples: usize) -> u64 {
        let scorer = &self.arena(genotype.cells.len()).scorer;
        samples as u64 * (macs(genotype, self.space.shape()) + scorer.extractor().macs())
    }
}
