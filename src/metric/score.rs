//! What a score is: a number that never travels without what it was computed with.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::metrics::MetricName;
use crate::arch::words::thousands;

/// Digits of the hash of the real images that a score names.
pub(super) const HASH_DIGITS: usize = 8;

/// A value together with everything that decides what it may be compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Of what.
    pub metric: MetricName,
    /// The value, in the metric's own units.
    pub value: f64,
    /// Standard deviation over the splits, where there are splits.
    pub std: Option<f64>,
    /// Name of the network that made the features, for example `toys-v1`.
    pub extractor: String,
    /// Number of generated images that were evaluated; 0, and left out in JSON and words, where only their
    /// statistics are known.
    #[serde(default, skip_serializing_if = "is_zero")]
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
    /// Whether the two values may be ranked together: they are of one metric and measured under the same
    /// [conditions](Score::named_conditions). Averages over seeds need what differs by the seed alone.
    pub fn comparable(&self, other: &Score) -> bool {
        self.metric == other.metric && self.named_conditions() == other.named_conditions()
    }

    /// All that decides what the value may be ranked with beside the metric: everything but value, std and seed.
    pub fn named_conditions(&self) -> [ScoreCondition; 5] {
        let Score { metric: _, value: _, std: _, extractor, samples, reference, splits, seed: _, setting } =
            self;
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        [
            ScoreCondition::new("extractors", extractor.clone()),
            ScoreCondition::new("numbers of samples", thousands(*samples as u64)),
            ScoreCondition::of_images(or_none(reference)),
            ScoreCondition::new("numbers of splits", or_none(&splits.map(|splits| splits.to_string()))),
            ScoreCondition::new("settings", or_none(setting)),
        ]
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

/// Something that a value was measured with. Two are equal where the values may be ranked together.
#[derive(Debug, Clone)]
pub struct ScoreCondition {
    /// The plural of its name, such as `numbers of samples`.
    pub plural: &'static str,
    /// It in words.
    pub words: String,
    /// As far as it decides what the value may be ranked with.
    identity: String,
}

impl ScoreCondition {
    fn new(plural: &'static str, words: String) -> Self {
        Self { plural, identity: words.clone(), words }
    }

    /// Real images in the words of a [`Reference`](super::Reference): the hash of their pixels, their number, their
    /// side and how many of them were used decide which they are, and not how their source was typed. Other words are
    /// taken whole.
    fn of_images(words: String) -> Self {
        let identity = without_name(&words).unwrap_or_else(|| words.clone());
        Self { plural: "real images", words, identity }
    }
}

impl PartialEq for ScoreCondition {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ScoreCondition {}

impl PartialOrd for ScoreCondition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An order without meaning, by which equal ones stand together.
impl Ord for ScoreCondition {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.plural, &self.identity).cmp(&(other.plural, &other.identity))
    }
}

/// What "2,000 of photos, 10,000 images of 16 px, 1a2b3c4d" says beside the name, which may have any of these words
/// in it; none where the end is another.
fn without_name(words: &str) -> Option<String> {
    let (before, hash) = words.rsplit_once(", ")?;
    let (named, images) = before.rsplit_once(", ")?;
    let (count, side) = images.strip_suffix(" px")?.split_once(" images of ")?;
    let (count, _) = (number(count)?, number(side)?);
    let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
    let used = number_of(named).filter(|used| *used < count);
    is_hash.then(|| format!("{} of {images}, {hash}", used.unwrap_or(count)))
}

fn number(text: &str) -> Option<usize> {
    text.replace(',', "").parse().ok()
}

/// How many of the images that a text names are used, where it says so first: "2,000 of photos".
fn number_of(text: &str) -> Option<usize> {
    number(text.split_once(" of ")?.0)
}

/// Whether a name could be taken for a part of the images of another one, such as a folder "5 of hearts".
pub(super) fn begins_like_a_part(name: &str) -> bool {
    number_of(name).is_some()
}

impl Score {
    /// The value: `8.32`.
    pub fn short_number(&self) -> String {
        format!("{:.*}", decimals(self.value), self.value)
    }

    /// The value with its deviation: `8.32 ± 0.26`.
    pub fn number(&self) -> String {
        let std = self.std.map(|std| format!(" ± {std:.*}", decimals(self.value)));
        self.short_number() + &std.unwrap_or_default()
    }

