//! Lessons: opened from a file or the program's own, shown in a bar, and made of a run.

use std::path::Path;
use std::time::Instant;

use eframe::egui;

use super::{App, Screen};
use crate::app::Lesson;
use crate::gui::commands::Action;
use crate::gui::dialogs::kind::DialogKind;
use crate::gui::lessons::{self, LessonChoice, LessonRequest, SLOW_MOTION, ShownLesson};
use crate::run::write_file;

impl App {
    /// Begins the lesson in a file, or says why it cannot be used.
    pub fn open_lesson(&mut self, path: &Path) {
        match lessons::read(path) {
            Ok(lesson) => self.teach(lesson),
            Err(problem) => self.toasts.problem(problem.to_string()),
        }
    }

    /// Begins a lesson and its run.
    pub(in crate::gui) fn teach(&mut self, lesson: Lesson) {
        self.end_lesson();
        let shown = |app: &Self| app.sessions.shown().map(|session| session.dir().to_owned());
        let before = shown(self);
        self.begin(lesson.job.clone(), lesson.config.clone());
        // Where the run could not begin, that was said.
        if let Some(dir) = shown(self).filter(|dir| Some(dir) != before.as_ref()) {
            self.lesson = Some(ShownLesson::new(lesson, dir));
        }
    }

    /// Whether a lesson about the shown run has no place for a command.
    pub(super) fn lesson_hides(&self, action: Action) -> bool {
        self.lesson.as_ref().is_some_and(|lesson| self.is_about_shown(lesson) && lesson.hides(action))
    }

    fn is_about_shown(&self, lesson: &ShownLesson) -> bool {
        self.sessions.shown().is_some_and(|session| session.dir() == lesson.dir())
    }

    /// Draws the bar of the lesson, if there is one, and does what the lesson asks for.
    pub(super) fn lesson_bar(&mut self, ui: &mut egui::Ui) {
        let Some(mut lesson) = self.lesson.take() else {
            return;
        };
        let is_about_shown = self.is_about_shown(&lesson);
        let session = self.sessions.shown().filter(|_| is_about_shown);
        let control = session.and_then(|session| lesson.look(&session.lock(), Instant::now()));
        if let Some(control) = control {
            self.send(control);
        }
        if lesson.is_slow() && is_about_shown {
            ui.ctx().request_repaint_after(SLOW_MOTION);
        }
        let is_shown = is_about_shown && matches!(self.screen, Screen::Run);
        if is_shown && let Some(panel) = lesson.take_panel() {
            self.settings.layout.show(panel);
            self.view.finish = false;
        }
        let bar = egui::Panel::bottom("lesson").show(ui, |ui| {
            ui.add_space(3.0);
            let request = lesson.bar(ui, is_shown);
            ui.add_space(3.0);
            request
        });
        let dir = lesson.dir().to_owned();
        self.lesson = Some(lesson);
        match bar.inner {
            None => {}
            Some(LessonRequest::End) => self.end_lesson(),
            Some(LessonRequest::ShowRun) => self.open(&dir),
        }
    }

    /// Ends the lesson, if there is one; its run goes on.
    fn end_lesson(&mut self) {
        let Some(mut lesson) = self.lesson.take() else {
            return;
        };
        let session = self.sessions.shown().filter(|_| self.is_about_shown(&lesson));
        let control = session.and_then(|session| lesson.release(&session.lock().status));
        if let Some(control) = control {
            self.send(control);
        }
    }

    /// Draws the dialog in which a lesson is chosen, while it is open.
    pub(super) fn lesson_choice(&mut self, ctx: &egui::Context) {
        let choice = self.chooses_lesson.then(|| lessons::choose(ctx)).flatten();
        let Some(choice) = choice else {
            return;
        };
        self.chooses_lesson = false;
        match choice {
            LessonChoice::Lesson(lesson) => self.teach(*lesson),
            LessonChoice::File => self.choose_path(DialogKind::OpenLesson),
            LessonChoice::Cancel => {}
        }
    }

    /// Writes a lesson about the shown run, to be gone on with in a text editor.
    pub(super) fn save_lesson(&mut self, path: &Path) {
        let template = self.sessions.shown().map(|session| {
            let state = session.lock();
            let job = state.job.clone().ok_or("the run does not say what it is for")?;
            let config = state.config.as_ref().ok_or("its settings cannot be read")?;
            Lesson::template(&job, config, &lessons::panel_keys())
        });
        let written = template
            .unwrap_or_else(|| Err("no run is shown".to_owned()))
            .and_then(|text| write_file(path, text.as_bytes()).map_err(|error| error.to_string()));
        match written {
            Ok(()) => self.toasts.done(format!(
                "The lesson is in {}: open it in a text editor to write its steps",
                path.display()
            )),
            Err(problem) => self.toasts.problem(format!("No lesson was made: {problem}")),
        }
    }
}
