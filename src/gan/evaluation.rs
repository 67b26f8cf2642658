//! Evaluating a generator, one batch of images at a time.

use std::sync::Arc;

use burn::tensor::Device;

use super::GanError;
use super::latent::latents;
use crate::export::Tiles;
use crate::metric::{Evaluation, Evaluator, Score, ScoreConfig};
use crate::model::{Generator, host};

/// Images of an evaluation that are kept to be looked at.
pub const KEPT_IMAGES: usize = 4;

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
    keeps: bool,
    kept: Option<Tiles>,
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
            keeps: false,
            kept: None,
        })
    }

    /// Keeps the first [`KEPT_IMAGES`] of its images, which are read back from the device for it; the scores are the
    /// same.
    pub fn keep_images(self) -> Self {
        Self { keeps: true, ..self }
    }

    /// The images that were kept, once there are any.
    pub fn take_images(&mut self) -> Option<Tiles> {
        self.kept.take()
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
        if std::mem::take(&mut self.keeps) {
            let [_, _, side, _] = images.dims();
            let count = KEPT_IMAGES.min(self.batch).min(self.samples);
            self.kept = Tiles::of(&host(images.clone().narrow(0, 0, count)), side);
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::Genotype;
    use crate::data::{Split, toys};
    use crate::metric::{Extractor, Reference, real_materials};
    use crate::model::ModelConfig;

    #[test]
    fn the_images_that_are_kept_are_the_first_and_scores_are_the_same_with_and_without() {
        let device = Device::flex();
        let model = ModelConfig { latent_dim: 8, generator_channels: 4, ..ModelConfig::default() };
        let genotype: Genotype = "1 0 1 1".parse().unwrap();
        let weights = model.derived_generator(&genotype, &device, 1, "test");
        let generator = || Generator::new(&model, &genotype, &weights);
        let score = ScoreConfig { samples: 24, splits: 2, batch: 8, ..ScoreConfig::default() };
        let extractor = Extractor::builtin_toys(&device).unwrap();
        let set = toys::toys(Split::Train, 60, 8, 0, &|_, _| {}).unwrap();
        let materials = real_materials(&score.metrics);
        let reference = Reference::of(&extractor, &set, 50, &materials, &mut |_, _| {}).unwrap();
        let evaluator = Evaluator::new(extractor, reference, &score.metrics, score.metric_settings(0));
        let evaluator = Arc::new(evaluator.unwrap());
        let drawn = EvaluationLatents { seed: 3, stream: "test/latent", draw: 1 };
        let begin = || GeneratorEvaluation::new(generator(), &evaluator, &score, drawn).unwrap();
        let scores = |evaluation: &mut GeneratorEvaluation| {
            loop {
                if let Some(scores) = evaluation.advance().unwrap() {
                    break scores;
                }
            }
        };
        let (mut plain, mut keeping) = (begin(), begin().keep_images());
        assert_eq!(scores(&mut plain), scores(&mut keeping));
        assert_eq!(plain.take_images(), None);
        // The second draw begins behind the three batches of the first.
        let z = latents(3, "test/latent", 3, 8, 8, generator().device());
        let values = host(generator().generate(z));
        let side = model.side(1);
        let expected = Tiles::of(&values[..KEPT_IMAGES * 3 * side * side], side).unwrap();
        assert_eq!(keeping.take_images(), Some(expected));
    }
}
