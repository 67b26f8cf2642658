//! Exports what a run found, on a thread of its own.

use std::path::Path;

use super::App;
use crate::gui::aside::Aside;
use crate::worker::export_model;

impl App {
    /// Writes all that the shown run has to export into a new folder, named like the run, within `to`.
    pub(super) fn export(&mut self, to: &Path) {
        let Some(session) = self.sessions.shown() else {
            return self.toasts.problem("The run that was to be exported is not shown any more");
        };
        let (from, to) = (session.dir().to_owned(), to.join(session.name()));
        self.exported = Some(Aside::begin(&self.wake, move || {
            let exported = export_model(&from, None, &to, None, false);
            let exported = exported.map_err(|error| format!("{error:#}"))?;
            Ok(format!("{} files are in {}", exported.files.len(), to.display()))
        }));
    }

    /// Says how an export ended.
    pub(super) fn notice_export(&mut self) {
        match Aside::take(&mut self.exported) {
            Some(Some(Ok(text))) => self.toasts.done(text),
            Some(Some(Err(problem))) => self.toasts.problem(problem),
            Some(None) | None => {}
        }
    }
}
