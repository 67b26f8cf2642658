//! The form that a run begins with: first a simple one with what a search needs, then every setting, what it means, and
//! what it will cost. Both change the same settings.

mod check;
mod data;
mod find;
mod form;
mod full;
mod history;
mod labels;
mod machine;
mod readout;
mod run;
mod scores;
mod search;
mod simple;
mod space;
mod study;
mod timing;

pub use machine::{Devices, MachineFacts, SelfTestVerdict};
pub use run::self_test;

use std::path::{Path, PathBuf};

use eframe::egui::{self, RichText};

use check::{CheckRequest, Checker, State};
use form::Problem;
use full::PresetCards;
use history::UndoHistory;
use readout::ShownTime;
use scores::Scores;
use simple::{SimpleView, TimeBudget};
use study::Study;
use timing::{Timing, Timings};

use super::commands::{Action, entry, slot, with_icon};
use super::session::Wake;
use super::theme::{Palette, primary_button};
use crate::arch::Genotype;
use crate::config::{RunConfig, former_names};
use crate::data::{Source, SourcePlace};
use crate::engine::{JobSpec, expected_time};
use crate::input;
use crate::run::write_file;
use crate::search::StrategyKind;

/// The preset that a fresh form has.
const FIRST: &str = "quick";
/// What can be taken back.
#[derive(Clone, PartialEq)]
struct SetupInputs {
    /// The architecture to train, as typed; none to search.
    arch: Option<String>,
    config: RunConfig,
    /// The time that the amounts of the search are chosen for; none where they were chosen one by one.
    budget: Option<TimeBudget>,
}

impl SetupInputs {
    fn fresh() -> Self {
        let config = RunConfig::preset(FIRST).unwrap_or_default();
        Self { arch: None, config, budget: Some(TimeBudget::TenMinutes) }
    }
}

/// The form.
pub struct Setup {
    draft: SetupInputs,
    history: UndoHistory<SetupInputs>,
    checker: Checker,
    machine: MachineFacts,
    data: data::DataPreview,
    space: space::ShownCell,
    study: Study,
    scores: Scores,
    timings: Timings,
    simple: SimpleView,
    presets: PresetCards,
    /// What is looked for among all settings.
    find: String,
    /// Why it cannot start.
    blocking_reason: Option<BlockingReason>,
    /// Whether the next frame shows the form from its top.
    from_top: bool,
}

/// Draws the switch between the simple form and the full one.
fn form_switch(ui: &mut egui::Ui, all_settings: &mut bool) {
    let about =
        "Every setting with what it means, or only what a search needs. That alone changes no setting";
    ui.checkbox(all_settings, "All settings").on_hover_text(about);
}

/// Why a run cannot begin.
enum BlockingReason {
    /// A setting cannot work.
    Problem(Problem),
    /// Something is not known yet.
    Waiting(&'static str),
}

impl BlockingReason {
    fn text(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.text,
            Self::Waiting(text) => text,
        }
    }
}

impl Setup {
    /// A fresh form. `program` is this program, asked for the devices and, where the form `measures`, for how fast they
    /// are; weights are kept in `cache`.
    pub fn new(program: PathBuf, measures: bool, cache: Option<PathBuf>, wake: Wake) -> Self {
        let draft = SetupInputs::fresh();
        Self {
            history: UndoHistory::new(draft.clone()),
            study: Study::of(&draft),
            draft,
            checker: Checker::new(wake.clone()),
            scores: Scores::new(cache, wake.clone()),
            timings: Timings::new(measures.then(|| program.clone()), wake.clone()),
            presets: PresetCards::new(wake.clone()),
            machine: MachineFacts::new(program, wake),
            data: data::DataPreview::default(),
            space: space::ShownCell::default(),
            simple: SimpleView::default(),
            find: String::new(),
            blocking_reason: None,
            from_top: false,
        }
    }

    /// Begins with a search: a form that was left with the training of one architecture is what it was before that,
    /// or fresh where it was never a search. The training can be brought back by [undo](Self::undo).
    pub fn begin_search(&mut self) {
        self.from_top = true;
        self.find.clear();
        self.history.note(&self.draft);
        if self.draft.arch.is_none() {
            return;
        }
        let search = self.history.newest(|inputs| inputs.arch.is_none()).cloned();
        self.draft = search.unwrap_or_else(SetupInputs::fresh);
        self.space = space::ShownCell::default();
        self.history.note(&self.draft);
    }

    /// What is known of the machine.
    pub fn machine(&mut self) -> &mut MachineFacts {
        &mut self.machine
    }

    /// The settings as they are.
    pub fn config(&self) -> &RunConfig {
        &self.draft.config
    }

    /// What has to be chosen for images of the form's kind.
    pub fn images_place(&self) -> SourcePlace {
        data::place(&self.draft.config.data.source)
    }

