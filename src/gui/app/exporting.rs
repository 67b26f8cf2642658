//! Exports what a run found, on a thread of its own.

use std::path::Path;
use std::sync::mpsc::channel;

use super::App;
use crate::worker::export_model;

impl App {
    /// Writes all that the shown run has to export into a new folder, named like the run, within `to`.
    pub(super) fn export(&mut self, to: &Path) {
        let Some(session) = self.sessions.shown() else {
            return self.toasts.problem("The run that was to be exported is not shown any more");
        };
        let (from, to) = (session.dir().to_owned(), to.join(session.name()));
        let (send, told) = channel();
        let wake = self.wake.clone();
        std::thread::spawn(move || {
            let outcome = match export_model(&from, None, &to, None, false) {
                Ok(exported) => Ok(format!("{} files are in {}", exported.files.len(), to.display())),
                Err(error) => Err(format!("{error:#}")),
            };
            // The window may be gone.
            let _ = send.send(outcome);
            wake();
        });
        self.exported = Some(told);
    }

    /// Says how an export ended.
    pub(super) fn notice_export(&mut self) {
        let Some(outcome) = self.exported.as_ref().and_then(|told| told.try_recv().ok()) else {
            return;
        };
        self.exported = None;
        match outcome {
            Ok(text) => self.toasts.done(text),
            Err(problem) => self.toasts.problem(problem),
        }
    }
}
