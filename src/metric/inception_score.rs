//! Inception score (Salimans et al. 2016) from a classifier's logits.

use super::{MetricError, check_rows};

/// Mean and spread of the inception score over the splits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InceptionScore {
    /// Mean over the splits, from 1 to the number of classes.
    pub mean: f64,
    /// Population standard deviation over the splits (as the original's `np.std`).
    pub std: f64,
}

/// An inception score under way, over `splits` runs of consecutive samples whose lengths differ by at most
/// one, cut as the original code cuts them. Memory grows with the splits, not with the samples.
///
/// The mean KL divergence of a split is computed as the entropy of the mean class distribution minus
/// the mean entropy of the samples' distributions, which is the same number and has no 0 * log 0.
#[derive(Debug, Clone)]
pub struct InceptionScoring {
    samples: usize,
    classes: usize,
    seen: usize,
    splits: Vec<Split>,
}

/// What was seen of a split.
#[derive(Debug, Clone)]
struct Split {
    /// The first sample after it.
    end: usize,
    /// Its samples.
    samples: f64,
    /// Mean of the class distributions, `[classes]`.
    marginal: Vec<f64>,
    /// Mean of their entropies.
    conditional_entropy: f64,
}

impl InceptionScoring {
    /// Will be over `samples` samples of so many `classes`.
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
            Split {
                end,
                samples: (end - start) as f64,
                marginal: vec![0.0; classes],
                conditional_entropy: 0.0,
            }
        };
        Ok(Self { samples, classes, seen: 0, splits: (0..splits).map(split).collect() })
    }

    /// Takes in the next samples' `logits` `[n, classes]`, row-major; those beyond the number it is over are
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

    /// The score.
    ///
    /// # Errors
    /// When samples are missing.
    pub fn finish(&self) -> Result<InceptionScore, MetricError> {
        if self.seen < self.samples {
            let (what, needed) = ("this inception score", self.samples);
            return Err(MetricError::TooFewSamples { what, needed, samples: self.seen });
        }
        let scores: Vec<f64> = self.splits.iter().map(Split::score).collect();
        let splits = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / splits;
        let variance = scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / splits;
        Ok(InceptionScore { mean, std: variance.sqrt() })
    }
}

impl Split {
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

    /// `exp(H(mean of p) - mean of H(p))`.
    fn score(&self) -> f64 {
        let marginal = self.marginal.iter().filter(|&&p| p > 0.0);
        let marginal_entropy: f64 = marginal.map(|p| -p * p.ln()).sum();
        (marginal_entropy - self.conditional_entropy).exp()
    }
}

