//! The search space: which values each choice may take, in all cells or in one.

use eframe::egui::{self, RichText};

use super::form::{Drag, Form};
use crate::arch::{Allowed, Choice, Choices, MAX_CELLS, SkipRule, SkipRules, Slot, SpaceConfig};
use crate::config::RunConfig;

/// What bounds begin at.
const PARAMETERS: u64 = 5_000_000;
const MACS: u64 = 500_000_000;

/// The cell that the toggles are for, from 1; `None` for all cells.
#[derive(Default)]
pub struct ShownCell(Option<usize>);

/// Draws the section.
pub fn show(ui: &mut egui::Ui, form: Form<'_>, shown: &mut ShownCell, config: &mut RunConfig) {
    let about = "Which building blocks the search may use; a toggle that is off is never tried";
    form.section(ui, "Search space", about, |ui| {
        let before = config.space.cells;
        let tip = "Each cell doubles the side of the images";
        form.row(ui, "space.cells", "Cells", tip, |ui| {
            ui.add(
                egui::Slider::new(&mut config.space.cells, 1..=MAX_CELLS)
                    .clamping(egui::SliderClamping::Never),
            )
        });
        if config.space.cells != before {
            let cells = config.space.cells;
            config.space.cell.retain(|own| own.number <= cells);
            let last = config.search.iterations.last().copied().unwrap_or(1);
            config.search.iterations.resize(cells.max(1), last);
        }
        let tip = "Side of the first feature map, in pixels; each cell doubles it";
        let drag = Drag::whole(1..=64, 0.1);
        form.number(ui, "model.bottom_width", "First side", tip, &mut config.model.bottom_width, drag);
        ui.label("Side of the images");
        ui.label(format!("{0} x {0} px", config.side()));
        ui.end_row();

        let space = &mut config.space;
        shown.0 = shown.0.filter(|&cell| cell <= space.cells);
        form.row(ui, "space.cell", "Toggles for", "All cells alike, or one that differs", |ui| {
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
                    && ui
                        .button("As all cells")
                        .on_hover_text("Drops what this cell has of its own")
                        .clicked()
                {
                    space.cell.retain(|own| own.number != cell);
                }
            });
            row.response
        });
        choices(ui, form, shown.0, space);
        let tip = "Most parameters of a whole generator; architectures above are never proposed";
        let drag = Drag::whole(1..=1_000_000_000, 50_000.0);
        form.bound(ui, "space.max_params", "Parameters", tip, &mut space.max_params, PARAMETERS, drag);
        let tip = "Most multiply-accumulates of a whole generator for one image";
        let drag = Drag::whole(1..=1_000_000_000_000, 5_000_000.0);
        form.bound(ui, "space.max_macs", "MACs", tip, &mut space.max_macs, MACS, drag);
    });
}

/// A row for each slot: of toggles, or of rules for the skips.
fn choices(ui: &mut egui::Ui, form: Form<'_>, cell: Option<usize>, space: &mut SpaceConfig) {
    for &slot in Slot::ALL {
        match slot.entry().choices {
            Choices::OneOf(choices) | Choices::Switch(choices) => {
                toggles(ui, form, slot, choices, cell, space);
            }
            Choices::Skips => skips(ui, form, slot, cell, space),
        }
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
