//! Tables that can be sorted.

use eframe::egui::{self, RichText};

use super::focus;

/// Draws the heading of a column with the direction it is sorted by, if it is. Returns whether it was
/// clicked, to sort by it or to turn the order round.
pub fn heading(ui: &mut egui::Ui, name: &str, tooltip: &str, descending: Option<bool>) -> bool {
    let text = match descending {
        None => name.to_owned(),
        Some(false) => format!("{name} ⏶"),
        Some(true) => format!("{name} ⏷"),
    };
    let button = ui.add(egui::Button::new(RichText::new(text).strong()).frame(false));
    // It has no frame that would show it.
    focus::ring(ui.painter(), &button, button.rect);
    button.on_hover_text(format!("{tooltip}. Click to sort")).clicked()
}
