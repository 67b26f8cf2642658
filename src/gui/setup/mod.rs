//! What a run is told before it begins: every setting, what it means, and what it will cost.

mod check;
mod data;
mod form;
mod history;
mod machine;
mod readout;
mod search;
mod space;
mod training;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eframe::egui::{self, RichText, TextEdit};

use check::{Checker, State, Wanted};
use form::{Form, Problem};
use history::History;
use machine::Machine;
use readout::Readout;

use super::commands::{Action, entry};
use super::session::Wake;
use super::state::RunState;
use super::theme::Palette;
use crate::arch::Genotype;
use crate::config::{Mode, PRESETS, RunConfig};
use crate::run::write_atomic;
use crate::worker::{Job, expected_macs};

/// The preset that a fresh form has.
const FIRST: &str = "quick";
/// Width of the column with what comes of the settings, in points.
const ASIDE: f32 = 290.0;
/// A run's speed is believed from this share of it on.
const BELIEVED: f32 = 0.05;

/// What can be taken back.
#[derive(Clone, PartialEq)]
struct Draft {
    /// The architecture to train, as typed; none to search.
    arch: Option<String>,
    config: RunConfig,
}

/// The form.
pub struct Setup {
    draft: Draft,
    history: History<Draft>,
    checker: Checker,
    machine: Machine,
    data: data::View,
    space: space::View,
    readout: Readout,
    problem: Option<Problem>,
    /// Why it cannot start though no setting is wrong.
    waiting: Option<String>,
}

impl Setup {
    /// A fresh form. `program` is this program, asked for the devices.
    pub fn new(program: PathBuf, wake: Wake) -> Self {
        let config = RunConfig::preset(FIRST).unwrap_or_default();
        let draft = Draft { arch: None, config };
        Self {
            history: History::new(draft.clone()),
            draft,
            checker: Checker::new(wake.clone()),
            machine: Machine::new(program, wake),
            data: data::View::default(),
            space: space::View::default(),
            readout: Readout::default(),
            problem: None,
            waiting: None,
        }
    }

    /// The settings as they are.
    pub fn config(&self) -> &RunConfig {
        &self.draft.config
    }

    /// Learns from the images in a folder, from now on.
    pub fn learn_from(&mut self, folder: &Path) {
        let source = crate::data::Source::Folder(folder.to_owned());
        let kept = data::kind(&self.draft.config.data.source);
        self.draft.config.data.source = match kept {
            // A public data set is looked for in the folder that was chosen for it.
            Some(kind) => format!("{kind}:{}", folder.display()),
            None => source.to_string(),
        };
        if let Some(name) = folder.file_name() {
            self.draft.config.name = name.to_string_lossy().into_owned();
        }
        self.history.note(&self.draft);
    }

    /// Trains an architecture, with the settings of the run that found it.
    pub fn train(&mut self, genotype: &Genotype, config: Option<RunConfig>) {
        self.draft.config = config.unwrap_or_else(|| self.draft.config.clone());
        self.draft.config.name = "train".to_owned();
        self.draft.arch = Some(genotype.to_string());
        self.history.note(&self.draft);
    }

