//! What a run emits: to its folder, to the terminal, to a window.

mod live;
mod log;
mod summary;

pub use live::{LiveEvent, TimeSpent};
pub use log::{LogEvent, Tick};
pub use summary::Summary;

use serde::{Deserialize, Serialize};

use crate::search::SearchEvent;

/// One event. In JSON, `event` names the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// One that the run folder keeps.
    Log(LogEvent),
    /// One that passes.
    Live(LiveEvent),
}

impl From<LogEvent> for Event {
    fn from(event: LogEvent) -> Self {
        Self::Log(event)
    }
}

impl From<LiveEvent> for Event {
    fn from(event: LiveEvent) -> Self {
        Self::Live(event)
    }
}

impl From<SearchEvent> for Event {
    fn from(event: SearchEvent) -> Self {
        Self::Log(event.into())
    }
}
