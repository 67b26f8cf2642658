//! Writes files that a person asked for: asks where, then works, on a thread of its own.

use std::path::Path;

use super::background::BackgroundTask;
use super::dialogs::{DialogProvider, Question};
use super::session::Wake;
use crate::run::write_atomic;

/// What came of an export; none if the person did not want it any more.
type Outcome = Option<Result<String, String>>;

/// Exports under way: one at a time.
pub struct Exporter {
    ask: DialogProvider,
    wake: Wake,
    running: Option<BackgroundTask<Outcome>>,
}

impl Exporter {
    /// Nothing under way.
    pub fn new(ask: DialogProvider, wake: Wake) -> Self {
        Self { ask, wake, running: None }
    }

    /// Whether something is under way.
    pub fn busy(&self) -> bool {
        self.running.is_some()
    }

    /// Asks where it goes and has `work` write it there, which says what was written.
    pub fn start(
        &mut self,
        question: Question,
        work: impl FnOnce(&Path) -> Result<String, String> + Send + 'static,
    ) {
        let ask = self.ask.clone();
        self.running =
            Some(BackgroundTask::begin(&self.wake, move || ask(&question).map(|path| work(&path))));
    }

    /// What came of an export that ended, once.
    pub fn take_outcome(&mut self) -> Option<Result<String, String>> {
        let outcome = BackgroundTask::take(&mut self.running)?;
        outcome.unwrap_or_else(|| Some(Err("the export was not finished".to_owned())))
    }
}

/// Writes a file whole or not at all.
///
/// # Errors
///
/// If it cannot be written, in a sentence.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    write_atomic(path, bytes).map_err(|error| error.to_string())
}
