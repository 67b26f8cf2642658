//! Settings that cannot work, found before anything is loaded.

use std::ops::RangeInclusive;

use super::{ConfigError, MAX_SEED, RunConfig};
use crate::arch::Space;
use crate::data::{SIDES, Source};
use crate::metric::{Reward, ScoreConfig};
use crate::search::{EstimatorKind, Levels};

/// A bound on memory rather than on sense.
const MAX_BATCH: u64 = 65_536;
/// The same for numbers of images.
const MAX_IMAGES: u64 = 10_000_000;
/// A tebibyte.
const MAX_MIB: u64 = 1 << 20;
/// More channels than any GAN has.
const MAX_CHANNELS: u64 = 16_384;

impl RunConfig {
    /// Whether the settings can work, for training and scoring one architecture.
    ///
    /// # Errors
    ///
    /// The first setting that cannot work, with what it may be.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.validate_data_and_sizes()?;
        self.validate_counts()?;
        self.validate_numbers()?;
        enough_images(&self.score, None, "score.samples")
    }

    /// Whether the settings can work for a search.
    ///
    /// # Errors
    ///
    /// As [`validate`](RunConfig::validate), or if the search's settings contradict each other or the space.
    pub fn validate_search(&self) -> Result<(), ConfigError> {
        self.validate()?;
        let (search, cells) = (&self.search, self.space.cells);
        if search.total_iterations() == 0 {
            return nonsense(
                "search.iterations",
                "search.iterations has no iteration; give each cell at least one".to_owned(),
            );
        }
        if search.levels == Levels::Multi && search.iterations.len() != cells {
            return nonsense(
                "search.iterations",
                format!(
                    "search.iterations has {} numbers and space.cells is {cells}; give one number for each cell",
                    search.iterations.len()
                ),
            );
        }
        let first_side = self.model.side(1);
        if search.levels == Levels::Multi && !SIDES.contains(&first_side) {
            return nonsense(
                "model.bottom_width",
                format!(
                    "the search starts with one cell and images of {first_side} px, which is too small; set \
                 model.bottom_width to at least {} or search.levels to \"single\"",
                    SIDES.start() / 2
                ),
            );
        }
        if search.candidates < search.top_k {
            return nonsense(
                "search.top_k",
                format!(
                    "search.top_k is {} and search.candidates {}; it cannot keep more than are ranked",
                    search.top_k, search.candidates
                ),
            );
        }
        let candidate = self.score.of_candidate(search.reward_samples, search.reward_splits);
        enough_images(&candidate, Some(search.reward), "search.reward_samples")?;
        enough_images(&self.score, Some(search.reward), "score.samples")?;
        if self.winner.steps < self.derive.steps {
            return nonsense(
                "winner.steps",
                format!(
                    "winner.steps is {} and derive.steps {}; it must be at least as many, because the winner \
                 goes on from its derived state",
                    self.winner.steps, self.derive.steps
                ),
            );
        }
        Ok(())
    }

    fn validate_data_and_sizes(&self) -> Result<(), ConfigError> {
        self.data.source.parse::<Source>().map_err(|error| ConfigError::Nonsense {
            key: "data.source".to_owned(),
            text: error.to_string(),
        })?;
        Space::new(self.space.clone(), self.model.net_shape())
            .map_err(|error| ConfigError::Nonsense { key: error.key(), text: error.to_string() })?;
        let side = self.side();
        if !SIDES.contains(&side) {
            return nonsense(
                "model.bottom_width",
                format!(
                    "model.bottom_width {} with space.cells {} gives images of {side} px; choose them so that \
                 the side is from {} to {}",
                    self.model.bottom_width,
                    self.space.cells,
                    SIDES.start(),
                    SIDES.end()
                ),
            );
        }
        Ok(())
    }

    fn validate_counts(&self) -> Result<(), ConfigError> {
        let (search, derived) = (&self.search, self.derived_model());
        let scratch_steps = match search.estimator {
            EstimatorKind::Scratch => search.scratch_steps,
            EstimatorKind::Shared => 1,
        };
        let any = 1..=u64::MAX;
        let (batch, images, channels) = (1..=MAX_BATCH, 1..=MAX_IMAGES, 1..=MAX_CHANNELS);
        check_counts([
            ("seed", self.seed, &(0..=MAX_SEED)),
            ("data.seed", self.data.seed, &(0..=MAX_SEED)),
            ("data.toys_count", self.data.toys_count as u64, &images),
            ("data.limit", self.data.limit.unwrap_or(1) as u64, &any),
            ("model.discriminator_channels", self.model.discriminator_channels as u64, &channels),
            ("derived_model.generator_channels", derived.generator_channels as u64, &channels),
            ("derived_model.discriminator_channels", derived.discriminator_channels as u64, &channels),
            ("recipe.n_critic", self.recipe.n_critic, &any),
            ("recipe.batch", self.recipe.batch as u64, &batch),
            ("recipe.generator_batch", self.recipe.generator_batch as u64, &batch),
            ("search.controller.hidden", search.controller.hidden as u64, &channels),
            ("search.candidates", search.candidates as u64, &any),
            ("search.top_k", search.top_k as u64, &any),
            ("search.reward_samples", search.reward_samples as u64, &(2..=MAX_IMAGES)),
            ("search.reward_splits", search.reward_splits as u64, &(1..=search.reward_samples as u64)),
            ("search.reset.window", search.reset.window as u64, &(2..=MAX_IMAGES)),
            ("search.scratch_steps", scratch_steps, &any),
            ("derive.steps", self.derive.steps, &any),
            ("derive.evaluate_every", self.derive.evaluate_every, &any),
            ("derive.samples_every", self.derive.samples_every, &any),
            ("winner.steps", self.winner.steps, &any),
            ("winner.evaluate_every", self.winner.evaluate_every, &any),
            ("winner.samples_every", self.winner.samples_every, &any),
            ("score.samples", self.score.samples as u64, &(2..=MAX_IMAGES)),
            ("score.splits", self.score.splits as u64, &(1..=self.score.samples as u64)),
            ("score.batch", self.score.batch as u64, &batch),
            ("score.neighbours", self.score.neighbours as u64, &images),
            ("score.kid_subsets", self.score.kid_subsets as u64, &images),
            ("score.kid_subset_size", self.score.kid_subset_size as u64, &(2..=MAX_IMAGES)),
            ("checkpoint.every_seconds", self.checkpoint.every_seconds, &any),
            ("checkpoint.renew_after_mib", self.checkpoint.renew_after_mib, &(0..=MAX_MIB)),
        ])
    }

    fn validate_numbers(&self) -> Result<(), ConfigError> {
        let (recipe, search) = (&self.recipe, &self.search);
        for (name, rate) in [
            ("recipe.generator_rate", recipe.generator_rate),
            ("recipe.discriminator_rate", recipe.discriminator_rate),
            ("recipe.adam.epsilon", recipe.adam.epsilon),
            ("search.controller.rate", search.controller.rate),
        ] {
            if !(rate.is_finite() && rate > 0.0) {
                return nonsense(name, format!("{name} is {rate}; it must be a number above 0"));
            }
        }
        for (name, share) in [
            ("recipe.adam.beta1", recipe.adam.beta1),
            ("recipe.adam.beta2", recipe.adam.beta2),
            ("model.ema_decay", self.model.ema_decay),
            ("search.controller.baseline_decay", search.controller.baseline_decay),
        ] {
            if !(0.0..1.0).contains(&share) {
                return nonsense(name, format!("{name} is {share}; it must be at least 0 and below 1"));
            }
        }
        for (name, value) in [
            ("search.controller.entropy", search.controller.entropy),
            ("search.reset.variance", search.reset.variance),
            ("search.reset.diversity", search.reset.diversity),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return nonsense(name, format!("{name} is {value}; it must be a number of at least 0"));
            }
        }
        Ok(())
    }
}

