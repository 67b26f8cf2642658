//! What a score is: a number that never travels without what it was measured with.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::arch::words::thousands;

/// Name of the 2015 Inception network, the only extractor whose numbers are called IS and FID.
pub const INCEPTION_2015: &str = "inception-2015";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// exp of the mean KL divergence from the marginal to each sample's class distribution
    /// (Salimans et al. 2016): from 1 to the number of classes, larger is better.
    InceptionScore,
    /// Fréchet distance between Gaussians fitted to real and generated features
    /// (Heusel et al. 2017): zero or more, smaller is better.
    FrechetDistance,
    /// Squared maximum mean discrepancy of the features with a cubic kernel (Binkowski et al. 2018),
    /// unbiased, averaged over subsets: about zero for equal sets, smaller is better.
    KernelDistance,
    /// Share of generated images within the real ones' neighbourhoods (Kynkäänniemi et al. 2019).
    Precision,
    /// Share of real images within the generated ones' neighbourhoods.
    Recall,
    /// How many real neighbourhoods a generated image lies in, over what is expected (Naeem et al. 2020).
    Density,
    /// Share of real images with a generated one in their neighbourhood (Naeem et al. 2020).
    Coverage,
}

impl Metric {
    /// Whether a larger value is a better one.
    pub fn larger_is_better(self) -> bool {
        match self {
            Metric::FrechetDistance | Metric::KernelDistance => false,
            Metric::InceptionScore
            | Metric::Precision
            | Metric::Recall
            | Metric::Density
            | Metric::Coverage => true,
        }
    }

    /// The metric's name when `extractor` made the features: the short names IS and FID belong to
    /// the 2015 Inception network alone, however images came to it.
    pub fn label(self, extractor: &str) -> &'static str {
        match (self, extractor.split('/').next() == Some(INCEPTION_2015)) {
            (Metric::InceptionScore, true) => "IS",
            (Metric::InceptionScore, false) => "Inception score",
            (Metric::FrechetDistance, true) => "FID",
            (Metric::FrechetDistance, false) => "Fréchet distance",
            (Metric::KernelDistance, true) => "KID",
            (Metric::KernelDistance, false) => "Kernel distance",
            (Metric::Precision, _) => "Precision",
            (Metric::Recall, _) => "Recall",
            (Metric::Density, _) => "Density",
            (Metric::Coverage, _) => "Coverage",
        }
    }
}

/// One measured value together with everything that decides what it may be compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// What was measured.
    pub metric: Metric,
    /// The value, in the metric's own units.
    pub value: f64,
    /// Standard deviation over the splits, where there are splits.
    pub std: Option<f64>,
    /// Name of the network that made the features, for example `toys-v1`.
    pub extractor: String,
    /// Number of generated images that were scored.
    pub samples: usize,
    /// The real images compared with, in words; `None` where the metric needs none.
    pub reference: Option<String>,
    /// Number of splits of the inception score.
    pub splits: Option<usize>,
    /// Seed of the latents that the images were generated from.
    pub seed: u64,
    /// What else decides the value, in words: `k = 5`, `100 subsets of 1,000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
}

impl Score {
    /// Whether the two values may be ranked together: everything but value and std agrees.
    pub fn comparable(&self, other: &Score) -> bool {
        let Score { metric, value: _, std: _, extractor, samples, reference, splits, seed, setting } = other;
        self.metric == *metric
            && self.extractor == *extractor
            && self.samples == *samples
            && self.reference == *reference
            && self.splits == *splits
            && self.seed == *seed
            && self.setting == *setting
    }

    /// `Greater` when this score is the better one. `None` when the two are not
    /// [comparable](Score::comparable) or a value is NaN.
    pub fn compare(&self, other: &Score) -> Option<Ordering> {
        if !self.comparable(other) {
            return None;
        }
        let by_value = self.value.partial_cmp(&other.value)?;
        Some(if self.metric.larger_is_better() { by_value } else { by_value.reverse() })
    }

    /// Whether this score is comparable with the other and strictly better.
    pub fn better(&self, other: &Score) -> bool {
        self.compare(other) == Some(Ordering::Greater)
    }
}

impl Score {
    /// The value with its deviation: `8.32 ± 0.26`.
    pub fn number(&self) -> String {
        let decimals = decimals(self.value);
        match self.std {
            Some(std) => format!("{:.decimals$} ± {std:.decimals$}", self.value),
            None => format!("{:.decimals$}", self.value),
        }
    }

