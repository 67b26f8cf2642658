//! The settings that say which images a run learns from, and how a source is loaded.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::{DataError, ImageSet, Report, Split, toys};
use crate::rng::{permutation, rng};

/// The settings of a run that say which images it learns from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Where the images come from, as [`Source`](super::Source) reads it.
    pub source: String,
    /// At most so many images, drawn evenly at random; all of them when not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Red, green and blue behind transparent pixels, 0 to 255.
    pub background: [u8; 3],
    /// Number of training pictures that `toys` has.
    pub toys_count: usize,
    /// Seed of the toys themselves (and of `limit`). It is not the run's seed, so that runs with
    /// different seeds learn from the same pictures.
    pub seed: u64,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { source: "toys".into(), limit: None, background: [255; 3], toys_count: toys::TRAIN, seed: 0 }
    }
}

impl DataConfig {
    /// The options to load one split at one side, without progress.
    pub fn options(&self, side: usize, split: Split) -> LoadOptions<'static> {
        LoadOptions {
            side,
            split,
            limit: self.limit,
            background: self.background,
            toys_count: self.toys_count,
            seed: self.seed,
            progress: &|_, _| {},
            stop: &|| false,
            is_scored: false,
        }
    }
}

/// How to load a source; made by [`DataConfig::options`].
#[derive(Clone, Copy)]
pub struct LoadOptions<'a> {
    /// The side in pixels that every image is brought to, within [`SIDES`](super::SIDES).
    pub side: usize,
    /// Which part of the source.
    pub split: Split,
    /// At most so many images.
    pub limit: Option<usize>,
    /// Red, green and blue behind transparent pixels.
    pub background: [u8; 3],
    /// Number of training pictures that `toys` has; the test split always has [`toys::TEST`].
    pub toys_count: usize,
    /// Seed of toys and of which images a limit leaves.
    pub seed: u64,
    /// Called with (done, total) every so often, from any thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Asked every so often whether to give up.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// The images are measured instead of learned from, so that none may be left out.
    pub(super) is_scored: bool,
}

impl LoadOptions<'_> {
    /// An error when the caller gave up.
    pub(super) fn go_on(&self) -> Result<(), DataError> {
        if (self.stop)() { Err(DataError::Stopped) } else { Ok(()) }
    }

    /// An error when so many images do not fit in this machine's memory.
    pub(super) fn fits_memory(&self, images: usize) -> Result<(), DataError> {
        self.fits(images, available_memory())
    }

    fn fits(&self, images: usize, memory: u64) -> Result<(), DataError> {
        let bytes = (images as u64).saturating_mul((3 * self.side * self.side) as u64);
        if bytes > memory {
            return Err(DataError::TooLarge { images, side: self.side, bytes, memory });
        }
        Ok(())
    }

    /// How many of `found` images to use.
    pub(super) fn kept_of(&self, found: usize) -> usize {
        self.limit.map_or(found, |limit| limit.min(found))
    }

    /// Which of `found` images to use, ascending: all, or an even random choice of `limit`.
    pub(super) fn choose(&self, found: usize) -> Vec<usize> {
        let [chosen, _] = self.draw(found);
        chosen
    }

    /// As [`choose`](Self::choose), and the others in the order in which they take the place of chosen ones.
    pub(super) fn draw(&self, found: usize) -> [Vec<usize>; 2] {
        match self.limit {
            Some(limit) if limit < found => {
                let order = permutation(&mut rng(self.seed, "data/limit", 0), found);
                let mut chosen: Vec<usize> = order.into_iter().map(|i| i as usize).collect();
                let rest = chosen.split_off(limit);
                chosen.sort_unstable();
                [chosen, rest]
            }
            _ => [(0..found).collect(), Vec::new()],
        }
    }
}

/// Bytes of memory that this machine has, looked up once.
fn available_memory() -> u64 {
    static MEMORY: OnceLock<u64> = OnceLock::new();
    *MEMORY.get_or_init(memory)
}

/// Bytes of memory that this machine has; no bound where the system does not tell.
fn memory() -> u64 {
    let only = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    match System::new_with_specifics(only).total_memory() {
        0 => u64::MAX,
        bytes => bytes,
    }
}

/// A loaded source.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The images.
    pub set: ImageSet,
    /// What was found, used and skipped.
    pub report: Report,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn settings_have_defaults_and_refuse_unknown_keys() {
        let config: DataConfig = toml::from_str("limit = 100").unwrap();
        assert_eq!(config, DataConfig { limit: Some(100), ..DataConfig::default() });
        assert!(toml::from_str::<DataConfig>("limits = 100").is_err());
        let text = toml::to_string(&DataConfig::default()).unwrap();
        assert_eq!(toml::from_str::<DataConfig>(&text).unwrap(), DataConfig::default());
    }

    #[test]
    fn a_limit_chooses_evenly_and_repeatably() {
        let config = DataConfig { limit: Some(50), ..DataConfig::default() };
        let options = config.options(32, Split::Train);
        let chosen = options.choose(1000);
        assert_eq!(chosen, options.choose(1000));
        assert_eq!(chosen.len(), 50);
        assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(chosen[49] > 700, "not only the first ones: {chosen:?}");
        assert_eq!(options.choose(20), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn more_images_than_memory_holds_are_refused_with_what_to_do() {
        let options = DataConfig::default().options(256, Split::Train);
        assert!(options.fits(1000, 1000 * 196_608).is_ok());
        let error = options.fits(1001, 1000 * 196_608).unwrap_err().to_string();
        assert!(error.contains("1001 images of 256 px") && error.contains("data.limit"), "{error}");
        assert!(options.fits(usize::MAX, u64::MAX - 1).is_err(), "no overflow");
        assert!((1 << 28..1 << 50).contains(&memory()), "{} bytes", memory());
    }
}