fn check_counts<'a>(
    counts: impl IntoIterator<Item = (&'a str, u64, &'a RangeInclusive<u64>)>,
) -> Result<(), ConfigError> {
    let wrong = counts.into_iter().find(|(_, value, range)| !range.contains(value));
    match wrong {
        Some((name, value, range)) if *range.end() == u64::MAX => {
            nonsense(name, format!("{name} is {value}; it must be at least {}", range.start()))
        }
        Some((name, value, range)) => {
            nonsense(name, format!("{name} is {value}; it must be from {} to {}", range.start(), range.end()))
        }
        None => Ok(()),
    }
}

fn enough_images(score: &ScoreConfig, reward: Option<Reward>, counted: &str) -> Result<(), ConfigError> {
    // Where all real images are the reference, their number is not known yet.
    let real = (score.reference > 0).then_some((score.reference, "score.reference"));
    let sides = [((score.samples, counted), false)].into_iter().chain(real.map(|count| (count, true)));
    for (count, real) in sides {
        let wrong = |(key, text)| ConfigError::Nonsense { key, text };
        score.check_images(reward, count, real).map_err(wrong)?;
    }
    Ok(())
}

fn nonsense(key: &str, text: String) -> Result<(), ConfigError> {
    Err(ConfigError::Nonsense { key: key.to_owned(), text })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_defaults_make_sense() {
        assert_eq!(RunConfig::default().validate_search(), Ok(()));
    }

    #[test]
    fn every_nonsense_is_named_with_what_is_allowed() {
        for (setting, wanted) in [
            ("recipe.n_critic=0", "at least 1"),
            ("recipe.batch=0", "from 1 to 65536"),
            ("recipe.generator_batch=1000000000000", "from 1 to 65536"),
            ("recipe.generator_rate=0", "above 0"),
            ("recipe.discriminator_rate=-1e-4", "above 0"),
            ("recipe.discriminator_rate=nan", "above 0"),
            ("search.controller.rate=inf", "above 0"),
            ("recipe.adam.beta1=1", "below 1"),
            ("recipe.adam.beta2=nan", "below 1"),
            ("recipe.adam.epsilon=0", "above 0"),
            ("model.ema_decay=1.0", "below 1"),
            ("model.latent=0", "latent"),
            ("model.generator_channels=0", "channels"),
            ("model.discriminator_channels=0", "from 1"),
            ("derived_model.generator_channels=0", "from 1"),
            ("search.controller.entropy=-1", "at least 0"),
            ("search.reset.diversity=nan", "at least 0"),
            ("search.reset.window=0", "from 2"),
            ("search.reward_splits=6000", "from 1 to 5000"),
            ("score.samples=1", "from 2"),
            ("score.splits=0", "from 1 to 50000"),
            ("score.neighbours=0", "from 1"),
            ("score.kid_subsets=0", "from 1"),
            ("score.kid_subset_size=1", "from 2"),
            ("derive.evaluate_every=0", "at least 1"),
            ("winner.samples_every=0", "at least 1"),
            ("data.limit=0", "at least 1"),
            ("data.source=mnist:x", "names no source"),
            ("checkpoint.every_seconds=0", "at least 1"),
            ("space.up=[]", "up"),
        ] {
            let mut config = RunConfig::default();
            config.apply(setting).unwrap();
            let message = config.validate().unwrap_err().to_string();
            let key = setting.split_once('=').unwrap().0;
            // The search space names the generator's sizes in its own words.
            let named = message.contains(key) || message.contains(wanted) && key.starts_with("model.");
            let named = named || key.starts_with("space.") || key == "data.source";
            assert!(named && message.contains(wanted), "{setting}: {message}");
        }
        let config = RunConfig { seed: MAX_SEED + 1, ..RunConfig::default() };
        assert!(config.validate().unwrap_err().to_string().starts_with("seed is"));
    }

    #[test]
    fn images_must_have_a_side_that_can_be_loaded() {
        for (bottom_width, cells, fits) in
            [(4, 1, true), (4, 6, true), (5, 6, false), (3, 1, false), (6, 3, true), (129, 1, false)]
        {
            let mut config = RunConfig::default();
            (config.model.bottom_width, config.space.cells) = (bottom_width, cells);
            let result = config.validate();
            assert_eq!(result.is_ok(), fits, "{result:?}");
        }
    }

    #[test]
    fn a_search_that_contradicts_itself_is_refused_and_training_is_not() {
        for (settings, part) in [
            (vec!["search.iterations=[1, 2]"], "search.iterations has 2 numbers"),
            (vec!["search.iterations=[0, 0, 0]"], "no iteration"),
            (vec!["search.top_k=11"], "search.top_k is 11"),
            (vec!["search.reward=kernel_distance", "search.reward_samples=500"], "score.kid_subset_size"),
            (vec!["winner.steps=10"], "winner.steps is 10"),
            (vec!["model.bottom_width=2"], "model.bottom_width to at least 4"),
        ] {
            let mut config = RunConfig::default();
            settings.into_iter().try_for_each(|setting| config.apply(setting)).unwrap();
            assert_eq!(config.validate(), Ok(()));
            let message = config.validate_search().unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let mut single = RunConfig::default();
        single.apply("search.levels=single").unwrap();
        single.apply("search.iterations=[65]").unwrap();
        single.apply("model.bottom_width=2").unwrap();
        assert_eq!(single.validate_search(), Ok(()));
    }
}
