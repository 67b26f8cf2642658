//! What shows where the keyboard is, where egui shows nothing.

use eframe::egui::{Context, Id, Key, Painter, Rect, Response, Stroke, StrokeKind, Theme, Ui};

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

/// Whether the keyboard was used to go through the window since the pointer was moved last. What only a pointer
/// can do, such as dragging a border, is no stop then: it would have no name and show nothing.
pub fn is_by_keyboard(ctx: &Context) -> bool {
    let used = ctx.input(|input| {
        if input.key_pressed(Key::Tab) { Some(true) } else { input.pointer.is_moving().then_some(false) }
    });
    ctx.data_mut(|data| {
        let kept = data.get_temp_mut_or(Id::unique("by keyboard"), false);
        *kept = used.unwrap_or(*kept);
        *kept
    })
}

/// Space that is kept around what the keyboard comes to, in points.
const AROUND: f32 = 12.0;

/// Scrolls to what the keyboard comes to, if that lies out of sight in the scroll area whose contents end in `ui`.
pub fn keep_in_sight(ui: &Ui) {
    let focused = ui.memory(|memory| memory.focused()).and_then(|id| ui.ctx().read_response(id));
    let Some(stop) = focused.filter(Response::gained_focus) else { return };
    if is_by_keyboard(ui.ctx())
        && ui.min_rect().contains(stop.rect.center())
        && !ui.clip_rect().contains_rect(stop.rect)
    {
        ui.scroll_to_rect(stop.rect.expand(AROUND), None);
    }
}
