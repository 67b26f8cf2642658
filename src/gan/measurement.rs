//! Scoring a generator, one batch of images at a time.

use std::sync::Arc;

use burn::tensor::Device;

use super::GanError;
use super::latent::latents;
use crate::metric::{Score, Scorer, Scoring};
use crate::model::Generator;

/// How a generator is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasurePlan {
    /// Images to generate.
    pub samples: usize,
    /// Splits of the inception score.
    pub splits: usize,
    /// Images in a batch.
    pub batch: usize,
    /// The run's seed; scores carry it.
    pub seed: u64,
    /// Name of the latents' stream.
    pub stream: String,
    /// Which latents of the stream: equal numbers mean equal latents.
    pub draw: u64,
}

/// A scoring under way.
pub struct Measurement {
    generator: Generator,
    scorer: Arc<Scorer>,
    scoring: Scoring,
    plan: MeasurePlan,
    batches_done: u64,
    device: Device,
}

impl Measurement {
    /// Measures `generator`.
    pub fn new(generator: Generator, scorer: &Arc<Scorer>, plan: MeasurePlan) -> Self {
        Self {
            device: generator.device().clone(),
            generator,
            scoring: scorer.begin(plan.samples, plan.splits, plan.seed),
            scorer: Arc::clone(scorer),
            plan,
            batches_done: 0,
        }
    }

    /// Generates and takes in one batch. Returns the scores after the last one.
    ///
    /// # Errors
    ///
    /// If the generator's images, or their features, are no numbers.
    pub fn advance(&mut self) -> Result<Option<Vec<Score>>, GanError> {
        let MeasurePlan { samples, batch, seed, draw, ref stream, .. } = self.plan;
        let per_draw = samples.div_ceil(batch) as u64;
        let counter = draw * per_draw + self.batches_done;
        let latent = self.generator.latent();
        // Always whole batches, so that a GPU sees one shape; surplus images are not counted.
        let z = latents(seed, stream, counter, batch, latent, &self.device);
        let images = self.generator.generate(z);
        self.scoring.push(&self.scorer, images)?;
        self.batches_done += 1;
        match self.batches_done < per_draw {
            true => Ok(None),
            false => Ok(Some(self.scoring.finish(&self.scorer)?)),
        }
    }

    /// The generator being measured.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }
}
