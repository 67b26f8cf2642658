//! What the search maximises: one number made of scores, larger is better.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::evaluator::Evaluator;
use super::metrics::{FRECHET_DISTANCE, INCEPTION_SCORE, KEYS, MetricName};
use super::score::Score;

/// How scores become the reward of an architecture. Its text forms are those of [`REWARDS`] and, beyond them,
/// the keys of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reward {
    /// The inception score itself, from 1 to the number of classes: as released.
    RawInceptionScore,
    /// The inception score divided by the number of classes: in (0, 1].
    InceptionScore,
    /// `1 / (1 + d / s)` with the Fréchet distance d and the spread s of the real features (the sum
    /// of their variances): 1 for a perfect match, below 1/2 for a generator stuck on one image.
    FrechetDistance,
    /// The mean of the two above; where the extractor knows no classes, the second alone.
    #[default]
    Mix,
    /// A metric's value itself, or its negative where smaller is better.
    Metric(MetricName),
}

/// The rewards that are made of scores in a way of their own, with their text forms.
pub const REWARDS: [(Reward, &str); 4] = [
    (Reward::Mix, "mix"),
    (Reward::FrechetDistance, "frechet_distance"),
    (Reward::InceptionScore, "inception_score"),
    (Reward::RawInceptionScore, "raw_inception_score"),
];

/// All text forms, for messages.
static TEXTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut texts: Vec<&str> = REWARDS.iter().map(|(_, text)| *text).collect();
    texts.extend(KEYS.iter().filter(|key| REWARDS.iter().all(|(_, text)| text != *key)));
    texts
});

impl fmt::Display for Reward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = REWARDS.iter().find(|(reward, _)| reward == self).map(|(_, text)| *text);
        match self {
            Self::Metric(name) => name.fmt(f),
            _ => f.write_str(text.unwrap_or_default()),
        }
    }
}

impl Serialize for Reward {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reward {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = REWARDS.iter().find(|(_, other)| *other == text).map(|(reward, _)| *reward);
        let found = found.or_else(|| MetricName::find(&text).map(Self::Metric));
        found.ok_or_else(|| de::Error::unknown_variant(&text, &TEXTS))
    }
}

/// What brings scores to a common scale; taken once from an [`Evaluator`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RewardScale {
    /// Number of classes the extractor knows, if it knows any.
    pub classes: Option<usize>,
    /// Sum of the variances of the real images' features.
    pub real_spread: f64,
}

impl RewardScale {
    /// The scale that belongs to an evaluator's scores.
    pub fn of(evaluator: &Evaluator) -> Self {
        Self { classes: evaluator.extractor().classes(), real_spread: evaluator.real_spread() }
    }
}

/// The reward needs a score that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the reward needs the inception score, and the extractor knows no classes because the images have no labels: set reward to \"frechet_distance\" or \"mix\", or sort the images into one folder for each class"
)]
pub struct NoClasses;

/// Why scores have no reward.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RewardError {
    /// A score is not there.
    #[error(transparent)]
    NoClasses(#[from] NoClasses),
    /// A metric was not computed.
    #[error("the reward needs the {0}, and it was not computed: take it into score.metrics")]
    NotComputed(MetricName),
    /// A score, or what it is compared with, is NaN or infinite.
    #[error(
        "a reward cannot be made of a score of {score} and a spread of {spread}; go back to an earlier checkpoint"
    )]
    NotFinite {
        /// The score.
        score: f64,
        /// The spread of the real features.
        spread: f64,
    },
}

/// `s / (s + d)`, also where both are zero: real images that are all alike, and met.
fn closeness(spread: f64, distance: f64) -> f64 {
    if distance == 0.0 { 1.0 } else { spread / (spread + distance) }
}

impl Reward {
    /// The metrics whose scores it is made of.
    pub fn metrics(self) -> Vec<MetricName> {
        match self {
            Self::RawInceptionScore | Self::InceptionScore => vec![INCEPTION_SCORE],
            Self::FrechetDistance => vec![FRECHET_DISTANCE],
            Self::Mix => vec![FRECHET_DISTANCE, INCEPTION_SCORE],
            Self::Metric(name) => vec![name],
        }
    }

    /// The reward for `scores` of one set of images: a finite number.
    ///
    /// # Errors
    /// When it needs the inception score and the extractor knows no classes: find that out before a long run
    /// with [`Reward::check`]. When another score that it needs is missing, or a score is NaN or infinite.
    pub fn of(self, scores: &[Score], scale: &RewardScale) -> Result<f64, RewardError> {
        let spread = scale.real_spread;
        let usable = |score: f64| score.is_finite() && spread.is_finite() && spread >= 0.0;
        if let Some(score) = scores.iter().map(|score| score.value).find(|score| !usable(*score)) {
            return Err(RewardError::NotFinite { score, spread });
        }
        let find = |name| scores.iter().find(|score| score.metric == name).map(|score| score.value);
        let value = |name| find(name).ok_or(RewardError::NotComputed(name));
        let inception = find(INCEPTION_SCORE);
        let share = inception.zip(scale.classes).map(|(value, classes)| value / classes as f64);
        let closeness = || Ok::<f64, RewardError>(closeness(spread, value(FRECHET_DISTANCE)?));
        match self {
            Self::RawInceptionScore => Ok(inception.ok_or(NoClasses)?),
            Self::InceptionScore => Ok(share.ok_or(NoClasses)?),
            Self::FrechetDistance => closeness(),
            Self::Mix => {
                let closeness = closeness()?;
                Ok(share.map_or(closeness, |share| 0.5 * (share + closeness)))
            }
            Self::Metric(name) if name.larger_is_better() => value(name),
            Self::Metric(name) => Ok(-value(name)?),
        }
    }

