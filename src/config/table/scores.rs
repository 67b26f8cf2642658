//! Settings of the scores.

use super::{MAX_BATCH, MAX_IMAGES, Most, Section, Setting, SettingChoice, SettingKind, choices};
use crate::config::RunConfig;
use crate::metric::extractor;
use crate::metric::extractor::inception::Preprocessing;
use crate::metric::{MetricName, metrics_of};

/// The scores.
pub const SCORES: Section = Section {
    title: "Scores",
    about: "How generated images are evaluated",
    settings: || {
        const {
            &[
                Setting::new(
                    "score.extractor",
                    "Extractor",
                    "The network whose features scores are made of; only scores of the same one can be compared",
                    SettingKind::Choice(|| {
                        choices(&[
                            (
                                "builtin",
                                "Built-in",
                                "toys-v1 for the toys, else a small network trained on the images",
                            ),
                            (
                                "inception",
                                "Inception (2015)",
                                "The network of the field's IS and FID; slow on a CPU",
                            ),
                        ])
                    }),
                ),
                Setting::new(
                    "score.preprocessing",
                    "Preprocessing",
                    "How images come to the 299 pixels that the network takes",
                    SettingKind::Choice(|| {
                        let choice = |way: Preprocessing| SettingChoice {
                            value: way.to_string(),
                            label: way.to_string(),
                            about: way.words().to_owned(),
                        };
                        Preprocessing::ALL.map(choice).into()
                    }),
                )
                .shown(|config, _| config.score.extractor == extractor::ExtractorKind::Inception),
                Setting::new(
                    "score.samples",
                    "Score images",
                    "Images that are generated for a score",
                    SettingKind::Whole(2, MAX_IMAGES),
                )
                .speed(50.0),
                Setting::new(
                    "score.reference",
                    "Real images",
                    "Real images that they are compared with; 0 for all of them",
                    SettingKind::Whole(0, Most::Any),
                )
                .speed(50.0),
                Setting::new(
                    "score.metrics",
                    "Metrics",
                    "What is computed for each generator, beside what decides and what the search is rewarded for",
                    SettingKind::Own("a list of metrics, each as score.deciding may be"),
                ),
                Setting::new(
                    "score.deciding",
                    "Decides",
                    "The score that decides which generator is the best",
                    SettingKind::Choice(|| MetricName::all().map(metric).collect()),
                ),
                Setting::new(
                    "score.splits",
                    "Score splits",
                    "Parts over which the inception score is averaged",
                    SettingKind::Whole(1, Most::Setting("score.samples")),
                )
                .speed(0.1)
                .shown(|config, _| is_used(config, "splits")),
                Setting::new(
                    "score.neighbours",
                    "Neighbours",
                    "How many nearest neighbours a neighbourhood reaches to",
                    SettingKind::Whole(1, MAX_IMAGES),
                )
                .speed(0.1)
                .shown(|config, _| is_used(config, "neighbours")),
                Setting::new(
                    "score.kid_subsets",
                    "Kernel subsets",
                    "Subsets over which the kernel distance is averaged",
                    SettingKind::Whole(1, MAX_IMAGES),
                )
                .shown(|config, _| is_used(config, "kid_subset_size")),
                Setting::new(
                    "score.kid_subset_size",
                    "Subset images",
                    "Images of each side in such a subset",
                    SettingKind::Whole(2, MAX_IMAGES),
                )
                .speed(10.0)
                .shown(|config, _| is_used(config, "kid_subset_size")),
                Setting::new(
                    "score.batch",
                    "Score batch",
                    "Images that are generated at a time for a score",
                    SettingKind::Whole(1, MAX_BATCH),
                )
                .advanced(),
            ]
        }
    },
};

/// Whether a metric that a run computes has a setting of its own.
fn is_used(config: &RunConfig, key: &str) -> bool {
    let computed = config.score.computed(Some(config.search.reward));
    let settings = config.score.metric_settings(0);
    metrics_of(&computed).any(|metric| metric.fewest_images(&settings).1 == Some(key))
}

/// A metric as a choice.
pub(super) fn metric(name: MetricName) -> SettingChoice {
    SettingChoice {
        value: name.to_string(),
        label: name.label("").to_owned(),
        about: name.about().to_owned(),
    }
}
