//! All settings of a run, in one value.
//!
//! [`RunConfig`] composes the config structs of the modules, each of which owns its defaults. It is
//! layered: a [preset](RunConfig::preset), then [files](RunConfig::overlay), then single
//! [settings](RunConfig::apply), then what the caller sets by hand. Each layer is checked on its own,
//! so that a mistake is reported where it stands.

mod error;
mod images;
mod mode;
mod preset;
mod settings;
pub mod table;
mod text;
mod validate;
mod words;

pub use error::ConfigError;
pub use mode::Mode;
pub use preset::{PRESETS, Preset};
pub use settings::{former_names, written_settings};
pub use table::{Setting, Settings};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::arch::SpaceConfig;
use crate::data::DataConfig;
use crate::gan::{Recipe, TrainConfig};
use crate::metric::ScoreConfig;
use crate::model::ModelConfig;
use crate::search::SearchConfig;

/// The settings of a run: what is in its `config.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What the run is called; a part of its folder's name.
    pub name: String,
    /// Seed of every random number, at most [`MAX_SEED`].
    pub seed: u64,
    /// `auto`, `cpu` or an adapter's name as `autogan doctor` lists it.
    pub device: String,
    /// The images.
    pub data: DataConfig,
    /// The search space.
    pub space: SpaceConfig,
    /// The networks of the search, and of derived training but for `derived_model`.
    pub model: ModelConfig,
    /// What derived networks have otherwise.
    pub derived_model: DerivedModel,
    /// The adversarial recipe.
    pub recipe: Recipe,
    /// The search.
    pub search: SearchConfig,
    /// Training of each of the best architectures from scratch.
    pub derive: TrainConfig,
    /// Training of the winner, which goes on from its derived state.
    pub winner: TrainConfig,
    /// How generators are evaluated.
    pub score: ScoreConfig,
    /// When the state is saved.
    pub checkpoint: CheckpointConfig,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            name: "run".to_owned(),
            seed: 1,
            device: "auto".to_owned(),
            data: DataConfig::default(),
            space: SpaceConfig::default(),
            model: ModelConfig::default(),
            derived_model: DerivedModel::default(),
            recipe: Recipe::default(),
            search: SearchConfig::default(),
            derive: TrainConfig::default(),
            winner: TrainConfig::default(),
            score: ScoreConfig::default(),
            checkpoint: CheckpointConfig::default(),
        }
    }
}

/// Sizes that networks trained from scratch have instead of the search's. The reference searches with
/// 128 and 64 channels and trains what it found with 256 and 128.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DerivedModel {
    /// Channels of every generator cell; as in the search if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator_channels: Option<usize>,
    /// Channels of every discriminator block; as in the search if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator_channels: Option<usize>,
}

/// When the state of a run is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckpointConfig {
    /// Seconds of work between two checkpoints.
    pub every_seconds: u64,
    /// MiB that the memory of a process, or what the pools of its GPU hold, may grow by. After that a new
    /// process takes its place at a checkpoint, which gives the memory back. Never, where it is 0.
    #[serde(alias = "renew_after_mib")]
    pub memory_growth_mib: u64,
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        Self { every_seconds: 60, memory_growth_mib: 1024 }
    }
}

/// The largest seed: TOML has no larger whole number.
pub const MAX_SEED: u64 = i64::MAX as u64;

