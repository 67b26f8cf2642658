//! What is gathered of one side's images.

use crate::metric::extractor::Outputs;
use crate::metric::{InceptionScoring, MetricError, Statistics};

/// What has to be gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Mean and covariance: memory of two matrices, whatever the number of images.
    pub statistics: bool,
    /// All features, row by row: memory for every image.
    pub features: bool,
    /// The inception score, over so many splits.
    pub splits: Option<usize>,
}

/// What was gathered.
pub(super) struct Tally {
    pub statistics: Option<Statistics>,
    pub features: Option<Vec<f32>>,
    pub inception: Option<InceptionScoring>,
    pub seen: usize,
}

impl Tally {
    /// Nothing yet of `count` images, whose features have `width` values and logits `classes`.
    pub fn new(
        wanted: Wanted,
        count: usize,
        width: usize,
        classes: Option<usize>,
    ) -> Result<Self, MetricError> {
        let inception = wanted.splits.zip(classes);
        Ok(Self {
            statistics: wanted.statistics.then(|| Statistics::new(width)),
            features: wanted.features.then(|| Vec::with_capacity(count * width)),
            inception: inception
                .map(|(splits, classes)| InceptionScoring::new(count, classes, splits))
                .transpose()?,
            seen: 0,
        })
    }

    pub fn push(&mut self, outputs: &Outputs, images: usize) -> Result<(), MetricError> {
        if let Some(statistics) = &mut self.statistics {
            statistics.push(&outputs.features)?;
        }
        if let (Some(inception), Some(logits)) = (&mut self.inception, &outputs.logits) {
            inception.push(logits)?;
        }
        if let Some(features) = &mut self.features {
            features.extend_from_slice(&outputs.features);
        }
        self.seen += images;
        Ok(())
    }
}
