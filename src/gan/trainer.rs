//! Trains one architecture from scratch.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::GanError;
use super::config::{AverageStatistics, Recipe, TrainConfig};
use super::latent::{detoured, latents};
use super::not_finite::{NotFinite, WEIGHTS_EVERY};
use super::step::Pair;
use super::turns::{Losses, Network, Turns, Updates};
use crate::arch::Genotype;
use crate::data::{Batches, ImageSet};
use crate::metric::{Score, Scorer};
use crate::model::{Average, Generator, ModelConfig, NamedTensors, collect, parts, recalibrate, with_prefix};

/// Batches with which batch norm statistics are measured anew.
const RECALIBRATION_BATCHES: u64 = 10;
/// Prefix of the best evaluation's average weights among a trainer's tensors.
pub const BEST: &str = "best";
/// Prefix of the raw weights at that evaluation.
pub const BEST_RAW: &str = "best_raw";

/// What a pair is trained on and measured against, at one image size.
#[derive(Clone)]
pub struct Arena {
    /// The training images.
    pub images: Arc<ImageSet>,
    /// Measures generated images of that size.
    pub scorer: Arc<Scorer>,
}

/// The best evaluation so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Generator steps at that time.
    pub step: u64,
    /// Its scores, the deciding one first.
    pub scores: Vec<Score>,
}

/// The plain part of a trainer's state; its tensors are apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainerState {
    /// How far the alternation of updates is.
    #[serde(flatten)]
    pub turns: Turns,
    /// How often the training was taken back because its numbers broke off.
    #[serde(default)]
    pub detours: u64,
    /// The best evaluation so far; its weights are among the tensors.
    pub best: Option<Best>,
}

/// A training from scratch that can be stopped after any step and resumed from its state.
pub struct Trainer {
    genotype: Genotype,
    recipe: Recipe,
    config: TrainConfig,
    seed: u64,
    stream: String,
    device: Device,
    latent: usize,
    batches: Batches,
    pair: Pair,
    average: Average<Generator>,
    state: TrainerState,
    best_weights: Option<NamedTensors>,
    /// The raw generator's at the same time.
    best_raw: Option<NamedTensors>,
}

impl Trainer {
    /// A training of `genotype` on `device` from its initial weights. All random numbers come from
    /// `seed` and streams under `stream`.
    ///
    /// # Errors
    ///
    /// If there are fewer images than a batch takes.
    #[allow(clippy::too_many_arguments)] // Each is a different thing, and a struct would name them twice.
    pub fn new(
        genotype: Genotype,
        model: &ModelConfig,
        recipe: Recipe,
        config: TrainConfig,
        images: &ImageSet,
        device: &Device,
        seed: u64,
        stream: &str,
    ) -> Result<Self, GanError> {
        let generator = model.derived_generator(&genotype, device, seed, stream);
        let discriminator = model.discriminator(genotype.cells.len(), device, seed, stream);
        Ok(Self {
            recipe,
            config,
            seed,
            stream: stream.to_owned(),
            device: device.clone().inner(),
            latent: model.latent,
            batches: recipe.batches(images, seed, &format!("{stream}/shuffle"))?,
            average: Average::new(&generator, model.ema_decay),
            pair: Pair::new(generator, discriminator, recipe.adam),
            state: TrainerState::default(),
            best_weights: None,
            best_raw: None,
            genotype,
        })
    }

    /// The update of the network whose turn it is: a discriminator update and, every `n_critic` of them,
    /// a generator update. Returns the losses of a step that is whole now.
    ///
    /// # Errors
    ///
    /// If a loss or a weight is no number any more. The pair is of no use then; go back to a checkpoint.
    pub fn advance(&mut self, images: &ImageSet) -> Result<Option<Losses>, GanError> {
        let (step, network) = (self.step(), self.state.turns.next());
        let Recipe { loss, n_critic, .. } = self.recipe;
        let rate = self.config.rate(self.recipe.rate(network), step, n_critic);
        let value = match network {
            Network::Discriminator => {
                let real = self.recipe.real(images, &mut self.batches, step, &self.device);
                let z = self.latents("discriminator", step, real.dims()[0]);
                self.pair.discriminator_step(loss, &self.genotype, real, z, rate)
            }
            Network::Generator => {
                let z = self.latents("generator", step, self.recipe.generator_batch);
                self.pair.generator_step(loss, &self.genotype, z, rate)
            }
        };
        let value = NotFinite::check(network, value, step)?;
        if network == Network::Generator {
            self.average.update(&self.pair.generator);
        }
        let losses = self.state.turns.note(value, n_critic);
        if losses.is_some() && self.step().is_multiple_of(WEIGHTS_EVERY) {
            self.pair.check(Some(self.average.module()), self.step())?;
        }
        Ok(losses)
    }

    /// Whether all steps are done.
    pub fn finished(&self) -> bool {
        self.step() >= self.last_step()
    }

    /// Discriminator steps done, with the generator steps that belong to them.
    pub fn step(&self) -> u64 {
        self.state.turns.step()
    }

