//! What the search maximises: one number made of scores, larger is better.

use serde::{Deserialize, Serialize};

use super::{Metric, Score, Scorer};

/// How scores become the reward of an architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
}

/// What brings scores to a common scale; taken once from a [`Scorer`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RewardScale {
    /// Number of classes the extractor knows, if it knows any.
    pub classes: Option<usize>,
    /// Sum of the variances of the real images' features.
    pub real_spread: f64,
}

impl RewardScale {
    /// The scale that belongs to a scorer's scores.
    pub fn of(scorer: &Scorer) -> Self {
        Self { classes: scorer.extractor().classes(), real_spread: scorer.real_spread() }
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
    /// A score, or what it is measured against, is NaN or infinite.
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
    /// The reward for `scores` of one set of images: a finite number.
    ///
    /// # Errors
    /// When the inception score alone is asked for and the extractor knows no classes: search for
    /// that before a long run with [`Reward::check`]. When a score is NaN or infinite.
    pub fn of(self, scores: &[Score], scale: &RewardScale) -> Result<f64, RewardError> {
        let spread = scale.real_spread;
        let usable = |score: f64| score.is_finite() && spread.is_finite() && spread >= 0.0;
        if let Some(score) = scores.iter().map(|score| score.value).find(|score| !usable(*score)) {
            return Err(RewardError::NotFinite { score, spread });
        }
        let value = |metric| scores.iter().find(|score| score.metric == metric).map(|score| score.value);
        let inception = value(Metric::InceptionScore);
        let share = inception.zip(scale.classes).map(|(value, classes)| value / classes as f64);
        let closeness = value(Metric::FrechetDistance).map(|distance| closeness(spread, distance));
        match self {
            Self::RawInceptionScore => Ok(inception.ok_or(NoClasses)?),
            Self::InceptionScore => Ok(share.ok_or(NoClasses)?),
            Self::FrechetDistance => Ok(closeness.expect("every scorer gives the Fréchet distance")),
            Self::Mix => {
                let closeness = closeness.expect("every scorer gives the Fréchet distance");
                Ok(share.map_or(closeness, |share| 0.5 * (share + closeness)))
            }
        }
    }

    /// Whether this reward can be had at this scale; to be asked before a run starts.
    ///
    /// # Errors
    /// When it needs classes and there are none.
    pub fn check(self, scale: &RewardScale) -> Result<(), NoClasses> {
        match (self, scale.classes) {
            (Self::RawInceptionScore | Self::InceptionScore, None) => Err(NoClasses),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
        let inception = inception.map(|value| score(Metric::InceptionScore, value));
        let distance = score(Metric::FrechetDistance, distance);
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
    fn settings_spell_rewards_in_snake_case() {
        let json = serde_json::to_string(&Reward::RawInceptionScore).unwrap();
        assert_eq!(json, r#""raw_inception_score""#);
        assert!(serde_json::from_str::<Reward>(r#""fid""#).is_err());
    }
}
