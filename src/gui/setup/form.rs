//! Rows of a form: a named setting, its control and, where it stands, what is wrong with it.

use std::ops::RangeInclusive;

use eframe::egui::{self, DragValue, Response, RichText, Ui, emath};
use serde_json::Value;

use super::find::SettingFilter;
use crate::config::table::{Section, SettingChoice, SettingKind};
use crate::config::{RunConfig, Setting, Settings};
use crate::gui::theme::Palette;

/// Between columns and rows, in points.
const SPACING: [f32; 2] = [18.0, 7.0];
/// Least width of the labels, in points.
const LABELS: f32 = 150.0;

/// The setting that cannot work, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its dotted key in `config.toml`.
    pub key: String,
    /// Why it cannot work, in a sentence.
    pub text: String,
}

/// What all rows of the form share.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// The first problem.
    pub problem: Option<&'a Problem>,
    /// The settings at the beginning of the frame.
    pub values: &'a Settings,
    /// Whether the run is a search.
    pub searched: bool,
    /// Which settings are shown.
    pub filter: &'a SettingFilter,
}

impl Form<'_> {
    /// Whether the form shows a setting of the table.
    pub fn shows(&self, setting: &Setting, config: &RunConfig) -> bool {
        let Setting { key, label, about, .. } = *setting;
        (setting.is_shown)(config, self.searched) && self.filter.finds(key, label, about)
    }

    /// A section of the settings table. `own` draws rows that need a control of their own and says whether it
    /// has drawn one; `last` draws what stands behind all rows but the advanced ones. While settings are looked for,
    /// a section without any that is found is not drawn, and one with some has nothing folded away.
    pub fn table(
        &self,
        ui: &mut Ui,
        section: &Section,
        config: &mut RunConfig,
        mut own: impl FnMut(&mut Ui, &Setting, &mut RunConfig) -> bool,
        last: impl FnOnce(&mut Ui),
    ) {
        let shown = |setting: &&Setting| self.shows(setting, config);
        let (advanced, usual): (Vec<&Setting>, Vec<&Setting>) =
            (section.settings)().iter().filter(shown).partition(|setting| setting.advanced);
        let mut rows = |ui: &mut Ui, settings: &[&Setting]| {
            for setting in settings {
                if !own(ui, setting, config) {
                    self.setting(ui, setting, config);
                }
            }
        };
        let grid = |name: String| egui::Grid::new(name).num_columns(2).spacing(SPACING).min_col_width(LABELS);
        if self.filter.is_active() {
            if !usual.is_empty() || !advanced.is_empty() {
                heading(ui, section.title);
                grid(format!("found of {}", section.title)).show(ui, |ui| {
                    rows(ui, &usual);
                    rows(ui, &advanced);
                });
                ui.add_space(8.0);
            }
            return;
        }
        fold(ui, section.title, section.about, |ui| {
            grid(section.title.to_owned()).show(ui, |ui| {
                rows(ui, &usual);
                last(ui);
            });
            if advanced.is_empty() {
                return;
            }
            let title = format!("More of {}", section.title.to_lowercase());
            let wrong = |problem: &Problem| advanced.iter().any(|setting| setting.key == problem.key);
            // What is wrong is never folded away.
            let open = self.problem.is_some_and(wrong).then_some(true);
            let header = egui::CollapsingHeader::new(&title).open(open);
            let header = header.show(ui, |ui| grid(title.clone()).show(ui, |ui| rows(ui, &advanced)));
            header.header_response.on_hover_text("Shows the settings that are seldom changed, or hides them");
        });
    }

    /// The row of a setting, as the settings table describes it.
    pub fn setting(&self, ui: &mut Ui, setting: &Setting, config: &mut RunConfig) {
        let Setting { key, label, about, .. } = *setting;
        let value = self.values.get(key);
        let changed = match setting.kind {
            SettingKind::Whole(..) => {
                let (least, most) = setting.bounds(self.values).unwrap_or_default();
                let drag = Drag::whole(least..=most, setting.speed).of(setting.unit);
                let before = value.and_then(Value::as_u64);
                let mut number = before;
                if let Some(fresh) = setting.fresh {
                    self.optional(ui, setting, &mut number, fresh(config), drag);
                } else {
                    self.number(ui, key, label, about, number.get_or_insert(least), drag);
                }
                match number {
                    _ if number == before => Ok(()),
                    Some(number) => config.set(key, i64::try_from(number).unwrap_or(i64::MAX)),
                    None => config.unset(key),
                }
            }
            SettingKind::Real(bound) => {
                let before = value.and_then(Value::as_f64).unwrap_or(f64::NAN);
                let mut number = before;
                let drag = Drag::real(bound.dragged(), setting.speed).of(setting.unit);
                self.number(ui, key, label, about, &mut number, drag);
                // Not a number equals itself here.
                if number.to_bits() == before.to_bits() { Ok(()) } else { config.set(key, number) }
            }
            SettingKind::Switch => {
                let before = value.and_then(Value::as_bool).unwrap_or_default();
                let mut on = before;
                self.switch(ui, key, label, about, &mut on);
                if on == before { Ok(()) } else { config.set(key, on) }
            }
            SettingKind::Choice(choices) => {
                let choices = choices();
                let before = value.and_then(Value::as_str).unwrap_or_default();
                let mut chosen = before;
                let rows = choices
                    .iter()
                    .map(|SettingChoice { value, label, about }| (value.as_str(), &**label, &**about));
                self.choice(ui, key, label, about, &mut chosen, &rows.collect::<Vec<_>>());
                if chosen == before { Ok(()) } else { config.set(key, chosen) }
            }
            SettingKind::Text | SettingKind::Own(_) => {
                let before = value.and_then(Value::as_str).unwrap_or_default();
                let mut text = before.to_owned();
                self.row(ui, key, label, about, |ui| {
                    ui.add(egui::TextEdit::singleline(&mut text).desired_width(220.0))
                });
                if text == before { Ok(()) } else { config.set(key, text) }
            }
        };
        // A control gives no value of another type, so at most a number is too large for TOML: it stays as it was.
        changed.unwrap_or_default();
    }

    /// A section with a title that can be folded; not while settings are looked for, as it has been found.
    pub fn section(&self, ui: &mut Ui, title: &str, about: &str, add: impl FnOnce(&mut Ui)) {
        let grid = |ui: &mut Ui| {
            egui::Grid::new(title).num_columns(2).spacing(SPACING).min_col_width(LABELS).show(ui, add);
        };
        if self.filter.is_active() {
            heading(ui, title);
            grid(ui);
            ui.add_space(8.0);
        } else {
            fold(ui, title, about, grid);
        }
    }

    /// A row: the setting `key` is called `label`, means `tip` and is changed by what `add` draws.
    pub fn row(&self, ui: &mut Ui, key: &str, label: &str, tip: &str, add: impl FnOnce(&mut Ui) -> Response) {
        let problem = self.problem.filter(|problem| problem.key == key);
        let bad = Palette::of(ui).bad;
        let text = RichText::new(label);
        let text = if problem.is_some() { text.color(bad) } else { text };
        let name = ui.label(text).on_hover_text(format!("{tip}\n\n{key}"));
        ui.vertical(|ui| {
            if problem.is_some() {
                ui.visuals_mut().widgets.inactive.bg_stroke = egui::Stroke::new(1.5, bad);
            }
            add(ui).labelled_by(name.id).on_hover_text(tip);
            if let Some(problem) = problem {
                ui.colored_label(bad, &problem.text);
            }
        });
        ui.end_row();
    }

    /// A row with a number.
    pub fn number<N: emath::Numeric>(
        &self,
        ui: &mut Ui,
        key: &str,
        label: &str,
        tip: &str,
        value: &mut N,
        drag: Drag,
    ) {
        self.row(ui, key, label, tip, |ui| ui.add(drag.value(value)));
    }

    /// A row with a number that may be absent; `fresh` is what it begins with.
    fn optional(&self, ui: &mut Ui, setting: &Setting, value: &mut Option<u64>, fresh: u64, drag: Drag) {
        let Setting { key, label, about, absent, .. } = *setting;
        self.row(ui, key, label, about, |ui| {
            ui.horizontal(|ui| {
                let mut on = value.is_some();
                let tick = ui.checkbox(&mut on, "").on_hover_text(format!("A number, or else {absent}"));
                tick.widget_info(|| {
                    let name = format!("{label}: a number, or else {absent}");
                    egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, name)
                });
                if tick.changed() {
                    *value = on.then_some(fresh);
                }
                match value {
                    Some(value) => ui.add(drag.value(value)),
                    None => ui.label(RichText::new(absent).weak()),
                }
            })
            .inner
        });
    }

    /// A row with a choice of one among few.
    pub fn choice<T: PartialEq + Copy>(
        &self,
        ui: &mut Ui,
        key: &str,
        label: &str,
        tip: &str,
        value: &mut T,
        choices: &[(T, &str, &str)],
    ) {
        self.row(ui, key, label, tip, |ui| {
            let row = ui.horizontal_wrapped(|ui| {
                for (choice, words, about) in choices {
                    ui.selectable_value(value, *choice, *words).on_hover_text(*about);
                }
            });
            row.response
        });
    }

    /// A row with a switch; `about` says what is so when it is on.
    pub fn switch(&self, ui: &mut Ui, key: &str, label: &str, about: &str, value: &mut bool) {
        self.row(ui, key, label, about, |ui| {
            let words = if *value { "on" } else { "off" };
            ui.checkbox(value, words)
        });
    }
}

