//! The run's events in words.

use eframe::egui::{self, RichText};

use super::{Panel, PanelContext, PanelKind, PanelPlace, empty};
use crate::gui::state::{Level, LogLine};

/// The panel in the list of all.
pub const KIND: PanelKind =
    PanelKind { key: "log", title: "Log", place: PanelPlace::BelowLeft, make: || Box::<LogPanel>::default() };

/// The panel, with its own state.
#[derive(Default)]
struct LogPanel {
    filter: String,
    problems_only: bool,
}

impl Panel for LogPanel {
    fn show(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>) {
        let upto = context.state.log.partition_point(|line| line.event_index <= context.event_index);
        let filter = self.filter.to_lowercase();
        let wanted = |line: &&LogLine| {
            (!self.problems_only || line.level > Level::Note)
                && (filter.is_empty() || line.text.to_lowercase().contains(&filter))
        };
        let lines: Vec<&LogLine> = context.state.log[..upto].iter().filter(wanted).collect();
        ui.horizontal(|ui| {
            let label = ui.label("Filter");
            ui.add(egui::TextEdit::singleline(&mut self.filter).desired_width(140.0)).labelled_by(label.id);
            ui.checkbox(&mut self.problems_only, "Problems only")
                .on_hover_text("Hides all but warnings and errors");
            let copy = ui.add_enabled(!lines.is_empty(), egui::Button::new("Copy"));
            if copy.on_hover_text("Copies the lines that are shown").clicked() {
                let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
                ui.copy_text(text.join("\n"));
            }
        });
        if lines.is_empty() {
            return empty(ui, if upto == 0 { "Nothing has happened yet" } else { "No line has that" });
        }
        let height = ui.text_style_height(&egui::TextStyle::Body);
        let area = egui::ScrollArea::both().auto_shrink(false).stick_to_bottom(true);
        area.show_rows(ui, height, lines.len(), |ui, rows| {
            for line in &lines[rows] {
                let text = RichText::new(&line.text);
                let text = match line.level {
                    Level::Note => text,
                    Level::Warning => text.color(ui.visuals().warn_fg_color),
                    Level::Error => text.color(ui.visuals().error_fg_color),
                };
                let label = ui.add(egui::Label::new(text).wrap_mode(egui::TextWrapMode::Extend));
                // One line each, so that only those in view are laid out.
                if label.rect.right() > ui.clip_rect().right() {
                    label.on_hover_text(&line.text);
                }
            }
        });
    }
}
