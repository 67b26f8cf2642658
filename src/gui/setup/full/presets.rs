//! The presets as cards: how large a preset's search is, how long it takes here, and what one gets from it.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Color32, TextStyle, Vec2};

use crate::arch::words::{duration_between, rounded_operations, thousands};
use crate::config::{PRESETS, Preset, RunConfig};
use crate::engine::{JobSpec, expected_time};
use crate::gui::background::BackgroundTask;
use crate::gui::session::Wake;
use crate::gui::setup::SetupInputs;
use crate::gui::setup::readout::ShownTime;
use crate::gui::setup::study::{Figures, Study};
use crate::gui::setup::timing::{Measured, Timings};
use crate::gui::widgets::focus;

/// Least width of a card, where four of them fit beside each other, and its height, which has room for all that is ever
/// said in it: what is found out later moves nothing. In points.
const CARD: Vec2 = Vec2::new(200.0, 136.0);
/// How many times as long or as short the same arithmetic takes in other networks than in those that were measured.
const OTHER_NETWORKS: f64 = 3.0;

/// The cards.
pub struct PresetCards {
    wake: Wake,
    facts: Vec<PresetFacts>,
    /// What comes of their settings, while it is found out.
    studying: Option<BackgroundTask<Vec<Option<Figures>>>>,
    is_studied: bool,
    times: CardTimes,
}

/// A preset with what comes of it.
struct PresetFacts {
    preset: Preset,
    config: RunConfig,
    /// None before they are found out.
    figures: Option<Figures>,
}

/// How long the presets take here, and what that was found out from: to do so takes too long for every frame.
#[derive(Default)]
struct CardTimes {
    words: Vec<String>,
    device: Option<String>,
    newest: Option<Measured>,
    pace: Option<Pace>,
}

/// Seconds that a multiply-accumulate of the form's own run takes, at least and at most.
type Pace = [f64; 2];

impl PresetFacts {
    fn all() -> Vec<Self> {
        let config = |preset: Preset| RunConfig::preset(preset.name).unwrap_or_default();
        PRESETS.map(|preset| Self { preset, config: config(preset), figures: None }).into()
    }

    /// The size of its search.
    fn size(&self) -> String {
        let side = self.config.side();
        match &self.figures {
            Some(figures) => format!(
                "{side} px, {} architectures of up to {} parameters",
                thousands(figures.count.unwrap_or(1)),
                rounded_operations(figures.largest.params)
            ),
            None => format!("{side} px"),
        }
    }

    /// How long it takes on a device: from its own networks where those were measured, else roughly, from those of the
    /// form.
    fn time(&self, timings: &Timings, device: Option<&str>, pace: Option<Pace>) -> String {
        let measured = device.and_then(|device| timings.known(&self.config, device));
        let speed = measured.and_then(|measured| measured.as_ref().as_ref().ok());
        if let Some(time) = speed.and_then(|speed| expected_time(&JobSpec::Search, &self.config, speed, None))
        {
            return format!("Takes {} here", duration_between(time.least, time.most));
        }
        match (pace, &self.figures) {
            (Some([least, most]), Some(figures)) => {
                let work = figures.work as f64;
                let time = duration_between(work * least / OTHER_NETWORKS, work * most * OTHER_NETWORKS);
                format!("Roughly {time} here")
            }
            _ => "Its time here is not known yet".to_owned(),
        }
    }
}

impl PresetCards {
    /// Cards with what the presets themselves say.
    pub fn new(wake: Wake) -> Self {
        let facts = PresetFacts::all();
        Self { wake, facts, studying: None, is_studied: false, times: CardTimes::default() }
    }

    /// Takes in what is known of the times: what was measured, on which device, and how long the form's own run of
    /// so much `work` takes. Begins to find out what comes of the presets, which takes too long for a frame.
    pub fn notice(&mut self, timings: &Timings, device: Option<String>, time: &ShownTime, work: Option<u64>) {
        if !std::mem::replace(&mut self.is_studied, true) {
            let configs: Vec<RunConfig> = self.facts.iter().map(|facts| facts.config.clone()).collect();
            self.studying =
                Some(BackgroundTask::begin(&self.wake, || configs.into_iter().map(figures).collect()));
        }
        if let Some(Some(figures)) = BackgroundTask::take(&mut self.studying) {
            self.facts.iter_mut().zip(figures).for_each(|(facts, figures)| facts.figures = figures);
            self.times = CardTimes::default();
        }
        let pace = match (time, work) {
            (ShownTime::Range(time), Some(work @ 1..)) => {
                Some([time.least, time.most].map(|s| s / work as f64))
            }
            _ => None,
        };
        let newest = timings.newest();
        let is_known = match (&self.times.newest, newest) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        let is_known = is_known && self.times.device == device && self.times.pace == pace;
        if self.times.words.is_empty() || !is_known {
            let words = self.facts.iter().map(|facts| facts.time(timings, device.as_deref(), pace)).collect();
            self.times = CardTimes { words, device, newest: newest.cloned(), pace };
        }
    }