impl RunConfig {
    /// Reads settings; what is not written has its default. `origin` is where the text comes from, for
    /// messages.
    ///
    /// # Errors
    ///
    /// If the text is longer than a MiB or no TOML, names an unknown key or gives one a value of the wrong type. Whether the
    /// values make sense together, [`validate`](RunConfig::validate) says.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self, ConfigError> {
        text::check_length(text, origin)?;
        toml::from_str(text).map_err(|error| ConfigError::explain(&error, text, origin))
    }

    /// The settings as TOML, complete, as [`from_toml`](RunConfig::from_toml) reads them.
    ///
    /// # Errors
    ///
    /// If a number is larger than TOML can hold.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(&self.tree()?).map_err(|error| ConfigError::Unwritable(error.to_string()))
    }

    /// Replaces what is written in `text` and keeps the rest. Lists are replaced whole.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](RunConfig::from_toml); nothing is changed then.
    pub fn overlay(&mut self, text: &str, origin: &str) -> Result<(), ConfigError> {
        Self::from_toml(text, origin)?;
        let mut layer = toml::from_str(text).map_err(|error| ConfigError::explain(&error, text, origin))?;
        settings::rename(&mut layer);
        let mut tree = self.tree()?;
        merge(&mut tree, layer);
        *self = tree.try_into().map_err(|error| ConfigError::explain(&error, text, origin))?;
        Ok(())
    }

    /// Changes one setting, written as `key=value` with a dotted key such as `search.candidates=20`.
    /// The value is TOML; what is no TOML, or has to be text, is taken as text without quotes.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](RunConfig::from_toml), or if there is no `=`; nothing is changed then.
    ///
    /// ```
    /// use autogan::config::RunConfig;
    ///
    /// let mut config = RunConfig::preset("quick")?;
    /// config.apply("search.candidates=20")?;
    /// config.apply("space.norm=[\"none\", \"batch\"]")?;
    /// assert_eq!(config.search.candidates, 20);
    /// let error = config.apply("search.candidate=20").unwrap_err().to_string();
    /// assert!(error.contains("did you mean `search.candidates`"), "{error}");
    /// # Ok::<(), autogan::config::ConfigError>(())
    /// ```
    pub fn apply(&mut self, setting: &str) -> Result<(), ConfigError> {
        text::check_length(setting, "--set")?;
        let malformed = || ConfigError::NotASetting(words::shown(setting));
        let (key, written) = setting.split_once('=').ok_or_else(malformed)?;
        let key: Vec<&str> = key.split('.').map(str::trim).collect();
        if key.contains(&"") || key.len() > text::MOST_PARTS {
            return Err(malformed());
        }
        let written = written.trim();
        let origin = format!("--set {}", words::shown(setting));
        let as_text = Value::String(written.to_owned());
        match written.parse::<Value>() {
            Err(_) => self.put(&key, as_text, &origin),
            // `name=2024` means the text, for the key wants one.
            Ok(value) => self
                .put(&key, value, &origin)
                .or_else(|error| self.put(&key, as_text, &origin).map_err(|_| error)),
        }
    }

    /// Changes the setting with a dotted key.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](RunConfig::from_toml); nothing is changed then.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> Result<(), ConfigError> {
        self.put(&key.split('.').collect::<Vec<_>>(), value.into(), key)
    }

    /// Takes away a setting that may be absent.
    ///
    /// # Errors
    ///
    /// If it may not be absent; nothing is changed then.
    pub fn unset(&mut self, key: &str) -> Result<(), ConfigError> {
        let mut tree = self.tree()?;
        let (tables, last) = key.rsplit_once('.').unwrap_or(("", key));
        let inner = tables
            .split('.')
            .filter(|name| !name.is_empty())
            .try_fold(&mut tree, |table, name| table.get_mut(name).and_then(Value::as_table_mut));
        if let Some(inner) = inner {
            inner.remove(last);
        }
        *self = tree.try_into().map_err(|error| ConfigError::explain(&error, "", key))?;
        Ok(())
    }

    fn put(&mut self, key: &[&str], value: Value, origin: &str) -> Result<(), ConfigError> {
        let tree = nested(key, value);
        let text = toml::to_string(&tree).map_err(|error| ConfigError::Unwritable(error.to_string()))?;
        self.overlay(&text, origin)
    }

    /// Side in pixels of the images of a whole generator.
    pub fn side(&self) -> usize {
        self.model.side(self.space.cells)
    }

    /// Sizes and switches of networks that are trained from scratch.
    pub fn derived_model(&self) -> ModelConfig {
        let DerivedModel { generator_channels, discriminator_channels } = self.derived_model;
        let mut model = self.model.clone();
        model.generator_channels = generator_channels.unwrap_or(model.generator_channels);
        model.discriminator_channels = discriminator_channels.unwrap_or(model.discriminator_channels);
        model
    }

    fn tree(&self) -> Result<Table, ConfigError> {
        Table::try_from(self).map_err(|error| ConfigError::Unwritable(error.to_string()))
    }
}

/// A tree with nothing but `value` at `key`.
fn nested(key: &[&str], value: Value) -> Table {
    let tree = key
        .iter()
        .rev()
        .fold(value, |inner, part| Value::Table(Table::from_iter([((*part).to_owned(), inner)])));
    match tree {
        Value::Table(table) => table,
        _ => unreachable!("a split key has at least one part"),
    }
}

/// Puts `layer` over `tree`, table by table.
fn merge(tree: &mut Table, layer: Table) {
    for (key, value) in layer {
        match (tree.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                tree.insert(key, value);
            }
        }
    }
}

