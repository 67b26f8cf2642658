//! Images of the fixed latents at the event index that is shown.

use std::sync::Arc;

use eframe::egui::{self, Rect, RichText, Role, Sense, WidgetInfo};

use super::{Panel, PanelContext, PanelKind, PanelPlace, PanelRequest, Saving, empty, saving};
use crate::arch::Genotype;
use crate::engine::Tick;
use crate::export::Tiles;
use crate::gui::background::pictures::PictureSource;
use crate::gui::state::{Preview, Sample, capital};
use crate::gui::theme::Palette;
use crate::gui::widgets::focus;
use crate::gui::widgets::image_grid::{self, Placement};
use crate::gui::widgets::zoom::Zoom;
use crate::run::safe_join;
use crate::search::SampleSource;

/// The panel in the list of all.
pub const KIND: PanelKind = PanelKind {
    key: "samples",
    title: "Samples",
    place: PanelPlace::AboveLeft,
    make: || Box::<SamplesPanel>::default(),
};

/// Points between two images.
const SPACING: f32 = 3.0;

/// The panel, with its own state.
#[derive(Default)]
struct SamplesPanel {
    /// The picture that is shown until the next one is read.
    shown: Option<Shown>,
    selected: Option<usize>,
    zoom: Zoom,
}

/// A picture that was read.
#[derive(Clone)]
struct Shown {
    tiles: Arc<Tiles>,
    /// The work that it comes from.
    source: SampleSource,
    /// The architecture that made it, where that is known.
    genotype: Option<Genotype>,
    /// When it was made; none for a preview.
    tick: Option<Tick>,
}

impl Panel for SamplesPanel {
    fn show(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>) {
        if let Err(problem) = self.read(context) {
            ui.colored_label(ui.visuals().error_fg_color, problem);
        }
        let Some(shown) = self.shown.clone() else {
            let text = if context.state.status.is_live() {
                "The first images come when there is a generator"
            } else {
                "No images at this moment"
            };
            return empty(ui, text);
        };
        // Nothing here wraps within itself: what follows it would lie over its second line.
        ui.horizontal_wrapped(|ui| {
            ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
            ui.label(capital(&shown.source.to_string()));
            ui.label(RichText::new(format!("{0} x {0} px", shown.tiles.side())).weak());
            architecture(ui, context, &shown);
            let selected = self.selected.filter(|&selected| selected < shown.tiles.count());
            if let (Some(index), Some(config)) = (selected, &context.state.config) {
                let words = format!("Image {0}: latent {0} of seed {1}", index + 1, config.seed);
                ui.label(RichText::new(words).strong()).on_hover_text(
                    "The fixed latents are drawn once for a run, so the same place shows the same latent at every \
                     moment",
                );
            }
            save(ui, context, &shown, selected);
        });
        if let Some((words, hint)) = caption(shown.source, shown.genotype.as_ref()) {
            ui.add(egui::Label::new(RichText::new(words).weak()).truncate()).on_hover_text(hint);
        }
        self.grid(ui, &shown.source.to_string(), &shown.tiles);
    }
}

/// Names the architecture that made the images, and leads to it where it is on the board.
fn architecture(ui: &mut egui::Ui, context: &mut PanelContext<'_>, shown: &Shown) {
    let Some(genotype) = &shown.genotype else { return };
    let about = genotype.in_words();
    let Some(candidate) = context.state.candidate_of(context.event_index, shown.source, genotype) else {
        let vector = RichText::new(genotype.to_string()).weak();
        ui.label(vector).on_hover_text(about);
        return;
    };
    let link = ui.link(format!("Made by candidate {} ({genotype})", candidate.id));
    focus::ring(ui.painter(), &link, link.rect);
    let hint = "Click shows it in all panels; Shift and click compares it with the selected one";
    if link.on_hover_text(format!("{about}\n{hint}")).clicked() {
        let shift = ui.input(|input| input.modifiers.shift);
        context.view.select(candidate.id, shift);
    }
}

/// Why pictures of the shared GAN change their style.
const STYLE_CHANGES: &str = "The style changes from picture to picture because the shared GAN has weights for all \
     architectures, and each picture is made by one of them: by the best candidate of the iteration, and while there is \
     none by one that is sampled for the picture";

/// What kind of architecture made the picture and why the next one may look different, and what is said of it under the
/// pointer; none where there is nothing to say.
fn caption(source: SampleSource, genotype: Option<&Genotype>) -> Option<(String, String)> {
    let words = genotype.map(|genotype| format!("{}\n{}", genotype.summary(), genotype.in_words()));
    match source {
        SampleSource::Shared { .. } => {
            let said = "The next picture may be made by another architecture, in another style";
            let hint =
                words.map_or_else(|| STYLE_CHANGES.to_owned(), |words| format!("{STYLE_CHANGES}\n\n{words}"));
            Some((said.to_owned(), hint))
        }
        SampleSource::Training { .. } => Some((capital(&genotype?.summary()), words?)),
    }
}

