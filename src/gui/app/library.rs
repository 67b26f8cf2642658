//! The screens of many runs: the list, and runs side by side; and the run that comes with the program.

use std::path::PathBuf;

use eframe::egui;

use super::{App, Screen};
use crate::gui::background::BackgroundTask;
use crate::gui::commands::Action;
use crate::gui::compare::CompareScreen;
use crate::gui::example;
use crate::gui::runs::RunsRequest;
use crate::run::run_name;

impl App {
    /// Draws the list of runs.
    pub(super) fn runs_screen(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        match self.runs.show(ui, &self.settings.recent, actions) {
            None => {}
            Some(RunsRequest::Open(dir)) => self.open(&dir),
            Some(RunsRequest::Resume(dir)) => {
                self.open(&dir);
                if self.possible(Action::Resume) {
                    self.act(ui.ctx(), Action::Resume)
                } else {
                    self.toasts.problem(format!("{} cannot be resumed now", run_name(&dir)))
                }
            }
            Some(RunsRequest::Compare(dirs)) => self.compare(&dirs),
            Some(RunsRequest::Reveal(dir)) => reveal(ui.ctx(), &dir),
        }
    }

    /// Begins to open the run that comes with the program.
    pub(super) fn open_example(&mut self) {
        match self.places.cache.clone() {
            Some(cache) => {
                self.example = Some(BackgroundTask::begin(&self.wake, move || example::unpacked(&cache)));
            }
            None => self.toasts.problem(
                "The example needs a folder of caches, and this system has none; name one in AUTOGAN_CACHE_DIR",
            ),
        }
    }

    /// Shows that run once it is there.
    pub(super) fn notice_example(&mut self) {
        match BackgroundTask::take(&mut self.example) {
            None => {}
            Some(Some(Ok(dir))) => self.open(&dir),
            Some(Some(Err(problem))) => self.toasts.problem(problem),
            Some(None) => self.toasts.problem("The example was not unpacked; try again"),
        }
    }

    /// Draws which runs are compared.
    pub(super) fn compared_title(&mut self, ui: &mut egui::Ui) {
        if let Screen::Compare(compared) = &self.screen
            && let Some(dir) = compared.title(ui)
        {
            self.open(&dir);
        }
    }

    /// Lays runs side by side.
    pub(super) fn compare(&mut self, dirs: &[PathBuf]) {
        self.go(Screen::Compare(Box::new(CompareScreen::new(dirs, &self.wake))));
    }

    /// Says which runs are in the trash now, and which are not.
    pub(super) fn report_moved(&mut self) {
        for (dir, moved) in self.runs.moved() {
            match moved {
                Ok(()) => {
                    self.toasts.done(format!("{} is in the trash", run_name(&dir)));
                    self.settings.forget(&dir);
                    if self.sessions.shown().is_some_and(|shown| shown.dir() == dir) {
                        self.go(Screen::Runs);
                    }
                }
                Err(problem) => self.toasts.problem(problem),
            }
        }
    }
}

/// Shows a folder in the file manager.
pub(super) fn reveal(ctx: &egui::Context, dir: &std::path::Path) {
    ctx.open_url(egui::OpenUrl::new_tab(format!("file://{}", dir.display())));
}
