//! The search space: which values each choice may take, in all cells or in one.

use eframe::egui::{self, RichText};

use super::form::Form;
use crate::arch::{Allowed, Choice, Choices, MAX_CELLS, SkipRule, SkipRules, Slot, SpaceConfig};
use crate::config::table::SPACE;
use crate::config::{RunConfig, Setting};

/// The cell that the toggles are for, from 1; `None` for all cells.
#[derive(Default)]
pub struct ShownCell(Option<usize>);

/// Draws the section.
pub fn show(ui: &mut egui::Ui, form: Form<'_>, shown: &mut ShownCell, config: &mut RunConfig) {
    let own = |ui: &mut egui::Ui, setting: &Setting, config: &mut RunConfig| {
        let slot = setting
            .key
            .strip_prefix("space.")
            .and_then(|name| Slot::ALL.iter().copied().find(|slot| slot.name() == name));
        match (setting.key, slot) {
            (_, Some(slot)) => choices(ui, form, slot, shown.0, &mut config.space),
            ("space.cells", _) => cells(ui, form, setting, config),
            ("space.cell", _) => {
                shown.0 = shown.0.filter(|&cell| cell <= config.space.cells);
                cell_choice(ui, form, setting, shown, &mut config.space);
            }
            ("model.bottom_width", _) => {
                form.setting(ui, setting, config);
                ui.label("Side of the images");
                ui.label(format!("{0} x {0} px", config.side()));
                ui.end_row();
            }
            _ => return false,
        }
        true
    };
    form.table(ui, &SPACE, config, own, |_| {});
}

/// The row with the number of cells, which other settings follow.
fn cells(ui: &mut egui::Ui, form: Form<'_>, setting: &Setting, config: &mut RunConfig) {
    let before = config.space.cells;
    form.row(ui, setting.key, setting.label, setting.about, |ui| {
        ui.add(
            egui::Slider::new(&mut config.space.cells, 1..=MAX_CELLS).clamping(egui::SliderClamping::Never),
        )
    });
    if config.space.cells != before {
        let cells = config.space.cells;
        config.space.cell.retain(|own| own.number <= cells);
        let last = config.search.iterations.last().copied().unwrap_or(1);
        config.search.iterations.resize(cells.max(1), last);
    }
}

/// The row that says which cell the toggles are for.
fn cell_choice(
    ui: &mut egui::Ui,
    form: Form<'_>,
    setting: &Setting,
    shown: &mut ShownCell,
    space: &mut SpaceConfig,
) {
    form.row(ui, setting.key, setting.label, setting.about, |ui| {
        let row = ui.horizontal_wrapped(|ui| {
            ui.selectable_value(&mut shown.0, None, "All cells")
                .on_hover_text("Where a cell has none of its own");
            for cell in 1..=space.cells.min(MAX_CELLS) {
                let own = space.cell.iter().any(|own| own.number == cell);
                let text = if own { format!("Cell {cell}*") } else { format!("Cell {cell}") };
                let about = if own { "It differs from the others" } else { "As all cells, so far" };
                ui.selectable_value(&mut shown.0, Some(cell), text).on_hover_text(about);
            }
            if let Some(cell) = shown.0
                && space.cell.iter().any(|own| own.number == cell)
                && ui.button("As all cells").on_hover_text("Drops what this cell has of its own").clicked()
            {
                space.cell.retain(|own| own.number != cell);
            }
        });
        row.response
    });
}

/// The row of a slot: of toggles, or of rules for the skips.
fn choices(ui: &mut egui::Ui, form: Form<'_>, slot: Slot, cell: Option<usize>, space: &mut SpaceConfig) {
    match slot.entry().choices {
        Choices::OneOf(choices) | Choices::Switch(choices) => toggles(ui, form, slot, choices, cell, space),
        Choices::Skips => skips(ui, form, slot, cell, space),
    }
}

/// A row of toggles for a slot: in all cells, or what one cell has of its own.
fn toggles(
    ui: &mut egui::Ui,
    form: Form<'_>,
    slot: Slot,
    choices: &[Choice],
    cell: Option<usize>,
    space: &mut SpaceConfig,
) {
    let Allowed::Tokens(before) = space.allowed(slot, cell) else { return };
    let mut on: Vec<bool> = (0..choices.len() as u32).map(|token| before.contains(&token)).collect();
    let was = on.clone();
    let (key, entry) = (format!("space.{}", slot.name()), slot.entry());
    form.row(ui, &key, entry.label, entry.about, |ui| {
        let row = ui.horizontal(|ui| {
            for (on, choice) in on.iter_mut().zip(choices) {
                let toggle = ui.toggle_value(on, choice.label).on_hover_text(choice.about);
                let name = format!("{}: {}", entry.label, choice.label);
                toggle.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, *on, &name));
            }
        });
        row.response
    });
    if on != was {
        let tokens = (0..).zip(on).filter_map(|(token, on)| on.then_some(token));
        space.allow(slot, cell, Allowed::Tokens(tokens.collect()));
    }
}

/// A row for the skips into all cells, or one for each skip into one cell.
fn skips(ui: &mut egui::Ui, form: Form<'_>, slot: Slot, cell: Option<usize>, space: &mut SpaceConfig) {
    let rules = [
        (SkipRule::Free, "searched", "Off or on, as the controller chooses"),
        (SkipRule::Always, "always", "Every earlier cell feeds this one"),
        (SkipRule::Never, "never", "No skip between cells"),
    ];
    let (key, entry) = (format!("space.{}", slot.name()), slot.entry());
    let Allowed::Skips(before) = space.allowed(slot, cell).clone() else { return };
    let Some(number) = cell else {
        if let SkipRules::All(mut rule) = before {
            form.choice(ui, &key, entry.label, entry.about, &mut rule, &rules);
            space.allow(slot, None, Allowed::Skips(SkipRules::All(rule)));
        }
        return;
    };
    if number == 1 {
        ui.label(entry.label).on_hover_text(entry.about);
        ui.label(RichText::new("The first cell has no earlier one").weak());
        ui.end_row();
        return;
    }
    let mut each = match before {
        SkipRules::Each(rules) => rules,
        SkipRules::All(rule) => vec![rule; number - 1],
    };
    each.resize(number - 1, SkipRule::Free);
    let before = each.clone();
    for (source, rule) in each.iter_mut().enumerate() {
        form.choice(ui, &key, &format!("Skip from cell {}", source + 1), entry.about, rule, &rules);
    }
    if each != before {
        space.allow(slot, cell, Allowed::Skips(SkipRules::Each(each)));
    }
}