/// Draws the menu that saves or copies parts of the picture.
fn save(ui: &mut egui::Ui, context: &mut PanelContext<'_>, shown: &Shown, selected: Option<usize>) {
    let Some(config) = &context.state.config else {
        return;
    };
    let config = || Box::new(config.clone());
    let Shown { tiles, genotype, tick, .. } = shown;
    let made = || genotype.clone().map(|genotype| (genotype, config()));
    let request = &mut context.view.request;
    ui.menu_button("Save…", |ui| {
        let about = "A PNG file of all images, which keeps how they were made";
        if ui.button("All images…").on_hover_text(about).clicked() {
            *request =
                Some(PanelRequest::Save(Saving::Grid { tiles: tiles.clone(), tick: *tick, made: made() }));
        }
        let index = selected.unwrap_or(0);
        let item = |ui: &mut egui::Ui, name: &str, about: &str| {
            let button = ui.add_enabled(selected.is_some(), egui::Button::new(name));
            button.on_hover_text(about).on_disabled_hover_text("Click an image first").clicked()
        };
        if item(ui, "Selected image…", "A PNG file that keeps the architecture and the latent") {
            *request = Some(PanelRequest::Save(Saving::Image { tiles: tiles.clone(), index, made: made() }));
        }
        if item(ui, "Its latent…", "A file that `autogan sample --latents` takes, for any generator") {
            *request = Some(PanelRequest::Save(Saving::Latent { index, config: config() }));
        }
        if item(ui, "Copy its latent", "Its numbers, as a list in JSON") {
            let numbers = saving::latent(&config(), index).iter().map(f32::to_string).collect::<Vec<_>>();
            ui.copy_text(format!("[{}]", numbers.join(", ")));
        }
    });
}

impl SamplesPanel {
    /// Finds the picture of the event index; keeps the one before while it is being read.
    fn read(&mut self, context: &mut PanelContext<'_>) -> Result<(), String> {
        let preview = context.state.preview.as_ref().filter(|_| context.is_live());
        let (source, genotype, tick, picture) = match (preview, context.state.sample_at(context.event_index))
        {
            (Some(Preview { source, genotype, number, .. }), _) => {
                (*source, Some(genotype), None, PictureSource::Preview(context.dir.to_owned(), *number))
            }
            (None, Some(Sample { source, genotype, tick, file, .. })) => {
                let path = safe_join(context.dir, file)
                    .ok_or_else(|| format!("The log names a picture outside of the run's folder: {file}"))?;
                (*source, genotype.as_ref(), Some(*tick), PictureSource::File(path))
            }
            (None, None) => {
                // The end of a worker takes nothing away that was shown.
                if !context.is_live() {
                    self.shown = None;
                }
                return Ok(());
            }
        };
        let png = || preview.map(|preview| preview.png.clone());
        match context.pictures.get(&picture, png) {
            Some(Ok(tiles)) => {
                let genotype = genotype.cloned();
                self.shown = Some(Shown { tiles, source, genotype, tick });
                Ok(())
            }
            Some(Err(problem)) => Err(problem),
            None => Ok(()),
        }
    }

    fn grid(&mut self, ui: &mut egui::Ui, name: &str, tiles: &Arc<Tiles>) {
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
        if !ui.is_rect_visible(rect) {
            return;
        }
        let (side, count) = (tiles.side(), tiles.count());
        self.navigate(ui, rect, &response, count);
        let fit = Placement::fit(count, side, rect.size(), SPACING);
        let place = self.zoom.place(fit, rect.size());
        let under = |point: egui::Pos2| place.hit(point - rect.min, count, side);
        if response.clicked() {
            let hit = response.interact_pointer_pos().and_then(under);
            self.selected = hit.filter(|_| self.selected != hit);
        }
        let palette = Palette::of(ui);
        ui.painter().rect_filled(rect, 4.0, palette.well);
        let framed = self.selected.map(|selected| (selected, palette.generator));
        image_grid::paint(ui, rect, tiles, place, framed);
        focus::ring(ui.painter(), &response, rect);
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
    fn navigate(&mut self, ui: &egui::Ui, rect: Rect, response: &egui::Response, count: usize) {
        if response.double_clicked() {
            self.zoom = Zoom::default();
        }
        if let Some(pointer) = response.hover_pos() {
            self.zoom.turn(ui, rect, pointer);
        }
        self.zoom.drag(response.drag_delta());
        if response.has_focus() {
            let keys = [(egui::Key::ArrowRight, 1), (egui::Key::ArrowLeft, count - 1)];
            for (key, forward) in keys {
                if ui.input(|input| input.key_pressed(key) && input.modifiers.is_none()) {
                    self.selected = Some(self.selected.map_or(0, |selected| (selected + forward) % count));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::search::TrainingId;

    #[test]
    fn the_caption_says_why_pictures_of_the_shared_gan_change_their_style() {
        let genotype = Genotype::parse("1 0 1 1").unwrap();
        let shared = SampleSource::Shared { iteration: 0 };
        let (words, hint) = caption(shared, Some(&genotype)).unwrap();
        assert_eq!(words, "The next picture may be made by another architecture, in another style");
        assert!(hint.starts_with("The style changes"), "{hint}");
        assert!(hint.ends_with("Cell 1: pre-activation, no norm, nearest, shortcut"), "{hint}");
        assert_eq!(caption(shared, None).unwrap().1, STYLE_CHANGES);
        let training = SampleSource::Training { training: TrainingId::Winner, step: None };
        let (words, hint) = caption(training, Some(&genotype)).unwrap();
        assert!(words.starts_with("1 cell: ") && !words.contains("another"), "{words}");
        assert!(!hint.contains("style"), "{hint}");
        assert_eq!(caption(training, None), None);
    }
}