    /// Whether a dropped folder or file can be learned from.
    pub fn takes(&self, path: &Path) -> bool {
        data::chosen(&self.draft.config.data.source, path).is_some()
    }

    /// Learns from the images in a folder or a file, from now on.
    pub fn learn_from(&mut self, path: &Path) {
        let source = &mut self.draft.config.data.source;
        let chosen = data::chosen(source, path);
        *source = chosen.unwrap_or_else(|| Source::folder(path)).to_string();
        let name = if path.is_file() { path.file_stem() } else { path.file_name() };
        if let Some(name) = name {
            self.draft.config.name = name.to_string_lossy().into_owned();
        }
        self.history.note(&self.draft);
    }

    /// Trains an architecture, with the settings of the run that found it.
    pub fn train(&mut self, genotype: &Genotype, config: Option<RunConfig>) {
        self.from_top = true;
        // What was typed last is no part of this change.
        self.history.note(&self.draft);
        self.draft.config = config.unwrap_or_else(|| self.draft.config.clone());
        self.draft.config.name = "train".to_owned();
        self.draft.arch = Some(genotype.to_string());
        self.draft.budget = None;
        self.history.note(&self.draft);
    }

    /// Searches with the settings of a run, but proposes at random.
    pub fn search_randomly(&mut self, config: Option<RunConfig>) {
        let config = config.unwrap_or_else(|| self.draft.config.clone());
        let name = format!("{}-random", config.name);
        self.draft.config = config;
        self.draft.config.name = name;
        self.draft.config.search.strategy = StrategyKind::Random;
        (self.draft.arch, self.draft.budget) = (None, None);
        self.history.note(&self.draft);
    }

    /// Reads settings from a TOML file, and says which of them have another name now.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is no file of settings, in a sentence; nothing is changed then.
    pub fn load(&mut self, path: &Path) -> Result<Option<String>, String> {
        let place = path.display().to_string();
        let text = input::read_text(path).map_err(|error| format!("{place} cannot be read: {error}"))?;
        self.draft.config = RunConfig::from_toml(&text, &place).map_err(|error| error.to_string())?;
        self.draft.budget = None;
        self.history.note(&self.draft);
        Ok(former_names(&text, &[]))
    }

