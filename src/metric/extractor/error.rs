//! What can go wrong with an extractor.

use std::path::PathBuf;

use crate::data::DataError;
use crate::metric::MetricError;

/// Why an extractor is not to be had or could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ExtractorError {
    /// Features or logits are not usable.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// The built-in pictures could not be drawn.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The set is too small to train on.
    #[error("{name} has {images} images and an extractor needs at least {needed} to be trained: add images")]
    TooFewImages {
        /// The set.
        name: String,
        /// How many images it has.
        images: usize,
        /// How many are enough.
        needed: usize,
    },
    /// A weights file cannot be used.
    #[error("the extractor's weights in {file} cannot be used ({why}): delete the file and it is made again")]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A weights file cannot be read.
    #[error("cannot read the extractor's weights in {path} ({why}): check the folder's permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A weights file is of something else.
    #[error("{path} cannot be used as weights: {why}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// There are no weights of the Inception network.
    #[error("the Inception network's weights are not here; {}", super::inception::how_to_get())]
    NoInception,
    /// A weights file cannot be written.
    #[error(
        "cannot write the extractor's weights to {path} ({why}): free some space or choose another cache folder"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// The device failed while computing or copying.
    #[error("the device failed while images were scored ({why}): try again, or use --device cpu")]
    Device {
        /// The device's words.
        why: String,
    },
    /// Reference statistics of another network were given.
    #[error(
        "the reference was made with {reference} and the images are seen by {extractor}: make the reference again with {extractor}"
    )]
    OtherReference {
        /// The reference's extractor.
        reference: String,
        /// The extractor in use.
        extractor: String,
    },
}

impl ExtractorError {
    /// Wraps what a device reports.
    pub(super) fn device(error: impl std::fmt::Display) -> Self {
        Self::Device { why: error.to_string() }
    }
}
