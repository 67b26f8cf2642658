//! How generators are evaluated: the section `[score]` of the settings.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::extractor::{ExtractorKind, inception::Preprocessing};
use super::image_needs::{ImageNeeds, KeyStyle};
use super::metrics::{FRECHET_DISTANCE, INCEPTION_SCORE, KidConfig, MetricName, MetricSettings};
use super::reward::Reward;

/// How generators are evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreConfig {
    /// Images that are generated for a score.
    pub samples: usize,
    /// Splits of the inception score.
    pub splits: usize,
    /// Images in a batch.
    pub batch: usize,
    /// Real images whose features are the reference; 0 for all of them.
    pub reference: usize,
    /// What is computed for each generator, in this order, behind what decides. What the search is rewarded for is
    /// computed, too. The Fréchet distance and the inception score take images as they come. Precision, recall,
    /// density, coverage, the kernel distance and the Vendi score keep all features: (samples + reference) x width
    /// x 4 bytes, where the built-in extractor's features have 64 values and the Inception network's 2,048; for the
    /// first four, time grows with samples x reference.
    pub metrics: Vec<MetricName>,
    /// Which score decides what is best.
    pub deciding: MetricName,
    /// Nearest neighbours that decide how far a neighbourhood reaches, for precision, recall, density and
    /// coverage.
    pub neighbours: usize,
    /// Subsets of the kernel distance.
    pub kid_subsets: usize,
    /// Images of each side in each of them.
    pub kid_subset_size: usize,
    /// Which network's features scores are made of.
    pub extractor: ExtractorKind,
    /// How images come to the Inception network.
    pub preprocessing: Preprocessing,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        let MetricSettings { splits, neighbours, kid, .. } = MetricSettings::default();
        Self {
            samples: 50_000,
            splits,
            batch: 128,
            reference: 0,
            metrics: vec![FRECHET_DISTANCE, INCEPTION_SCORE],
            deciding: FRECHET_DISTANCE,
            neighbours: neighbours.get(),
            kid_subsets: kid.subsets.get(),
            kid_subset_size: kid.subset_size,
            extractor: ExtractorKind::Builtin,
            preprocessing: Preprocessing::Tf,
        }
    }
}

impl ScoreConfig {
    /// What is computed: what decides first, then the metrics, then what `reward` is made of. Some may be there
    /// twice.
    pub fn computed(&self, reward: Option<Reward>) -> Vec<MetricName> {
        let rewarded = reward.map_or_else(Vec::new, Reward::metrics);
        [self.deciding].into_iter().chain(self.metrics.iter().copied()).chain(rewarded).collect()
    }

    /// What decides the values beside the images; `seed` is that of what is drawn at random.
    pub fn metric_settings(&self, seed: u64) -> MetricSettings {
        let at_least_one = |count| NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        MetricSettings {
            splits: self.splits,
            neighbours: at_least_one(self.neighbours),
            kid: KidConfig { subsets: at_least_one(self.kid_subsets), subset_size: self.kid_subset_size },
            seed,
        }
    }

    /// The same of a candidate, whose number of images and splits are a search's own.
    pub fn of_candidate(&self, samples: usize, splits: usize) -> Self {
        Self { samples, splits, ..self.clone() }
    }

    /// What all that is computed needs, with what `reward` is made of.
    pub fn image_needs(&self, reward: Option<Reward>) -> ImageNeeds {
        ImageNeeds::new(&self.computed(reward), self.metric_settings(0), KeyStyle::Setting)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metric::{CountedImages, KERNEL_DISTANCE, RECALL};

    #[test]
    fn what_decides_and_what_is_rewarded_is_computed_too() {
        let config = ScoreConfig { deciding: RECALL, ..ScoreConfig::default() };
        assert_eq!(config.computed(None), [RECALL, FRECHET_DISTANCE, INCEPTION_SCORE]);
        let rewarded = config.computed(Some(Reward::Metric(KERNEL_DISTANCE)));
        assert_eq!(rewarded[3], KERNEL_DISTANCE);
    }

    #[test]
    fn too_few_images_are_refused_with_the_setting_that_asks_for_more() {
        let config = ScoreConfig::default();
        let samples = |config: &ScoreConfig, count| {
            let counted = CountedImages::asked_for("score.samples", count);
            config.image_needs(None).check_generated(&counted)
        };
        assert_eq!(samples(&config, 10), Ok(()));
        let kid = ScoreConfig { metrics: vec![KERNEL_DISTANCE], ..config.clone() };
        let shortage = samples(&kid, 999).unwrap_err();
        assert_eq!(shortage.key, "score.kid_subset_size");
        assert!(
            shortage.text.contains("score.samples is 999, which is too few: the kernel distance needs 1,000"),
            "{shortage}"
        );
        assert_eq!(samples(&kid, 1000), Ok(()));
        let recall = ScoreConfig { deciding: RECALL, ..config };
        let real = |count| {
            let counted = CountedImages::asked_for("score.reference", count);
            recall.image_needs(None).check_real(&counted)
        };
        let shortage = real(5).unwrap_err();
        assert_eq!(shortage.key, "score.neighbours");
        assert!(shortage.text.contains("score.reference is 5"), "{shortage}");
        assert_eq!(real(6), Ok(()));
    }
}
