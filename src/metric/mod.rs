//! Scores: how good a set of generated images is, and what it was compared with.
//!
//! An [`Extractor`] turns images into features and logits, of which a [`FeatureSet`] keeps what the metrics
//! need. A [`Metric`] is a way to measure generated images, one file each; all of them are in [`METRICS`]. An
//! [`Evaluator`] holds an extractor, the [`Reference`] of real images and the metrics that are asked for: it is
//! what training runs, searches and `autogan score` evaluate images with. A [`Reward`] turns its scores into
//! what the search maximises. Which network made the features is written into every [`Score`].

mod class_distributions;
mod config;
mod error;
mod evaluator;
pub mod extractor;
mod feature_set;
mod image_needs;
mod metrics;
mod reference;
mod reward;
mod score;
mod statistics;

pub use config::ScoreConfig;
pub use error::MetricError;
pub use evaluator::{Evaluation, Evaluator};
pub use extractor::inception::INCEPTION_2015;
pub use extractor::{Extractor, ExtractorError};
pub use feature_set::{FeatureSet, Material};
pub use image_needs::{CountedImages, ImageNeeds, ImageShortage, KeyStyle};
pub use metrics::{
    COVERAGE, DENSITY, FRECHET_DISTANCE, INCEPTION_SCORE, KERNEL_DISTANCE, KidConfig, KidSubset, METRICS,
    MeanStd, Metric, MetricName, MetricSettings, MetricValue, PRECISION, Prdc, PreparedMetric, RECALL,
    Target, frechet_distance, inception_score, kid, kid_of_subsets, left_out_without_classes, metrics_of,
    prdc, real_materials,
};
pub use reference::Reference;
pub use reward::{NoClasses, REWARDS, Reward, RewardError, RewardScale};
pub use score::{Score, ScoreCondition};
pub use statistics::{Gaussian, Statistics};
