//! The search space: which values each choice may take, in all cells or in one.

use eframe::egui::{self, RichText};

use super::form::{Drag, Form};
use crate::arch::{CellOverride, Conv, Norm, SkipRule, SkipRules, SpaceConfig, Up};
use crate::config::RunConfig;

/// What bounds begin with.
const PARAMETERS: u64 = 5_000_000;
const MACS: u64 = 500_000_000;
/// Cells that a generator may have.
const CELLS: std::ops::RangeInclusive<usize> = 1..=6;

/// Which cell the toggles are for.
#[derive(Default)]
pub struct View {
    /// From 1; none for all of them.
    cell: Option<usize>,
}

/// Draws the section.
pub fn show(ui: &mut egui::Ui, form: Form<'_>, view: &mut View, config: &mut RunConfig) {
    let about = "Which building blocks the search may use; a toggle that is off is never tried";
    form.section(ui, "Search space", about, |ui| {
        let before = config.space.cells;
        let tip = "Each cell doubles the side of the images";
        form.row(ui, "space.cells", "Cells", tip, |ui| {
            let range = *CELLS.start()..=*CELLS.end();
            ui.add(egui::Slider::new(&mut config.space.cells, range).clamping(egui::SliderClamping::Never))
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
        view.cell = view.cell.filter(|&cell| cell <= space.cells);
        form.row(ui, "space.cell", "Toggles for", "All cells alike, or one that differs", |ui| {
            let row = ui.horizontal_wrapped(|ui| {
                ui.selectable_value(&mut view.cell, None, "All cells")
                    .on_hover_text("Where a cell has none of its own");
                for cell in 1..=space.cells.min(*CELLS.end()) {
                    let own = space.cell.iter().any(|own| own.number == cell);
                    let text = if own { format!("Cell {cell}*") } else { format!("Cell {cell}") };
                    let about = if own { "It differs from the others" } else { "As all cells, so far" };
                    ui.selectable_value(&mut view.cell, Some(cell), text).on_hover_text(about);
                }
                if let Some(cell) = view.cell
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
        choices(ui, form, view.cell, space);
        let tip = "Most parameters of a whole generator; architectures above are never proposed";
        let drag = Drag::whole(1..=1_000_000_000, 50_000.0);
        form.bound(ui, "space.max_params", "Parameters", tip, &mut space.max_params, PARAMETERS, drag);
        let tip = "Most multiply-accumulates of a whole generator for one image";
        let drag = Drag::whole(1..=1_000_000_000_000, 5_000_000.0);
        form.bound(ui, "space.max_macs", "MACs", tip, &mut space.max_macs, MACS, drag);
    });
}

fn choices(ui: &mut egui::Ui, form: Form<'_>, cell: Option<usize>, space: &mut SpaceConfig) {
    let tip = "Where norm and activation stand: after the convolution, or before it";
    let conv = [
        (Conv::Post, "post", "Upsample, convolution, norm, ReLU"),
        (Conv::Pre, "pre", "Norm, ReLU, upsample, convolution"),
    ];
    toggles(ui, form, ("space.conv", "Block", tip), cell, space, &conv, |s| &mut s.conv, |c| &mut c.conv);
    let tip = "What brings the values of a feature map to a common scale";
    let norm = [
        (Norm::None, "none", "Nothing"),
        (Norm::Batch, "batch", "Over the batch: the usual one"),
        (Norm::Instance, "instance", "Over each image alone"),
    ];
    toggles(ui, form, ("space.norm", "Norm", tip), cell, space, &norm, |s| &mut s.norm, |c| &mut c.norm);
    let tip = "How a cell doubles the side";
    let up = [
        (Up::Bilinear, "bilinear", "Smooth, without parameters"),
        (Up::Nearest, "nearest", "Repeats pixels, without parameters"),
        (Up::Deconv, "deconv", "A transposed convolution, which learns"),
    ];
    toggles(ui, form, ("space.up", "Upsampling", tip), cell, space, &up, |s| &mut s.up, |c| &mut c.up);
    let tip = "A way around the two blocks of a cell";
    let shortcut =
        [(false, "without", "Both blocks in a row only"), (true, "with", "The input is added to the output")];
    let names = ("space.shortcut", "Shortcut", tip);
    toggles(ui, form, names, cell, space, &shortcut, |s| &mut s.shortcut, |c| &mut c.shortcut);
    skips(ui, form, cell, space);
}

/// A row of toggles for a choice: in all cells, or what one cell has of its own.
#[allow(clippy::too_many_arguments, reason = "a row is its names, its scope and its two places")]
fn toggles<T: PartialEq + Copy>(
    ui: &mut egui::Ui,
    form: Form<'_>,
    (key, label, tip): (&str, &str, &str),
    cell: Option<usize>,
    space: &mut SpaceConfig,
    values: &[(T, &str, &str)],
    everywhere: impl Fn(&mut SpaceConfig) -> &mut Vec<T>,
    own: impl Fn(&mut CellOverride) -> &mut Option<Vec<T>>,
) {
    let overridden = cell.and_then(|cell| space.cell.iter_mut().find(|other| other.number == cell));
    let own_values = overridden.and_then(|overridden| own(overridden).clone());
    let mut allowed = own_values.unwrap_or_else(|| everywhere(space).clone());
    let before = allowed.clone();
    form.row(ui, key, label, tip, |ui| {
        let row = ui.horizontal(|ui| {
            for (value, words, about) in values {
                let mut on = allowed.contains(value);
                let toggle = ui.toggle_value(&mut on, *words).on_hover_text(*about);
                toggle.widget_info(|| {
                    egui::WidgetInfo::selected(egui::Role::Button, true, on, format!("{label}: {words}"))
                });
                if toggle.changed() {
                    match on {
                        true => allowed.push(*value),
                        false => allowed.retain(|other| other != value),
                    }
                }
            }
        });
        row.response
    });
    if allowed == before {
        return;
    }
    // In the order of the choice, whatever was clicked first.
    allowed.sort_by_key(|value| values.iter().position(|(other, ..)| other == value));
    match cell {
        None => *everywhere(space) = allowed,
        Some(number) => *own(override_of(space, number)) = Some(allowed),
    }
}

/// What cell `number` has of its own, made where there is nothing yet.
fn override_of(space: &mut SpaceConfig, number: usize) -> &mut CellOverride {
    let place = space.cell.iter().position(|own| own.number == number).unwrap_or_else(|| {
        space.cell.push(CellOverride { number, ..CellOverride::default() });
        space.cell.len() - 1
    });
    &mut space.cell[place]
}

fn skips(ui: &mut egui::Ui, form: Form<'_>, cell: Option<usize>, space: &mut SpaceConfig) {
    let rules = [
        (SkipRule::Free, "searched", "Off or on, as the controller chooses"),
        (SkipRule::Always, "always", "Every earlier cell feeds this one"),
        (SkipRule::Never, "never", "No skip between cells"),
    ];
    let tip = "Whether earlier cells feed later ones, past those between";
    let Some(number) = cell else {
        return form.choice(ui, "space.skips", "Skips", tip, &mut space.skips, &rules);
    };
    if number == 1 {
        ui.label("Skips").on_hover_text(tip);
        ui.label(RichText::new("The first cell has no earlier one").weak());
        ui.end_row();
        return;
    }
    let everywhere = space.skips;
    let own = space.cell.iter().find(|own| own.number == number).and_then(|own| own.skips.clone());
    let mut each = match own {
        Some(SkipRules::Each(rules)) => rules,
        Some(SkipRules::All(rule)) => vec![rule; number - 1],
        None => vec![everywhere; number - 1],
    };
    each.resize(number - 1, everywhere);
    let before = each.clone();
    for (source, rule) in each.iter_mut().enumerate() {
        form.choice(ui, "space.skips", &format!("Skip from cell {}", source + 1), tip, rule, &rules);
    }
    if each != before {
        override_of(space, number).skips = Some(SkipRules::Each(each));
    }
}
