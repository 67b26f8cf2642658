//! A GAN: two networks, their optimisers and their two updates.

use std::collections::BTreeMap;

use burn::backend::DispatchTensor;
use burn::tensor::{Device, Gradients, Tensor};

use super::GanError;
use super::adam::{Adam, AdamConfig};
use super::health::Divergence;
use super::health::{Total, diagnose_non_finite};
use super::loss::Loss;
use super::schedule::Network;
use crate::arch::{Genotype, Graph};
use crate::model::{Average, ModelConfig, NamedTensors, Pass, Weights, add_prefix, run, strip_prefix};

/// The two networks of an architecture: its generator, and the discriminator of its stage of growth.
#[derive(Clone, Debug)]
pub struct Networks {
    /// Latents to images.
    pub generator: Graph,
    /// Images to scores.
    pub discriminator: Graph,
}

impl Networks {
    /// The networks of `genotype` with the sizes of `model`.
    pub fn new(model: &ModelConfig, genotype: &Genotype) -> Self {
        Self {
            generator: model.generator_graph(genotype).rewritten(),
            discriminator: model.discriminator_graph(genotype.cells.len()).rewritten(),
        }
    }
}

/// The weights of a generator and a discriminator with their optimisers. Those of a search hold the weights of all
/// architectures, one of which each update runs.
#[derive(Clone, Debug)]
pub struct Gan {
    /// On the training device, with autodiff.
    pub generator: Weights,
    /// On the training device, with autodiff.
    pub discriminator: Weights,
    generator_adam: Adam,
    discriminator_adam: Adam,
}

impl Gan {
    /// A GAN whose optimisers have seen nothing yet.
    pub fn new(generator: Weights, discriminator: Weights, adam: AdamConfig) -> Self {
        Self {
            generator,
            discriminator,
            generator_adam: Adam::new(adam),
            discriminator_adam: Adam::new(adam),
        }
    }

    /// One discriminator update on `real` images `[batch, 3, side, side]` against the fakes of `z` `[batch, latent]`.
    /// Both tensors are on the plain device. Returns the loss, `[1]` outside of autodiff, which is still on the device.
    pub fn discriminator_step(
        &mut self,
        loss: Loss,
        networks: &Networks,
        real: Tensor<4>,
        z: Tensor<2>,
        learning_rate: f64,
    ) -> Tensor<1> {
        let (value, gradients) = self.discriminator_gradients(loss, networks, real, z);
        self.discriminator_adam.step(&mut self.discriminator, gradients, learning_rate);
        value
    }

    /// One generator update with the latents `z`, `[batch, latent]` on the plain device. Returns the loss
    /// as [`Gan::discriminator_step`] does.
    pub fn generator_step(
        &mut self,
        loss: Loss,
        networks: &Networks,
        z: Tensor<2>,
        learning_rate: f64,
    ) -> Tensor<1> {
        let (value, gradients) = self.generator_gradients(loss, networks, z);
        self.generator_adam.step(&mut self.generator, gradients, learning_rate);
        value
    }

    /// The discriminator's loss and gradients; see [`Gan::discriminator_step`].
    ///
    /// The generator is in training mode (its batch norm statistics move) but gets no gradient.
    pub fn discriminator_gradients(
        &mut self,
        loss: Loss,
        networks: &Networks,
        real: Tensor<4>,
        z: Tensor<2>,
    ) -> (Tensor<1>, Gradients) {
        let frozen = self.generator.without_autodiff();
        let mut made = run(&networks.generator, &frozen, vec![z.into()], Pass::Train);
        self.generator.set_buffers(std::mem::take(&mut made.buffers));
        let fake = made.output().maps();
        // Two passes, as in the released code: spectral norm does one power iteration in each.
        let mut score = |images| {
            let images = Tensor::<4>::from_inner(images).into();
            let mut scored = run(&networks.discriminator, &self.discriminator, vec![images], Pass::Train);
            self.discriminator.set_buffers(std::mem::take(&mut scored.buffers));
            scored.output().features()
        };
        let real = score(real);
        let value = loss.discriminator(real, score(fake));
        let gradients = value.backward();
        (value.without_autodiff(), gradients)
    }

