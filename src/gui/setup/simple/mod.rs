//! The simple form: which pictures, how long, how large, Start. It changes the settings that the full form shows.

mod budget;
mod sizes;

pub use budget::{SearchAmounts, TimeBudget};

use std::sync::Arc;

use eframe::egui::{self, Align, Layout, RichText, Vec2};

use super::check::State;
use super::machine::Devices;
use super::readout::ShownTime;
use super::timing::{Measured, Timing};
use super::{BlockingReason, FIRST, Setup, SetupInputs, data};
use crate::arch::words::{duration_between, thousands};
use crate::config::RunConfig;
use crate::data::{Source, SourcePlace};
use crate::gui::commands::{Action, entry};
use crate::gui::theme::{GAP, Palette};
use crate::gui::widgets::focus;

/// Largest width of the form, in points.
const WIDTH: f32 = 600.0;
/// Least size of a choice, in points.
const CHOICE: Vec2 = Vec2::new(96.0, 34.0);
/// Least size of Start, in points.
const START: Vec2 = Vec2::new(200.0, 44.0);
/// The share of the time below which a search is said to have all that any preset has.
const MUCH_SHORTER: f64 = 0.6;

/// What the simple form keeps from frame to frame.
#[derive(Default)]
pub struct SimpleView {
    /// What the amounts were last fitted to, which is too slow for every frame.
    fitted: Option<FitInputs>,
    /// How many settings that the form does not show are not the usual ones, and of which settings.
    others: Option<(RunConfig, usize)>,
}

/// What decides the amounts of a search.
struct FitInputs {
    /// The settings, fitted already.
    draft: SetupInputs,
    speed: Option<Measured>,
    images: Option<usize>,
}

impl FitInputs {
    fn are(&self, draft: &SetupInputs, speed: Option<&Measured>, images: Option<usize>) -> bool {
        let is_same_speed = match (&self.speed, speed) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        is_same_speed && self.images == images && self.draft == *draft
    }
}

impl Setup {
    /// Fits the amounts of the search to the time that was chosen, as a part of the change that made this necessary.
    pub(super) fn fit(&mut self, timing: &Timing, images: &State) {
        let Some(budget) = self.draft.budget else { return };
        let speed = match timing {
            Timing::Done(measured) => Some(measured),
            Timing::Unknown | Timing::Measuring | Timing::Waiting => None,
        };
        let images = images.used();
        if self.simple.fitted.as_ref().is_some_and(|fitted| fitted.are(&self.draft, speed, images)) {
            return;
        }
        self.history.note(&self.draft);
        let measured = speed.and_then(|measured| measured.as_ref().as_ref().ok());
        let config = &mut self.draft.config;
        match measured.and_then(|speed| budget::fitted(config, speed, images, budget.seconds())) {
            Some(fitted) => *config = fitted.config,
            None => budget.set_unmeasured(config),
        }
        self.history.amend(&self.draft);
        let fitted = FitInputs { draft: self.draft.clone(), speed: speed.cloned(), images };
        self.simple.fitted = Some(fitted);
    }

    /// Draws the simple form.
    pub(super) fn simple_form(
        &mut self,
        ui: &mut egui::Ui,
        images: &State,
        devices: &Devices,
        time: &ShownTime,
        all_settings: &mut bool,
        actions: &mut Vec<Action>,
    ) {
        egui::CentralPanel::default().show(ui, |ui| {
            super::form_switch(ui, all_settings);
            let mut area = egui::ScrollArea::vertical().auto_shrink(false);
            if std::mem::take(&mut self.from_top) {
                area = area.vertical_scroll_offset(0.0);
            }
            area.show(ui, |ui| {
                let width = ui.available_width().min(WIDTH);
                ui.horizontal_top(|ui| {
                    ui.add_space((ui.available_width() - width) / 2.0);
                    ui.vertical(|ui| {
                        ui.set_width(width);
                        self.pictures(ui, images, actions);
                        self.how_long(ui, devices, time);
                        self.how_large(ui, images);
                        ui.add_space(2.0 * GAP);
                        ui.horizontal_top(|ui| {
                            let middle = Layout::left_to_right(Align::Center);
                            ui.allocate_ui_with_layout(START, middle, |ui| {
                                self.start_button(ui, START, actions);
                            });
                            ui.vertical(|ui| {
                                self.readiness(ui);
                                self.way_to_the_setting(ui, all_settings);
                                self.other_settings(ui);
                            });
                        });
                        ui.add_space(GAP);
                    });
                });
                focus::keep_in_sight(ui);
            });
        });
    }

