//! How a run stands, in a word or two.

use crate::ipc::Death;

/// How a run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    /// It is only looked at: nobody works on it.
    #[default]
    Idle,
    /// Something is done before it can begin.
    Preparing {
        /// What is done, in words.
        what: String,
        /// Share that is done, from 0 to 1.
        done: f32,
    },
    /// Under way.
    Running,
    /// It is paused until it is continued.
    Paused,
    /// It cannot go on at the moment, for a reason that it gave, and tries again when it is continued.
    Waiting(String),
    /// Stopped with a checkpoint.
    Stopped,
    /// All is done.
    Finished,
    /// It could not go on, for a reason that it gave.
    Failed(String),
    /// Its worker died.
    Died(Death),
}

impl Status {
    /// Whether somebody works on it.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Preparing { .. } | Self::Running | Self::Paused | Self::Waiting(_))
    }

    /// In one or two words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Idle => "Not running",
            Self::Preparing { .. } => "Preparing",
            Self::Running => "Running",
            Self::Paused => "Paused",
            Self::Waiting(_) => "Waiting",
            Self::Stopped => "Stopped",
            Self::Finished => "Finished",
            Self::Failed(_) => "Failed",
            Self::Died(_) => "Worker died",
        }
    }
}
