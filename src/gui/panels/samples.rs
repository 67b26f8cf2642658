//! Images of the fixed latents at the moment that is shown.

use std::sync::Arc;

use eframe::egui::{self, Rect, Role, Sense, WidgetInfo};

use super::{Context, empty};
use crate::export::Tiles;
use crate::gui::pictures::Source;
use crate::gui::state::capital;
use crate::gui::theme::Palette;
use crate::gui::wall::{self, Placement};
use crate::gui::zoom::Zoom;

/// Points between two images.
const SPACING: f32 = 3.0;

/// The panel's own state.
#[derive(Default)]
pub struct View {
    /// What is shown until the next picture is read.
    tiles: Option<(String, Arc<Tiles>)>,
    selected: Option<usize>,
    zoom: Zoom,
}

pub fn show(ui: &mut egui::Ui, context: &mut Context<'_>) {
    if let Err(problem) = read(context) {
        ui.colored_label(ui.visuals().error_fg_color, problem);
    }
    let Some((name, tiles)) = context.view.samples.tiles.clone() else {
        let text = match context.state.status.is_live() {
            true => "The first images come when there is a generator",
            false => "No images at this moment",
        };
        return empty(ui, text);
    };
    let view = &mut context.view.samples;
    ui.horizontal(|ui| {
        ui.label(capital(&name));
        ui.label(egui::RichText::new(format!("{0} x {0} px", tiles.side())).weak());
        if let Some(selected) = view.selected.filter(|&selected| selected < tiles.count()) {
            ui.label(egui::RichText::new(format!("Image {}", selected + 1)).strong()).on_hover_text(
                "The fixed latents are drawn once for a run, so the same place shows the same latent at every \
                 moment",
            );
        }
    });
    wall(ui, view, &name, &tiles);
}

/// Finds the picture of the moment; keeps the one before while it is being read.
fn read(context: &mut Context<'_>) -> Result<(), String> {
    let preview = context.state.preview.as_ref().filter(|_| context.is_live());
    let (name, source) = match (preview, context.state.sample_at(context.moment)) {
        (Some(preview), _) => (preview.name.clone(), Source::Preview(context.dir.to_owned(), preview.number)),
        (None, Some(sample)) => (sample.name.clone(), Source::File(context.dir.join(&sample.file))),
        (None, None) => {
            // The end of a worker takes nothing away that was shown.
            if !context.is_live() {
                context.view.samples.tiles = None;
            }
            return Ok(());
        }
    };
    let png = || preview.map(|preview| preview.png.clone());
    match context.pictures.get(&source, png) {
        Some(Ok(tiles)) => {
            context.view.samples.tiles = Some((name, tiles));
            Ok(())
        }
        Some(Err(problem)) => Err(problem),
        None => Ok(()),
    }
}

fn wall(ui: &mut egui::Ui, view: &mut View, name: &str, tiles: &Arc<Tiles>) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let (side, count) = (tiles.side(), tiles.count());
    navigate(ui, view, rect, &response, count);
    let fit = Placement::fit(count, side, rect.size(), SPACING);
    let place = view.zoom.place(fit, rect.size());
    let under = |point: egui::Pos2| place.hit(point - rect.min, count, side);
    if response.clicked() {
        let hit = response.interact_pointer_pos().and_then(under);
        view.selected = hit.filter(|_| view.selected != hit);
    }
    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, 4.0, palette.well);
    let framed = view.selected.map(|selected| (selected, palette.generator));
    wall::paint(ui, rect, tiles, place, framed);
    let words = format!("{count} images, {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    if let Some(index) = response.hover_pos().and_then(under) {
        response.on_hover_ui(|ui| {
            ui.label(format!("Image {} of {count}", index + 1));
            ui.label("Click to select; Ctrl and wheel to zoom, drag to move, double click for all");
        });
    }
}

/// Zooms around the pointer, moves, selects with the arrow keys.
fn navigate(ui: &egui::Ui, view: &mut View, rect: Rect, response: &egui::Response, count: usize) {
    if response.double_clicked() {
        view.zoom = Zoom::default();
    }
    if let Some(pointer) = response.hover_pos() {
        view.zoom.turn(ui, rect, pointer);
    }
    view.zoom.drag(response.drag_delta());
    if response.has_focus() {
        let keys = [(egui::Key::ArrowRight, 1), (egui::Key::ArrowLeft, count - 1)];
        for (key, forward) in keys {
            if ui.input(|input| input.key_pressed(key) && input.modifiers.is_none()) {
                view.selected = Some(view.selected.map_or(0, |selected| (selected + forward) % count));
            }
        }
    }
}