    /// Reads settings from a TOML file.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is no file of settings, in a sentence; nothing is changed then.
    pub fn load(&mut self, path: &Path) -> Result<(), String> {
        let place = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("{place} cannot be read: {error}"))?;
        self.draft.config = RunConfig::from_toml(&text, &place).map_err(|error| error.to_string())?;
        self.history.note(&self.draft);
        Ok(())
    }

    /// Writes the settings to a TOML file.
    ///
    /// # Errors
    ///
    /// If it cannot be written, in a sentence.
    pub fn save(&self, path: &Path) -> Result<(), String> {
        let text = self.draft.config.to_toml().map_err(|error| error.to_string())?;
        write_atomic(path, text.as_bytes()).map_err(|error| error.to_string())
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

    /// Whether a run can begin.
    pub fn can_start(&self) -> bool {
        self.problem.is_none() && self.waiting.is_none()
    }

    /// What to begin.
    pub fn start(&self) -> (Job, RunConfig) {
        (self.job().unwrap_or(Job::Search), self.draft.config.clone())
    }

    /// The device of a run and the multiply-accumulates a second it reaches, once that can be told.
    pub fn learn_speed(&self, state: &RunState) -> Option<(String, f64)> {
        let (progress, config, device) = (state.progress?, state.config.as_ref()?, state.device.as_ref()?);
        let left = progress.eta.filter(|_| progress.done >= BELIEVED && progress.done < 1.0)?;
        // The parts of a search are known from its settings; a training's architecture is not here.
        let searches = !state.board_at(state.moment).is_empty();
        let macs = searches.then(|| expected_macs(&Job::Search, config).ok()).flatten()?;
        let speed = macs as f64 * f64::from(1.0 - progress.done) / left;
        (speed.is_finite() && speed > 0.0).then(|| (device.clone(), speed))
    }

    fn job(&self) -> Result<Job, Problem> {
        match &self.draft.arch {
            None => Ok(Job::Search),
            Some(text) => match Genotype::parse(text) {
                Ok(genotype) => Ok(Job::Train(genotype)),
                Err(error) => Err(Problem { key: "arch".to_owned(), text: error.to_string() }),
            },
        }
    }

    /// Draws presets, files, undo and Start into the top bar.
    pub fn controls(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let start = entry(Action::Start);
        let fill = Palette::new(false).generator;
        let text = RichText::new("▶ Start").color(egui::Color32::WHITE);
        let button = egui::Button::new(text).fill(fill);
        let ready = self.can_start();
        let reason = match (&self.problem, &self.waiting) {
            (Some(problem), _) => problem.text.clone(),
            (None, Some(waiting)) => waiting.clone(),
            (None, None) => String::new(),
        };
        let response = ui.add_enabled(ready, button).on_hover_text(start.hint(ui.ctx()));
        let response = response.on_disabled_hover_text(reason);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, ready, &start.name));
        if response.clicked() {
            actions.push(Action::Start);
        }
        ui.separator();
        let presets = ui.menu_button("Presets", |ui| {
            for preset in PRESETS {
                if ui.button(preset.name).on_hover_text(preset.about).clicked() {
                    self.draft.config = RunConfig::preset(preset.name).unwrap_or_default();
                }
            }
        });
        presets.response.on_hover_text("Replaces all settings by built-in ones");
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

    /// Draws the form. `speeds` are multiply-accumulates a second by device, as earlier runs had them.
    pub fn show(&mut self, ui: &mut egui::Ui, speeds: &BTreeMap<String, f64>, actions: &mut Vec<Action>) {
        self.examine();
        let devices = self.machine.devices();
        let aside = egui::Panel::right("what comes of it").exact_size(ASIDE).resizable(false);
        aside.show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let job = self.job().ok();
                self.readout.show(ui, job.as_ref(), &self.draft.config, &devices, speeds);
                ui.add_space(8.0);
                let palette = Palette::of(ui);
                match (&self.problem, &self.waiting) {
                    (Some(problem), _) => ui.colored_label(palette.bad, &problem.text),
                    (None, Some(waiting)) => ui.colored_label(palette.warning, waiting),
                    (None, None) => ui.colored_label(palette.good, "Ready to start"),
                };
            });
        });
        egui::CentralPanel::default().show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| self.form(ui, actions));
        });
        // A drag or a word is one change, not one for each frame or letter.
        let busy = ui.ctx().egui_is_using_pointer() || ui.ctx().egui_wants_keyboard_input();
        if !busy {
            self.history.note(&self.draft);
        }
    }

    /// Finds what is wrong and what is not known yet.
    fn examine(&mut self) {
        let config = &self.draft.config;
        let checked = match self.draft.arch {
            None => config.validate_search(),
            Some(_) => config.validate(),
        };
        let problem = checked.err().map(|error| Problem {
            key: error.key().unwrap_or_default().to_owned(),
            text: error.to_string(),
        });
        self.problem = self.job().err().or(problem);
        self.waiting = None;
        let side = self.side();
        if self.problem.as_ref().is_some_and(|problem| problem.key != "data.source") {
            // Sizes that cannot work say nothing of the images.
            return;
        }
        match self.checker.get(&Wanted { data: config.data.clone(), side }) {
            State::Busy(..) => self.waiting = Some("The images are being looked at".to_owned()),
            State::Done(Err(text)) => self.problem = Some(Problem { key: "data.source".to_owned(), text }),
            State::Done(Ok(found)) if found.report.classes.is_empty() && self.draft.arch.is_none() => {
                if let Err(text) = search::without_classes(config) {
                    self.problem = Some(Problem { key: "search.reward".to_owned(), text });
                }
            }
            State::Done(Ok(_)) => {}
        }
    }

    /// Side in pixels of the images.
    fn side(&self) -> usize {
        match self.job() {
            Ok(Job::Train(genotype)) => self.draft.config.model.side(genotype.cells.len()),
            _ => self.draft.config.side(),
        }
    }

    fn form(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let side = self.side();
        let problem = self.problem.clone();
        let form = Form { problem: problem.as_ref() };
        self.purpose(ui, form);
        let wanted = Wanted { data: self.draft.config.data.clone(), side };
        let state = self.checker.get(&wanted);
        data::show(ui, form, &mut self.data, &mut self.draft.config, side, &state, actions);
        if self.draft.arch.is_none() {
            space::show(ui, form, &mut self.space, &mut self.draft.config);
            search::show(ui, form, &mut self.draft.config);
        }
        let searched = self.draft.arch.is_none();
        training::networks(ui, form, &mut self.draft.config, searched);
        training::recipe(ui, form, &mut self.draft.config, searched);
        training::run(ui, form, &mut self.draft.config, &self.machine);
    }

    /// What the run is for.
    fn purpose(&mut self, ui: &mut egui::Ui, form: Form<'_>) {
        form.section(ui, "Purpose", "Find an architecture, or train one that you name", |ui| {
            form.row(ui, "arch", "Run", "A search proposes architectures; a training takes one", |ui| {
                let row = ui.horizontal(|ui| {
                    let search = ui.selectable_label(self.draft.arch.is_none(), "Search");
                    if search.on_hover_text("Searches, ranks, trains the best").clicked() {
                        self.draft.arch = None;
                    }
                    let train = ui.selectable_label(self.draft.arch.is_some(), "Train one architecture");
                    if train.on_hover_text("Trains it from scratch, on any images").clicked() {
                        self.draft.arch.get_or_insert_with(|| "1 0 1 1 1 0 0 1 1".to_owned());
                    }
                });
                row.response
            });
            if let Some(text) = &mut self.draft.arch {
                let tip = "Four numbers for the first cell and five for each later one: block, norm, \
                           upsampling, shortcut, skips";
                form.row(ui, "arch", "Architecture", tip, |ui| {
                    ui.add(TextEdit::singleline(text).desired_width(360.0))
                });
            }
            let mode = self.draft.config.mode();
            form.row(ui, "mode", "Mode", "Sets every switch that the two differ in", |ui| {
                let row = ui.horizontal(|ui| {
                    for (choice, words, about) in [
                        (Mode::Sound, "Sound", "The released code's mistakes are mended; the default"),
                        (Mode::AsReleased, "As released", "As the reference code does it, quirks included"),
                    ] {
                        let clicked = ui.selectable_label(mode == Some(choice), words).on_hover_text(about);
                        if clicked.clicked() {
                            self.draft.config.set_mode(choice);
                        }
                    }
                    if mode.is_none() {
                        ui.label(RichText::new("your own mixture").weak());
                    }
                });
                row.response
            });
        });
    }
}
