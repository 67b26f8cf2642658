//! What judges candidates, as boards name it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What judged a candidate. Its text form is how boards are kept: `shared weights`, `100 steps from scratch`,
/// `trained 100 steps`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum EstimatorId {
    /// The shared generator's weights.
    SharedWeights,
    /// A short training from scratch.
    Scratch {
        /// Its generator steps.
        steps: u64,
    },
    /// The training of a finalist from scratch, which is no estimate any more.
    Trained {
        /// Its generator steps.
        steps: u64,
    },
    /// One of another version of the program.
    Other(String),
}

impl fmt::Display for EstimatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SharedWeights => f.write_str("shared weights"),
            Self::Scratch { steps } => write!(f, "{steps} steps from scratch"),
            Self::Trained { steps } => write!(f, "trained {steps} steps"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

impl From<String> for EstimatorId {
    fn from(text: String) -> Self {
        let steps = |text: &str| text.parse().ok();
        let scratch = || Some(Self::Scratch { steps: steps(text.strip_suffix(" steps from scratch")?)? });
        let trained =
            || Some(Self::Trained { steps: steps(text.strip_prefix("trained ")?.strip_suffix(" steps")?)? });
        let shared = (text == "shared weights").then_some(Self::SharedWeights);
        let known = shared.or_else(scratch).or_else(trained).filter(|id| id.to_string() == text);
        known.unwrap_or(Self::Other(text))
    }
}

impl From<EstimatorId> for String {
    fn from(id: EstimatorId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimators_are_read_by_the_texts_that_they_are_written_as() {
        for (id, text) in [
            (EstimatorId::SharedWeights, "shared weights"),
            (EstimatorId::Scratch { steps: 20 }, "20 steps from scratch"),
            (EstimatorId::Trained { steps: 100 }, "trained 100 steps"),
            (EstimatorId::Other("trained 0100 steps".to_owned()), "trained 0100 steps"),
        ] {
            assert_eq!(id.to_string(), text);
            assert_eq!(EstimatorId::from(text.to_owned()), id);
        }
    }
}
