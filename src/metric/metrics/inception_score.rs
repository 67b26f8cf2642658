//! Inception score (Salimans et al. 2016) from a classifier's logits.

use std::sync::Arc;

use super::super::class_distributions::{ClassDistributions, SplitDistributions};
use super::super::error::{MetricError, check_rows};
use super::super::feature_set::FeatureSet;
use super::super::feature_set::Material;
use super::definition::{MeanStd, Metric, MetricName, MetricSettings, MetricValue, Naming, PreparedMetric};

/// The name of its value.
pub const INCEPTION_SCORE: MetricName = MetricName(&Naming {
    key: "inception_score",
    label: "Inception score",
    inception_label: "IS",
    larger_is_better: true,
    about: "Sure about each image and of many classes (Salimans 2016): from 1 to the number of classes",
});

/// exp of the mean KL divergence from the marginal to each sample's class distribution, averaged over splits.
#[derive(Debug)]
pub(super) struct InceptionScore;

impl Metric for InceptionScore {
    fn word(&self) -> &'static str {
        "is"
    }

    fn noun(&self) -> &'static str {
        "the Inception score"
    }

    fn values(&self) -> &'static [MetricName] {
        &[INCEPTION_SCORE]
    }

    fn material(&self) -> Material {
        Material::ClassDistributions
    }

    fn compares(&self) -> bool {
        false
    }

    fn fewest_images(&self, settings: &MetricSettings) -> (usize, Option<&'static str>) {
        (settings.splits.max(1), Some("splits"))
    }

    fn prepare(
        &self,
        _real: &Arc<FeatureSet>,
        _settings: &MetricSettings,
    ) -> Result<Box<dyn PreparedMetric>, MetricError> {
        Ok(Box::new(Self))
    }
}

impl PreparedMetric for InceptionScore {
    fn evaluate(&self, generated: &FeatureSet) -> Result<Vec<MetricValue>, MetricError> {
        Ok(vec![score(generated.class_distributions()?)?.into()])
    }
}

/// Mean and deviation over the splits of `exp(H(mean of p) - mean of H(p))`.
///
/// The mean KL divergence of a split is computed as the entropy of the mean class distribution minus
/// the mean entropy of the samples' distributions, which is the same number and has no 0 * log 0.
fn score(distributions: &ClassDistributions) -> Result<MeanStd, MetricError> {
    let of_split = |split: &SplitDistributions| {
        let marginal = split.marginal.iter().filter(|&&p| p > 0.0);
        let marginal_entropy: f64 = marginal.map(|p| -p * p.ln()).sum();
        (marginal_entropy - split.conditional_entropy).exp()
    };
    Ok(MeanStd::of(&distributions.splits()?.iter().map(of_split).collect::<Vec<f64>>()))
}

/// The inception score of `logits` `[samples, classes]`, row-major, over `splits` splits.
///
/// ```
/// use autogan::metric::inception_score;
///
/// // Two images, each surely of another class.
/// let score = inception_score(&[1000.0, 0.0, 0.0, 1000.0], 2, 1)?;
/// assert!((score.mean - 2.0).abs() < 1e-12);
/// # Ok::<(), autogan::metric::MetricError>(())
/// ```
///
/// # Errors
/// When there are fewer samples than splits, no splits, no whole rows, or a logit that is not finite.
pub fn inception_score(logits: &[f32], classes: usize, splits: usize) -> Result<MeanStd, MetricError> {
    check_rows(logits, classes, 0)?;
    let mut distributions = ClassDistributions::new(logits.len() / classes, classes, splits)?;
    distributions.push(logits)?;
    score(&distributions)
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
            let mut distributions = ClassDistributions::new(53, CLASSES, 5).unwrap();
            for part in logits.chunks(batch * CLASSES) {
                assert!(score(&distributions).is_err());
                distributions.push(part).unwrap();
            }
            distributions.push(&logits[..CLASSES]).unwrap();
            assert_eq!(score(&distributions).unwrap(), whole, "one too many is left out");
        }
    }
}
