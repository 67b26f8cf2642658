//! The metrics: one file each, and the list that everything else follows.

mod definition;
mod frechet;
mod inception_score;
mod kid;
mod prdc;
mod vendi;

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::extractor::inception::INCEPTION_2015;
use super::feature_set::Material;

pub use definition::{KidConfig, MeanStd, Metric, MetricName, MetricSettings, MetricValue, PreparedMetric};
pub use frechet::{FRECHET_DISTANCE, Target, frechet_distance};
pub use inception_score::{INCEPTION_SCORE, inception_score};
pub use kid::{KERNEL_DISTANCE, KidSubset, kid, kid_of_subsets};
pub use prdc::{COVERAGE, DENSITY, PRECISION, Prdc, RECALL, prdc};

/// All metrics, in the order in which they are listed.
pub const METRICS: &[&dyn Metric] = &[
    &inception_score::InceptionScore,
    &frechet::FrechetDistance,
    &kid::KernelDistance,
    &prdc::Neighbourhoods,
    &vendi::VendiScore,
];

/// The keys of all values, for messages.
pub(super) static KEYS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| MetricName::all().map(MetricName::key).collect());

impl MetricName {
    /// Every value of every metric, in the order of [`METRICS`].
    pub fn all() -> impl Iterator<Item = Self> {
        METRICS.iter().flat_map(|metric| metric.values()).copied()
    }

    /// The value with this key.
    pub fn find(key: &str) -> Option<Self> {
        Self::all().find(|name| name.key() == key)
    }

    /// The value that scores call so, such as `FID` or `Fréchet distance`.
    pub fn labelled(label: &str) -> Option<Self> {
        Self::all().find(|name| name.label("") == label || name.label(INCEPTION_2015) == label)
    }

    /// Whether it is made of class distributions, which an extractor has only where it knows classes.
    pub fn needs_classes(self) -> bool {
        metrics_of(&[self]).any(|metric| metric.material() == Material::ClassDistributions)
    }

    /// The values that a word of the command line stands for: all of a metric (`prdc`), or one by its key
    /// (`recall`).
    ///
    /// # Errors
    /// When it is neither, with what there is.
    pub fn of_word(word: &str) -> Result<Vec<Self>, String> {
        let metric = METRICS.iter().find(|metric| metric.word() == word.trim());
        let names = metric.map(|metric| metric.values().to_vec());
        names.or_else(|| Self::find(word.trim()).map(|name| vec![name])).ok_or_else(|| {
            format!(
                "there is only {}",
                METRICS.iter().map(|m| m.word()).chain(KEYS.iter().copied()).collect::<Vec<_>>().join(", ")
            )
        })
    }
}

/// Why those of the values `names` that need classes are left out where the images have none; nothing where all of
/// them can be computed.
pub fn left_out_without_classes(names: &[MetricName]) -> Option<String> {
    let mut keys: Vec<&str> =
        names.iter().filter(|name| name.needs_classes()).map(|name| name.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    (!keys.is_empty()).then(|| format!("{} is left out: the images have no classes", keys.join(", ")))
}

/// The metrics that give the values `names`, each once, in the order of [`METRICS`].
pub fn metrics_of(names: &[MetricName]) -> impl Iterator<Item = &'static dyn Metric> {
    METRICS.iter().copied().filter(|metric| metric.values().iter().any(|name| names.contains(name)))
}

/// What the metrics that give the values `names` need of the real images.
pub fn real_materials(names: &[MetricName]) -> Vec<Material> {
    metrics_of(names).filter(|metric| metric.compares()).map(|metric| metric.material()).collect()
}

impl Serialize for MetricName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> Deserialize<'de> for MetricName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        Self::find(&key).ok_or_else(|| de::Error::unknown_variant(&key, &KEYS))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_of_one_metric_and_says_what_it_is() {
        let words: HashSet<&str> = METRICS.iter().map(|metric| metric.word()).collect();
        let keys: HashSet<&str> = KEYS.iter().copied().collect();
        assert_eq!((words.len(), keys.len()), (METRICS.len(), MetricName::all().count()));
        for name in MetricName::all() {
            assert!(name.about().len() > 20 && !name.label("").is_empty(), "{name}");
            let json = serde_json::to_string(&name).unwrap();
            assert_eq!(json, format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<MetricName>(&json).unwrap(), name);
            assert_eq!(metrics_of(&[name]).count(), 1);
        }
    }

    #[test]
    fn a_word_is_a_metric_or_one_of_its_values() {
        let keys =
            |word| MetricName::of_word(word).map(|names| names.iter().map(|n| n.key()).collect::<Vec<_>>());
        assert_eq!(keys("fid").unwrap(), ["frechet_distance"]);
        assert_eq!(keys(" prdc").unwrap(), ["precision", "recall", "density", "coverage"]);
        assert_eq!(keys("recall").unwrap(), ["recall"]);
        assert!(keys("fidelity").unwrap_err().starts_with("there is only is, fid, kid, prdc"));
        let error = serde_json::from_str::<MetricName>("\"fid\"").unwrap_err().to_string();
        assert!(error.contains("unknown variant `fid`") && error.contains("`frechet_distance`"), "{error}");
    }
}
