//! What came out of several runs, and their settings, a column for each.

use eframe::egui::{self, RichText};

use super::names;
use crate::app::{ComparedSetting, Comparison, Ranking};
use crate::gui::theme::{GAP, Palette};

/// The widest a row's name gets before it goes on in another line, in points.
const NAMES: f32 = 150.0;

/// The state of the tables.
#[derive(Default)]
pub struct TablesView {
    /// All settings, not only those that differ.
    all: bool,
}

pub fn show(ui: &mut egui::Ui, view: &mut TablesView, comparison: &Comparison) {
    let dirs: Vec<_> = comparison.runs.iter().map(|run| run.dir.as_path()).collect();
    let names = names(&dirs);
    let width = ui.available_width();
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        outcomes(ui, comparison, &names);
        for text in &comparison.unranked {
            sentence(ui, width, RichText::new(text).weak());
        }
        ui.add_space(GAP);
        settings(ui, view, comparison, &names);
        for run in &comparison.runs {
            if let Some(warning) = &run.warning {
                let words = RichText::new(format!("{}: {warning}", run.name));
                sentence(ui, width, words.color(Palette::of(ui).warning));
            }
        }
    });
}

/// A text in as many lines as it needs where tables may be wider than what is seen.
fn sentence(ui: &mut egui::Ui, width: f32, text: RichText) {
    ui.scope(|ui| {
        ui.set_max_width(width);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// A table with a column for each run.
fn table(ui: &mut egui::Ui, id: &str, names: &[String], rows: impl FnOnce(&mut egui::Ui)) {
    let palette = Palette::of(ui);
    egui::Grid::new(id).striped(true).num_columns(names.len() + 1).spacing([16.0, 6.0]).show(ui, |ui| {
        ui.label("");
        for (index, name) in names.iter().enumerate() {
            ui.label(RichText::new(name).strong().color(palette.distinct(index)));
        }
        ui.end_row();
        rows(ui);
    });
}

fn outcomes(ui: &mut egui::Ui, comparison: &Comparison, names: &[String]) {
    let palette = Palette::of(ui);
    ui.label(RichText::new("Outcomes").heading());
    table(ui, "outcomes", names, |ui| {
        for (name, values) in comparison.facts() {
            ui.label(RichText::new(name).weak());
            for (run, value) in comparison.runs.iter().zip(&values) {
                let label = ui.label(value);
                // Where it is an architecture that is named.
                if let Some(best) = run.outcome.as_ref().filter(|best| best.vector == *value) {
                    label.on_hover_text(best.genotype.in_words());
                }
            }
            ui.end_row();
        }
        for ranking in &comparison.rankings {
            let label = ranking.measured().map_or("", |score| score.label());
            let twice =
                comparison.rankings.iter().filter(|other| other.words().starts_with(label)).count() > 1;
            let label = if twice { ranking.words() } else { label.to_owned() };
            let direction = ranking.measured().map(|score| score.metric.direction());
            let label = direction.map_or(label.clone(), |direction| format!("{label}, {direction}"));
            let cell = ui.scope(|ui| {
                ui.set_max_width(NAMES);
                ui.add(egui::Label::new(RichText::new(label).weak()).wrap())
            });
            cell.inner.on_hover_text(conditions(ranking));
            for run in 0..names.len() {
                if ranking.is_best(run) {
                    ui.label(
                        RichText::new(format!("{}  best", ranking.number(run))).strong().color(palette.good),
                    )
                    .on_hover_text("The best of the scores that were measured in the same way")
                } else {
                    ui.label(ranking.number(run))
                };
            }
            ui.end_row();
        }
    });
}

/// The conditions under which the scores of a ranking were measured, a line for each.
fn conditions(ranking: &Ranking) -> String {
    let Some(score) = ranking.measured() else {
        return String::new();
    };
    let against = score.reference.as_ref().map(|real| format!("\nAgainst {real}")).unwrap_or_default();
    format!("Measured with {}{against}\nSeed of the latents: {}", score.conditions(), score.seed)
}

fn settings(ui: &mut egui::Ui, view: &mut TablesView, comparison: &Comparison, names: &[String]) {
    let differing = comparison.differences().count();
    ui.horizontal(|ui| {
        ui.label(RichText::new("Settings").heading());
        ui.checkbox(&mut view.all, "Show all")
            .on_hover_text("Also shows the settings that are the same in all runs");
    });
    let words = match differing {
        0 => "All settings are the same".to_owned(),
        1 => "1 setting differs".to_owned(),
        count => format!("{count} settings differ"),
    };
    ui.label(RichText::new(words).weak());
    if differing == 0 && !view.all {
        return;
    }
    let palette = Palette::of(ui);
    let shown: Vec<&ComparedSetting> =
        comparison.settings.iter().filter(|setting| view.all || setting.differs()).collect();
    table(ui, "settings", names, |ui| {
        for setting in shown {
            let key = RichText::new(&setting.key);
            ui.label(if setting.differs() { key.color(palette.warning) } else { key.weak() });
            for run in 0..names.len() {
                ui.label(setting.words(run));
            }
            ui.end_row();
        }
    });
}
