//! The names of curves in their colours, above a plot, where they cover none of its points.

use std::collections::BTreeSet;

use eframe::egui::{self, Color32, Role, Sense, Stroke, TextStyle, TextWrapMode, Vec2, WidgetInfo};

use crate::gui::widgets::focus;

/// The side of a curve's mark, in points.
const MARK: f32 = 9.0;
/// The width that a name takes at most.
const WIDTH: f32 = 260.0;

/// Which curves are hidden, by name.
#[derive(Default)]
pub struct CurveLegend {
    hidden: BTreeSet<String>,
}

impl CurveLegend {
    /// Whether a curve is to be drawn.
    pub fn shows(&self, name: &str) -> bool {
        !self.hidden.contains(name)
    }

    /// Draws the names. A click hides a curve or brings it back.
    pub fn show<'a>(&mut self, ui: &mut egui::Ui, curves: impl IntoIterator<Item = (&'a str, Color32)>) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = Vec2::new(12.0, 2.0);
            for (name, color) in curves {
                let shown = self.shows(name);
                if entry(ui, name, color, shown).clicked() {
                    if shown {
                        self.hidden.insert(name.to_owned())
                    } else {
                        self.hidden.remove(name)
                    };
                }
            }
        });
    }
}

fn entry(ui: &mut egui::Ui, name: &str, color: Color32, shown: bool) -> egui::Response {
    let text = if shown { ui.visuals().text_color() } else { ui.visuals().weak_text_color() };
    let words = egui::WidgetText::from(egui::RichText::new(name).color(text));
    let galley = words.into_galley(ui, Some(TextWrapMode::Truncate), WIDTH, TextStyle::Body);
    let size = Vec2::new(galley.size().x + MARK + 12.0, galley.size().y + 4.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, shown, name));
    let mark = rect.left_center() + Vec2::new(3.0 + MARK / 2.0, 0.0);
    if shown {
        ui.painter().circle_filled(mark, MARK / 2.0, color);
    } else {
        ui.painter().circle_stroke(mark, MARK / 2.0 - 0.75, Stroke::new(1.5, color));
    }
    ui.painter().galley(rect.min + Vec2::new(MARK + 8.0, 2.0), galley, text);
    focus::ring(ui.painter(), &response, rect);
    response.on_hover_text(if shown { "Click hides this curve" } else { "Click shows this curve" })
}