    /// Draws the pictures to learn from, and what was found of them.
    fn pictures(&mut self, ui: &mut egui::Ui, images: &State, actions: &mut Vec<Action>) {
        question(ui, "Pictures to learn from");
        let palette = Palette::of(ui);
        let is_hovered = ui.input(|input| !input.raw.hovered_files.is_empty());
        let stroke = if is_hovered { (2.0, palette.generator) } else { (1.0, palette.faint) };
        let frame = egui::Frame::new().stroke(stroke).fill(palette.well).corner_radius(8.0);
        frame.inner_margin(12.0).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let source = &mut self.draft.config.data.source;
            let path = data::path_of(source).map(str::to_owned);
            ui.horizontal_wrapped(|ui| {
                ui.label("Drop a folder of pictures here, or");
                let choose = entry(Action::ChooseImages);
                if ui.button(&choose.name).on_hover_text(choose.tooltip).clicked() {
                    actions.push(Action::ChooseImages);
                }
                let toys =
                    egui::Button::selectable(path.is_none(), "Built-in toys").frame_when_inactive(true);
                let toys =
                    ui.add(toys).on_hover_text("Simple figures that the program draws, to try things out");
                if toys.clicked() && path.is_some() {
                    *source = Source::toys().to_string();
                    self.draft.config.name = FIRST.to_owned();
                }
            });
            if let Some(path) = path.filter(|path| !path.is_empty()) {
                ui.label(RichText::new(path).weak());
            }
            data::found(ui, &mut self.data, self.study.side(), images);
        });
    }

    /// Draws the time that the search may take, and what comes of it.
    fn how_long(&mut self, ui: &mut egui::Ui, devices: &Devices, time: &ShownTime) {
        question(ui, "How long");
        ui.horizontal_wrapped(|ui| {
            for budget in TimeBudget::ALL {
                let about =
                    "Chooses how many iterations and steps the search has, so that it is done in that time";
                if choice(ui, self.draft.budget == Some(budget), budget.label(), about) {
                    self.draft.budget = Some(budget);
                }
            }
        });
        let (words, is_warning) = time_words(time, self.draft.budget, devices.is_some());
        ui.horizontal_wrapped(|ui| {
            if matches!(time, ShownTime::Measuring) {
                ui.spinner();
            }
            let color = is_warning.then(|| Palette::of(ui).warning);
            ui.label(color.map_or(RichText::new(&words), |color| RichText::new(&words).color(color)));
        });
        let RunConfig { search, winner, .. } = &self.draft.config;
        let amounts = format!(
            "{} iterations of the search, then the best {} are trained, and the winner goes on to {} steps",
            thousands(search.total_iterations()),
            search.top_k,
            thousands(winner.steps)
        );
        ui.label(RichText::new(amounts).weak());
    }

    /// Draws the sides that the images may have.
    fn how_large(&mut self, ui: &mut egui::Ui, images: &State) {
        question(ui, "How large");
        let now = self.draft.config.side();
        let found = match images {
            // What is drawn has any size.
            State::Done(Ok(found)) if data::place(&self.draft.config.data.source) != SourcePlace::Drawn => {
                found.report.sizes.as_ref().map(|sizes| (sizes, found.report.used))
            }
            _ => None,
        };
        let (sizes, used) = found.unzip();
        let sides = sizes::sides(sizes, used.unwrap_or_default(), now);
        ui.horizontal_wrapped(|ui| {
            for &side in &sides {
                let about =
                    format!("Images of {side} x {side} pixels; twice the side takes several times as long");
                if choice(ui, side == now, &format!("{side} px"), &about) {
                    sizes::set_side(&mut self.draft.config, side);
                }
            }
        });
        if let (Some(sizes), Some(used)) = (sizes, used) {
            let limit = sizes::limit(sizes, used);
            let words =
                format!("The pictures have {limit} px at their shorter side; larger images would be blurred");
            ui.label(RichText::new(words).weak());
        }
    }

    /// Draws the way to a setting that cannot work and is not in this form.
    fn way_to_the_setting(&self, ui: &mut egui::Ui, all_settings: &mut bool) {
        let Some(BlockingReason::Problem(problem)) = &self.blocking_reason else { return };
        let is_here = problem.key == data::problem_row(&self.draft.config.data.source);
        let about = "Shows all settings, with what is wrong where it stands";
        if !is_here && ui.button("Show the setting").on_hover_text(about).clicked() {
            *all_settings = true;
        }
    }

    /// Says how many settings that this form does not show are not as usual.
    fn other_settings(&mut self, ui: &mut egui::Ui) {
        let config = &self.draft.config;
        let known = self.simple.others.as_ref().filter(|(of, _)| of == config).map(|(_, count)| *count);
        let count = known.unwrap_or_else(|| {
            let count = other_changes(config);
            self.simple.others = Some((config.clone(), count));
            count
        });
        let words = match count {
            0 => return,
            1 => "1 other setting is not as in the preset quick; see all settings".to_owned(),
            _ => format!("{count} other settings are not as in the preset quick; see all settings"),
        };
        ui.label(RichText::new(words).weak());
    }
}

