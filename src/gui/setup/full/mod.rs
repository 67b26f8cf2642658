//! The full form: every setting by section, beside what comes of it.

mod presets;

pub use presets::PresetCards;

use eframe::egui::{self, RichText, TextEdit};

use super::check::State;
use super::find::SettingFilter;
use super::form::{Form, fold};
use super::machine::{self, Devices};
use super::readout::ShownTime;
use super::simple::SearchAmounts;
use super::{BlockingReason, Setup, SetupInputs, data, readout, run, search, space};
use crate::config::table::{NETWORKS, SEARCH, SECTIONS, SPACE, Section, TRAINING};
use crate::config::{Mode, RunConfig, Setting};
use crate::gui::commands::Action;
use crate::gui::theme::GAP;
use crate::gui::widgets::focus;

/// Width of the column with what comes of the settings, in points.
const OUTLOOK_WIDTH: f32 = 290.0;
/// Least width of a column of sections, where there are two, in points.
const COLUMN: f32 = 660.0;
/// What the field is called that settings are looked for with.
const FIND: &str = "Find a setting";
/// Key, label and meaning of the two rows that are no settings of the table: what the run is for, and the mode.
const KIND: [(&str, &str, &str); 2] = [
    ("arch", "Run", "A search proposes architectures; a training takes one"),
    ("mode", "Mode", "Sets every switch that the two differ in"),
];

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
            ui.horizontal_wrapped(|ui| {
                // A training has no simple form.
                if self.draft.arch.is_none() {
                    super::form_switch(ui, all_settings);
                    ui.add_space(GAP);
                }
                self.find_field(ui);
            });
            let mut area = egui::ScrollArea::vertical().auto_shrink(false);
            if std::mem::take(&mut self.from_top) {
                area = area.vertical_scroll_offset(0.0);
            }
            area.show(ui, |ui| {
                self.form(ui, images, actions);
                focus::keep_in_sight(ui);
            });
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
        let searched = self.draft.arch.is_none();
        let values = self.draft.config.settings().unwrap_or_default();
        let filter = SettingFilter::new(&self.find);
        let form = Form { problem: problem.as_ref(), values: &values, searched, filter: &filter };
        if filter.is_active() {
            // A training has neither.
            let is_there =
                |section: &&&Section| searched || ![SPACE.title, SEARCH.title].contains(&section.title);
            let mut settings =
                SECTIONS.iter().filter(is_there).flat_map(|section| (section.settings)().iter());
            if !settings.any(|setting| form.shows(setting, &self.draft.config)) && !is_kind_found(&filter) {
                let words = format!("No setting here has “{}” in its name or meaning", self.find);
                ui.label(RichText::new(words).weak());
                return;
            }
        } else {
            fold(ui, "Presets", "Settings to begin with, which can be changed", |ui| {
                if let Some(config) = self.presets.show(ui, &self.draft.config) {
                    (self.draft.config, self.draft.budget) = (config, None);
                }
            });
        }
        if ui.available_width() < 2.0 * COLUMN {
            self.first_sections(ui, form, images, actions);
            self.last_sections(ui, form);
            return;
        }
        ui.columns_const(|[first, last]| {
            first.vertical(|ui| self.first_sections(ui, form, images, actions));
            last.vertical(|ui| self.last_sections(ui, form));
        });
    }

    /// Draws the field that settings are looked for with.
    fn find_field(&mut self, ui: &mut egui::Ui) {
        let field = TextEdit::singleline(&mut self.find).hint_text(FIND).desired_width(240.0);
        let field =
            ui.add(field).on_hover_text("Words of a setting's name, key or meaning, such as “learning rate”");
        field.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::TextInput, true, FIND);
            info.current_text_value = Some(self.find.clone());
            info
        });
        if !self.find.is_empty() && ui.button("Clear").on_hover_text("Shows all settings again").clicked() {
            self.find.clear();
        }
    }

    /// Draws the sections on what is searched: images, search space, search.
    fn first_sections(
        &mut self,
        ui: &mut egui::Ui,
        form: Form<'_>,
        images: &State,
        actions: &mut Vec<Action>,
    ) {
        if !form.filter.is_active() || is_kind_found(form.filter) {
            self.kind_of_run(ui, form);
        }
        let side = self.study.side();
        let Self { draft: SetupInputs { config, .. }, data, space, .. } = self;
        data::show(ui, form, data, config, side, images, actions);
        if form.searched {
            space::show(ui, form, space, config);
            search::show(ui, form, config);
        }
    }

    /// Draws the sections on how it is trained, scored and run.
    fn last_sections(&mut self, ui: &mut egui::Ui, form: Form<'_>) {
        let Self { draft: SetupInputs { config, .. }, machine, scores, .. } = self;
        form.table(ui, &NETWORKS, config, |_, _, _| false, |_| {});
        form.table(ui, &TRAINING, config, |ui, setting, config| steps(ui, form, setting, config), |_| {});
        scores.show(ui, form, config);
        run::show(ui, form, config, machine);
    }

    /// What the run is for.
    fn kind_of_run(&mut self, ui: &mut egui::Ui, form: Form<'_>) {
        form.section(ui, "Run", "Find an architecture, or train one that you name", |ui| {
            let [(key, label, tip), of_mode] = KIND;
            form.row(ui, key, label, tip, |ui| {
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
            let (key, label, tip) = of_mode;
            form.row(ui, key, label, tip, |ui| {
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

/// Whether a filter finds what the run is for, or the mode.
fn is_kind_found(filter: &SettingFilter) -> bool {
    KIND.iter().any(|(key, label, tip)| filter.finds(key, label, tip))
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
