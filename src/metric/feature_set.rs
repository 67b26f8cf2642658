//! What is kept of a set of images that an extractor has seen.

use super::class_distributions::ClassDistributions;
use super::error::{MetricError, check_rows};
use super::extractor::Outputs;
use super::statistics::{Gaussian, Statistics};

/// What is kept of images for a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Material {
    /// Mean and covariance of the features. Memory: two matrices of the features' width in `f64`.
    Moments,
    /// All features, row by row. Memory: images x width x 4 bytes of each side.
    Features,
    /// Class distributions, averaged over each split. Memory: splits x classes in `f64`.
    ClassDistributions,
}

/// What the metrics need of a set of images, gathered batch by batch: each [`Material`] once, whichever
/// metrics need it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureSet {
    width: usize,
    samples: usize,
    statistics: Option<Statistics>,
    /// Mean and covariance that a file gives instead of images.
    gaussian: Option<Gaussian>,
    /// `[samples, width]`, row-major.
    features: Option<Vec<f32>>,
    class_distributions: Option<ClassDistributions>,
}

impl FeatureSet {
    /// Nothing yet of up to `samples` images whose features have `width` values. Class distributions are kept
    /// where [`FeatureSet::with_class_distributions`] brings them.
    pub fn new(materials: &[Material], width: usize, samples: usize) -> Self {
        let keeps = |material| materials.contains(&material);
        Self {
            width,
            samples: 0,
            statistics: keeps(Material::Moments).then(|| Statistics::new(width)),
            gaussian: None,
            features: keeps(Material::Features).then(|| Vec::with_capacity(samples * width)),
            class_distributions: None,
        }
    }

    /// A set of which only mean and covariance of the features are known.
    pub fn of_gaussian(gaussian: Gaussian) -> Self {
        Self { width: gaussian.mean.len(), gaussian: Some(gaussian), ..Self::default() }
    }

    /// What a file kept of a set: its statistics and perhaps its features `[samples, width]`.
    pub(super) fn of_file(statistics: Statistics, features: Option<Vec<f32>>) -> Self {
        let (width, samples) = (statistics.dim(), statistics.samples());
        Self { width, samples, statistics: Some(statistics), features, ..Self::default() }
    }

    /// Keeps class distributions, too.
    pub fn with_class_distributions(self, distributions: ClassDistributions) -> Self {
        Self { class_distributions: Some(distributions), ..self }
    }

    /// Takes in the next images' features and logits.
    ///
    /// # Errors
    /// When there are no whole rows or a value is not finite; the latter names the sample.
    pub fn push(&mut self, outputs: &Outputs) -> Result<(), MetricError> {
        check_rows(&outputs.features, self.width, self.samples)?;
        if let Some(statistics) = &mut self.statistics {
            statistics.push(&outputs.features)?;
        }
        if let (Some(distributions), Some(logits)) = (&mut self.class_distributions, &outputs.logits) {
            distributions.push(logits)?;
        }
        if let Some(features) = &mut self.features {
            features.extend_from_slice(&outputs.features);
        }
        self.samples += outputs.features.len() / self.width;
        Ok(())
    }

    /// Images seen; 0 where only mean and covariance are known.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Width of the features.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The Gaussian fitted to the features.
    ///
    /// # Errors
    /// With fewer than two images, or where moments were not kept.
    pub fn gaussian(&self) -> Result<Gaussian, MetricError> {
        match (&self.gaussian, &self.statistics) {
            (Some(gaussian), _) => Ok(gaussian.clone()),
            (None, Some(statistics)) => statistics.gaussian(),
            (None, None) => Err(MetricError::NotKept { what: "mean and covariance of the features" }),
        }
    }

    /// All features `[samples, width]`, row-major.
    ///
    /// # Errors
    /// Where they were not kept.
    pub fn features(&self) -> Result<&[f32], MetricError> {
        self.features.as_deref().ok_or(MetricError::NotKept { what: "all features" })
    }

    /// The class distributions of each split.
    ///
    /// # Errors
    /// Where they were not kept.
    pub fn class_distributions(&self) -> Result<&ClassDistributions, MetricError> {
        self.class_distributions.as_ref().ok_or(MetricError::NotKept { what: "class distributions" })
    }

    /// The statistics, where they were gathered.
    pub(super) fn statistics(&self) -> Option<&Statistics> {
        self.statistics.as_ref()
    }
}
