//! The run's events in words.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, TextStyle};

use super::{Panel, PanelContext, PanelKind, PanelPlace, empty};
use crate::gui::state::{Level, LogLine};
use crate::run::{local_clock, local_time};

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
                let text: Vec<String> = lines.iter().map(|line| timed(line)).collect();
                ui.copy_text(text.join("\n"));
            }
        });
        if lines.is_empty() {
            return empty(ui, if upto == 0 { "Nothing has happened yet" } else { "No line has that" });
        }
        let height = ui.text_style_height(&TextStyle::Body);
        // An old run's lines have no times, and need no place for them.
        let are_timed = lines.iter().any(|line| line.time.is_some());
        let area = egui::ScrollArea::both().auto_shrink(false).stick_to_bottom(true);
        area.show_rows(ui, height, lines.len(), |ui, rows| {
            for line in &lines[rows] {
                let text = laid_out(ui, line, are_timed);
                let label = ui.add(egui::Label::new(text).wrap_mode(egui::TextWrapMode::Extend));
                // One line each, so that only those in view are laid out.
                if label.rect.right() > ui.clip_rect().right() || line.time.is_some() {
                    let time = line.time.map_or_else(String::new, |time| format!("{}: ", local_time(time)));
                    label.on_hover_text(format!("{time}{}", line.text));
                }
            }
        });
    }
}

/// A line as it is copied: its time of day, where that is known, and what happened.
fn timed(line: &LogLine) -> String {
    let time = line.time.map_or_else(String::new, |time| format!("{}  ", local_clock(time)));
    format!("{time}{}", line.text)
}

/// A line as it is shown, with room for the time where other lines have one.
fn laid_out(ui: &egui::Ui, line: &LogLine, are_timed: bool) -> LayoutJob {
    let visuals = ui.visuals();
    let color = match line.level {
        Level::Note => visuals.text_color(),
        Level::Warning => visuals.warn_fg_color,
        Level::Error => visuals.error_fg_color,
    };
    let format = |style: TextStyle, color| TextFormat::simple(style.resolve(ui.style()), color);
    let mut job = LayoutJob::default();
    if are_timed {
        let time = line.time.map_or_else(|| " ".repeat(8), local_clock);
        job.append(&format!("{time}  "), 0.0, format(TextStyle::Monospace, visuals.weak_text_color()));
    }
    job.append(&line.text, 0.0, format(TextStyle::Body, color));
    job
}
