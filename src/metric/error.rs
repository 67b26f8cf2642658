//! What can go wrong while scores are computed.

/// Why a score could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// A batch does not consist of whole rows.
    #[error(
        "a batch of {values} values cannot be cut into rows of {width}: pass whole rows of features or logits"
    )]
    PartialRow {
        /// Number of values in the batch.
        values: usize,
        /// Values that one sample has.
        width: usize,
    },
    /// A feature or logit is NaN or infinite.
    #[error(
        "sample {sample} has the value {value} in column {column}: the generator or the extractor has diverged, so score an earlier checkpoint"
    )]
    NotFinite {
        /// Index of the sample, counted from the first one of the whole set.
        sample: usize,
        /// Index of the feature or class.
        column: usize,
        /// The value found.
        value: f32,
    },
    /// Two sets of features come from different extractors.
    #[error(
        "features of width {left} cannot be compared with features of width {right}: use the same extractor for both sets"
    )]
    WidthMismatch {
        /// Feature width of the first set.
        left: usize,
        /// Feature width of the second set.
        right: usize,
    },
    /// There are not enough samples for what was asked.
    #[error("{what} needs at least {needed} samples and got {samples}: add images")]
    TooFewSamples {
        /// What was to be computed, for example `"a covariance"`.
        what: &'static str,
        /// The least number of samples that is enough.
        needed: usize,
        /// How many there were.
        samples: usize,
    },
    /// Stored statistics contradict themselves.
    #[error(
        "the stored statistics have a mean of {mean} values and a scatter matrix of {scatter}: the file is damaged, so compute them again"
    )]
    DamagedStatistics {
        /// Length of the stored mean.
        mean: usize,
        /// Number of entries of the stored matrix; should be the square of the mean's length.
        scatter: usize,
    },
    /// A mean or a covariance is of no Gaussian.
    #[error("{what}: the statistics are damaged or the features were beyond any use, so compute them again")]
    NoGaussian {
        /// What is wrong with it.
        what: String,
    },
    /// What a metric needs was not kept of a set of images.
    #[error(
        "{what} were not kept of these images, so this metric cannot be computed of them: give the images themselves"
    )]
    NotKept {
        /// What is missing, in words.
        what: &'static str,
    },
    /// The eigenvalue iteration did not end.
    #[error(
        "the eigenvalues of a covariance of width {width} did not converge: its entries are too large or too small for f64, so check the extractor's features"
    )]
    Eigen {
        /// Feature width.
        width: usize,
    },
}

/// Checks that `values` are whole rows of `width` finite numbers; `first` is the index that the
/// first row has in the whole set.
pub(super) fn check_rows(values: &[f32], width: usize, first: usize) -> Result<(), MetricError> {
    if width == 0 || !values.len().is_multiple_of(width) {
        return Err(MetricError::PartialRow { values: values.len(), width });
    }
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            Err(MetricError::NotFinite { sample: first + at / width, column: at % width, value: values[at] })
        }
    }
}
