//! The grid of images in the middle of the Create screen: zoom, selection, drags.

use std::sync::Arc;

use eframe::egui::{self, Align2, FontId, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Vec2, WidgetInfo};

use crate::export::Tiles;
use crate::gui::theme::Palette;
use crate::gui::widgets::image_grid::{self, Placement};
use crate::gui::widgets::zoom::Zoom;

/// Points between two images.
const SPACING: f32 = 4.0;
/// What the user did to a grid in this frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interaction {
    /// The image that was clicked.
    pub clicked: Option<usize>,
    /// Whether it is meant beside what is picked.
    pub beside: bool,
    /// How far the grid was dragged, in images.
    pub dragged: Vec2,
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
    /// Whether a drag is returned and does not move the grid.
    pub drags: bool,
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
    let place = zoom.place(Placement::fit(count, side, rect.size(), SPACING), rect.size());
    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, 4.0, palette.well);
    image_grid::paint(ui, rect, grid.tiles, place, None);
    let painter = ui.painter().with_clip_rect(rect);
    let mut interaction = Interaction::default();
    let mut moved = response.drag_delta();
    let mut twice = response.double_clicked();
    for index in 0..count {
        let whole = place.image(index, side).translate(rect.min.to_vec2());
        let seen = whole.intersect(rect);
        if !seen.is_positive() {
            continue;
        }
        let image = ui.interact(seen, response.id.with(index), Sense::click_and_drag());
        let picked = (grid.picked)(index);
        let words = || (grid.words)(index);
        image.widget_info(|| WidgetInfo::selected(Role::Button, true, picked.is_some(), words()));
        if image.clicked() {
            interaction.clicked = Some(index);
            interaction.beside = ui.input(|input| input.modifiers.command || input.modifiers.shift);
        }
        twice |= image.double_clicked();
        moved += image.drag_delta();
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
    if grid.drags {
        interaction.dragged = moved / (place.scale * side as f32 + place.gap)
    } else {
        zoom.drag(moved)
    }
    if twice && !grid.drags {
        *zoom = Zoom::default();
    }
    interaction
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
