//! The shared GAN: two networks that train all architectures at once.

use serde::{Deserialize, Serialize};

use super::config::SearchConfig;
use super::context::SearchContext;
use crate::arch::Genotype;
use crate::gan::{
    AdversarialLoop, Gan, GanError, LossWindow, Networks, StepLosses, UpdateSchedule, Updates, latents,
    uniform,
};
use crate::model::{Generator, NamedTensors};

/// Name of its random streams.
const STREAM: &str = "shared";
/// Batches with which a candidate's batch norm statistics are measured.
pub const RECALIBRATION_BATCHES: u64 = 2;
/// Images on which the diversity of samples is measured.
const DIVERSITY_SAMPLES: usize = 64;

/// The plain part of the state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SharedState {
    /// The steps since the search began, over all restarts.
    #[serde(flatten)]
    schedule: UpdateSchedule,
    /// How often the GAN was started anew.
    restarts: u64,
    /// How often it was taken back because it diverged.
    #[serde(default, alias = "detours")]
    reseeds: u64,
    window: LossWindow,
}

/// The GAN with all operators of the space.
pub struct SharedGan {
    adversarial: AdversarialLoop,
    restarts: u64,
    window: LossWindow,
}

impl SharedGan {
    /// A GAN with initial weights.
    pub fn new(context: &SearchContext) -> Self {
        let SearchContext { model, recipe, seed, .. } = context;
        let gan = fresh_gan(context, 0);
        let adversarial = AdversarialLoop::new(gan, None, *recipe, model.latent_dim, *seed, STREAM);
        Self { adversarial, restarts: 0, window: LossWindow::default() }
    }

    /// Forgets weights, optimisers and losses, and starts from other initial weights.
    pub fn restart(&mut self, context: &SearchContext) {
        self.restarts += 1;
        self.window = LossWindow::default();
        self.adversarial.replace(fresh_gan(context, self.restarts));
    }

    /// The update of the network that is next; a whole step, with `genotype` in all of its updates, is
    /// a discriminator update and, every `n_critic` steps, a generator update. Returns the losses of the steps that are
    /// whole and known now; see [`AdversarialLoop::advance`].
    ///
    /// # Errors
    ///
    /// If a loss or a weight is not finite any more, or if there are fewer images than a batch takes.
    pub fn advance(
        &mut self,
        context: &SearchContext,
        config: &SearchConfig,
        genotype: &Genotype,
    ) -> Result<Vec<StepLosses>, GanError> {
        let images = &context.training_data(genotype.cells.len()).images;
        let networks = Networks::new(&context.model, genotype);
        let losses =
            self.adversarial.advance(images, &networks, |network| context.recipe.learning_rate(network))?;
        Ok(self.watched(config, losses))
    }

    /// Reads the losses that are not known yet.
    ///
    /// # Errors
    ///
    /// If one is not finite.
    pub fn read_losses(&mut self, config: &SearchConfig) -> Result<Vec<StepLosses>, GanError> {
        let losses = self.adversarial.read_losses()?;
        Ok(self.watched(config, losses))
    }

    /// Notes losses for the dynamic reset.
    fn watched(&mut self, config: &SearchConfig, losses: Vec<StepLosses>) -> Vec<StepLosses> {
        losses.iter().for_each(|step| self.window.push(&config.reset, step.losses));
        losses
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn reseed(&mut self) {
        self.adversarial.reseed();
    }

    /// Why the GAN counts as collapsed, if it does.
    pub fn collapsed(&self, config: &SearchConfig) -> Option<String> {
        self.window.collapsed(&config.reset)
    }

    /// Why the images of `genotype` count as collapsed, if they do.
    pub fn uniform(
        &self,
        context: &SearchContext,
        config: &SearchConfig,
        genotype: &Genotype,
    ) -> Option<String> {
        let z = latents(
            context.seed,
            "shared/latent/diversity",
            0,
            DIVERSITY_SAMPLES,
            context.model.latent_dim,
            &context.device,
        );
        let generator = self.candidate(context, config, genotype);
        uniform(generator.generate(z), config.reset.diversity)
    }

    /// The shared generator as `genotype` is scored with it, outside of autodiff.
    pub fn candidate(
        &self,
        context: &SearchContext,
        config: &SearchConfig,
        genotype: &Genotype,
    ) -> Generator {
        let batch = context.recipe.generator_batch;
        let count = if config.recalibrate { RECALIBRATION_BATCHES } else { 0 };
        let z = (0..count).map(|draw| {
            let (seed, latent) = (context.seed, context.model.latent_dim);
            latents(seed, "shared/latent/recalibration", draw, batch, latent, &context.device)
        });
        let shared = &self.adversarial.gan().generator;
        Generator::new(&context.model, genotype, shared).recalibrated(z)
    }

    /// Discriminator steps since the search began. Weights differ whenever this (or
    /// [`SharedGan::restarts`]) does.
    pub fn step(&self) -> u64 {
        self.adversarial.step()
    }

    /// Whether the generator's update of a step is still to come.
    pub fn is_halfway(&self) -> bool {
        self.adversarial.is_halfway()
    }

    /// Updates of each network since the search began.
    pub fn updates(&self) -> Updates {
        self.adversarial.updates()
    }

    /// How often the GAN was started anew.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Everything that a resumed search needs.
    pub fn state(&self) -> (SharedState, NamedTensors) {
        let (schedule, reseeds) = self.adversarial.progress();
        let (restarts, window) = (self.restarts, self.window.clone());
        (SharedState { schedule: schedule.clone(), restarts, reseeds, window }, self.adversarial.tensors())
    }

    /// Takes a saved state on.
    ///
    /// # Errors
    ///
    /// If the tensors belong to another space or other sizes.
    pub fn load_state(&mut self, state: SharedState, tensors: &NamedTensors) -> Result<(), GanError> {
        self.adversarial.load_state(state.schedule, state.reseeds, tensors)?;
        (self.restarts, self.window) = (state.restarts, state.window);
        Ok(())
    }
}

fn fresh_gan(context: &SearchContext, restarts: u64) -> Gan {
    let SearchContext { seed, device, space, model, recipe, .. } = context;
    let stream = format!("{STREAM}/{restarts}");
    Gan::new(
        model.shared_generator(space, device, *seed, &stream),
        model.discriminator(space.cells(), device, *seed, &stream),
        recipe.adam,
    )
}
