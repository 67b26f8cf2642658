//! The lines of the log.

use time::OffsetDateTime;

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It happened.
    Note,
    /// It should be noticed.
    Warning,
    /// It went wrong.
    Error,
}

/// An event in words.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When: the event index.
    pub event_index: u32,
    /// When, by the clock, where somebody saw it come: the run's events themselves have no time, so that the
    /// same run always has the same ones.
    pub time: Option<OffsetDateTime>,
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// Whether it passed: no run folder keeps it, so that it is not found there again.
    pub is_live: bool,
}
