//! A run: its controls above, its panels in the middle, the scrubber below.

mod phases;
mod toolbar;

pub use phases::show as phases;
pub use toolbar::{blocking_reason, toolbar};

use eframe::egui::{self, RichText};
use egui_tiles::{Behavior, SimplificationOptions, TabState, Tile, TileId, Tiles, UiResponse};

use super::background::pictures::PictureLoader;
use super::commands::{Action, button, entry};
use super::layout::PanelLayout;
use super::panels::{self, PanelContext, PanelId, View};
use super::session::Session;
use super::settings::WindowSettings;
use super::state::{RunState, Status, capital};
use super::theme::Palette;
use super::widgets::focus;
use crate::arch::words;

/// The least width that is worth a cut text, in points.
const LEAST_TEXT: f32 = 40.0;
/// The largest width of the progress bar, in points.
const BAR: f32 = 150.0;

/// Draws which run it is and how far it is, in the top bar. All of it fits whatever its width is: texts are cut,
/// those at the end first.
pub fn headline(ui: &mut egui::Ui, state: &RunState, name: &str) {
    let palette = Palette::of(ui);
    let color = match &state.status {
        Status::Running => palette.good,
        Status::Paused | Status::Waiting(_) | Status::Preparing { .. } => palette.warning,
        Status::Failed(_) | Status::Died(_) => palette.bad,
        Status::Finished => palette.generator,
        Status::Idle | Status::Stopped => ui.visuals().weak_text_color(),
    };
    let width = ui.available_width();
    ui.scope(|ui| {
        ui.set_max_width(0.3 * width);
        cut_label(ui, RichText::new(name).strong());
    });
    let (dot, _) = ui.allocate_exact_size(egui::Vec2::splat(10.0), egui::Sense::hover());
    ui.painter().circle_filled(dot.center(), 4.5, color);
    cut_label(ui, RichText::new(state.status.words()));
    match state.summary.as_ref().and_then(|summary| summary.trained.first()) {
        Some(winner) => {
            let score = winner
                .scores
                .first()
                .map_or_else(String::new, |score| format!(": {}", score.with_direction()));
            let winner_label = cut_label(ui, RichText::new(format!("Winner {}{score}", winner.vector)));
            winner_label.map(|label| label.on_hover_text(winner.genotype.in_words()));
        }
        None => progress(ui, state),
    }
}

/// Draws a text, cut to the width that is left; nothing where that is too little to read.
fn cut_label(ui: &mut egui::Ui, text: RichText) -> Option<egui::Response> {
    (ui.available_width() >= LEAST_TEXT).then(|| ui.add(egui::Label::new(text).truncate()))
}

/// Draws the progress of the run and its phase.
fn progress(ui: &mut egui::Ui, state: &RunState) {
    let (share, words) = match (&state.status, state.progress) {
        (Status::Preparing { what, done }, _) => (*done, what.clone()),
        (Status::Running | Status::Paused | Status::Waiting(_), Some(progress)) => {
            let mut words = state.doing_at(state.event_index).unwrap_or_default();
            if let Some(seconds) = state.quiet.filter(|_| state.status == Status::Running) {
                words += &format!("; no step for {}", duration(seconds as f64));
            }
            (progress.done, words)
        }
        _ => return,
    };
    let width = BAR.min(0.4 * ui.available_width());
    if width < LEAST_TEXT {
        return;
    }
    let bar = egui::ProgressBar::new(share).desired_width(width).text(format!("{:.0}%", 100.0 * share));
    let response = ui.add(bar).on_hover_text(&words);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, "Progress"));
    if let Some(eta) =
        state.progress.and_then(|progress| progress.eta).filter(|_| state.status == Status::Running)
    {
        cut_label(ui, RichText::new(format!("{} left", duration(eta))));
    }
    cut_label(ui, RichText::new(words).weak());
}

/// Draws a bar for each problem of the run, if there is one.
pub fn problems(ui: &mut egui::Ui, state: &RunState, actions: &mut Vec<Action>) {
    hang(ui, state, actions);
    preparation(ui, state);
    let (text, details) = match &state.status {
        Status::Failed(text) | Status::Waiting(text) => (text.as_str(), ""),
        Status::Died(death) => (death.text.as_str(), death.details.as_str()),
        _ => return,
    };
    let palette = Palette::of(ui);
    let color = if state.status.is_live() { palette.warning } else { palette.bad };
    bar(ui, color, |ui| {
        let words = match state.status {
            Status::Died(_) => format!(
                "Training stopped: {text}. What is shown stays; only what was done since the last checkpoint is done again"
            ),
            _ => capital(text),
        };
        ui.label(RichText::new(words).color(color));
        if !details.is_empty() {
            ui.collapsing("Last words of the worker", |ui| {
                egui::ScrollArea::vertical().max_height(120.0).show(ui, |ui| ui.monospace(details));
            });
        }
    });
}

