//! Writes what a run has into files that a person names.

use std::path::PathBuf;
use std::time::SystemTime;

use eframe::egui::{self, RichText};

use super::App;
use crate::app::{ExportPart, export_model};
use crate::engine::{ModelOptions, WEIGHTS};
use crate::gui::create::{ago, of_step};
use crate::gui::dialogs::{AnswerKind, Question};
use crate::gui::panels::Saving;
use crate::gui::session::Session;
use crate::gui::state::capital;
use crate::gui::theme::{GAP, Palette};
use crate::run::safe_name;

/// What will be exported, shown before a folder is asked for.
pub(super) struct ExportPrompt {
    from: PathBuf,
    name: String,
    /// Which weights they are, of a run that goes on.
    weights: Option<String>,
}

/// What comes of a frame of the prompt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ExportChoice {
    /// It stays open.
    Open,
    /// A folder shall be chosen.
    Choose,
    /// Nothing is exported.
    Cancel,
}

impl ExportPrompt {
    /// Of the run of a session, as it is now.
    fn new(session: &Session) -> Self {
        let (from, name) = (session.dir().to_owned(), session.name());
        let state = session.lock();
        let mut evaluations = state.evaluations.iter().rev();
        let last = evaluations.find(|evaluation| evaluation.best && evaluation.training.is_last());
        let written = std::fs::metadata(from.join(WEIGHTS)).and_then(|found| found.modified()).ok();
        let weights = state.status.is_live().then(|| {
            let written =
                written.map_or_else(String::new, |written: SystemTime| format!(", {}", ago(written)));
            let of = of_step(last.map(|evaluation| evaluation.step));
            format!("The run goes on: the weights are those {of}{written}, the best so far")
        });
        drop(state);
        Self { from, name, weights }
    }

    fn show(&self, ctx: &egui::Context) -> ExportChoice {
        let modal = egui::Modal::new(egui::Id::unique("export")).show(ctx, |ui| {
            ui.set_width(460.0);
            ui.heading("Export what the run found");
            let folder = safe_name(&self.name, "run");
            ui.label(format!("These go into the new folder “{folder}”, in a place that you choose next:"));
            for part in ExportPart::ALL {
                ui.label(format!("• {}", capital(part.about())));
            }
            if let Some(weights) = &self.weights {
                ui.label(RichText::new(weights).color(Palette::of(ui).warning));
            }
            ui.add_space(GAP);
            ui.horizontal(|ui| {
                if ui.button("Choose where…").clicked() {
                    ExportChoice::Choose
                } else if ui.button("Cancel").clicked() {
                    ExportChoice::Cancel
                } else {
                    ExportChoice::Open
                }
            })
            .inner
        });
        if modal.inner == ExportChoice::Open && modal.should_close() {
            return ExportChoice::Cancel;
        }
        modal.inner
    }
}

impl App {
    /// Says what the shown run has to export, before a folder is asked for.
    pub(super) fn export(&mut self) {
        self.export_prompt = self.sessions.shown().map(ExportPrompt::new);
    }

    /// Draws what will be exported, if that was asked for. Writes it into a new folder, named like the run, within
    /// one that is chosen.
    pub(super) fn export_question(&mut self, ctx: &egui::Context) {
        let Some(prompt) = self.export_prompt.take() else {
            return;
        };
        let ExportPrompt { from, name, .. } = match prompt.show(ctx) {
            ExportChoice::Open => return self.export_prompt = Some(prompt),
            ExportChoice::Cancel => return,
            ExportChoice::Choose => prompt,
        };
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
