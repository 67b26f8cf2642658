//! A generator of one architecture with its weights.

use burn::tensor::{Device, Tensor};

use super::directions::{PrincipalDirection, principal_directions};
use super::layer::Pass;
use super::run::run;
use super::{ModelConfig, Weights, host};
use crate::arch::{Genotype, Graph};

/// The weight of the linear layer that every generator begins with, `[outputs, latent]`.
const FIRST_LAYER: &str = "l1.weight";

/// A generator that makes images. Its weights are outside of autodiff, and may be more than its architecture uses:
/// those of a shared generator.
#[derive(Clone, Debug)]
pub struct Generator {
    graph: Graph,
    weights: Weights,
    latent: usize,
}

impl Generator {
    /// The generator of `genotype` with the values that `weights` have now.
    pub fn new(config: &ModelConfig, genotype: &Genotype, weights: &Weights) -> Self {
        Self {
            graph: config.generator_graph(genotype).rewritten(),
            weights: weights.without_autodiff(),
            latent: config.latent_dim,
        }
    }

    /// `z`: `[batch, latent]`, on the generator's device. Returns images of `[batch, 3, side, side]` in -1 to 1.
    pub fn generate(&self, z: Tensor<2>) -> Tensor<4> {
        run(&self.graph, &self.weights, vec![z.into()], Pass::Eval).output().maps()
    }

    /// The same generator with batch norm statistics that are the average of those that it produces on the given
    /// latents, each of `[batch, latent]`; see [`recalibrate`](super::recalibrate).
    pub fn recalibrated(mut self, latents: impl Iterator<Item = Tensor<2>>) -> Self {
        super::recalibrate(&self.graph, &mut self.weights, latents);
        self
    }

    /// The `count` strongest directions of its latents; see [`principal_directions`].
    pub fn directions(&self, count: usize) -> Vec<PrincipalDirection> {
        principal_directions(&host(self.weights.parameter::<2>(FIRST_LAYER)), self.latent, count)
    }

    /// Its weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The device its weights are on.
    pub fn device(&self) -> &Device {
        self.weights.device()
    }

    /// Length of a latent vector.
    pub fn latent(&self) -> usize {
        self.latent
    }
}