    /// The metric's name, with the extractor that made the features.
    pub fn label(&self) -> &'static str {
        self.metric.label(&self.extractor)
    }

    /// In words, with which of two values is the better one: `Fréchet distance 12.3, lower is better (toys-v1, 2,000
    /// samples)`.
    pub fn with_direction(&self) -> String {
        format!("{} {}, {} ({})", self.label(), self.number(), self.metric.direction(), self.conditions())
    }

    /// What it was computed with: `toys-v1, 2,000 samples, 10 splits`.
    pub fn conditions(&self) -> String {
        let mut words = self.extractor.clone();
        if !is_zero(&self.samples) {
            words += &format!(", {} samples", thousands(self.samples as u64));
        }
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

fn is_zero(samples: &usize) -> bool {
    *samples == 0
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
    /// A Fréchet distance, for the tests of all modules.
    pub(crate) fn of_tests(value: f64) -> Self {
        Self {
            metric: super::FRECHET_DISTANCE,
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
    use crate::metric::{INCEPTION_2015, INCEPTION_SCORE};

    fn distance(value: f64) -> Score {
        Score { reference: Some("toys, 10,000 images".into()), ..Score::of_tests(value) }
    }

    fn inception(value: f64) -> Score {
        Score {
            metric: INCEPTION_SCORE,
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
    fn words_say_which_direction_is_the_better_one() {
        let words = [distance(12.34), inception(7.918)].map(|score| score.with_direction());
        assert_eq!(words[0], "Fréchet distance 12.3, lower is better (toys-v1, 2,000 samples)");
        assert_eq!(
            words[1],
            "Inception score 7.92 ± 0.10, higher is better (toys-v1, 2,000 samples, 10 splits)"
        );
    }

    #[test]
    fn statistics_alone_have_no_number_of_samples() {
        let of_statistics = Score { samples: 0, ..distance(12.34) };
        assert_eq!(of_statistics.to_string(), "Fréchet distance 12.3 (toys-v1)");
        let json = serde_json::to_string(&of_statistics).unwrap();
        assert!(!json.contains("samples"), "{json}");
        assert_eq!(serde_json::from_str::<Score>(&json).unwrap(), of_statistics);
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
            Score { metric: INCEPTION_SCORE, ..base.clone() },
            Score { extractor: "toys-v2".into(), ..base.clone() },
            Score { samples: 5000, ..base.clone() },
            Score { reference: None, ..base.clone() },
            Score { splits: Some(10), ..base.clone() },
            Score { setting: Some("k = 5".into()), ..base.clone() },
        ];
        for other in others {
            assert!(!base.comparable(&other), "{other:?}");
            assert_eq!(base.compare(&other), None);
        }
        assert!(base.comparable(&Score { value: 9.0, std: Some(1.0), seed: 2, ..base.clone() }));
    }

    #[test]
    fn the_same_pictures_are_the_same_however_their_source_was_typed() {
        let of = |reference: &str| Score { reference: Some(reference.to_owned()), ..distance(3.0) };
        let base = of("photos, 40 images of 16 px, 1a2b3c4d");
        for same in ["./photos", "/home/a, b/9 of us, 2 images of 8 px", "numpy:photos.npy", "50 of us", ""] {
            let other = of(&format!("{same}, 40 images of 16 px, 1a2b3c4d"));
            assert!(base.comparable(&other), "{same}");
            assert_eq!(base.compare(&other), Some(Ordering::Equal), "{same}");
        }
        for other in [
            "photos, 40 images of 16 px, 1a2b3c4e",
            "photos, 41 images of 16 px, 1a2b3c4d",
            "photos, 40 images of 32 px, 1a2b3c4d",
            "20 of photos, 40 images of 16 px, 1a2b3c4d",
            "photos, 40 images of 16 px",
            "photos",
        ] {
            assert!(!base.comparable(&of(other)), "{other}");
            assert!(of(other).comparable(&of(other)), "{other}");
        }
        // As 0.1 wrote them, and as runs do that use a part of their images.
        let part = of("2,000 of toys, 10,000 images of 16 px, 9ba8d1b9");
        assert!(part.comparable(&of("2,000 of ./toys, 10,000 images of 16 px, 9ba8d1b9")));
        // A folder that is called like a part is written with the number of its images before it.
        assert!(begins_like_a_part("9 of us") && begins_like_a_part("1,000 of x, y"));
        assert!(!["us", "one of us", "of", "9 ofus"].into_iter().any(begins_like_a_part));
        assert!(base.comparable(&of("40 of 9 of us, 40 images of 16 px, 1a2b3c4d")));
        assert!(!base.comparable(&of("9 of us, 40 images of 16 px, 1a2b3c4d")));
        // Where there is no hash, the words decide.
        assert!(!of("photos, 40 images").comparable(&of("./photos, 40 images")));
        assert!(
            !of("photos, 40 images of 16 px, 1a2b3cxx").comparable(&of("b, 40 images of 16 px, 1a2b3cxx"))
        );
    }

    #[test]
    fn json_gives_the_score_back() {
        let score = inception(1.0 / 3.0);
        let json = serde_json::to_string(&score).unwrap();
        assert!(json.contains(r#""metric":"inception_score""#), "{json}");
        assert_eq!(serde_json::from_str::<Score>(&json).unwrap(), score);
    }
}
