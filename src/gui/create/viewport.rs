//! The grid of images in the middle of the Create screen: zoom, selection, drags.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, CursorIcon, EventFilter, FontId, Id, Key, Pos2, Rect, Role, Sense, Stroke, StrokeKind,
    Vec2, WidgetInfo,
};

use crate::export::Tiles;
use crate::gui::theme::Palette;
use crate::gui::widgets::focus;
use crate::gui::widgets::image_grid::{self, Placement};
use crate::gui::widgets::zoom::Zoom;

/// Points between two images.
const SPACING: f32 = 4.0;
/// How far an arrow key moves over a map, in images.
const KEY_STEP: f32 = 0.5;
/// By how much the keys + and - change a map's spacing.
const KEY_ZOOM: f32 = 1.25;
/// Points of the wheel by which the spacing of a map changes by the factor e.
const WHEEL: f32 = 250.0;

/// What the user did to a grid in this frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interaction {
    /// The image that was clicked.
    pub clicked: Option<usize>,
    /// Whether it is meant beside what is picked.
    pub beside: bool,
    /// How far over the map, to the right and down, in images; zero for a grid that is none.
    pub moved: Vec2,
    /// The factor by which the spacing of the map changes, and around which place: so many images to the right of and
    /// below its middle.
    pub spacing: Option<(f32, Vec2)>,
}

/// A grid of images to show.
pub struct ImageGrid<'a> {
    /// Its name, for a screen reader.
    pub name: &'a str,
    /// The images.
    pub tiles: &'a Arc<Tiles>,
    /// The name of an image.
    pub words: &'a dyn Fn(usize) -> String,
    /// The place of an image among the picked ones.
    pub picked: &'a dyn Fn(usize) -> Option<usize>,
    /// A hint for the tooltip: what can be done with it.
    pub hint: &'a str,
    /// Of a map, how far its images lie beside their places, to the right and down, in images: those that belong there
    /// are still being made. A drag, the wheel and keys move over a map, and leave other grids' images what they are.
    pub map: Option<Vec2>,
}

/// Images in a row of a grid of `count` in `size`.
pub fn columns(count: usize, side: usize, size: Vec2) -> usize {
    Placement::fit(count, side, size, SPACING).columns
}

/// Draws a grid in all the room there is.
pub fn show(ui: &mut egui::Ui, grid: &ImageGrid<'_>, zoom: &mut Zoom) -> Interaction {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    if !ui.is_rect_visible(rect) {
        return Interaction::default();
    }
    let (side, count) = (grid.tiles.side(), grid.tiles.count());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{}, {count} images", grid.name)));
    let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|at| rect.contains(*at));
    if let Some(pointer) = pointer {
        zoom.turn(ui, rect, pointer);
    }
    // Before anything is drawn, so that it follows the pointer without delay.
    let dragged = response.drag_delta();
    match grid.map {
        None => zoom.drag(dragged),
        Some(_) if response.dragged() => ui.ctx().set_cursor_icon(CursorIcon::Grabbing),
        Some(_) => {}
    }
    let place = zoom.place(Placement::fit(count, side, rect.size(), SPACING), rect.size());
    let pitch = place.scale * side as f32 + place.gap;
    let shift = grid.map.map_or(Vec2::ZERO, |lag| lag * pitch + dragged);
    let seen_place = Placement { origin: place.origin + shift, ..place };
    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, 4.0, palette.well);
    image_grid::paint(ui, rect, grid.tiles, seen_place, None);
    let painter = ui.painter().with_clip_rect(rect);
    let mut interaction = Interaction::default();
    let mut twice = response.double_clicked();
    let mut focused = response.has_focus().then_some(response.id);
    for index in 0..count {
        let whole = seen_place.image(index, side).translate(rect.min.to_vec2());
        let seen = whole.intersect(rect);
        if !seen.is_positive() {
            continue;
        }
        // A drag is the whole grid's: one that begins on an image goes on when that image is out of sight.
        let image = ui.interact(seen, response.id.with(index), Sense::click());
        let picked = (grid.picked)(index);
        let words = || (grid.words)(index);
        image.widget_info(|| WidgetInfo::selected(Role::Button, true, picked.is_some(), words()));
        if image.clicked() {
            interaction.clicked = Some(index);
            interaction.beside = ui.input(|input| input.modifiers.command || input.modifiers.shift);
        }
        twice |= image.double_clicked();
        if image.has_focus() {
            focused = Some(image.id);
        }
        let frame = match (picked, image.has_focus() || image.hovered()) {
            (Some(_), _) => Some(Stroke::new(2.5, palette.generator)),
            (None, true) => Some(Stroke::new(1.0, ui.visuals().weak_text_color())),
            (None, false) => None,
        };
        if let Some(frame) = frame {
            painter.rect_stroke(whole, 1.0, frame, StrokeKind::Outside);
        }
        if let Some(number) = picked {
            badge(&painter, whole.min, number, &palette);
        }
        image.on_hover_ui(|ui| {
            ui.label(words());
            ui.label(egui::RichText::new(grid.hint).weak());
        });
    }
    focus::ring(&painter, &response, rect);
    if grid.map.is_some() {
        let (by_key, factor) = keys(ui, focused);
        interaction.moved = by_key - dragged / pitch;
        let middle = place.origin
            + Vec2::new(place.columns.min(count) as f32, count.div_ceil(place.columns) as f32) * pitch / 2.0
            - Vec2::splat(place.gap / 2.0);
        let wheel = pointer.map(|at| ((at - rect.min - middle) / pitch, wheel(ui)));
        interaction.spacing = match wheel {
            Some((around, turned)) if turned != 1.0 => Some((turned, around)),
            _ => (factor != 1.0).then_some((factor, Vec2::ZERO)),
        };
    } else if twice {
        *zoom = Zoom::default();
    }
    interaction
}