/// The title of a section of which only what was found is shown.
fn heading(ui: &mut Ui, title: &str) {
    ui.label(RichText::new(title).strong().size(15.0));
    ui.add_space(4.0);
}

/// A part of the form with a title that can be folded.
pub fn fold(ui: &mut Ui, title: &str, about: &str, add: impl FnOnce(&mut Ui)) {
    let header = egui::CollapsingHeader::new(RichText::new(title).strong().size(15.0));
    let shown = header.default_open(true).show(ui, |ui| {
        ui.label(RichText::new(about).weak());
        ui.add_space(4.0);
        add(ui);
    });
    shown.header_response.on_hover_text("Folds the section away, or opens it");
    ui.add_space(8.0);
}

/// How a number is dragged: within these bounds, so fast.
#[derive(Clone, Copy)]
pub struct Drag {
    bounds: (f64, f64),
    speed: f64,
    /// What the number counts.
    unit: &'static str,
}

impl Drag {
    /// A whole number.
    pub fn whole(bounds: RangeInclusive<u64>, speed: f64) -> Self {
        Self { bounds: (*bounds.start() as f64, *bounds.end() as f64), speed, unit: "" }
    }

    /// Any number.
    pub fn real(bounds: RangeInclusive<f64>, speed: f64) -> Self {
        Self { bounds: (*bounds.start(), *bounds.end()), speed, unit: "" }
    }

    /// The number with a unit behind it, such as `MiB`.
    pub fn of(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The control. What is typed may lie outside, so that a mistake is seen and named, not changed.
    pub fn value<N: emath::Numeric>(self, value: &mut N) -> DragValue<'_> {
        let bounds = N::from_f64(self.bounds.0)..=N::from_f64(self.bounds.1);
        let shown = DragValue::new(value).range(bounds).clamp_existing_to_range(false).speed(self.speed);
        let shown = if self.unit.is_empty() { shown } else { shown.suffix(format!(" {}", self.unit)) };
        if N::INTEGRAL { shown } else { shown.max_decimals(8) }
    }
}
