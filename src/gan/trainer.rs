//! Trains one architecture from scratch.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::GanError;
use super::adversarial::AdversarialLoop;
use super::config::{AverageStatistics, LrDecay, Recipe, TrainConfig};
use super::schedule::{StepLosses, UpdateSchedule, Updates};
use super::step::{Gan, Networks};
use crate::arch::Genotype;
use crate::data::ImageSet;
use crate::metric::{Evaluator, Score};
use crate::model::{Average, Generator, ModelConfig, NamedTensors, add_prefix, strip_prefix};

/// Batches with which batch norm statistics are measured anew.
pub const RECALIBRATION_BATCHES: u64 = 10;
/// Prefix of the best evaluation's average weights among a trainer's tensors.
pub const BEST: &str = "best";
/// Prefix of the raw weights at that evaluation.
pub const BEST_RAW: &str = "best_raw";

/// What a GAN is trained on and evaluated with, at one image size.
#[derive(Clone)]
pub struct TrainingData {
    /// The training images.
    pub images: Arc<ImageSet>,
    /// Evaluates generated images of that size.
    pub evaluator: Arc<Evaluator>,
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
    pub schedule: UpdateSchedule,
    /// How often the training was taken back because it diverged.
    #[serde(default, alias = "detours")]
    pub reseeds: u64,
    /// The best evaluation so far; its weights are among the tensors.
    pub best: Option<Best>,
}

/// A training from scratch that can be stopped after any step and resumed from its state.
pub struct Trainer {
    genotype: Genotype,
    model: ModelConfig,
    recipe: Recipe,
    config: TrainConfig,
    networks: Networks,
    adversarial: AdversarialLoop,
    best: Option<Best>,
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
        let average = Average::new(&generator, model.ema_decay);
        let gan = Gan::new(generator, discriminator, recipe.adam);
        let mut adversarial =
            AdversarialLoop::new(gan, Some(average), recipe, model.latent_dim, seed, stream);
        adversarial.prepare(images)?;
        adversarial.set_capture(config.capture, config.lr_decay != LrDecay::None);
        Ok(Self {
            networks: Networks::new(model, &genotype),
            model: model.clone(),
            genotype,
            recipe,
            config,
            adversarial,
            best: None,
            best_weights: None,
            best_raw: None,
        })
    }

    /// The update of the network that is next: a discriminator update and, every `n_critic` of them,
    /// a generator update. Returns the losses of the steps that are whole and known now; see
    /// [`AdversarialLoop::advance`].
    ///
    /// # Errors
    ///
    /// If a loss or a weight is not finite any more. The GAN is of no use then; go back to a checkpoint.
    pub fn advance(&mut self, images: &ImageSet) -> Result<Vec<StepLosses>, GanError> {
        let (step, n_critic) = (self.step(), self.recipe.n_critic);
        let rate = |network| self.config.learning_rate(self.recipe.learning_rate(network), step, n_critic);
        self.adversarial.advance(images, &self.networks, rate)
    }

    /// Reads the losses that are not known yet.
    ///
    /// # Errors
    ///
    /// If one is not finite.
    pub fn read_losses(&mut self) -> Result<Vec<StepLosses>, GanError> {
        self.adversarial.read_losses()
    }

    /// Why steps are not captured though the configuration asks for it, when it was not said yet.
    pub fn take_warning(&mut self) -> Option<String> {
        self.adversarial.take_warning()
    }

    /// Whether the generator's update of a step is still to come.
    pub fn is_halfway(&self) -> bool {
        self.adversarial.is_halfway()
    }

    /// Whether all steps are done.
    pub fn finished(&self) -> bool {
        self.step() >= self.last_step()
    }

    /// Discriminator steps done, with the generator steps that belong to them.
    pub fn step(&self) -> u64 {
        self.adversarial.step()
    }

    /// Updates of each network.
    pub fn updates(&self) -> Updates {
        self.adversarial.updates()
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

    /// The average generator as it is used: outside of autodiff, with the batch norm statistics that
    /// the configuration says.
    pub fn generator(&self) -> Generator {
        let raw = &self.adversarial.gan().generator;
        let average = self.adversarial.average().map_or(raw, Average::weights);
        match self.config.average_statistics {
            AverageStatistics::Raw => {
                Generator::new(&self.model, &self.genotype, &average.with_buffers_of(raw))
            }
            AverageStatistics::Recalibrated => {
                let batch = self.recipe.generator_batch;
                let draw = |i| -> Tensor<2> { self.adversarial.latents("recalibration", i, batch) };
                let average = Generator::new(&self.model, &self.genotype, average);
                average.recalibrated((0..RECALIBRATION_BATCHES).map(draw))
            }
        }
    }

    /// Notes an evaluation; keeps the weights when it is the best so far by its first score.
    /// Returns whether it is.
    pub fn note(&mut self, scores: Vec<Score>, generator: &Generator) -> bool {
        let better = match (&self.best, scores.first()) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(best), Some(score)) => best.scores.first().is_none_or(|b| score.better(b)),
        };
        if better {
            let step = self.generator_steps();
            self.best = Some(Best { step, scores });
            self.best_weights = Some(generator.weights().state_dict());
            self.best_raw = Some(self.adversarial.gan().generator.state_dict());
        }
        better
    }

    /// The best evaluation so far.
    pub fn best(&self) -> Option<&Best> {
        self.best.as_ref()
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
        self.adversarial.set_capture(config.capture, config.lr_decay != LrDecay::None);
    }

    /// Everything that a resumed trainer needs.
    pub fn state(&self) -> (TrainerState, NamedTensors) {
        let mut tensors = self.adversarial.tensors();
        if let Some(best) = &self.best_weights {
            tensors.extend(add_prefix(BEST, best.clone()));
        }
        if let Some(raw) = &self.best_raw {
            tensors.extend(add_prefix(BEST_RAW, raw.clone()));
        }
        let (schedule, reseeds) = self.adversarial.progress();
        (TrainerState { schedule: schedule.clone(), reseeds, best: self.best.clone() }, tensors)
    }

    /// Becomes what [`Trainer::state`] saved.
    ///
    /// # Errors
    ///
    /// If the tensors belong to another architecture.
    pub fn load_state(&mut self, state: TrainerState, tensors: &NamedTensors) -> Result<(), GanError> {
        self.adversarial.load_state(state.schedule, state.reseeds, tensors)?;
        self.best_weights = state.best.is_some().then(|| strip_prefix(BEST, tensors));
        // Checkpoints of the first versions have none.
        self.best_raw = Some(strip_prefix(BEST_RAW, tensors)).filter(|raw| !raw.is_empty());
        self.best = state.best;
        Ok(())
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn reseed(&mut self) {
        self.adversarial.reseed();
    }
}
