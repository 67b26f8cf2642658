//! Tables that can be sorted.

use eframe::egui::{self, RichText};

/// Draws the heading of a column with the direction it is sorted by, if it is. Returns whether it was
/// clicked, to sort by it or to turn the order round.
pub fn heading(ui: &mut egui::Ui, name: &str, tooltip: &str, descending: Option<bool>) -> bool {
    let text = match descending {
        None => name.to_owned(),
        Some(false) => format!("{name} ⏶"),
        Some(true) => format!("{name} ⏷"),
    };
    let button = egui::Button::new(RichText::new(text).strong()).frame(false);
    ui.add(button).on_hover_text(format!("{tooltip}. Click to sort")).clicked()
}
