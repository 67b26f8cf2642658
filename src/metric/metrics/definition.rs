//! What a metric is: its names, what it needs of the images, and how it compares them.

use std::fmt::{self, Debug};
use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::super::error::MetricError;
use super::super::extractor::inception::INCEPTION_2015;
use super::super::feature_set::{FeatureSet, Material};

/// The name of one value that a [`Metric`] gives, such as `frechet_distance`.
#[derive(Clone, Copy)]
pub struct MetricName(pub(super) &'static Naming);

/// How a value is called, and which of two values is the better one.
pub(super) struct Naming {
    /// In settings and files: `frechet_distance`.
    pub key: &'static str,
    /// In sentences: `Fréchet distance`.
    pub label: &'static str,
    /// In sentences, where the 2015 Inception network made the features: `FID`.
    pub inception_label: &'static str,
    /// Whether a larger value is a better one.
    pub larger_is_better: bool,
    /// What it says and its range, in one line.
    pub about: &'static str,
}

impl MetricName {
    /// The name in settings and files, such as `frechet_distance`.
    pub fn key(self) -> &'static str {
        self.0.key
    }

    /// Whether a larger value is a better one.
    pub fn larger_is_better(self) -> bool {
        self.0.larger_is_better
    }

    /// Which of two values is the better one, in words: `lower is better`.
    pub fn direction(self) -> &'static str {
        if self.larger_is_better() { "higher is better" } else { "lower is better" }
    }

    /// What the value says and its range, in one line.
    pub fn about(self) -> &'static str {
        self.0.about
    }

    /// The metric's name when `extractor` made the features: the short names IS and FID belong to
    /// the 2015 Inception network alone, however images came to it.
    pub fn label(self, extractor: &str) -> &'static str {
        if extractor.split('/').next() == Some(INCEPTION_2015) {
            self.0.inception_label
        } else {
            self.0.label
        }
    }
}

impl PartialEq for MetricName {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for MetricName {}

impl Hash for MetricName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Debug for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// How many subsets a kernel distance is the mean of, and how large they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KidConfig {
    /// Number of subsets.
    pub subsets: NonZeroUsize,
    /// Samples of each set in each subset, drawn without replacement; 2 or more.
    pub subset_size: usize,
}

impl Default for KidConfig {
    /// 100 subsets of 1,000, as in torch-fidelity and clean-fid.
    fn default() -> Self {
        Self { subsets: const { NonZeroUsize::new(100).expect("100 is not 0") }, subset_size: 1000 }
    }
}

/// What decides the values beside the images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricSettings {
    /// Splits of the inception score.
    pub splits: usize,
    /// Nearest neighbours that decide how far a neighbourhood reaches.
    pub neighbours: NonZeroUsize,
    /// Subsets of the kernel distance.
    pub kid: KidConfig,
    /// Seed of everything that a metric draws at random.
    pub seed: u64,
}

impl Default for MetricSettings {
    /// 10 splits, 5 neighbours (as StudioGAN has it), 100 subsets of 1,000.
    fn default() -> Self {
        let neighbours = const { NonZeroUsize::new(5).expect("5 is not 0") };
        Self { splits: 10, neighbours, kid: KidConfig::default(), seed: 0 }
    }
}

/// A value with its deviation over splits or subsets, where there are any.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricValue {
    /// The value.
    pub value: f64,
    /// Population standard deviation over the splits or subsets.
    pub std: Option<f64>,
}

impl From<f64> for MetricValue {
    fn from(value: f64) -> Self {
        Self { value, std: None }
    }
}

/// Mean and population standard deviation over splits or subsets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanStd {
    /// Mean.
    pub mean: f64,
    /// Population standard deviation (NumPy's `np.std`).
    pub std: f64,
}

impl MeanStd {
    /// Mean and deviation of `values`, of which there is one at least.
    pub(super) fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        Self { mean, std: variance.sqrt() }
    }
}

impl From<MeanStd> for MetricValue {
    fn from(MeanStd { mean, std }: MeanStd) -> Self {
        Self { value: mean, std: Some(std) }
    }
}

/// A way to measure generated images: one file beside this one, and one line in [`METRICS`](super::METRICS).
///
/// Runs, `autogan score` and the window know metrics through this trait alone.
pub trait Metric: Debug + Sync {
    /// Its word on the command line, such as `prdc`.
    fn word(&self) -> &'static str;

    /// Its name as the subject of a sentence, such as `the Fréchet distance`; the word `is` would read as a verb.
    fn noun(&self) -> &'static str;

    /// The values that it gives; those of one metric share their work.
    fn values(&self) -> &'static [MetricName];

    /// What is to be kept of the images for it.
    fn material(&self) -> Material;

    /// Whether generated images are compared with real ones; otherwise they are measured by themselves.
    fn compares(&self) -> bool {
        true
    }

    /// The fewest images of a side that are enough, and the key in `[score]` that decides it, if one does.
    fn fewest_images(&self, settings: &MetricSettings) -> (usize, Option<&'static str>);

    /// The settings that decide its values, as a score repeats them: `k = 5`.
    fn setting(&self, _settings: &MetricSettings) -> Option<String> {
        None
    }

    /// Memory in bytes that a comparison of so many `real` and `generated` images takes beside what is kept
    /// of them, for features of `width`.
    fn memory(&self, _settings: &MetricSettings, _real: usize, _generated: usize, _width: usize) -> u64 {
        0
    }

    /// Does what has to be done once for the real images. They are empty for a metric that does not compare.
    ///
    /// # Errors
    /// When there are too few real images, or their features are not finite.
    fn prepare(
        &self,
        real: &Arc<FeatureSet>,
        settings: &MetricSettings,
    ) -> Result<Box<dyn PreparedMetric>, MetricError>;
}

/// A metric that is ready to measure generated images.
pub trait PreparedMetric: Debug + Send + Sync {
    /// One value for each name of the metric, in their order.
    ///
    /// # Errors
    /// When there are too few generated images, or their features are not finite.
    fn evaluate(&self, generated: &FeatureSet) -> Result<Vec<MetricValue>, MetricError>;
}