/// The inception score of `logits` `[samples, classes]`, row-major, over `splits` splits.
///
/// # Errors
/// When there are fewer samples than splits, no splits, no whole rows, or a logit that is not finite.
pub fn inception_score(logits: &[f32], classes: usize, splits: usize) -> Result<InceptionScore, MetricError> {
    check_rows(logits, classes, 0)?;
    let mut scoring = InceptionScoring::new(logits.len() / classes, classes, splits)?;
    scoring.push(logits)?;
    scoring.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rng::{normals, rng};

    const CLASSES: usize = 10;

    /// Confident logits for the given labels, far enough apart that softmax is one-hot in f64.
    fn one_hot(labels: impl Iterator<Item = usize>) -> Vec<f32> {
        labels.flat_map(|label| (0..CLASSES).map(move |c| if c == label { 2000.0 } else { 0.0 })).collect()
    }

    #[test]
    fn no_information_scores_one() {
        let uniform = inception_score(&[0.7; 40 * CLASSES], CLASSES, 4).unwrap();
        assert!((uniform.mean - 1.0).abs() < 1e-12 && uniform.std < 1e-12);
        let collapsed = inception_score(&one_hot((0..40).map(|_| 3)), CLASSES, 4).unwrap();
        assert!((collapsed.mean - 1.0).abs() < 1e-12);
    }

    #[test]
    fn certain_and_balanced_scores_the_number_of_classes() {
        let logits = one_hot((0..40).map(|i| i % CLASSES));
        let score = inception_score(&logits, CLASSES, 4).unwrap();
        assert!((score.mean - CLASSES as f64).abs() < 1e-10 && score.std < 1e-10);
    }

    #[test]
    fn splits_are_consecutive_and_std_is_the_population_one() {
        // The first half covers two classes, the second one: scores 2 and 1.
        let labels = (0..20).map(|i| if i < 10 { i % 2 } else { 0 });
        let score = inception_score(&one_hot(labels), CLASSES, 2).unwrap();
        assert!((score.mean - 1.5).abs() < 1e-12, "{score:?}");
        assert!((score.std - 0.5).abs() < 1e-12, "{score:?}");
    }

    #[test]
    fn the_entropy_form_equals_the_mean_kl_divergence() {
        let (samples, splits) = (103, 10);
        let logits = normals(&mut rng(2, "test/logits", 0), samples * CLASSES);
        let softmax = |row: &[f32]| {
            let exps: Vec<f64> = row.iter().map(|&x| f64::from(x).exp()).collect();
            let sum: f64 = exps.iter().sum();
            exps.into_iter().map(|e| e / sum).collect::<Vec<f64>>()
        };
        let p: Vec<Vec<f64>> = logits.chunks_exact(CLASSES).map(softmax).collect();
        let scores: Vec<f64> = (0..splits)
            .map(|i| {
                let part = &p[i * samples / splits..(i + 1) * samples / splits];
                let n = part.len() as f64;
                let kl = |row: &Vec<f64>| {
                    (0..CLASSES)
                        .map(|c| {
                            let marginal = part.iter().map(|row| row[c]).sum::<f64>() / n;
                            row[c] * (row[c].ln() - marginal.ln())
                        })
                        .sum::<f64>()
                };
                (part.iter().map(kl).sum::<f64>() / n).exp()
            })
            .collect();
        let mean = scores.iter().sum::<f64>() / splits as f64;
        let score = inception_score(&logits, CLASSES, splits).unwrap();
        assert!((score.mean - mean).abs() < 1e-12, "{} and {mean}", score.mean);
    }

    #[test]
    fn a_shift_of_a_sample_s_logits_changes_nothing() {
        let mut logits = normals(&mut rng(2, "test/logits", 1), 50 * CLASSES);
        for logit in &mut logits {
            *logit = (*logit * 8.0).round() / 8.0; // so that the shift below is exact in f32
        }
        let base = inception_score(&logits, CLASSES, 5).unwrap();
        for logit in &mut logits[..CLASSES] {
            *logit += 1024.0;
        }
        let shifted = inception_score(&logits, CLASSES, 5).unwrap();
        assert!((base.mean - shifted.mean).abs() < 1e-12);
    }

    #[test]
    fn bad_input_is_refused() {
        let too_few = inception_score(&[0.0; 4 * CLASSES], CLASSES, 5).unwrap_err();
        assert!(too_few.to_string().contains("at least 5 samples and got 4"), "{too_few}");
        assert!(inception_score(&[0.0; 4 * CLASSES], CLASSES, 0).is_err());
        assert!(inception_score(&[], CLASSES, 1).is_err());
        assert!(inception_score(&[0.0; CLASSES + 1], CLASSES, 1).is_err());
        let mut logits = vec![0.0; 4 * CLASSES];
        logits[2 * CLASSES + 1] = f32::NAN;
        let nan = inception_score(&logits, CLASSES, 2).unwrap_err();
        assert!(nan.to_string().starts_with("sample 2 has the value NaN in column 1"), "{nan}");
    }

    #[test]
    fn samples_may_come_in_any_batches_and_all_must() {
        let logits = normals(&mut rng(2, "test/logits", 2), 53 * CLASSES);
        let whole = inception_score(&logits, CLASSES, 5).unwrap();
        for batch in [1, 7, 50] {
            let mut scoring = InceptionScoring::new(53, CLASSES, 5).unwrap();
            for part in logits.chunks(batch * CLASSES) {
                assert!(scoring.finish().is_err());
                scoring.push(part).unwrap();
            }
            scoring.push(&logits[..CLASSES]).unwrap();
            assert_eq!(scoring.finish().unwrap(), whole, "one too many is left out");
        }
    }
}
