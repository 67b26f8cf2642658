//! The samples of several runs side by side, each at the same share of its run.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{self, RichText, Role, Sense, Vec2, WidgetInfo};

use super::names;
use crate::export::Tiles;
use crate::gui::background::pictures::{PictureLoader, PictureSource};
use crate::gui::session::{Session, Wake};
use crate::gui::state::RunState;
use crate::gui::theme::Palette;
use crate::gui::widgets::image_grid::{self, Placement};
use crate::run::safe_join;
use crate::search::SampleSource;

/// Points between two images.
const SPACING: f32 = 2.0;

/// The pictures, and the share of the runs that they are shown at.
pub struct ComparedPictures {
    loader: PictureLoader,
    /// From 0, the beginning, to 1, the newest.
    share: f64,
    /// What is shown of each run until the next picture is read.
    shown: Vec<Option<ShownSamples>>,
}

/// Samples that were read.
struct ShownSamples {
    tiles: Arc<Tiles>,
    source: SampleSource,
}

impl ComparedPictures {
    /// Nothing read yet; the newest are shown at first.
    pub fn new(runs: usize, wake: Wake) -> Self {
        let shown = std::iter::repeat_with(|| None).take(runs).collect();
        Self { loader: PictureLoader::new(wake), share: 1.0, shown }
    }

    /// Draws the scrubber, and the pictures below it.
    pub fn show(&mut self, ui: &mut egui::Ui, runs: &[Session]) {
        self.scrubber(ui);
        let dirs: Vec<&Path> = runs.iter().map(Session::dir).collect();
        let names = names(&dirs);
        let palette = Palette::of(ui);
        let (gap, height) = (ui.spacing().item_spacing.x, ui.available_height());
        let width =
            (ui.available_width() - gap * runs.len().saturating_sub(1) as f32) / runs.len().max(1) as f32;
        ui.horizontal_top(|ui| {
            for (index, (run, name)) in runs.iter().zip(&names).enumerate() {
                let read = self.read(index, run);
                ui.allocate_ui(Vec2::new(width, height), |ui| {
                    ui.vertical(|ui| {
                        ui.set_width(width);
                        let source = self.shown[index].as_ref().map(|shown| shown.source.to_string());
                        let words = match &source {
                            Some(source) => format!("{name}: {source}"),
                            None => format!("{name}: no images yet"),
                        };
                        let caption = RichText::new(&words).color(palette.distinct(index));
                        ui.add(egui::Label::new(caption).truncate());
                        if let Err(problem) = read {
                            ui.colored_label(ui.visuals().error_fg_color, problem);
                        }
                        if let Some(shown) = &self.shown[index] {
                            grid(ui, &shown.tiles, &format!("Samples, {words}"), &palette);
                        }
                    });
                });
            }
        });
    }

    fn scrubber(&mut self, ui: &mut egui::Ui) {
        ui.horizontal(|ui| {
            ui.spacing_mut().slider_width = (ui.available_width() - 130.0).clamp(80.0, 800.0);
            let mut percent = (100.0 * self.share).round();
            let slider = egui::Slider::new(&mut percent, 0.0..=100.0).step_by(1.0).show_value(false);
            let about = "Moves the pictures of all runs to the same share of each, counted in events; at the end are \
                         the newest";
            let response = ui.add(slider).on_hover_text(about);
            response.widget_info(|| WidgetInfo::slider(true, percent, "Share of the runs"));
            if response.changed() {
                self.share = percent / 100.0;
            }
            let words = if percent < 100.0 { format!("{percent}% of each run") } else { "Newest".to_owned() };
            ui.label(RichText::new(words).weak());
        });
    }

    /// Finds the picture of a run; keeps the one before while it is being read.
    fn read(&mut self, index: usize, run: &Session) -> Result<(), String> {
        let Some((source, file)) = sample(&run.lock(), self.share) else {
            self.shown[index] = None;
            return Ok(());
        };
        let path = safe_join(run.dir(), &file)
            .ok_or_else(|| format!("The log names a picture outside of the run's folder: {file}"))?;
        match self.loader.get(&PictureSource::File(path), || None) {
            Some(Ok(tiles)) => self.shown[index] = Some(ShownSamples { tiles, source }),
            Some(Err(problem)) => {
                self.shown[index] = None;
                return Err(problem);
            }
            None => {}
        }
        Ok(())
    }
}

/// The newest samples at a share of a run: what they come from, and their file.
fn sample(state: &RunState, share: f64) -> Option<(SampleSource, String)> {
    let event_index = (share * f64::from(state.event_index)).round() as u32;
    state.sample_at(event_index).map(|sample| (sample.source, sample.file.clone()))
}

/// Draws images in the room that is left.
fn grid(ui: &mut egui::Ui, tiles: &Arc<Tiles>, name: &str, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(ui.available_size().max(Vec2::ZERO), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, 4.0, palette.well);
        let place = Placement::fit(tiles.count(), tiles.side(), rect.size(), SPACING);
        image_grid::paint(ui, rect, tiles, place, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Tick;
    use crate::gui::state::Sample;

    #[test]
    fn each_run_is_shown_at_the_same_share_of_its_own_events() {
        let state = |all: u32, samples: &[u32]| {
            let mut state = RunState { event_index: all, ..RunState::default() };
            for &event_index in samples {
                let (source, tick) = (SampleSource::Shared { iteration: event_index.into() }, Tick(1));
                let file = format!("{event_index}.png");
                state.samples.push(Sample { event_index, source, genotype: None, tick, file });
            }
            state
        };
        let (short, long) = (state(100, &[20, 50, 90]), state(1000, &[300, 1000]));
        let found = |state: &RunState, share| sample(state, share).map(|(_, file)| file);
        for (share, of_short, of_long) in [
            (1.0, Some("90.png"), Some("1000.png")),
            (0.99, Some("90.png"), Some("300.png")),
            (0.5, Some("50.png"), Some("300.png")),
            (0.2, Some("20.png"), None),
            (0.0, None, None),
        ] {
            assert_eq!(found(&short, share).as_deref(), of_short, "{share}");
            assert_eq!(found(&long, share).as_deref(), of_long, "{share}");
        }
    }
}
