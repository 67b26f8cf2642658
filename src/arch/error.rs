//! What can be wrong with an architecture, a search space or a network's shape.

use thiserror::Error;

/// What is wrong with an architecture, a search space or a network's shape, in a sentence in which cells count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text}")]
pub struct ArchError {
    key: String,
    text: String,
}

impl ArchError {
    /// What is wrong with an architecture itself.
    pub(super) fn arch(text: String) -> Self {
        Self::setting("arch", text)
    }

    /// What is wrong with the setting `key` of a run, dotted.
    pub(super) fn setting(key: impl Into<String>, text: String) -> Self {
        Self { key: key.into(), text }
    }

    /// The setting of a run, dotted, that is wrong; `arch` for an architecture itself.
    pub fn key(&self) -> &str {
        &self.key
    }
}