    /// Draws them; the one whose settings are `config` is marked. Returns the settings of one that was chosen.
    pub fn show(&self, ui: &mut egui::Ui, config: &RunConfig) -> Option<RunConfig> {
        let facts = &self.facts;
        let mut chosen = None;
        let fits = |columns: usize| columns as f32 * CARD.x <= ui.available_width();
        let columns = if fits(facts.len()) { facts.len() } else { 2 };
        let cards: Vec<_> = facts.iter().zip(&self.times.words).collect();
        for row in cards.chunks(columns.max(1)) {
            ui.columns(columns.max(1), |columns| {
                for ((facts, time), ui) in row.iter().zip(columns) {
                    if card(ui, facts, time, facts.config == *config) {
                        chosen = Some(facts.config.clone());
                    }
                }
            });
        }
        chosen
    }
}

/// What comes of the settings of a preset.
fn figures(config: RunConfig) -> Option<Figures> {
    Study::of(&SetupInputs { arch: None, config, budget: None }).figures
}

/// Draws a card. Returns whether it was clicked.
fn card(ui: &mut egui::Ui, facts: &PresetFacts, time: &str, is_chosen: bool) -> bool {
    let Preset { name, about, outcome, .. } = facts.preset;
    let size = facts.size();
    let visuals = ui.visuals();
    let (strong, text, weak) = (visuals.strong_text_color(), visuals.text_color(), visuals.weak_text_color());
    let mut job = LayoutJob::default();
    let mut line = |words: &str, style: TextStyle, color: Color32| {
        let end = if job.text.is_empty() { "" } else { "\n" };
        job.append(&format!("{end}{words}"), 0.0, TextFormat::simple(style.resolve(ui.style()), color));
    };
    line(name, TextStyle::Button, strong);
    line(&size, TextStyle::Small, weak);
    line(time, TextStyle::Small, text);
    line(outcome, TextStyle::Small, text);
    let button = egui::Button::new((job, egui::Atom::grow())).wrap().min_size(Vec2::new(0.0, CARD.y));
    let button = ui.add(button.selected(is_chosen));
    focus::ring(ui.painter(), &button, button.rect);
    let button = button.on_hover_text(format!("{about}. Replaces all settings, the images among them"));
    button.widget_info(|| {
        let words = format!("Preset {name}: {size}; {time}; {outcome}");
        egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, words)
    });
    button.clicked()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn facts(name: &str) -> PresetFacts {
        let facts = PresetFacts::all().into_iter().find(|facts| facts.preset.name == name).unwrap();
        PresetFacts { figures: figures(facts.config.clone()), ..facts }
    }

    #[test]
    fn every_preset_has_a_card_with_its_size() {
        assert_eq!(PresetFacts::all().len(), PRESETS.len());
        let quick = facts("quick").size();
        assert!(quick.starts_with("16 px, 2,592 architectures of up to "), "{quick}");
        let paper = facts("paper-stl10").size();
        assert!(paper.starts_with("48 px, 373,248 architectures of up to "), "{paper}");
    }

    #[test]
    fn the_time_of_other_networks_is_rough_and_follows_the_work() {
        let timings = Timings::new(None, Arc::new(|| {}));
        let facts = facts("standard");
        assert_eq!(facts.time(&timings, Some("cpu"), None), "Its time here is not known yet");
        let work = facts.figures.as_ref().unwrap().work as f64;
        // As if the whole took from 3 to 6 hours.
        let pace = [3.0 * 3600.0 / work, 6.0 * 3600.0 / work];
        assert_eq!(facts.time(&timings, Some("cpu"), Some(pace)), "Roughly 1 to 18 h here");
    }

    #[test]
    fn times_are_known_once_a_run_was_measured_and_change_with_the_form() {
        let (send, woken) = std::sync::mpsc::channel();
        let send = std::sync::Mutex::new(send);
        let wake: Wake = Arc::new(move || drop(send.lock().map(|send| send.send(()))));
        let timings = Timings::new(None, wake.clone());
        let mut cards = PresetCards::new(wake);
        cards.notice(&timings, None, &ShownTime::Unknown, None);
        woken.recv().unwrap();
        cards.notice(&timings, None, &ShownTime::Unknown, Some(7));
        assert!(cards.facts.iter().all(|facts| facts.figures.is_some()));
        assert_eq!(cards.times.words, ["Its time here is not known yet"; 4]);
        let time = crate::engine::TimeRange { least: 60.0, most: 60.0 };
        cards.notice(&timings, None, &ShownTime::Range(time), Some(1_000_000_000_000));
        assert!(
            cards.times.words.iter().all(|words| words.starts_with("Roughly ")),
            "{:?}",
            cards.times.words
        );
    }
}
