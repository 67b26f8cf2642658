//! Scoring generated images batch by batch.

use burn::tensor::Tensor;

use super::extractor::ExtractorError;
use super::{InceptionScoring, Metric, Score, Scorer, Statistics};

/// Scores under way: what was seen of the generated images so far.
///
/// Made by [`Scorer::begin`]; images come by [`push`](Scoring::push) until
/// [`is_complete`](Scoring::is_complete), then [`finish`](Scoring::finish) gives the scores.
#[derive(Debug, Clone)]
pub struct Scoring {
    samples: usize,
    splits: usize,
    seed: u64,
    statistics: Statistics,
    /// Once the first logits were seen.
    inception: Option<InceptionScoring>,
}

impl Scoring {
    pub(super) fn new(features: usize, samples: usize, splits: usize, seed: u64) -> Self {
        Self { samples, splits, seed, statistics: Statistics::new(features), inception: None }
    }

    /// Takes in `images` `[n, 3, side, side]` in [-1, 1], n at least 1; those beyond the wanted number
    /// are left out.
    ///
    /// # Errors
    /// When an image is not finite or the device fails.
    pub fn push(&mut self, scorer: &Scorer, images: Tensor<4>) -> Result<(), ExtractorError> {
        let seen = self.statistics.samples();
        if self.is_complete() {
            return Ok(());
        }
        let [count, ..] = images.dims();
        let images = images.narrow(0, 0, count.min(self.missing()));
        let outputs = scorer.extractor().outputs(images, seen)?;
        self.statistics.push(&outputs.features)?;
        if let (Some(logits), Some(classes)) = (outputs.logits, scorer.extractor().classes()) {
            let scoring = match self.inception.take() {
                Some(scoring) => scoring,
                None => InceptionScoring::new(self.samples, classes, self.splits)?,
            };
            self.inception.insert(scoring).push(&logits)?;
        }
        Ok(())
    }

    /// Images still wanted.
    pub fn missing(&self) -> usize {
        self.samples - self.statistics.samples()
    }

    /// Whether all wanted images were seen.
    pub fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    /// The Fréchet distance and, where the extractor knows classes, the inception score.
    ///
    /// # Errors
    /// When fewer than two images were seen or fewer than splits.
    pub fn finish(&self, scorer: &Scorer) -> Result<Vec<Score>, ExtractorError> {
        let distance = Score {
            metric: Metric::FrechetDistance,
            value: scorer.real().distance(&self.statistics.gaussian()?)?,
            std: None,
            extractor: scorer.extractor().name().to_owned(),
            samples: self.statistics.samples(),
            reference: Some(scorer.reference().images.clone()),
            splits: None,
            seed: self.seed,
            setting: None,
        };
        let Some(inception) = &self.inception else {
            return Ok(vec![distance]);
        };
        let inception = inception.finish()?;
        let inception = Score {
            metric: Metric::InceptionScore,
            value: inception.mean,
            std: Some(inception.std),
            reference: None,
            splits: Some(self.splits),
            ..distance.clone()
        };
        Ok(vec![distance, inception])
    }
}