    /// The generator's loss and gradients; see [`Gan::generator_step`].
    ///
    /// The discriminator is in training mode (its spectral vectors move) but gets no gradient.
    pub fn generator_gradients(
        &mut self,
        loss: Loss,
        networks: &Networks,
        z: Tensor<2>,
    ) -> (Tensor<1>, Gradients) {
        let z = Tensor::<2>::from_inner(z).into();
        let mut made = run(&networks.generator, &self.generator, vec![z], Pass::Train);
        self.generator.set_buffers(std::mem::take(&mut made.buffers));
        let frozen = self.discriminator.frozen();
        let mut scored = run(&networks.discriminator, &frozen, made.outputs, Pass::Train);
        self.discriminator.set_buffers(std::mem::take(&mut scored.buffers));
        let value = loss.generator(scored.output().features());
        let gradients = value.backward();
        (value.without_autodiff(), gradients)
    }

    /// Replaces the values of each tensor, those of the optimisers included, by what `change` makes of them; all are
    /// outside of autodiff.
    pub(super) fn map_tensors(&mut self, change: &mut dyn FnMut(DispatchTensor) -> DispatchTensor) {
        self.generator.map_tensors(change);
        self.discriminator.map_tensors(change);
        self.generator_adam.map_tensors(change);
        self.discriminator_adam.map_tensors(change);
    }

    /// Steps of each parameter of the generator's and of the discriminator's optimiser.
    pub(super) fn steps(&self) -> [BTreeMap<String, u32>; 2] {
        [self.generator_adam.steps(), self.discriminator_adam.steps()]
    }

    /// Puts the optimisers at the steps that [`Gan::steps`] gave.
    pub(super) fn set_steps(&mut self, [generator, discriminator]: &[BTreeMap<String, u32>; 2]) {
        self.generator_adam.set_steps(generator);
        self.discriminator_adam.set_steps(discriminator);
    }

    /// Notes an update of a network that was done elsewhere.
    pub(super) fn count_step(&mut self, network: Network) {
        match network {
            Network::Discriminator => self.discriminator_adam.count_step(),
            Network::Generator => self.generator_adam.count_step(),
        }
    }

    /// Whether all further updates of a network get the same numbers from the host.
    pub(super) fn has_constant_step(&self, network: Network, learning_rate: f64) -> bool {
        match network {
            Network::Discriminator => self.discriminator_adam.has_constant_step(learning_rate),
            Network::Generator => self.generator_adam.has_constant_step(learning_rate),
        }
    }

    /// Looks at all weights, buffers and optimiser states, and at those of `average`. Reads back one number.
    ///
    /// # Errors
    ///
    /// If one is NaN or infinite.
    pub fn check(&self, average: Option<&Average>, step: u64) -> Result<(), Divergence> {
        let total = Total::default().weights(&self.generator).weights(&self.discriminator);
        let total = total.adam(&self.generator_adam).adam(&self.discriminator_adam);
        let average = average.map(Average::weights);
        if average.into_iter().fold(total, Total::weights).is_finite() {
            return Ok(());
        }
        let mut tensors = self.state_dict();
        let average = average.map(|average| add_prefix("average", average.state_dict()));
        tensors.extend(average.into_iter().flatten());
        Err(Divergence::Weights { what: diagnose_non_finite(&tensors), step })
    }

    /// Weights, buffers and optimiser states under the names `generator/…`, `discriminator/…`,
    /// `generator_adam/…`, `discriminator_adam/…`.
    pub fn state_dict(&self) -> NamedTensors {
        let mut state = NamedTensors::new();
        state.extend(add_prefix("generator", self.generator.state_dict()));
        state.extend(add_prefix("discriminator", self.discriminator.state_dict()));
        state.extend(add_prefix("generator_adam", self.generator_adam.state_dict()));
        state.extend(add_prefix("discriminator_adam", self.discriminator_adam.state_dict()));
        state
    }

    /// Becomes what [`Gan::state_dict`] saved. `device` is the training device.
    ///
    /// # Errors
    ///
    /// If the tensors belong to other networks; nothing is of use then.
    pub fn load_state_dict(&mut self, state: &NamedTensors, device: &Device) -> Result<(), GanError> {
        let part = |name| strip_prefix(name, state);
        self.generator.load_state_dict(&part("generator"))?;
        self.discriminator.load_state_dict(&part("discriminator"))?;
        self.generator_adam.load_state_dict(&part("generator_adam"), device)?;
        self.discriminator_adam.load_state_dict(&part("discriminator_adam"), device)?;
        Ok(())
    }
}
