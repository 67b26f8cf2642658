//! The adversarial pair and its two updates.

use burn::module::Module;
use burn::tensor::{Device, Gradients, Tensor};

use super::GanError;
use super::adam::{Adam, AdamConfig};
use super::loss::Loss;
use super::not_finite::NotFinite;
use super::poison::{Total, diagnosis};
use crate::arch::Genotype;
use crate::model::{Discriminator, Generator, NamedTensors, Pass, collect, parts, restore, with_prefix};

/// A generator and a discriminator with their optimisers.
#[derive(Clone, Debug)]
pub struct Pair {
    /// On the training device, with autodiff.
    pub generator: Generator,
    /// On the training device, with autodiff.
    pub discriminator: Discriminator,
    generator_adam: Adam,
    discriminator_adam: Adam,
}

impl Pair {
    /// A pair whose optimisers have seen nothing yet.
    pub fn new(generator: Generator, discriminator: Discriminator, adam: AdamConfig) -> Self {
        Self {
            generator,
            discriminator,
            generator_adam: Adam::new(adam),
            discriminator_adam: Adam::new(adam),
        }
    }

    /// One discriminator update on `real` images `[batch, 3, side, side]` against the fakes of `z`
    /// `[batch, latent]`, at the stage that `genotype` has cells for. Both tensors are on the plain
    /// device. Returns the loss.
    pub fn discriminator_step(
        &mut self,
        loss: Loss,
        genotype: &Genotype,
        real: Tensor<4>,
        z: Tensor<2>,
        rate: f64,
    ) -> f32 {
        let (value, gradients) = self.discriminator_gradients(loss, genotype, real, z);
        let discriminator = self.discriminator.clone();
        self.discriminator = self.discriminator_adam.step(discriminator, gradients, rate);
        value
    }

    /// One generator update with the latents `z`, `[batch, latent]` on the plain device. Returns
    /// the loss.
    pub fn generator_step(&mut self, loss: Loss, genotype: &Genotype, z: Tensor<2>, rate: f64) -> f32 {
        let (value, gradients) = self.generator_gradients(loss, genotype, z);
        let generator = self.generator.clone();
        self.generator = self.generator_adam.step(generator, gradients, rate);
        value
    }

    /// The discriminator's loss and gradients; see [`Pair::discriminator_step`].
    ///
    /// The generator is in training mode (its batch norm statistics move) but gets no gradient.
    pub fn discriminator_gradients(
        &self,
        loss: Loss,
        genotype: &Genotype,
        real: Tensor<4>,
        z: Tensor<2>,
    ) -> (f32, Gradients) {
        let stage = genotype.cells.len() - 1;
        let frozen = self.generator.clone().no_grad();
        let fake = frozen.forward(Tensor::from_inner(z), genotype, Pass::Train);
        // Two passes, as in the reference: spectral norm does one power iteration in each.
        let judge = |images| self.discriminator.forward(images, stage, Pass::Train);
        let real = judge(Tensor::from_inner(real));
        let value = loss.discriminator(real, judge(fake.detach()));
        let gradients = value.backward();
        (value.into_scalar(), gradients)
    }

    /// The generator's loss and gradients; see [`Pair::generator_step`].
    ///
    /// The discriminator is in training mode (its spectral vectors move) but gets no gradient.
    pub fn generator_gradients(&self, loss: Loss, genotype: &Genotype, z: Tensor<2>) -> (f32, Gradients) {
        let stage = genotype.cells.len() - 1;
        let z = Tensor::from_inner(z);
        let fake = self.generator.forward(z, genotype, Pass::Train);
        let judge = self.discriminator.clone().no_grad();
        let value = loss.generator(judge.forward(fake, stage, Pass::Train));
        let gradients = value.backward();
        (value.into_scalar(), gradients)
    }

    /// Looks at all weights, buffers and optimiser states, and at those of `average`. Reads back one number.
    ///
    /// # Errors
    ///
    /// If one is NaN or infinite.
    pub fn check(&self, average: Option<&Generator>, step: u64) -> Result<(), NotFinite> {
        let total = Total::default().module(&self.generator).module(&self.discriminator);
        let total = total.adam(&self.generator_adam).adam(&self.discriminator_adam);
        if average.into_iter().fold(total, Total::module).is_finite() {
            return Ok(());
        }
        let mut tensors = self.state();
        tensors.extend(average.map(|average| with_prefix("average", collect(average))).into_iter().flatten());
        Err(NotFinite::Weights { what: diagnosis(&tensors), step })
    }

    /// Weights, buffers and optimiser states under the names `generator/…`, `discriminator/…`,
    /// `generator_adam/…`, `discriminator_adam/…`.
    pub fn state(&self) -> NamedTensors {
        let mut state = NamedTensors::new();
        state.extend(with_prefix("generator", collect(&self.generator)));
        state.extend(with_prefix("discriminator", collect(&self.discriminator)));
        state.extend(with_prefix("generator_adam", self.generator_adam.state()));
        state.extend(with_prefix("discriminator_adam", self.discriminator_adam.state()));
        state
    }

    /// The pair as [`Pair::state`] saved it. `device` is the training device.
    ///
    /// # Errors
    ///
    /// If the tensors belong to other networks.
    pub fn restore(self, state: &NamedTensors, device: &Device) -> Result<Self, GanError> {
        let part = |name| parts(name, state);
        Ok(Self {
            generator: restore(self.generator, &part("generator"))?,
            discriminator: restore(self.discriminator, &part("discriminator"))?,
            generator_adam: self.generator_adam.restore(&part("generator_adam"), device)?,
            discriminator_adam: self.discriminator_adam.restore(&part("discriminator_adam"), device)?,
        })
    }
}
