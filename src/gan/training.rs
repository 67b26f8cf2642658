//! A training with its evaluations and pictures, in small steps.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::GanError;
use super::config::TrainConfig;
use super::evaluation::{EvaluationLatents, GeneratorEvaluation};
use super::health::diversity;
use super::latent::latents;
use super::schedule::StepLosses;
use super::trainer::{Trainer, TrainerState, TrainingData};
use crate::arch::Genotype;
use crate::export::Picture;
use crate::metric::{Score, ScoreConfig};
use crate::model::{Generator, NamedTensors, host};
use crate::rng::FIXED_STREAM;

/// Pictures in a row and a column of a sample grid.
pub const GRID: usize = 8;

/// What a step of a training has to tell.
#[derive(Clone, Debug)]
pub enum TrainingNews {
    /// Losses of steps, in order.
    Losses(Vec<StepLosses>),
    /// The average generator was evaluated.
    Evaluated {
        /// Generator steps done.
        step: u64,
        /// Its scores, the deciding one first.
        scores: Vec<Score>,
        /// Whether it is the best so far.
        best: bool,
        /// How much its images differ: see [`diversity`].
        diversity: f64,
    },
    /// The average generator's images of the fixed latents.
    Samples {
        /// Generator steps done.
        step: u64,
        /// What made them.
        genotype: Genotype,
        /// A grid of [`GRID`] x [`GRID`] images.
        picture: Picture,
    },
    /// Something the user should know, as the middle of a sentence.
    Warning(String),
}

/// The plain part of a training's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingState {
    trainer: TrainerState,
    /// An evaluation is due or under way; it starts anew on resuming.
    evaluating: bool,
    /// A picture is due.
    picturing: bool,
}

/// A trainer with what it is evaluated by.
pub struct Training {
    trainer: Trainer,
    training_data: TrainingData,
    config: TrainConfig,
    score: ScoreConfig,
    seed: u64,
    evaluating: bool,
    picturing: bool,
    evaluation: Option<GeneratorEvaluation>,
}

impl Training {
    /// Trains `trainer` on `training_data` and evaluates it as `score` says.
    pub fn new(
        trainer: Trainer,
        training_data: TrainingData,
        config: TrainConfig,
        score: ScoreConfig,
        seed: u64,
    ) -> Self {
        Self {
            trainer,
            training_data,
            config,
            score,
            seed,
            evaluating: false,
            picturing: false,
            evaluation: None,
        }
    }

    /// Does one piece of work (an update, a batch of an evaluation, a picture) and returns what there
    /// is to tell of it.
    ///
    /// # Errors
    ///
    /// If a loss or a score is not finite any more.
    pub fn advance(&mut self) -> Result<Option<TrainingNews>, GanError> {
        if let Some(text) = self.trainer.take_warning() {
            return Ok(Some(TrainingNews::Warning(text)));
        }
        let begins = self.picturing || self.evaluating && self.evaluation.is_none();
        if begins && let Some(losses) = self.read_losses()? {
            return Ok(Some(losses));
        }
        if self.picturing {
            self.picturing = false;
            let step = self.trainer.generator_steps();
            let genotype = self.trainer.genotype().clone();
            return Ok(Some(TrainingNews::Samples { step, genotype, picture: self.preview()? }));
        }
        if self.evaluating {
            return self.evaluate();
        }
        if self.trainer.finished() {
            return Ok(None);
        }
        let losses = self.trainer.advance(&self.training_data.images)?;
        if !self.trainer.is_halfway() {
            self.evaluating = self.trainer.due(self.config.evaluate_every);
            self.picturing = self.trainer.due(self.config.samples_every);
        }
        Ok(some_losses(losses))
    }

    /// The losses that were not read yet, as a GPU has them for some steps. Without them its state is not whole.
    ///
    /// # Errors
    ///
    /// If one is not finite.
    pub fn read_losses(&mut self) -> Result<Option<TrainingNews>, GanError> {
        Ok(some_losses(self.trainer.read_losses()?))
    }

    fn evaluate(&mut self) -> Result<Option<TrainingNews>, GanError> {
        let evaluation = match &mut self.evaluation {
            Some(evaluation) => evaluation,
            None => {
                let latents = EvaluationLatents { seed: self.seed, stream: "latent/evaluation", draw: 0 };
                let (generator, evaluator) = (self.trainer.generator(), &self.training_data.evaluator);
                let begun = GeneratorEvaluation::new(generator, evaluator, &self.score, latents)?;
                self.evaluation.insert(begun)
            }
        };
        let Some(scores) = evaluation.advance()? else {
            return Ok(None);
        };
        let best = self.trainer.note(scores.clone(), evaluation.generator());
        let diversity = diversity(of_fixed_latents(evaluation.generator(), self.seed));
        self.evaluation = None;
        self.evaluating = false;
        let step = self.trainer.generator_steps();
        Ok(Some(TrainingNews::Evaluated { step, scores, best, diversity }))
    }

    /// The average generator's images of the fixed latents as they are now.
    ///
    /// # Errors
    ///
    /// If they are not finite.
    pub fn preview(&self) -> Result<Picture, GanError> {
        picture(&self.trainer.generator(), self.seed)
    }

    /// Whether an evaluation is under way, which a restored training does anew.
    pub fn is_evaluating(&self) -> bool {
        self.evaluation.is_some()
    }

    /// Whether all steps are done, evaluated and pictured.
    pub fn finished(&self) -> bool {
        self.trainer.finished() && !self.evaluating && !self.picturing
    }

    /// Trains on, to the end of a longer configuration.
    pub fn prolong(&mut self, config: TrainConfig) {
        self.config = config;
        self.trainer.prolong(config);
    }

    /// The trainer.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// Everything that a resumed training needs. An evaluation under way is not part of it and
    /// starts anew, with the same outcome.
    pub fn state(&self) -> (TrainingState, NamedTensors) {
        let (trainer, tensors) = self.trainer.state();
        let state = TrainingState { trainer, evaluating: self.evaluating, picturing: self.picturing };
        (state, tensors)
    }

    /// Becomes what [`Training::state`] saved.
    ///
    /// # Errors
    ///
    /// If the tensors belong to another architecture.
    pub fn load_state(&mut self, state: TrainingState, tensors: &NamedTensors) -> Result<(), GanError> {
        self.trainer.load_state(state.trainer, tensors)?;
        (self.evaluating, self.picturing) = (state.evaluating, state.picturing);
        self.evaluation = None;
        Ok(())
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn reseed(&mut self) {
        self.trainer.reseed();
    }
}

fn some_losses(losses: Vec<StepLosses>) -> Option<TrainingNews> {
    (!losses.is_empty()).then_some(TrainingNews::Losses(losses))
}

/// A grid of the images that `generator` makes of the run's fixed latents.
///
/// # Errors
///
/// If the images are not finite.
pub fn picture(generator: &Generator, seed: u64) -> Result<Picture, GanError> {
    let images = of_fixed_latents(generator, seed);
    let side = images.dims()[3];
    let values: Vec<f32> = host(images);
    if values.iter().any(|value| !value.is_finite()) {
        return Err(GanError::Images);
    }
    Ok(Picture::grid(&values, side, GRID))
}

/// Images of the run's fixed latents, `[GRID * GRID, 3, side, side]`.
fn of_fixed_latents(generator: &Generator, seed: u64) -> Tensor<4> {
    let z = latents(seed, FIXED_STREAM, 0, GRID * GRID, generator.latent(), generator.device());
    generator.generate(z)
}