    /// Writes the settings to a TOML file.
    ///
    /// # Errors
    ///
    /// If it cannot be written, in a sentence.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        let text = self.draft.config.to_toml().map_err(|error| error.to_string())?;
        write_file(path, text.as_bytes()).map_err(|error| error.to_string())
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        self.history.can_undo(&self.draft)
    }

    /// Whether a change was taken back.
    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    /// Takes the last change back.
    pub fn undo(&mut self) {
        self.history.undo(&mut self.draft);
    }

    /// Makes it again.
    pub fn redo(&mut self) {
        self.history.redo(&mut self.draft);
    }

    /// Ends a measurement under way, as a run is to have the device for itself.
    pub fn stop_measuring(&mut self) {
        self.timings.stop();
    }

    /// Whether a run can begin.
    pub fn can_start(&self) -> bool {
        self.blocking_reason.is_none()
    }

    /// What to begin.
    pub fn start(&self) -> (JobSpec, RunConfig) {
        (self.study.job.clone().unwrap_or(JobSpec::Search), self.draft.config.clone())
    }

    /// Whether all settings are shown: where they are asked for, and for a training, which the simple form has no place
    /// for.
    fn is_full(&self, all_settings: bool) -> bool {
        all_settings || self.draft.arch.is_some()
    }

    /// Draws the button that begins the run.
    fn start_button(&self, ui: &mut egui::Ui, size: egui::Vec2, actions: &mut Vec<Action>) {
        let words = RichText::new(with_icon(Action::Start, &entry(Action::Start).name));
        let button = primary_button(words).min_size(size);
        slot(ui, Action::Start, button, self.blocking_reason.as_ref().map(BlockingReason::text), actions);
    }

    /// Says whether it can begin, and why not.
    fn readiness(&self, ui: &mut egui::Ui) {
        let palette = Palette::of(ui);
        match &self.blocking_reason {
            Some(BlockingReason::Problem(problem)) => ui.colored_label(palette.bad, &problem.text),
            Some(BlockingReason::Waiting(text)) => ui.colored_label(palette.warning, *text),
            None => ui.colored_label(palette.good, "Ready to start"),
        };
    }

    /// Draws files, undo and Start into the top bar; the simple form has a Start of its own.
    pub fn controls(&mut self, ui: &mut egui::Ui, all_settings: bool, actions: &mut Vec<Action>) {
        if self.is_full(all_settings) {
            self.start_button(ui, egui::Vec2::ZERO, actions);
            ui.separator();
        }
        for (action, text) in [
            (Action::LoadSettings, "Load…"),
            (Action::SaveSettings, "Save…"),
            (Action::Undo, "Undo"),
            (Action::Redo, "Redo"),
        ] {
            let possible = match action {
                Action::Undo => self.can_undo(),
                Action::Redo => self.can_redo(),
                _ => true,
            };
            let button = ui.add_enabled(possible, egui::Button::new(text));
            if button.on_hover_text(entry(action).hint(ui.ctx())).clicked() {
                actions.push(action);
            }
        }
    }

    /// Draws the form: `all_settings`, which the form has a switch for, or the simple one. `is_busy` says that a run
    /// computes, beside which nothing is measured.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        is_busy: bool,
        all_settings: &mut bool,
        actions: &mut Vec<Action>,
    ) {
        let is_full = self.is_full(*all_settings);
        self.restudy();
        let wanted = CheckRequest { data: self.draft.config.data.clone(), side: self.study.side() };
        let images = match data::unnamed(&self.draft.config.data.source) {
            Some(asked) => State::Unnamed(asked),
            None => self.checker.get(&wanted),
        };
        self.scores.notice();
        let devices = self.machine.devices();
        let timing = self.timing(ui, is_busy, &devices);
        if !is_full {
            self.data.end_typing();
            self.fit(&timing, &images);
            self.restudy();
        }
        self.blocking_reason = self.blocking_reason(&images);
        let time = self.shown_time(&timing, &images);
        if is_full {
            self.full_form(ui, &images, &devices, &time, all_settings, actions);
        } else {
            self.simple_form(ui, &images, &devices, &time, all_settings, actions);
        }
        // A drag or a typed text is one change, not one for each frame or letter.
        let busy = ui.ctx().egui_is_using_pointer() || ui.ctx().egui_wants_keyboard_input();
        if !busy {
            self.history.note(&self.draft);
        }
    }

    fn restudy(&mut self) {
        if self.study.of != self.draft {
            self.study = Study::of(&self.draft);
        }
    }

    /// What is known of the speed of the form's networks.
    fn timing(&mut self, ui: &egui::Ui, is_busy: bool, devices: &Devices) -> Timing {
        let config = &self.draft.config;
        let device = machine::resolved(&config.device, devices);
        let (Some(spec), Some(_), Some(device)) = (&self.study.job, &self.study.figures, device) else {
            return Timing::Unknown;
        };
        let (timing, wait) = self.timings.get(spec, config, &device, is_busy);
        if let Some(wait) = wait {
            ui.ctx().request_repaint_after(wait);
        }
        timing
    }

    /// How long the run takes, as far as that is known.
    fn shown_time(&self, timing: &Timing, images: &State) -> ShownTime {
        match timing {
            Timing::Unknown => ShownTime::Unknown,
            Timing::Measuring => ShownTime::Measuring,
            Timing::Waiting => ShownTime::Waiting,
            Timing::Done(measured) => match (&**measured, &self.study.job) {
                (Ok(speed), Some(spec)) => {
                    let time = expected_time(spec, &self.draft.config, speed, images.used());
                    time.map_or(ShownTime::Unknown, ShownTime::Range)
                }
                (Ok(_), None) => ShownTime::Unknown,
                (Err(problem), _) => ShownTime::Failed(problem.clone()),
            },
        }
    }

    /// What is wrong, or not known yet.
    fn blocking_reason(&self, images: &State) -> Option<BlockingReason> {
        if let State::Unnamed(asked) = images {
            // That nothing is named yet is no mistake.
            return Some(BlockingReason::Waiting(asked));
        }
        let source = &self.draft.config.data.source;
        let of_images =
            |text: &str| Problem { key: data::problem_row(source).to_owned(), text: text.to_owned() };
        let problem = self.study.problem.clone().or_else(|| self.scores.blocking_reason(&self.draft.config));
        let problem = problem.or_else(|| match images {
            State::Done(Err(text)) => Some(of_images(text)),
            State::Done(Ok(found)) => {
                let checked = self.draft.config.check_images(self.draft.arch.is_none(), &found.report);
                checked.err().map(|shortage| Problem { key: shortage.key, text: shortage.text })
            }
            _ => None,
        });
        match problem {
            // Half of a path is no mistake either.
            Some(problem) if problem.key == data::problem_row(source) && self.data.is_typed() => {
                Some(BlockingReason::Waiting("No images there so far"))
            }
            Some(Problem { key, text }) => {
                Some(BlockingReason::Problem(Problem { key, text: labels::in_labels(&text) }))
            }
            None if matches!(images, State::Busy(..)) => {
                Some(BlockingReason::Waiting("The images are being looked at"))
            }
            None => None,
        }
    }
}
