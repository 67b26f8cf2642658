//! What scores are made of: the extractor, its weights, how many images.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui::{self, RichText};

use super::form::{Form, Problem};
use crate::app::bring_inception;
use crate::config::table::SCORES;
use crate::config::{RunConfig, Setting};
use crate::gui::background::BackgroundTask;
use crate::gui::session::Wake;
use crate::gui::theme::Palette;
use crate::metric::extractor::ExtractorKind;
use crate::metric::extractor::inception::InceptionWeights;
use crate::metric::{INCEPTION_2015, MetricName, ScoreConfig};

/// How wide the reason of a failed download gets before it goes on in another line, in points.
const PROBLEM: f32 = 560.0;
/// The setting that needs the weights.
const KEY: &str = "score.extractor";

/// What is known of the Inception network's weights.
pub struct Scores {
    wake: Wake,
    /// Where they are kept.
    cache: Option<PathBuf>,
    /// Whether they are here; none until that was looked up.
    here: Option<bool>,
    looking: Option<BackgroundTask<bool>>,
    download: Option<BackgroundTask<Result<(), String>>>,
    /// Bytes that are here, and all, where the server says.
    done: Arc<Mutex<(u64, Option<u64>)>>,
    problem: Option<String>,
}

impl Scores {
    /// Looks the weights up in `cache`.
    pub fn new(cache: Option<PathBuf>, wake: Wake) -> Self {
        let place = cache.as_deref().map(InceptionWeights::place);
        let look = move || place.is_some_and(|place| place.exists());
        Self {
            cache,
            looking: Some(BackgroundTask::begin(&wake, look)),
            wake,
            here: None,
            download: None,
            done: Arc::default(),
            problem: None,
        }
    }

    /// Takes in what came of looking and of downloading.
    pub fn notice(&mut self) {
        if let Some(found) = BackgroundTask::take(&mut self.looking) {
            self.here = Some(found == Some(true));
        }
        match BackgroundTask::take(&mut self.download) {
            Some(Some(Ok(()))) => (self.here, self.problem) = (Some(true), None),
            Some(Some(Err(problem))) => self.problem = Some(problem),
            Some(None) => self.problem = Some("the download was interrupted; try again".to_owned()),
            None => {}
        }
    }

    /// Why a run with these settings cannot begin.
    pub fn blocking_reason(&self, config: &RunConfig) -> Option<Problem> {
        let missing = config.score.extractor == ExtractorKind::Inception && self.here == Some(false);
        missing.then(|| Problem {
            key: KEY.to_owned(),
            text:
                "The Inception network's weights are not here: download them, or take the built-in extractor"
                    .to_owned(),
        })
    }

    fn fetch(&mut self) {
        let (done, wake, cache) = (self.done.clone(), self.wake.clone(), self.cache.clone());
        self.problem = None;
        self.download = Some(BackgroundTask::begin(&self.wake, move || {
            let cache = cache.ok_or("the system knows no folder for the weights; set AUTOGAN_CACHE_DIR")?;
            let brought = bring_inception(&cache, None, None, &mut |progress| {
                *done.lock().unwrap_or_else(PoisonError::into_inner) = (progress.done, progress.total);
                wake();
            });
            brought.map(drop).map_err(|error| format!("{error:#}"))
        }));
    }

    /// Draws the section.
    pub fn show(&mut self, ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig) {
        let own = |ui: &mut egui::Ui, setting: &Setting, config: &mut RunConfig| {
            match setting.key {
                "score.preprocessing" => {
                    form.setting(ui, setting, config);
                    let tip = "Its numbers, 96 MB, published by pytorch-fid; kept for all runs";
                    form.row(ui, "weights", "Weights", tip, |ui| self.weights(ui));
                }
                "score.metrics" => metrics(ui, form, setting, &mut config.score),
                "score.deciding" => deciding(ui, form, setting, &mut config.score),
                _ => return false,
            }
            true
        };
        form.table(ui, &SCORES, config, own, |_| {});
    }

    fn weights(&mut self, ui: &mut egui::Ui) -> egui::Response {
        if self.download.is_some() {
            let (done, total) = *self.done.lock().unwrap_or_else(PoisonError::into_inner);
            let share = done as f32 / total.unwrap_or(u64::MAX).max(1) as f32;
            let bar = egui::ProgressBar::new(share).desired_width(200.0);
            return ui.add(bar.text(format!("{} MB", done / 1_000_000)));
        }
        match self.here {
            None => ui.label(RichText::new("being looked for").weak()),
            Some(true) => ui.horizontal(|ui| ui.label("here")).response,
            Some(false) => {
                // The row has the name of the row; the button keeps its own.
                let row = ui.vertical(|ui| {
                    if ui.button("Download (96 MB)").clicked() {
                        self.fetch();
                    }
                    if let Some(problem) = &self.problem {
                        // An address has no place to break at.
                        ui.set_max_width(PROBLEM.min(ui.available_width()));
                        let text = RichText::new(problem).color(Palette::of(ui).bad);
                        ui.add(egui::Label::new(text).wrap());
                    }
                });
                row.response
            }
        }
    }
}

/// The name that labels of metrics are for.
fn extractor(score: &ScoreConfig) -> &'static str {
    if score.extractor == ExtractorKind::Inception { INCEPTION_2015 } else { "" }
}

/// The row with what is computed.
fn metrics(ui: &mut egui::Ui, form: Form<'_>, setting: &Setting, score: &mut ScoreConfig) {
    let extractor = extractor(score);
    form.row(ui, setting.key, setting.label, setting.about, |ui| {
        let row = ui.horizontal_wrapped(|ui| {
            for name in MetricName::all() {
                let mut on = score.metrics.contains(&name);
                let label = name.label(extractor);
                let toggle = ui.toggle_value(&mut on, label).on_hover_text(hint(name));
                toggle.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::Button, true, on, format!("Metric: {label}"))
                });
                if toggle.changed() {
                    score.metrics.retain(|other| *other != name);
                    score.metrics.extend(on.then_some(name));
                }
            }
        });
        row.response
    });
}

/// What a metric says, and which of two values is the better one.
fn hint(name: MetricName) -> String {
    format!("{}; {}", name.about(), name.direction())
}

/// The row with what decides.
fn deciding(ui: &mut egui::Ui, form: Form<'_>, setting: &Setting, score: &mut ScoreConfig) {
    let extractor = extractor(score);
    form.row(ui, setting.key, setting.label, setting.about, |ui| {
        let menu =
            egui::ComboBox::from_id_salt("score.deciding").selected_text(score.deciding.label(extractor));
        let menu = menu.show_ui(ui, |ui| {
            for name in MetricName::all() {
                let choice = ui.selectable_value(&mut score.deciding, name, name.label(extractor));
                choice.on_hover_text(hint(name));
            }
        });
        menu.response
    });
}