/// Settings for tests: networks, batches and numbers of images as small as they can be.
#[cfg(test)]
pub(crate) const TINY: [&str; 10] = [
    "model.bottom_width=4",
    "model.latent_dim=16",
    "model.generator_channels=8",
    "model.discriminator_channels=8",
    "recipe.batch=8",
    "recipe.generator_batch=8",
    "data.toys_count=64",
    "score.samples=64",
    "score.batch=32",
    "score.reference=64",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{Allowed, SkipRule, SkipRules, Slot};
    use crate::search::StrategyKind;
    use proptest::prelude::*;

    #[test]
    fn nothing_written_is_all_defaults_and_the_defaults_survive_the_file() {
        let config = RunConfig::default();
        assert_eq!(RunConfig::from_toml("", "empty").unwrap(), config);
        assert_eq!(RunConfig::from_toml(&config.to_toml().unwrap(), "written").unwrap(), config);
    }

    #[test]
    fn a_later_layer_replaces_what_it_names_and_nothing_else() {
        let mut config = RunConfig::from_toml("seed = 3\n[recipe]\nbatch = 8\nn_critic = 2", "a").unwrap();
        config.overlay("[recipe]\nbatch = 16\n[space]\nup = [\"nearest\"]", "b").unwrap();
        config.apply("search.candidates=20").unwrap();
        let mut expected = RunConfig { seed: 3, ..RunConfig::default() };
        (expected.recipe.batch, expected.recipe.n_critic) = (16, 2);
        expected.space.allow(Slot::Up, None, Allowed::Tokens(vec![1]));
        expected.search.candidates = 20;
        assert_eq!(config, expected);
    }

    #[test]
    fn a_setting_is_toml_or_bare_text() {
        let mut config = RunConfig::default();
        for setting in [
            "data.source=/pictures/of cats",
            "name=2024",
            "search.strategy=random",
            "search.iterations=[1, 2]",
            "recipe.generator_learning_rate = 1",
            "space.skips=\"never\"",
            "space.cell=[{number = 2, conv = [\"pre\"]}]",
            "derived_model.generator_channels=48",
            "data.limit=500",
        ] {
            config.apply(setting).unwrap();
        }
        assert_eq!(config.data.source, "/pictures/of cats");
        assert_eq!(config.name, "2024");
        assert_eq!(config.search.strategy, StrategyKind::Random);
        assert_eq!(config.search.iterations, [1, 2]);
        assert_eq!(config.recipe.generator_learning_rate, 1.0);
        let never = Allowed::Skips(SkipRules::All(SkipRule::Never));
        assert_eq!(*config.space.allowed(Slot::Skips, None), never);
        assert_eq!(*config.space.allowed(Slot::ConvBlock, Some(2)), Allowed::Tokens(vec![1]));
        assert_eq!(config.data.limit, Some(500));
        assert_eq!(config.derived_model().generator_channels, 48);
        let searched = config.model.discriminator_channels;
        assert_eq!(config.derived_model().discriminator_channels, searched);
    }

    #[test]
    fn a_refused_layer_changes_nothing() {
        let mut config = RunConfig::preset("quick").unwrap();
        let before = config.clone();
        assert!(config.overlay("seed = 9\nsead = 9", "f").is_err());
        for setting in ["seed", "=3", "seed=", "seed.=3", "search..rate=1", "seed.x=1", "recipe=1"] {
            assert!(config.apply(setting).is_err(), "{setting}");
        }
        assert_eq!(config, before);
    }

    #[test]
    fn a_number_that_toml_cannot_hold_is_an_error() {
        let config = RunConfig { seed: u64::MAX, ..RunConfig::default() };
        assert!(config.to_toml().is_err());
    }

    proptest! {
        #[test]
        fn any_settings_survive_the_file(
            name in "\\PC{0,12}",
            seed in 0..=MAX_SEED,
            rate in 1e-9..1.0,
            limit in proptest::option::of(1..100_000usize),
            channels in proptest::option::of(1..512usize),
            iterations in proptest::collection::vec(0..100u64, 0..6),
        ) {
            let mut config = RunConfig { name, seed, ..RunConfig::default() };
            config.recipe.discriminator_learning_rate = rate;
            config.data.limit = limit;
            config.derived_model.discriminator_channels = channels;
            config.search.iterations = iterations;
            let text = config.to_toml().unwrap();
            prop_assert_eq!(RunConfig::from_toml(&text, "written").unwrap(), config);
        }

        #[test]
        fn no_setting_panics(setting in "[a-z_.]{0,20}=?\\PC{0,12}") {
            let mut config = RunConfig::default();
            // Whether it is accepted does not matter here, only that the answer is a sentence.
            if let Err(error) = config.apply(&setting) {
                prop_assert!(!error.to_string().contains('\n'));
            }
        }
    }
}