/// What is done before the run can begin, and how far that is.
fn preparation(ui: &mut egui::Ui, state: &RunState) {
    let Status::Preparing { what, done } = &state.status else { return };
    bar(ui, Palette::of(ui).generator, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spinner();
            ui.label(RichText::new(format!("Before the run begins: {what}")).strong());
            let words = format!("{:.0}%", 100.0 * done);
            let bar = ui.add(egui::ProgressBar::new(*done).desired_width(150.0).text(&words));
            bar.widget_info(|| {
                let name = format!("Preparation: {words}");
                egui::WidgetInfo::labeled(egui::Role::ProgressIndicator, true, name)
            });
        });
        ui.label(RichText::new("Samples, curves and candidates appear below as soon as it has begun").weak());
    });
}

/// That nothing comes from the worker, if so, and what can be done.
fn hang(ui: &mut egui::Ui, state: &RunState, actions: &mut Vec<Action>) {
    let Some(seconds) = state.silent.filter(|_| state.status.is_live()) else {
        return;
    };
    let palette = Palette::of(ui);
    bar(ui, palette.warning, |ui| {
        ui.horizontal_wrapped(|ui| {
            let silence = duration(seconds as f64);
            let words = format!(
                "The worker has not answered for {silence}: it hangs, or the machine is very busy. It may come back; \
                 a run whose worker is ended resumes from its last checkpoint"
            );
            ui.label(RichText::new(words).color(palette.warning));
            button(ui, Action::End, entry(Action::End).name.as_str(), true, actions);
        });
    });
}

/// A bar over the panels.
fn bar(ui: &mut egui::Ui, color: egui::Color32, content: impl FnOnce(&mut egui::Ui)) {
    let frame = egui::Frame::new().fill(super::theme::faded(color, 0.18)).inner_margin(8.0).corner_radius(6);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        content(ui);
    });
}

/// Draws the scrubber over the whole run.
pub fn scrubber(ui: &mut egui::Ui, state: &RunState, view: &mut View, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        for (action, icon) in [(Action::Back, "◀"), (Action::Forward, "▶")] {
            button(ui, action, icon, !state.samples.is_empty(), actions);
        }
        let live = view.event_index.is_none();
        let words = if state.status.is_live() { "Live" } else { "End" };
        let button = ui.selectable_label(live, words).on_hover_text(entry(Action::Live).hint(ui.ctx()));
        if button.clicked() {
            actions.push(Action::Live);
        }
        let mut event_index = view.event_index.unwrap_or(state.event_index);
        let text = state.doing_at(event_index).unwrap_or_else(|| "Nothing yet".to_owned());
        ui.spacing_mut().slider_width = (ui.available_width() - 330.0).max(80.0);
        let slider = egui::Slider::new(&mut event_index, 0..=state.event_index.max(1)).show_value(false);
        let response = ui.add_enabled(state.event_index > 0, slider);
        let response = response.on_hover_text("Moves all panels to the same moment of the run");
        let value = f64::from(event_index);
        response.widget_info(|| egui::WidgetInfo::slider(state.event_index > 0, value, "Moment of the run"));
        if response.changed() {
            view.event_index = (event_index < state.event_index).then_some(event_index);
        }
        ui.add(egui::Label::new(RichText::new(text).weak()).truncate());
    });
}

/// The event index of the picture before or after the one that is shown; none to follow live.
pub fn neighbour(state: &RunState, event_index: Option<u32>, forward: bool) -> Option<u32> {
    let now = event_index.unwrap_or(state.event_index);
    if forward {
        event_index.and(state.samples.iter().map(|sample| sample.event_index).find(|&at| at > now))
    } else {
        let shown = state.sample_at(now).map_or(0, |sample| sample.event_index);
        // Where a preview shows what happens now, the newest picture itself is a step back.
        let limit = if event_index.is_none() && state.preview.is_some() { now } else { shown };
        let before = state.samples.iter().rev().map(|sample| sample.event_index).find(|&at| at < limit);
        before.or(event_index)
    }
}

