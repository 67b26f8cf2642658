//! Evaluating a generator, one batch of images at a time.

use std::sync::Arc;

use burn::tensor::Device;

use super::GanError;
use super::latent::latents;
use crate::metric::{Evaluation, Evaluator, Score, ScoreConfig};
use crate::model::Generator;

/// Which latents the images of an evaluation are generated from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EvaluationLatents {
    /// The run's seed; scores carry it.
    pub seed: u64,
    /// Name of their stream.
    pub stream: &'static str,
    /// Which latents of the stream: equal numbers mean equal latents.
    pub draw: u64,
}

/// An evaluation of a generator under way.
pub struct GeneratorEvaluation {
    generator: Generator,
    evaluator: Arc<Evaluator>,
    evaluation: Evaluation,
    latents: EvaluationLatents,
    samples: usize,
    batch: usize,
    batches_done: u64,
    device: Device,
}

impl GeneratorEvaluation {
    /// Evaluates `generator`, with images, splits and batches as `score` says.
    ///
    /// # Errors
    ///
    /// If a metric needs more images.
    pub fn new(
        generator: Generator,
        evaluator: &Arc<Evaluator>,
        score: &ScoreConfig,
        latents: EvaluationLatents,
    ) -> Result<Self, GanError> {
        let evaluation = evaluator.begin(score.samples, score.splits, latents.seed)?;
        Ok(Self {
            device: generator.device().clone(),
            generator,
            evaluation,
            evaluator: Arc::clone(evaluator),
            latents,
            samples: score.samples,
            batch: score.batch,
            batches_done: 0,
        })
    }

    /// Generates and takes in one batch. Returns the scores after the last one.
    ///
    /// # Errors
    ///
    /// If the generator's images, or their features, are not finite.
    pub fn advance(&mut self) -> Result<Option<Vec<Score>>, GanError> {
        let EvaluationLatents { seed, stream, draw } = self.latents;
        let per_draw = self.samples.div_ceil(self.batch) as u64;
        let counter = draw * per_draw + self.batches_done;
        let latent = self.generator.latent();
        // Always whole batches, so that a GPU sees one shape; surplus images are not counted.
        let z = latents(seed, stream, counter, self.batch, latent, &self.device);
        let images = self.generator.generate(z);
        self.evaluation.push(&self.evaluator, images)?;
        self.batches_done += 1;
        if self.batches_done < per_draw {
            return Ok(None);
        }
        Ok(Some(self.evaluation.finish(&self.evaluator)?))
    }

    /// The generator being evaluated.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }
}
