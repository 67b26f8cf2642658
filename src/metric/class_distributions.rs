//! Class distributions of images, averaged split by split as the images come.

use super::error::{MetricError, check_rows};

/// The mean class distribution and the mean entropy of each of some splits: runs of consecutive samples whose
/// lengths differ by at most one, cut as the inception score's original code cuts them. Memory grows with the
/// splits, not with the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassDistributions {
    samples: usize,
    classes: usize,
    seen: usize,
    splits: Vec<SplitDistributions>,
}

/// The class distributions of one split.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SplitDistributions {
    /// The first sample after it.
    end: usize,
    /// Its samples.
    samples: f64,
    /// Mean of the class distributions, `[classes]`.
    pub marginal: Vec<f64>,
    /// Mean of their entropies.
    pub conditional_entropy: f64,
}

impl ClassDistributions {
    /// Will be of `samples` samples and so many `classes`.
    ///
    /// # Errors
    /// When there are fewer samples than splits, or no splits.
    pub fn new(samples: usize, classes: usize, splits: usize) -> Result<Self, MetricError> {
        if splits == 0 || samples < splits {
            return Err(MetricError::TooFewSamples {
                what: "an inception score with one sample or more in each of its splits",
                needed: splits.max(1),
                samples,
            });
        }
        let split = |at: usize| {
            let (start, end) = (at * samples / splits, (at + 1) * samples / splits);
            SplitDistributions {
                end,
                samples: (end - start) as f64,
                marginal: vec![0.0; classes],
                conditional_entropy: 0.0,
            }
        };
        Ok(Self { samples, classes, seen: 0, splits: (0..splits).map(split).collect() })
    }

    /// Takes in the next samples' `logits` `[n, classes]`, row-major; those beyond the number it is of are
    /// left out. An error leaves everything as it was.
    ///
    /// # Errors
    /// When there are no whole rows or a logit is not finite.
    pub fn push(&mut self, logits: &[f32]) -> Result<(), MetricError> {
        check_rows(logits, self.classes, self.seen)?;
        for row in logits.chunks_exact(self.classes).take(self.samples - self.seen) {
            let at = self.splits.partition_point(|split| split.end <= self.seen);
            self.splits[at].push(row);
            self.seen += 1;
        }
        Ok(())
    }

    /// The splits, once all samples were seen.
    ///
    /// # Errors
    /// When samples are missing.
    pub(super) fn splits(&self) -> Result<&[SplitDistributions], MetricError> {
        if self.seen < self.samples {
            let (what, needed) = ("this inception score", self.samples);
            return Err(MetricError::TooFewSamples { what, needed, samples: self.seen });
        }
        Ok(&self.splits)
    }
}

impl SplitDistributions {
    fn push(&mut self, row: &[f32]) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let shifted = row.iter().map(|&logit| f64::from(logit) - f64::from(largest));
        let log_sum = shifted.clone().map(f64::exp).sum::<f64>().ln();
        for (mean, logit) in self.marginal.iter_mut().zip(shifted) {
            let log_p = logit - log_sum;
            *mean += log_p.exp() / self.samples;
            self.conditional_entropy -= log_p.exp() * log_p / self.samples;
        }
    }
}
