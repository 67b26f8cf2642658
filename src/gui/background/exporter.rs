//! Writes files that a person asked for: asks where, then works, on a thread of its own.

use std::path::Path;

use crate::gui::background::BackgroundTask;
use crate::gui::dialogs::{DialogProvider, Question};
use crate::gui::session::Wake;
use crate::run::write_file;

/// What came of an export; none if the person did not want it any more.
type ExportOutcome = Option<Result<String, String>>;

/// Exports under way: one at a time.
pub struct Exporter {
    dialogs: DialogProvider,
    wake: Wake,
    running: Option<BackgroundTask<ExportOutcome>>,
}

impl Exporter {
    /// Nothing under way.
    pub fn new(dialogs: DialogProvider, wake: Wake) -> Self {
        Self { dialogs, wake, running: None }
    }

    /// Whether an export is under way.
    pub fn busy(&self) -> bool {
        self.running.is_some()
    }

    /// Asks where it goes and has `work` write it there, which says what was written.
    pub fn start(
        &mut self,
        question: Question,
        work: impl FnOnce(&Path) -> Result<String, String> + Send + 'static,
    ) {
        let dialogs = self.dialogs.clone();
        self.running =
            Some(BackgroundTask::begin(&self.wake, move || dialogs(&question).map(|path| work(&path))));
    }

    /// The result of an export that ended, once.
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
    write_file(path, bytes).map_err(|error| error.to_string())
}