    /// The metric's name, with the extractor that it was measured with.
    pub fn label(&self) -> &'static str {
        self.metric.label(&self.extractor)
    }

    /// What it was measured with: `toys-v1, 2,000 samples, 10 splits`.
    pub fn conditions(&self) -> String {
        let samples = thousands(self.samples as u64);
        let mut words = format!("{}, {samples} samples", self.extractor);
        if let Some(splits) = self.splits.filter(|splits| *splits != 1) {
            words += &format!(", {splits} splits");
        }
        if let Some(setting) = &self.setting {
            words += &format!(", {setting}");
        }
        words
    }
}

/// In words: "Fréchet distance 12.3 (toys-v1, 2,000 samples)".
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.label(), self.number(), self.conditions())
    }
}

/// Decimals that show three significant digits, and at least one decimal.
fn decimals(value: f64) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 1;
    }
    (2 - value.abs().log10().floor() as i32).clamp(1, 6) as usize
}

#[cfg(test)]
impl Score {
    /// A Fréchet distance, for the tests of all rooms.
    pub(crate) fn of_tests(value: f64) -> Self {
        Self {
            metric: Metric::FrechetDistance,
            value,
            std: None,
            extractor: "toys-v1".into(),
            samples: 2000,
            reference: Some("toys".into()),
            splits: None,
            seed: 1,
            setting: None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn distance(value: f64) -> Score {
        Score { reference: Some("toys, 10,000 images".into()), ..Score::of_tests(value) }
    }

    fn inception(value: f64) -> Score {
        Score {
            metric: Metric::InceptionScore,
            std: Some(0.104),
            reference: None,
            splits: Some(10),
            ..distance(value)
        }
    }

    #[test]
    fn words_name_the_extractor_and_the_sample_count() {
        assert_eq!(distance(12.34).to_string(), "Fréchet distance 12.3 (toys-v1, 2,000 samples)");
        assert_eq!(
            inception(7.918).to_string(),
            "Inception score 7.92 ± 0.10 (toys-v1, 2,000 samples, 10 splits)"
        );
        assert!(distance(0.01234).to_string().contains(" 0.0123 "));
        assert!(distance(432.16).to_string().contains(" 432.2 "));
        assert!(distance(0.0).to_string().contains(" 0.0 "));
    }

    #[test]
    fn only_the_2015_inception_network_gives_is_and_fid() {
        let genuine = Score { extractor: INCEPTION_2015.into(), samples: 50_000, ..distance(12.42) };
        assert_eq!(genuine.to_string(), "FID 12.4 (inception-2015, 50,000 samples)");
        for extractor in ["toys-v1", "inception-2015-torchvision", "Inception-2015"] {
            let other = Score { extractor: extractor.into(), ..genuine.clone() };
            assert!(!other.to_string().contains("FID"), "{other}");
        }
    }

    #[test]
    fn better_follows_the_metric() {
        assert!(distance(3.0).better(&distance(4.0)));
        assert!(!distance(4.0).better(&distance(3.0)));
        assert!(inception(4.0).better(&inception(3.0)));
        assert!(!inception(3.0).better(&inception(3.0)));
        assert!(!distance(f64::NAN).better(&distance(3.0)));
        assert!(!distance(3.0).better(&distance(f64::NAN)));
    }

    #[test]
    fn scores_of_different_origin_are_never_ranked() {
        let base = distance(3.0);
        let others = [
            Score { metric: Metric::InceptionScore, ..base.clone() },
            Score { extractor: "toys-v2".into(), ..base.clone() },
            Score { samples: 5000, ..base.clone() },
            Score { reference: None, ..base.clone() },
            Score { splits: Some(10), ..base.clone() },
            Score { seed: 2, ..base.clone() },
            Score { setting: Some("k = 5".into()), ..base.clone() },
        ];
        for other in others {
            assert!(!base.comparable(&other), "{other:?}");
            assert_eq!(base.compare(&other), None);
        }
        assert!(base.comparable(&Score { value: 9.0, std: Some(1.0), ..base.clone() }));
    }

    #[test]
    fn json_gives_the_score_back() {
        let score = inception(1.0 / 3.0);
        let json = serde_json::to_string(&score).unwrap();
        assert!(json.contains(r#""metric":"inception_score""#), "{json}");
        assert_eq!(serde_json::from_str::<Score>(&json).unwrap(), score);
    }
}
