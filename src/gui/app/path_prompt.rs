//! The dialog that asks what to open: by a path that is typed, or by the system's dialog, which not every system has.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Button, Key, TextEdit};

use crate::gui::dialogs::kind::DialogKind;
use crate::gui::theme::{GAP, Palette};
use crate::run::RunView;

/// The dialog while it is open.
pub struct PathPrompt {
    kind: DialogKind,
    typed: String,
    /// Why what was typed cannot be opened.
    problem: Option<String>,
    /// It was not drawn yet.
    is_new: bool,
}

/// What came of a frame with the dialog.
pub enum PromptState {
    /// It stays open.
    Open,
    /// It was closed.
    Closed,
    /// This path shall be opened.
    Typed(PathBuf),
    /// The system's dialog shall be shown, with this one behind it.
    Choose,
}

impl PathPrompt {
    /// An empty one that asks for a run, or for a generator.
    pub fn new(kind: DialogKind) -> Self {
        Self { kind, typed: String::new(), problem: None, is_new: true }
    }

    /// What is asked for.
    pub fn kind(&self) -> DialogKind {
        self.kind
    }

    /// Draws it.
    pub fn show(&mut self, ctx: &egui::Context) -> PromptState {
        let (title, name) = match self.kind {
            DialogKind::OpenModel => ("Open a generator", "Path of a checkpoint or a run"),
            _ => ("Open a run", "Path of a run's folder"),
        };
        let mut outcome = PromptState::Open;
        let modal = egui::Modal::new(egui::Id::unique("path prompt")).show(ctx, |ui| {
            ui.set_width(460.0);
            ui.heading(title);
            let label = ui.label(name);
            let edit = ui.add(TextEdit::singleline(&mut self.typed).desired_width(f32::INFINITY));
            let edit = edit.labelled_by(label.id);
            if std::mem::take(&mut self.is_new) {
                edit.request_focus();
            }
            let is_entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if let Some(problem) = &self.problem {
                ui.colored_label(Palette::of(ui).bad, problem);
            }
            ui.add_space(GAP);
            ui.horizontal(|ui| {
                let is_typed = !self.typed.trim().is_empty();
                let open = ui.add_enabled(is_typed, Button::new("Open"));
                let open = open.on_hover_text("Opens what has this path");
                let open = open.on_disabled_hover_text("Type a path, or choose one in the system's dialog");
                if is_typed && (open.clicked() || is_entered) {
                    outcome = self.opened();
                }
                let choose =
                    ui.button("Choose…").on_hover_text("Shows the system's dialog, where there is one");
                if choose.clicked() {
                    outcome = PromptState::Choose;
                }
                if ui.button("Cancel").on_hover_text("Opens nothing").clicked() {
                    outcome = PromptState::Closed;
                }
            });
        });
        if modal.should_close() { PromptState::Closed } else { outcome }
    }

    /// What was typed, where it can be opened.
    fn opened(&mut self) -> PromptState {
        let path = Path::new(self.typed.trim());
        let checked = match self.kind {
            DialogKind::OpenModel if path.exists() => Ok(()),
            DialogKind::OpenModel => Err(format!("there is no {}; check the path", path.display())),
            _ => RunView::open(path).map(drop).map_err(|error| error.to_string()),
        };
        self.problem = checked.err();
        if self.problem.is_none() { PromptState::Typed(path.to_owned()) } else { PromptState::Open }
    }
}
