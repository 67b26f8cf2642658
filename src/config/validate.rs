//! Settings that cannot work, found before anything is loaded.

use serde_json::Value;

use super::{ConfigError, RunConfig, Setting, Settings};
use crate::arch::Space;
use crate::data::{SIDES, Source};
use crate::metric::{CountedImages, ImageShortage, Reward, ScoreConfig};
use crate::search::{EstimatorKind, Levels};

impl RunConfig {
    /// Whether the settings can work, for training and scoring one architecture.
    ///
    /// # Errors
    ///
    /// The first setting that cannot work, with what it may be.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.validate_data_and_sizes()?;
        self.validate_ranges()?;
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
        Space::new(self.space.clone(), self.model.net_shape()).map_err(|error| ConfigError::Nonsense {
            key: error.key().to_owned(),
            text: error.to_string(),
        })?;
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

    /// Each setting alone, by the settings table.
    fn validate_ranges(&self) -> Result<(), ConfigError> {
        let values = self.settings()?;
        for setting in Setting::all() {
            if !setting.fits(&values) {
                let (key, found) = (setting.key, self.found(setting.key, &values));
                return nonsense(
                    key,
                    format!("{key} is {found}; it must be {}", setting.range(Some(&values))),
                );
            }
        }
        if self.search.estimator == EstimatorKind::Scratch && self.search.scratch_steps == 0 {
            let key = "search.scratch_steps";
            return nonsense(key, format!("{key} is 0; it must be at least 1"));
        }
        Ok(())
    }

    /// The value of a setting, for a message.
    fn found(&self, key: &str, values: &Settings) -> String {
        match values.get(key) {
            Some(Value::Number(number)) if number.is_f64() => number.as_f64().unwrap_or(f64::NAN).to_string(),
            Some(value) => value.to_string(),
            // JSON has no such numbers, and TOML has.
            None => {
                let tree = self.tree().map(toml::Value::Table).ok();
                let value = tree
                    .as_ref()
                    .and_then(|tree| key.split('.').try_fold(tree, |table, name| table.get(name)));
                value
                    .and_then(toml::Value::as_float)
                    .map_or_else(|| "absent".to_owned(), |number| number.to_string())
            }
        }
    }
}

fn enough_images(score: &ScoreConfig, reward: Option<Reward>, counted: &str) -> Result<(), ConfigError> {
    // Where all real images are the reference, their number is not known yet.
    let real = (score.reference > 0).then(|| CountedImages::asked_for("score.reference", score.reference));
    let needs = score.image_needs(reward);
    let checked = needs.check_generated(&CountedImages::asked_for(counted, score.samples));
    let checked = checked.and_then(|()| real.map_or(Ok(()), |real| needs.check_real(&real)));
    checked.map_err(|ImageShortage { key, text }| ConfigError::Nonsense { key, text })
}

fn nonsense(key: &str, text: String) -> Result<(), ConfigError> {
    Err(ConfigError::Nonsense { key: key.to_owned(), text })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::MAX_SEED;

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
            ("recipe.generator_learning_rate=0", "above 0"),
            ("recipe.discriminator_learning_rate=-1e-4", "above 0"),
            ("recipe.discriminator_learning_rate=nan", "above 0"),
            ("search.controller.learning_rate=inf", "above 0"),
            ("recipe.adam.beta1=1", "below 1"),
            ("recipe.adam.beta2=nan", "below 1"),
            ("recipe.adam.epsilon=0", "above 0"),
            ("model.ema_decay=1.0", "below 1"),
            ("model.latent_dim=0", "latent"),
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
