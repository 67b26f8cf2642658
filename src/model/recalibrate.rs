//! Batch norm statistics for one architecture.
//!
//! The shared generator's running statistics mix all architectures it trained with, and the average generator has none
//! of its own. Scores measured with them say little about the architecture that is scored, so the corrected mode
//! measures them anew.

use burn::tensor::Tensor;

use super::Weights;
use super::layer::Pass;
use super::run::run;
use crate::arch::Graph;

/// Makes the batch norm statistics of `weights`, which are outside of autodiff, the average of those that `graph`
/// produces on the given latents, each of `[batch, latent]` on the plain device.
pub fn recalibrate(graph: &Graph, weights: &mut Weights, latents: impl Iterator<Item = Tensor<2>>) {
    for (seen, z) in latents.enumerate() {
        let measured = run(graph, weights, vec![z.into()], Pass::Measure { seen });
        weights.set_buffers(measured.buffers);
    }
}
