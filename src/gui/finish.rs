//! The end of a run: the winner's pictures large, what came out in words, how its pictures came about, and what can be
//! done next.

mod words;

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{self, Align, Layout, Rect, RichText, Role, Sense, Vec2, WidgetInfo};

use super::background::pictures::{PictureLoader, PictureSource};
use super::commands::{Action, entry, with_icon};
use super::panels::{PanelRequest, Saving, View};
use super::state::RunState;
use super::theme::{Palette, primary_button};
use super::widgets::focus;
use super::widgets::image_grid::{self, Placement};
use crate::export::Tiles;
use crate::run::safe_join;

/// Points between two images.
const SPACING: f32 = 3.0;
/// Pictures of the training at most.
const STRIP: usize = 5;
/// Height of the strip with its captions, in points.
const STRIP_HEIGHT: f32 = 170.0;
/// Share of the width that the words have, and what they need at least and at most, in points.
const WORDS: (f32, f32, f32) = (0.38, 300.0, 460.0);

/// Whether the end of the run can be shown.
pub fn is_there(state: &RunState) -> bool {
    state.summary.is_some()
}

/// Draws it. `dir` is the run folder.
pub fn show(
    ui: &mut egui::Ui,
    state: &RunState,
    dir: &Path,
    view: &mut View,
    pictures: &mut PictureLoader,
    actions: &mut Vec<Action>,
) {
    let Some(summary) = &state.summary else { return };
    let winner = read(pictures, dir, &summary.grid);
    let strip = words::learned(state, STRIP);
    if !strip.is_empty() {
        egui::Panel::bottom("how it learned").exact_size(STRIP_HEIGHT).resizable(false).show(ui, |ui| {
            learned(ui, state, dir, &strip, pictures);
        });
    }
    let (share, least, most) = WORDS;
    let width = (share * ui.available_width()).clamp(least, most);
    egui::Panel::right("what came out").exact_size(width).resizable(false).show(ui, |ui| {
        egui::ScrollArea::vertical().show(ui, |ui| {
            said(ui, state);
            ui.add_space(12.0);
            next(ui, state, view, winner.as_ref().ok().and_then(Option::as_ref), actions);
            focus::keep_in_sight(ui);
        });
    });
    egui::CentralPanel::default().show(ui, |ui| match &winner {
        Ok(Some(tiles)) => grid(ui, tiles, "the winner's"),
        Ok(None) => {}
        Err(problem) => {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
    });
}

/// A picture of the run folder; none until it is read.
fn read(pictures: &mut PictureLoader, dir: &Path, file: &str) -> Result<Option<Arc<Tiles>>, String> {
    let path = safe_join(dir, file)
        .ok_or_else(|| format!("The run names a picture outside of its folder: {file}"))?;
    pictures.get(&PictureSource::File(path), || None).transpose()
}

/// What came out, in words.
fn said(ui: &mut egui::Ui, state: &RunState) {
    ui.add_space(8.0);
    ui.heading("What came out");
    for sentence in words::sentences(state).into_iter().flatten() {
        ui.add_space(6.0);
        ui.label(RichText::new(sentence).size(15.0));
    }
    if let Some(winner) = state.summary.as_ref().and_then(|summary| summary.trained.first()) {
        ui.add_space(6.0);
        let label = ui.label(RichText::new(format!("Architecture {}", winner.vector)).weak());
        label.on_hover_text("Its choices as numbers, cell by cell; the panel Architecture draws them");
        let label = ui.label(RichText::new(winner.genotype.summary()).weak());
        label.on_hover_text(winner.genotype.in_words());
    }
}

/// What can be done next.
fn next(
    ui: &mut egui::Ui,
    state: &RunState,
    view: &mut View,
    winner: Option<&Arc<Tiles>>,
    actions: &mut Vec<Action>,
) {
    let Some(trained) = state.summary.as_ref().and_then(|summary| summary.trained.first()) else { return };
    ui.with_layout(Layout::top_down_justified(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        let other = |ui: &mut egui::Ui, name: &str, about: &str, enabled: bool| {
            ui.add_enabled(enabled, egui::Button::new(name)).on_hover_text(about).clicked()
        };
        let create = ui.add(primary_button(RichText::new(with_icon(Action::Create, "Create images"))));
        create.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Create images"));
        focus::ring_around(ui.painter(), &create);
        if create.on_hover_text(entry(Action::Create).hint(ui.ctx())).clicked() {
            actions.push(Action::Create);
        }
        let about = "A PNG file of all images, which keeps how they were made";
        if other(ui, "Save images…", about, winner.is_some())
            && let Some(tiles) = winner
        {
            let config = state.config.clone().map(Box::new);
            let made = config.map(|config| (trained.genotype.clone(), config));
            view.request =
                Some(PanelRequest::Save(Saving::Grid { tiles: tiles.clone(), tick: None, made }));
        }
        let about = "Sets up the same search with random proposals, at the same cost: what every search must beat";
        if !state.is_single_training() && other(ui, "Compare with random search…", about, state.config.is_some())
        {
            view.request = Some(PanelRequest::RandomSearch);
        }
        let about = "Sets up a training of this architecture by itself, from its beginning, with as many steps as you like";
        if other(ui, "Train longer…", about, state.config.is_some()) {
            view.request = Some(PanelRequest::Train(trained.genotype.clone()));
        }
        if other(ui, "Show the panels", entry(Action::Result).hint(ui.ctx()).as_str(), true) {
            actions.push(Action::Result);
        }
    });
}

/// How the winner's pictures came about.
fn learned(
    ui: &mut egui::Ui,
    state: &RunState,
    dir: &Path,
    strip: &[(usize, String)],
    pictures: &mut PictureLoader,
) {
    let gap = ui.spacing().item_spacing.x;
    let width = (ui.available_width() - gap * (strip.len() - 1) as f32) / strip.len() as f32;
    let size = Vec2::new(width, ui.available_height());
    let height = size.y - ui.text_style_height(&egui::TextStyle::Body) - 2.0 * gap;
    ui.horizontal(|ui| {
        for (sample, caption) in strip {
            ui.allocate_ui(size, |ui| {
                ui.vertical_centered(|ui| {
                    ui.set_width(width);
                    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), Sense::hover());
                    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, caption));
                    match read(pictures, dir, &state.samples[*sample].file) {
                        Ok(Some(tiles)) => paint(ui, rect, &tiles),
                        Ok(None) => {}
                        Err(problem) => {
                            let label = egui::Label::new(RichText::new(problem).small().weak()).wrap();
                            ui.put(rect, label);
                        }
                    }
                    ui.label(RichText::new(caption).weak());
                });
            });
        }
    });
}

fn grid(ui: &mut egui::Ui, tiles: &Arc<Tiles>, whose: &str) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, Palette::of(ui).well);
    paint(ui, rect, tiles);
    let words = format!("{} images, {whose}", tiles.count());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
}

fn paint(ui: &egui::Ui, rect: Rect, tiles: &Arc<Tiles>) {
    let place = Placement::fit(tiles.count(), tiles.side(), rect.size(), SPACING);
    image_grid::paint(ui, rect, tiles, place, None);
}