/// Draws a heading of the form.
fn question(ui: &mut egui::Ui, text: &str) {
    ui.add_space(1.5 * GAP);
    ui.label(RichText::new(text).strong().size(16.0));
}

/// Draws a large button that shows whether it is the one that is chosen. Returns whether it was clicked.
fn choice(ui: &mut egui::Ui, is_chosen: bool, label: &str, about: &str) -> bool {
    let button = egui::Button::selectable(is_chosen, label).frame_when_inactive(true).min_size(CHOICE);
    let button = ui.add(button).on_hover_text(about);
    // What is chosen has the colour of that, and none of the keyboard's.
    focus::ring(ui.painter(), &button, button.rect);
    button.clicked()
}

/// What is said of the time, and whether that is a warning.
fn time_words(time: &ShownTime, budget: Option<TimeBudget>, are_devices_known: bool) -> (String, bool) {
    let instead = budget.map_or("how long it takes is not known", TimeBudget::unmeasured_words);
    match time {
        ShownTime::Range(range) => {
            let words = duration_between(range.least, range.most);
            match budget.map(TimeBudget::seconds) {
                Some(seconds) if range.most > seconds => {
                    let less = "smaller images or a faster device take less time";
                    (format!("It takes {words} here, the shortest search of such images; {less}"), true)
                }
                Some(seconds) if range.most < MUCH_SHORTER * seconds => {
                    (format!("It takes {words} here, with as many steps as any preset has"), false)
                }
                _ => (format!("It takes {words} here"), false),
            }
        }
        ShownTime::Measuring => {
            (format!("The speed of this device is being measured; until then {instead}"), false)
        }
        ShownTime::Waiting => {
            (format!("A run computes, so nothing is measured now; until then {instead}"), false)
        }
        ShownTime::Failed(problem) => {
            (format!("The speed of this device cannot be measured ({problem}): {instead}"), true)
        }
        ShownTime::Unknown if are_devices_known => {
            (format!("The speed of this device was not measured: {instead}"), false)
        }
        ShownTime::Unknown => (format!("The devices are being looked for; until then {instead}"), false),
    }
}

/// How many settings differ from those of a fresh form, those apart that the simple form changes.
fn other_changes(config: &RunConfig) -> usize {
    let mut usual = RunConfig::preset(FIRST).unwrap_or_default();
    let own = config.clone();
    (usual.name, usual.data.source) = (own.name, own.data.source);
    (usual.model.bottom_width, usual.space.cells) = (own.model.bottom_width, own.space.cells);
    SearchAmounts::of(config).write(&mut usual);
    // Of the two it is the number of discriminator steps for each generator step that may be another one.
    usual.search.shared_steps = own.search.shared_steps;
    let (usual, own) = (usual.settings().unwrap_or_default(), config.settings().unwrap_or_default());
    let is_other = |key: &&String| usual.get(*key) != own.get(*key);
    let gone = usual.keys().filter(|key| !own.contains_key(*key)).count();
    own.keys().filter(is_other).count() + gone
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::TimeRange;

    #[test]
    fn only_what_the_simple_form_does_not_show_counts_as_another_setting() {
        let mut config = RunConfig::preset("quick").unwrap();
        assert_eq!(other_changes(&config), 0);
        sizes::set_side(&mut config, 32);
        TimeBudget::Night.set_unmeasured(&mut config);
        config.apply("data.source=/photos").unwrap();
        assert_eq!(other_changes(&config), 0);
        for (count, set) in
            ["search.strategy=random", "recipe.batch=16", "recipe.n_critic=3"].iter().enumerate()
        {
            config.apply(set).unwrap();
            assert_eq!(other_changes(&config), count + 1, "{set}");
        }
    }

    #[test]
    fn the_time_is_said_with_what_it_means_for_the_choice() {
        let range = |least, most| ShownTime::Range(TimeRange { least, most });
        let words = |time: &ShownTime, budget| time_words(time, budget, true);
        let hour = Some(TimeBudget::Hour);
        assert_eq!(words(&range(2_700.0, 3_500.0), hour), ("It takes 45 to 58 min here".to_owned(), false));
        let (long, is_warning) = words(&range(7_200.0, 10_800.0), hour);
        assert!(long.contains("2 to 3 h here, the shortest search of such images") && is_warning, "{long}");
        assert!(words(&range(300.0, 400.0), hour).0.contains("as many steps as any preset"));
        assert_eq!(words(&range(7_200.0, 10_800.0), None).0, "It takes 2 to 3 h here");
        let (failed, is_warning) = words(&ShownTime::Failed("no device".to_owned()), hour);
        assert!(
            failed.contains("(no device): the search has as many steps as the preset standard") && is_warning
        );
        assert!(words(&ShownTime::Unknown, None).0.ends_with("how long it takes is not known"));
        assert!(
            time_words(&ShownTime::Unknown, hour, false).0.starts_with("The devices are being looked for")
        );
    }
}
