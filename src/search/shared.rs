//! The shared GAN: one pair of networks that trains all architectures at once.

use serde::{Deserialize, Serialize};

use super::config::SearchConfig;
use super::context::Context;
use crate::arch::Genotype;
use crate::data::Batches;
use crate::gan::{
    GanError, LossWindow, Losses, Network, NotFinite, Pair, Turns, Updates, WEIGHTS_EVERY, detoured, latents,
    uniform,
};
use crate::model::{Generator, NamedTensors, Pass, recalibrate};

/// Batches with which a candidate's batch norm statistics are measured.
const RECALIBRATION_BATCHES: u64 = 2;
/// Images on which the diversity of samples is measured.
const DIVERSITY_SAMPLES: usize = 64;

/// The plain part of the state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SharedState {
    /// The steps since the search began, over all restarts.
    #[serde(flatten)]
    turns: Turns,
    /// How often the pair was started anew.
    restarts: u64,
    /// How often it was taken back because its numbers broke off.
    #[serde(default)]
    detours: u64,
    window: LossWindow,
}

/// The pair with all operators of the space.
pub struct SharedGan {
    pair: Pair,
    state: SharedState,
    /// Order of the images, for the number of cells it was made for.
    batches: Option<(usize, Batches)>,
}

impl SharedGan {
    /// A pair with initial weights.
    pub fn new(context: &Context) -> Self {
        Self { pair: fresh_pair(context, 0), state: SharedState::default(), batches: None }
    }

    /// Forgets weights, optimisers and losses, and starts from other initial weights.
    pub fn restart(&mut self, context: &Context) {
        self.state.restarts += 1;
        self.state.window = LossWindow::default();
        self.pair = fresh_pair(context, self.state.restarts);
    }

    /// The update of the network whose turn it is; a whole step, with `genotype` in all of its updates, is
    /// a discriminator update and, every `n_critic` steps, a generator update. Returns the losses of a step
    /// that is whole now.
    ///
    /// # Errors
    ///
    /// If a loss or a weight is no number any more, or if there are fewer images than a batch takes.
    pub fn advance(
        &mut self,
        context: &Context,
        config: &SearchConfig,
        genotype: &Genotype,
    ) -> Result<Option<Losses>, GanError> {
        let (step, network) = (self.step(), self.state.turns.next());
        let (recipe, cells) = (context.recipe, genotype.cells.len());
        let images = &context.arena(cells).images;
        if self.batches.as_ref().is_none_or(|(made_for, _)| *made_for != cells) {
            let stream = detoured("shared/shuffle", self.state.detours);
            let batches = recipe.batches(images, context.seed, &stream)?;
            self.batches = Some((cells, batches));
        }
        let Some((_, batches)) = &mut self.batches else {
            unreachable!("the batches were made above");
        };
        let draw = |purpose: &str, count| {
            let (seed, latent) = (context.seed, context.model.latent);
            let stream = detoured(&format!("shared/latent/{purpose}"), self.state.detours);
            latents(seed, &stream, step, count, latent, &context.device)
        };
        let rate = recipe.rate(network);
        let value = match network {
            Network::Discriminator => {
                let real = recipe.real(images, batches, step, &context.device);
                let z = draw("discriminator", real.dims()[0]);
                self.pair.discriminator_step(recipe.loss, genotype, real, z, rate)
            }
            Network::Generator => {
                let z = draw("generator", recipe.generator_batch);
                self.pair.generator_step(recipe.loss, genotype, z, rate)
            }
        };
        let value = NotFinite::check(network, value, step)?;
        let losses = self.state.turns.note(value, recipe.n_critic);
        losses.into_iter().for_each(|losses| self.state.window.push(&config.reset, losses));
        if losses.is_some() && self.step().is_multiple_of(WEIGHTS_EVERY) {
            self.pair.check(None, self.step())?;
        }
        Ok(losses)
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn detour(&mut self) {
        self.state.detours += 1;
        self.batches = None;
    }

    /// Why the pair counts as collapsed, if it does.
    pub fn collapsed(&self, config: &SearchConfig) -> Option<String> {
        self.state.window.collapsed(&config.reset)
    }

    /// Why the images of `genotype` count as collapsed, if they do.
    pub fn uniform(&self, context: &Context, config: &SearchConfig, genotype: &Genotype) -> Option<String> {
        let z = latents(
            context.seed,
            "shared/latent/diversity",
            0,
            DIVERSITY_SAMPLES,
            context.model.latent,
            &context.device,
        );
        let generator = self.candidate(context, config, genotype);
        uniform(generator.forward(z, genotype, Pass::Eval), config.reset.diversity)
    }

    /// The shared generator as `genotype` is scored with it, outside of autodiff.
    pub fn candidate(&self, context: &Context, config: &SearchConfig, genotype: &Genotype) -> Generator {
        let batch = context.recipe.generator_batch;
        let count = if config.recalibrate { RECALIBRATION_BATCHES } else { 0 };
        let z = (0..count).map(|draw| {
            let (seed, latent) = (context.seed, context.model.latent);
            latents(seed, "shared/latent/recalibration", draw, batch, latent, &context.device)
        });
        recalibrate(&self.pair.generator, genotype, z)
    }

    /// Discriminator steps since the search began. Weights differ whenever this (or
    /// [`SharedGan::restarts`]) does.
    pub fn step(&self) -> u64 {
        self.state.turns.step()
    }

    /// Whether the generator's update of a step is still to come.
    pub fn is_halfway(&self) -> bool {
        self.state.turns.next() == Network::Generator
    }

    /// Updates of each network since the search began.
    pub fn updates(&self, n_critic: u64) -> Updates {
        self.state.turns.updates(n_critic)
    }

    /// How often the pair was started anew.
    pub fn restarts(&self) -> u64 {
        self.state.restarts
    }

    /// Everything that a resumed search needs.
    pub fn state(&self) -> (SharedState, NamedTensors) {
        (self.state.clone(), self.pair.state())
    }

    /// Takes a saved state on.
    ///
    /// # Errors
    ///
    /// If the tensors belong to another space or other sizes.
    pub fn restore(
        &mut self,
        context: &Context,
        state: SharedState,
        tensors: &NamedTensors,
    ) -> Result<(), GanError> {
        self.pair = fresh_pair(context, state.restarts).restore(tensors, &context.device)?;
        self.state = state;
        self.batches = None;
        Ok(())
    }
}

fn fresh_pair(context: &Context, restarts: u64) -> Pair {
    let Context { seed, device, space, model, recipe, .. } = context;
    let stream = format!("shared/{restarts}");
    Pair::new(
        model.shared_generator(space, device, *seed, &stream),
        model.discriminator(space.cells(), device, *seed, &stream),
        recipe.adam,
    )
}