    /// Updates of each network.
    pub fn updates(&self) -> Updates {
        self.state.turns.updates(self.recipe.n_critic)
    }

    /// Generator steps done.
    pub fn generator_steps(&self) -> u64 {
        self.updates().generator
    }

    /// Whether something that happens every `every` generator steps is due: right after such a
    /// step is whole, and after the very last step.
    pub fn due(&self, every: u64) -> bool {
        let stepped = (self.step() - 1).is_multiple_of(self.recipe.n_critic);
        let steps = self.generator_steps();
        // Discriminator steps may follow the last generator step; it waits for those.
        self.finished() || (stepped && steps < self.config.steps && steps.is_multiple_of(every.max(1)))
    }

    fn last_step(&self) -> u64 {
        self.config.last_step(self.recipe.n_critic)
    }

    fn latents(&self, purpose: &str, counter: u64, count: usize) -> Tensor<2> {
        let stream = detoured(&format!("{}/latent/{purpose}", self.stream), self.state.detours);
        latents(self.seed, &stream, counter, count, self.latent, &self.device)
    }

    /// The average generator as it is used: outside of autodiff, with the batch norm statistics that
    /// the configuration says.
    pub fn generator(&self) -> Generator {
        match self.config.average_statistics {
            AverageStatistics::Raw => self.average.with_buffers_of(&self.pair.generator),
            AverageStatistics::Recalibrated => {
                let batch = self.recipe.generator_batch;
                let z = (0..RECALIBRATION_BATCHES).map(|i| self.latents("recalibration", i, batch));
                recalibrate(self.average.module(), &self.genotype, z)
            }
        }
    }

    /// Notes an evaluation; keeps the weights when it is the best so far by its first score.
    /// Returns whether it is.
    pub fn note(&mut self, scores: Vec<Score>, generator: &Generator) -> bool {
        let better = match (&self.state.best, scores.first()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(best), Some(score)) => best.scores.first().is_none_or(|b| score.better(b)),
        };
        if better {
            let step = self.generator_steps();
            self.state.best = Some(Best { step, scores });
            self.best_weights = Some(collect(generator));
            self.best_raw = Some(collect(&self.pair.generator));
        }
        better
    }

    /// The best evaluation so far.
    pub fn best(&self) -> Option<&Best> {
        self.state.best.as_ref()
    }

    /// Weights of the best evaluation so far, by the reference's names.
    pub fn best_weights(&self) -> Option<&NamedTensors> {
        self.best_weights.as_ref()
    }

    /// The raw generator's weights at the best evaluation so far, by the reference's names.
    pub fn best_raw(&self) -> Option<&NamedTensors> {
        self.best_raw.as_ref()
    }

    /// The architecture in training.
    pub fn genotype(&self) -> &Genotype {
        &self.genotype
    }

    /// Trains on: more steps at the same configuration.
    pub fn prolong(&mut self, config: TrainConfig) {
        self.config = config;
    }

    /// Everything that a resumed trainer needs.
    pub fn state(&self) -> (TrainerState, NamedTensors) {
        let mut tensors = self.pair.state();
        tensors.extend(with_prefix("average", collect(self.average.module())));
        if let Some(best) = &self.best_weights {
            tensors.extend(with_prefix(BEST, best.clone()));
        }
        if let Some(raw) = &self.best_raw {
            tensors.extend(with_prefix(BEST_RAW, raw.clone()));
        }
        (self.state.clone(), tensors)
    }

    /// Becomes what [`Trainer::state`] saved.
    ///
    /// # Errors
    ///
    /// If the tensors belong to another architecture.
    pub fn restore(&mut self, state: TrainerState, tensors: &NamedTensors) -> Result<(), GanError> {
        self.pair = self.pair.clone().restore(tensors, &self.device)?;
        self.average = self.average.clone().restore(&parts("average", tensors))?;
        self.best_weights = state.best.is_some().then(|| parts(BEST, tensors));
        // Checkpoints of the first versions have none.
        self.best_raw = Some(parts(BEST_RAW, tensors)).filter(|raw| !raw.is_empty());
        self.state = state;
        self.follow_detours();
        Ok(())
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn detour(&mut self) {
        self.state.detours += 1;
        self.follow_detours();
    }

    fn follow_detours(&mut self) {
        self.batches.set_stream(detoured(&format!("{}/shuffle", self.stream), self.state.detours));
    }
}

impl Recipe {
    /// The order of the training images.
    ///
    /// # Errors
    ///
    /// If there are fewer images than a batch takes.
    pub fn batches(&self, images: &ImageSet, seed: u64, stream: &str) -> Result<Batches, GanError> {
        Ok(Batches::new(images.len(), self.batch, seed, stream, self.keep_last_batch)?)
    }

    /// The real images of step `step`, `[batch, 3, side, side]`.
    pub fn real(&self, images: &ImageSet, batches: &mut Batches, step: u64, device: &Device) -> Tensor<4> {
        let indices = batches.indices(step);
        let shape = [indices.len(), 3, images.side(), images.side()];
        Tensor::from_data(TensorData::new(images.batch_f32(&indices), shape), device)
    }
}
