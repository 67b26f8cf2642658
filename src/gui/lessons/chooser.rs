//! The dialog in which a lesson is chosen.

use std::sync::LazyLock;

use eframe::egui::{self, RichText, Vec2};

use super::panel_keys;
use crate::app::{LESSONS, Lesson};
use crate::gui::theme::GAP;

/// What was chosen in the dialog.
pub enum LessonChoice {
    /// One that comes with the program.
    Lesson(Box<Lesson>),
    /// One in a file.
    File,
    /// None.
    Cancel,
}

/// The lessons of the program. All of them can be read, which a test sees to.
static BUILT_IN: LazyLock<Vec<Lesson>> = LazyLock::new(|| {
    let lessons = LESSONS.iter().filter_map(|(name, text)| Lesson::parse(text, name, &panel_keys()).ok());
    lessons.collect()
});

/// Draws the dialog; none until something is chosen.
pub fn choose(ctx: &egui::Context) -> Option<LessonChoice> {
    let modal = egui::Modal::new(egui::Id::unique("lessons")).show(ctx, |ui| {
        ui.set_width(480.0);
        ui.heading("Lessons");
        ui.label(
            RichText::new("Each begins a run of minutes and explains what it does, step by step").weak(),
        );
        ui.add_space(GAP);
        let mut choice = None;
        let area = egui::ScrollArea::vertical().max_height((ctx.content_rect().height() - 220.0).max(120.0));
        area.show(ui, |ui| {
            for lesson in BUILT_IN.iter() {
                let button = egui::Button::new(RichText::new(&lesson.title).strong());
                let button = ui.add(button.min_size(Vec2::new(ui.available_width(), 30.0)));
                ui.label(RichText::new(&lesson.about).weak());
                ui.add_space(4.0);
                if button.on_hover_text("Begins the lesson and its run").clicked() {
                    choice = Some(LessonChoice::Lesson(Box::new(lesson.clone())));
                }
            }
        });
        ui.add_space(GAP);
        ui.horizontal(|ui| {
            if ui
                .button("Open a lesson file…")
                .on_hover_text("A lesson of your own or of a teacher")
                .clicked()
            {
                choice = Some(LessonChoice::File);
            }
            if ui.button("Cancel").clicked() {
                choice = Some(LessonChoice::Cancel);
            }
        });
        choice
    });
    let closes = modal.should_close();
    modal.inner.or(closes.then_some(LessonChoice::Cancel))
}
