//! Batch norm statistics for one architecture.
//!
//! The shared generator's running statistics mix all architectures it trained with, and the average
//! generator has none of its own. Scoring with them says little about the architecture at hand
//! (reference notes, section 6.1, 9), so the sound mode measures them anew.

use burn::module::Module;
use burn::tensor::Tensor;

use super::generator::Generator;
use super::layers::Pass;
use crate::arch::Genotype;

/// A copy of `generator`, outside of autodiff, whose batch norm statistics are the average of those
/// that `genotype` produces on the given latents, each of `[batch, latent]` on the plain device.
///
/// `generator` itself keeps its statistics.
pub fn recalibrate(
    generator: &Generator,
    genotype: &Genotype,
    latents: impl Iterator<Item = Tensor<2>>,
) -> Generator {
    // `valid` detaches: a plain clone would share the statistics.
    let generator = generator.valid();
    for (seen, z) in latents.enumerate() {
        generator.forward(z, genotype, Pass::Measure { seen });
    }
    generator
}