    /// Whether it can be had only of an extractor that knows classes.
    pub fn needs_classes(self) -> bool {
        self != Self::Mix && self.metrics().contains(&INCEPTION_SCORE)
    }

    /// Whether this reward can be had at this scale; to be asked before a run starts.
    ///
    /// # Errors
    /// When it needs classes and there are none.
    pub fn check(self, scale: &RewardScale) -> Result<(), NoClasses> {
        if self.needs_classes() && scale.classes.is_none() { Err(NoClasses) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metric::KERNEL_DISTANCE;

    const LABELLED: RewardScale = RewardScale { classes: Some(10), real_spread: 40.0 };
    const UNLABELLED: RewardScale = RewardScale { classes: None, real_spread: 40.0 };

    fn scores(inception: Option<f64>, distance: f64) -> Vec<Score> {
        let score = |metric, value| Score {
            metric,
            value,
            std: None,
            extractor: "toys-v1".into(),
            samples: 100,
            reference: None,
            splits: None,
            seed: 0,
            setting: None,
        };
        let inception = inception.map(|value| score(INCEPTION_SCORE, value));
        let distance = score(FRECHET_DISTANCE, distance);
        inception.into_iter().chain([distance]).collect()
    }

    #[test]
    fn rewards_have_their_stated_values() {
        let scores = scores(Some(5.0), 40.0);
        let reward = |reward: Reward| reward.of(&scores, &LABELLED).unwrap();
        assert_eq!(reward(Reward::RawInceptionScore), 5.0);
        assert_eq!(reward(Reward::InceptionScore), 0.5);
        assert_eq!(reward(Reward::FrechetDistance), 0.5);
        assert_eq!(reward(Reward::Mix), 0.5);
        assert_eq!(Reward::default(), Reward::Mix);
    }

    #[test]
    fn a_better_score_is_a_larger_reward_within_bounds() {
        for kind in [Reward::InceptionScore, Reward::FrechetDistance, Reward::Mix] {
            let ladder = [(1.0, 1e9), (2.0, 50.0), (9.0, 1.0), (10.0, 0.0)];
            let rewards = ladder.map(|(i, d)| kind.of(&scores(Some(i), d), &LABELLED).unwrap());
            assert!(rewards.is_sorted_by(|a, b| a < b), "{kind:?}: {rewards:?}");
            assert!(rewards[0] > 0.0 && rewards[3] == 1.0, "{kind:?}: {rewards:?}");
        }
    }

    #[test]
    fn without_classes_only_the_distance_counts() {
        let scores = scores(None, 40.0);
        for kind in [Reward::FrechetDistance, Reward::Mix] {
            assert_eq!(kind.of(&scores, &UNLABELLED), Ok(0.5));
            assert_eq!(kind.check(&UNLABELLED), Ok(()));
        }
        for kind in [Reward::RawInceptionScore, Reward::InceptionScore] {
            assert_eq!(kind.of(&scores, &UNLABELLED), Err(NoClasses.into()));
            assert_eq!(kind.check(&UNLABELLED), Err(NoClasses));
            assert_eq!(kind.check(&LABELLED), Ok(()));
        }
    }

    #[test]
    fn a_metric_s_own_value_is_a_reward_with_the_sign_that_makes_larger_better() {
        for name in MetricName::all() {
            let scores = [1.0, 2.0].map(|value| Score { metric: name, ..Score::of_tests(value) });
            let [one, two] = scores.map(|score| Reward::Metric(name).of(&[score], &LABELLED).unwrap());
            assert_eq!((one.abs(), two > one), (1.0, name.larger_is_better()), "{name}");
        }
        let missing = Reward::Metric(KERNEL_DISTANCE).of(&scores(None, 1.0), &LABELLED).unwrap_err();
        assert!(missing.to_string().contains("kernel_distance"), "{missing}");
    }

    #[test]
    fn settings_spell_rewards_as_they_always_did_and_metrics_by_their_keys() {
        for (reward, text) in
            REWARDS.into_iter().chain([(Reward::Metric(KERNEL_DISTANCE), "kernel_distance")])
        {
            let json = serde_json::to_string(&reward).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Reward>(&json).unwrap(), reward);
        }
        let error = serde_json::from_str::<Reward>(r#""fid""#).unwrap_err().to_string();
        assert!(error.contains("`mix`") && error.contains("`recall`"), "{error}");
    }
}
