//! The bar at the bottom of the window with the step of the lesson.

use eframe::egui::{self, Align, Label, Layout, RichText};

use super::ShownLesson;
use crate::app::LessonGoal;
use crate::gui::theme::Palette;

/// A request of the bar to the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonRequest {
    /// The lesson is over.
    End,
    /// Show the lesson's run.
    ShowRun,
}

impl ShownLesson {
    /// Draws the bar. `is_shown` says that the lesson's run is what the window shows.
    pub fn bar(&mut self, ui: &mut egui::Ui, is_shown: bool) -> Option<LessonRequest> {
        let mut request = None;
        ui.add(Label::new(RichText::new(&self.shown_step().text).size(15.0)).wrap());
        // Below the text, so that no number of lines moves a button.
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                request = self.buttons(ui, is_shown);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| self.title(ui));
            });
        });
        request
    }

    /// Which lesson and which step it is, and when it goes on.
    fn title(&self, ui: &mut egui::Ui) {
        let color = Palette::of(ui).generator;
        let (step, steps) = (self.step + 1, self.lesson.steps.len());
        let title = RichText::new(format!("Lesson: {}", self.lesson.title)).strong().color(color);
        let until = self.shown_step().until;
        let mut place = format!("Step {step} of {steps}");
        if until != LessonGoal::Next && self.was_met == Some(false) && !self.is_last() {
            place += &format!("; goes on {}", until.words());
        }
        ui.add(Label::new(title).truncate()).on_hover_text(&self.lesson.about);
        ui.add(Label::new(RichText::new(place).weak()).truncate());
    }

    /// The buttons, from the right.
    fn buttons(&mut self, ui: &mut egui::Ui, is_shown: bool) -> Option<LessonRequest> {
        let mut request = None;
        let end = ui.button("End the lesson").on_hover_text("Hides this bar; the run goes on");
        if end.clicked() {
            request = Some(LessonRequest::End);
        }
        let next = ui.add_enabled(!self.is_last(), egui::Button::new("Next ▶"));
        let next =
            next.on_hover_text("Goes on with the lesson").on_disabled_hover_text("This is the last step");
        if next.clicked() {
            self.go(self.step + 1);
        }
        let back = ui.add_enabled(self.step > 0, egui::Button::new("◀ Back"));
        let back = back.on_hover_text("To the step before").on_disabled_hover_text("This is the first step");
        if back.clicked() {
            self.go(self.step - 1);
        }
        if self.shown_step().slow {
            ui.checkbox(&mut self.is_slow, "Slow motion")
                .on_hover_text("The run does one update at a time, slowly enough to watch");
        }
        if !is_shown {
            let show = ui.button("Show its run").on_hover_text("Shows the run that the lesson is about");
            if show.clicked() {
                request = Some(LessonRequest::ShowRun);
            }
        }
        request
    }
}