/// The factor by which the wheel changes a map's spacing: upwards makes it smaller, as a map is zoomed into.
fn wheel(ui: &egui::Ui) -> f32 {
    if !ui.memory(|memory| memory.allows_interaction(ui.layer_id())) {
        return 1.0;
    }
    (-ui.input(|input| input.smooth_scroll_delta().y) / WHEEL).exp()
}

/// How far the keys that were pressed move over a map, in images, and by which factor they change its spacing. They are
/// the map's where the keyboard is at `focused`, a part of it, or nowhere.
fn keys(ui: &egui::Ui, focused: Option<Id>) -> (Vec2, f32) {
    let is_ours = ui.memory(|memory| {
        memory.allows_interaction(ui.layer_id()) && memory.focused().is_none_or(|id| Some(id) == focused)
    });
    if !is_ours {
        return (Vec2::ZERO, 1.0);
    }
    if let Some(id) = focused {
        // They would lead to the next widget else.
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
    }
    // On many keyboards, a plus takes Shift.
    let pressed =
        |key| ui.input(|input| input.key_pressed(key) && !input.modifiers.command && !input.modifiers.alt);
    let step = |forward, back| {
        KEY_STEP * (f32::from(u8::from(pressed(forward))) - f32::from(u8::from(pressed(back))))
    };
    let moved = Vec2::new(step(Key::ArrowRight, Key::ArrowLeft), step(Key::ArrowDown, Key::ArrowUp));
    let factor = match (pressed(Key::Plus) || pressed(Key::Equals), pressed(Key::Minus)) {
        (true, false) => 1.0 / KEY_ZOOM,
        (false, true) => KEY_ZOOM,
        _ => 1.0,
    };
    (moved, factor)
}

/// A small image that can be clicked; an empty place until it is there.
pub fn thumbnail(
    ui: &mut egui::Ui,
    image: Option<&Arc<Tiles>>,
    size: f32,
    here: bool,
    name: &str,
) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, here, name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, 2.0, palette.well);
    if let Some(tiles) = image {
        image_grid::paint(ui, rect, tiles, Placement::fit(1, tiles.side(), rect.size(), 0.0), None);
    }
    let color =
        if here || response.hovered() || response.has_focus() { palette.generator } else { palette.faint };
    ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.5, color), StrokeKind::Outside);
    response
}

/// The number of a picked image in its corner.
fn badge(painter: &egui::Painter, corner: Pos2, number: usize, palette: &Palette) {
    let rect = Rect::from_min_size(corner, Vec2::new(18.0, 15.0));
    painter.rect_filled(rect, 2.0, palette.generator);
    let text = (number + 1).to_string();
    painter.text(rect.center(), Align2::CENTER_CENTER, text, FontId::proportional(11.0), palette.well);
}
