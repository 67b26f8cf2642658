//! Files and folders that come from outside: chosen in a dialog, or dropped on the window.

use std::path::{Path, PathBuf};

use super::{App, Screen};
use crate::gui::background::BackgroundTask;
use crate::gui::create::is_model;
use crate::gui::dialogs::kind::DialogKind;
use crate::run::RunView;

/// How the files of lessons end, by which they differ from settings.
const LESSON_ENDING: &str = ".lesson.toml";

impl App {
    /// Asks for a file or a folder, without waiting.
    pub(super) fn choose_path(&mut self, kind: DialogKind) {
        let name = match (kind, self.sessions.shown()) {
            (DialogKind::SaveLesson, Some(session)) => session.name(),
            _ => self.setup.config().name.clone(),
        };
        let question = kind.question(&self.places.runs, &name);
        let dialogs = self.dialogs.clone();
        self.chosen = Some(BackgroundTask::begin(&self.wake, move || (kind, dialogs(&question))));
    }

    pub(super) fn chose(&mut self, kind: DialogKind, path: &Path) {
        match kind {
            DialogKind::OpenRun => self.open(path),
            DialogKind::OpenModel => self.create(path),
            DialogKind::Images(_) => self.setup.learn_from(path),
            DialogKind::LoadSettings => match self.setup.load(path) {
                Ok(renamed) => {
                    self.toasts.done(format!("Settings of {} loaded", path.display()));
                    if let Some(names) = renamed {
                        self.toasts.problem(names);
                    }
                }
                Err(problem) => self.toasts.problem(problem),
            },
            DialogKind::OpenLesson => self.open_lesson(path),
            DialogKind::SaveLesson => self.save_lesson(path),
            DialogKind::SaveSettings => match self.setup.save(path) {
                Ok(()) => self.toasts.done(format!("Settings saved in {}", path.display())),
                Err(problem) => self.toasts.problem(problem),
            },
        }
    }

    /// Takes in what was dropped: a run folder, a generator, a lesson, a file of settings, or images.
    pub(super) fn dropped(&mut self, paths: &[PathBuf]) {
        let Some(first) = paths.first() else {
            return;
        };
        if RunView::open(first).is_ok() {
            return self.open(first);
        }
        if is_model(first) {
            return self.create(first);
        }
        if first.to_string_lossy().ends_with(LESSON_ENDING) {
            return self.open_lesson(first);
        }
        self.go(Screen::Setup);
        if first.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) {
            return self.chose(DialogKind::LoadSettings, first);
        }
        if self.setup.takes(first) {
            return self.setup.learn_from(first);
        }
        match first.parent() {
            Some(folder) => {
                self.toasts.done(format!("All pictures in {} are taken", folder.display()));
                self.setup.learn_from(folder);
            }
            None => self.toasts.problem(format!("{} is in no folder", first.display())),
        }
    }
}
