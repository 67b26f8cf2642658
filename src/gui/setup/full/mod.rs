//! The full form: every setting by section, beside what comes of it.

mod presets;

pub use presets::PresetCards;

use eframe::egui::{self, RichText, TextEdit};

use super::check::State;
use super::form::{Form, fold};
use super::machine::{self, Devices};
use super::readout::ShownTime;
use super::simple::SearchAmounts;
use super::{BlockingReason, Setup, SetupInputs, data, readout, run, search, space};
use crate::config::table::{NETWORKS, TRAINING};
use crate::config::{Mode, RunConfig, Setting};
use crate::gui::commands::Action;

/// Width of the column with what comes of the settings, in points.
const OUTLOOK_WIDTH: f32 = 290.0;

impl Setup {
    /// Draws the full form.
    pub(super) fn full_form(
        &mut self,
        ui: &mut egui::Ui,
        images: &State,
        devices: &Devices,
        time: &ShownTime,
        all_settings: &mut bool,
        actions: &mut Vec<Action>,
    ) {
        let amounts = SearchAmounts::of(&self.draft.config);
        let device = machine::resolved(&self.draft.config.device, devices);
        let work = self.study.figures.as_ref().map(|figures| figures.work);
        self.presets.notice(&self.timings, device, time, work);
        let outlook = egui::Panel::right("what comes of it").exact_size(OUTLOOK_WIDTH).resizable(false);
        outlook.show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let figures = self.study.figures.as_ref();
                readout::show(ui, figures, &self.draft.config.device, devices, time);
                ui.add_space(8.0);
                self.readiness(ui);
            });
        });
        egui::CentralPanel::default().show(ui, |ui| {
            // A training has no simple form.
            if self.draft.arch.is_none() {
                super::form_switch(ui, all_settings);
            }
            let mut area = egui::ScrollArea::vertical().auto_shrink(false);
            if std::mem::take(&mut self.from_top) {
                area = area.vertical_scroll_offset(0.0);
            }
            area.show(ui, |ui| self.form(ui, images, actions));
        });
        // Amounts that were chosen by hand are not those of a time any more.
        if SearchAmounts::of(&self.draft.config) != amounts {
            self.draft.budget = None;
        }
    }

    fn form(&mut self, ui: &mut egui::Ui, images: &State, actions: &mut Vec<Action>) {
        let problem = match &self.blocking_reason {
            Some(BlockingReason::Problem(problem)) => Some(problem.clone()),
            _ => None,
        };
        let (searched, side) = (self.draft.arch.is_none(), self.study.side());
        let values = self.draft.config.settings().unwrap_or_default();
        let form = Form { problem: problem.as_ref(), values: &values, searched };
        fold(ui, "Presets", "Settings to begin with, which can be changed", |ui| {
            if let Some(config) = self.presets.show(ui, &self.draft.config) {
                (self.draft.config, self.draft.budget) = (config, None);
            }
        });
        self.kind_of_run(ui, form);
        let Self { draft: SetupInputs { config, .. }, data, space, machine, scores, .. } = self;
        data::show(ui, form, data, config, side, images, actions);
        if searched {
            space::show(ui, form, space, config);
            search::show(ui, form, config);
        }
        form.table(ui, &NETWORKS, config, |_, _, _| false, |_| {});
        form.table(ui, &TRAINING, config, |ui, setting, config| steps(ui, form, setting, config), |_| {});
        scores.show(ui, form, config);
        run::show(ui, form, config, machine);
    }

    /// What the run is for.
    fn kind_of_run(&mut self, ui: &mut egui::Ui, form: Form<'_>) {
        form.section(ui, "Run", "Find an architecture, or train one that you name", |ui| {
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
                        (
                            Mode::Corrected,
                            "Corrected",
                            "The released code's mistakes are mended; the default",
                        ),
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

/// The row with the steps of the only training, where there is no search and so no winner.
fn steps(ui: &mut egui::Ui, form: Form<'_>, setting: &Setting, config: &mut RunConfig) -> bool {
    let alone = !form.searched && setting.key == "winner.steps";
    if alone {
        let (label, about) = ("Steps", "Generator steps in all");
        form.setting(ui, &Setting { label, about, ..*setting }, config);
    }
    alone
}
