//! The ring around what the keyboard is at, for what egui draws none around.

use eframe::egui::{Painter, Rect, Response, Stroke, StrokeKind, Theme};

use crate::gui::theme::Palette;

/// Draws the ring around `rect` if the keyboard is at the widget.
pub fn ring(painter: &Painter, response: &Response, rect: Rect) {
    if response.has_focus() {
        let palette = Palette::new(response.ctx.theme() == Theme::Dark);
        painter.rect_stroke(rect, 4.0, Stroke::new(2.0, palette.generator), StrokeKind::Inside);
    }
}

/// Draws the ring around a button, outside of it: on one that is filled it would not be seen.
pub fn ring_around(painter: &Painter, response: &Response) {
    ring(painter, response, response.rect.expand(3.0));
}
