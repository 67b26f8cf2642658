//! Rows of a form: a named setting, its control and, where it stands, what is wrong with it.

use std::ops::RangeInclusive;

use eframe::egui::{self, DragValue, Response, RichText, Ui, emath};

use crate::gui::theme::Palette;

/// The setting that cannot work, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its dotted key in `config.toml`.
    pub key: String,
    /// Why it cannot work, in a sentence.
    pub text: String,
}

/// A form whose settings may have a problem.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    /// The first problem.
    pub problem: Option<&'a Problem>,
}

impl Form<'_> {
    /// A section with a title that can be folded.
    pub fn section(&self, ui: &mut Ui, title: &str, about: &str, add: impl FnOnce(&mut Ui)) {
        let header = egui::CollapsingHeader::new(RichText::new(title).strong().size(15.0));
        let shown = header.default_open(true).show(ui, |ui| {
            ui.label(RichText::new(about).weak());
            ui.add_space(4.0);
            egui::Grid::new(title).num_columns(2).spacing([18.0, 7.0]).min_col_width(150.0).show(ui, add);
        });
        shown.header_response.on_hover_text("Folds the section away, or opens it");
        ui.add_space(8.0);
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
    #[allow(clippy::too_many_arguments, reason = "a row is its names, its value and how that changes")]
    pub fn bound<N: emath::Numeric>(
        &self,
        ui: &mut Ui,
        key: &str,
        label: &str,
        tip: &str,
        value: &mut Option<N>,
        fresh: N,
        drag: Drag,
    ) {
        self.row(ui, key, label, tip, |ui| {
            ui.horizontal(|ui| {
                let mut on = value.is_some();
                let tick = ui.checkbox(&mut on, "").on_hover_text("Whether there is a bound at all");
                tick.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::CheckBox, true, on, format!("{label}: bound"))
                });
                if tick.changed() {
                    *value = on.then_some(fresh);
                }
                match value {
                    Some(value) => ui.add(drag.value(value)),
                    None => ui.label(RichText::new("no bound").weak()),
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

/// How a number is dragged: within these bounds, so fast.
#[derive(Clone, Copy)]
pub struct Drag {
    bounds: (f64, f64),
    speed: f64,
    /// What the number counts, with a space before it.
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

    /// The number with a unit behind it, such as " MiB".
    pub fn of(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The control. What is typed may lie outside, so that a mistake is seen and told, not changed.
    pub fn value<N: emath::Numeric>(self, value: &mut N) -> DragValue<'_> {
        let bounds = N::from_f64(self.bounds.0)..=N::from_f64(self.bounds.1);
        let shown = DragValue::new(value).range(bounds).clamp_existing_to_range(false).speed(self.speed);
        let shown = shown.suffix(self.unit);
        match N::INTEGRAL {
            true => shown,
            false => shown.max_decimals(8),
        }
    }
}
