//! Writes what a run has into files that a person names.

use super::App;
use crate::app::export_model;
use crate::engine::ModelOptions;
use crate::gui::dialogs::{AnswerKind, Question};
use crate::gui::panels::Saving;
use crate::run::safe_name;

impl App {
    /// Asks for a folder and writes all that the shown run has to export into a new folder, named like the
    /// run, within it.
    pub(super) fn export(&mut self) {
        let Some(session) = self.sessions.shown() else {
            return;
        };
        let (from, name) = (session.dir().to_owned(), session.name());
        let question =
            Question { title: "Export to a folder".to_owned(), wanted: AnswerKind::Folder, begin: None };
        self.write_out(question, move |to| {
            let to = to.join(safe_name(&name, "run"));
            let exported = export_model(&from, &ModelOptions::default(), &to, None, false);
            let exported = exported.map_err(|error| format!("{error:#}"))?;
            Ok(format!("{} files are in {}", exported.files.len(), to.display()))
        });
    }

    /// Asks for a file and writes what a panel of the shown run has into it.
    pub(super) fn save(&mut self, saving: Saving) {
        let Some(session) = self.sessions.shown() else {
            return;
        };
        let (dir, question) = (session.dir().to_owned(), saving.question(&session.name()));
        self.write_out(question, move |path| saving.write(&dir, path));
    }

    fn write_out(
        &mut self,
        question: Question,
        work: impl FnOnce(&std::path::Path) -> Result<String, String> + Send + 'static,
    ) {
        if self.exporter.busy() {
            self.toasts.problem("Another export is under way; try again when it is done")
        } else {
            self.exporter.start(question, work)
        }
    }

    /// Says how an export ended.
    pub(super) fn notice_export(&mut self) {
        match self.exporter.take_outcome() {
            Some(Ok(text)) => self.toasts.done(text),
            Some(Err(problem)) => self.toasts.problem(problem),
            None => {}
        }
    }
}