/// Draws the panels.
pub fn panels(
    ui: &mut egui::Ui,
    session: &Session,
    state: &RunState,
    view: &mut View,
    pictures: &mut PictureLoader,
    settings: &mut WindowSettings,
) {
    let mut layout = std::mem::take(&mut settings.layout);
    let event_index = view.event_index.unwrap_or(state.event_index);
    let context =
        PanelContext { state, dir: session.dir(), event_index, view, pictures, style: &mut settings.curves };
    let open = layout.open().is_empty();
    if open {
        ui.centered_and_justified(|ui| ui.label("All panels are closed; open one with “Panels” above"));
    }
    let has_pointer = !focus::is_by_keyboard(ui.ctx());
    layout.tree().ui(&mut Panes { context, has_pointer }, ui);
    settings.layout = layout;
}

struct Panes<'a> {
    context: PanelContext<'a>,
    /// Whether the borders between panels and the bars of their tabs can be dragged: that takes a pointer, and for the
    /// keyboard they would be stops without a name at which nothing can be done.
    has_pointer: bool,
}

impl Behavior<PanelId> for Panes<'_> {
    fn on_tab_close(&mut self, tiles: &mut Tiles<PanelId>, tile: TileId) -> bool {
        // A closed panel keeps its place, so that it comes back there.
        tiles.set_visible(tile, false);
        false
    }

    fn pane_ui(&mut self, ui: &mut egui::Ui, _tile: TileId, panel: &mut PanelId) -> UiResponse {
        let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(8, 6));
        frame.show(ui, |ui| panels::show(ui, *panel, &mut self.context));
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, panel: &PanelId) -> egui::WidgetText {
        panel.title().into()
    }

    fn is_container_resizable(&self, _tiles: &Tiles<PanelId>, _container: TileId) -> bool {
        self.has_pointer
    }

    fn is_tile_draggable(&self, tiles: &Tiles<PanelId>, tile: TileId) -> bool {
        self.has_pointer || tiles.get(tile).is_some_and(Tile::is_pane)
    }

    fn is_tab_closable(&self, _tiles: &Tiles<PanelId>, _tile: TileId) -> bool {
        true
    }

    fn simplification_options(&self) -> SimplificationOptions {
        // Every panel keeps a tab, which names it and by which it is moved.
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.window_fill
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        26.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        3.0
    }

    fn min_size(&self) -> f32 {
        90.0
    }

    fn tab_outline_stroke(
        &self,
        _visuals: &egui::Visuals,
        _tiles: &Tiles<PanelId>,
        _tile: TileId,
        _state: &TabState,
    ) -> egui::Stroke {
        egui::Stroke::NONE
    }
}

/// Seconds in words: `42 s`, `3 min`, `2 h 14 min`, `38 days`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..=89 => format!("{whole} s"),
        90..=3599 => format!("{} min", (whole + 30) / 60),
        _ => words::duration(seconds),
    }
}

/// Opens a panel that is closed, closes one that is open.
pub fn toggle(layout: &mut PanelLayout, panel: PanelId) {
    if layout.open().contains(&panel) { layout.close(panel) } else { layout.show(panel) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Genotype;
    use crate::engine::Tick;
    use crate::gui::state::{Preview, Sample};
    use crate::search::SampleSource;

    #[test]
    fn the_scrubber_goes_from_picture_to_picture_and_back_to_live() {
        let mut state = RunState { event_index: 50, ..RunState::default() };
        for event_index in [10, 20, 30] {
            let (source, tick) = (SampleSource::Shared { iteration: 0 }, Tick(1));
            state.samples.push(Sample { event_index, source, genotype: None, tick, file: String::new() });
        }
        assert_eq!(neighbour(&state, None, false), Some(20), "the newest picture is what is shown");
        state.preview = Some(Preview {
            number: 1,
            source: SampleSource::Shared { iteration: 0 },
            genotype: Genotype::autogan_a(),
            png: String::new(),
        });
        let go = |event_index, forward| neighbour(&state, event_index, forward);
        assert_eq!(go(None, false), Some(30), "a preview is newer than it");
        assert_eq!(go(Some(30), false), Some(20));
        assert_eq!(go(Some(10), false), Some(10), "there is none before");
        assert_eq!(go(Some(20), true), Some(30));
        assert_eq!(go(Some(30), true), None, "after the last it is live");
        assert_eq!(go(None, true), None);
    }
}
