//! How the space is searched.

use eframe::egui::{self, DragValue, RichText};

use super::form::Form;
use crate::config::table::SEARCH;
use crate::config::{RunConfig, Setting};

/// Draws the section.
pub fn show(ui: &mut egui::Ui, form: Form<'_>, config: &mut RunConfig) {
    let own = |ui: &mut egui::Ui, setting: &Setting, config: &mut RunConfig| {
        let own = setting.key == "search.iterations";
        if own {
            iterations(ui, form, setting, &mut config.search.iterations);
        }
        own
    };
    form.table(ui, &SEARCH, config, own, |_| {});
}

fn iterations(ui: &mut egui::Ui, form: Form<'_>, setting: &Setting, iterations: &mut [u64]) {
    let Setting { key, label, about, .. } = *setting;
    form.row(ui, key, label, about, |ui| {
        let row = ui.horizontal_wrapped(|ui| {
            for (cell, count) in iterations.iter_mut().enumerate() {
                let name =
                    ui.label(RichText::new(format!("with {}", crate::arch::words::cells(cell + 1))).weak());
                let drag = DragValue::new(count).range(0..=100_000).speed(0.1);
                ui.add(drag).labelled_by(name.id).on_hover_text(about);
            }
        });
        row.response
    });
}
