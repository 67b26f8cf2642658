//! The controller's probabilities for every decision over the iterations, and what it learns from.

use eframe::egui::{self, Align2, FontId, Pos2, Rect, RichText, Role, Sense, Vec2, WidgetInfo};

use super::{Panel, PanelContext, PanelKind, PanelPlace, empty};
use crate::arch::{NetShape, Space, SpaceConfig, words};
use crate::gui::state::{Probabilities, RunState};
use crate::gui::theme::{Palette, faded};
use crate::search::Curve;

/// The panel in the list of all.
pub const KIND: PanelKind = PanelKind {
    key: "controller",
    title: "Controller",
    place: PanelPlace::BelowRight,
    make: || Box::new(ControllerPanel),
};

/// The panel, which has no state of its own.
struct ControllerPanel;

/// One row of the map: a choice of a decision.
struct Row {
    cell: usize,
    decision: &'static str,
    choice: String,
    token: usize,
    place: usize,
}

impl Panel for ControllerPanel {
    fn show(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>) {
        let stored = context.state.probabilities_at(context.event_index);
        let Some(newest) = stored.iter().rev().find(|entry| !entry.distributions.is_empty()) else {
            let text = if context.state.is_single_training() {
                "Only a search has a controller, and this run trains one architecture"
            } else if stored.is_empty() {
                "Probabilities come with the end of the first iteration"
            } else {
                "This strategy draws without probabilities"
            };
            return empty(ui, text);
        };
        numbers(ui, context);
        // Growing brings new decisions; each stage has a map of its own.
        let mut stages: Vec<usize> = stored.iter().map(|entry| entry.cells).collect();
        stages.dedup();
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for &cells in stages.iter().rev() {
                let columns: Vec<&Probabilities> =
                    stored.iter().filter(|entry| entry.cells == cells).collect();
                let rows = rows(context.state, columns[0]);
                let words = words::cells(cells);
                let now = if cells == newest.cells { " (now)" } else { "" };
                ui.label(RichText::new(format!("Stage of {words}{now}")).strong());
                map(ui, &rows, &columns, cells);
            }
        });
    }
}

/// Entropy, reward and baseline at the event index.
fn numbers(ui: &mut egui::Ui, context: &PanelContext<'_>) {
    ui.horizontal_wrapped(|ui| {
        for (name, words, hint) in [
            (
                "entropy",
                "Entropy",
                "How undecided the controller is, in nats summed over its decisions: it falls while it learns",
            ),
            ("reward", "Reward", "What the last proposal was worth: higher is better"),
            ("baseline", "Baseline", "The moving average that a reward is held against: higher is better"),
        ] {
            let value = context.state.series.get(&Curve::Controller(name.to_owned())).and_then(|series| series.at(context.event_index));
            if let Some([_, value]) = value {
                ui.label(RichText::new(words).weak()).on_hover_text(hint);
                ui.label(format!("{value:.3}")).on_hover_text(hint);
            }
        }
    });
}

/// The rows of a stage: of the cell that is chosen, or of all where the search has one level.
fn rows(state: &RunState, reading: &Probabilities) -> Vec<Row> {
    let space = match &state.config {
        Some(config) => Space::new(config.space.clone(), config.model.net_shape()),
        None => {
            let config = SpaceConfig { cells: reading.cells, ..SpaceConfig::default() };
            Space::new(config, NetShape::default())
        }
    };
    let Some(space) = space.ok().filter(|space| (1..=space.cells()).contains(&reading.cells)) else {
        return Vec::new();
    };
    let last = reading.cells - 1;
    let first = if reading.distributions.len() == space.tokens(last).len() { last } else { 0 };
    let decisions = (first..=last).flat_map(|cell| space.tokens(cell).iter().map(move |token| (cell, token)));
    let mut rows = Vec::new();
    for (index, ((cell, token), shares)) in decisions.zip(&reading.distributions).enumerate() {
        for (place, &value) in token.values.iter().enumerate().take(shares.len()) {
            let choice = token.slot.value_name(cell, value);
            rows.push(Row { cell, decision: token.slot.name(), choice, token: index, place });
        }
    }
    rows
}

fn map(ui: &mut egui::Ui, rows: &[Row], columns: &[&Probabilities], cells: usize) {
    const NAME: f32 = 150.0;
    const HEIGHT: f32 = 17.0;
    const BREAK: f32 = 5.0;
    let breaks = rows.windows(2).filter(|pair| pair[0].token != pair[1].token).count();
    let width = ui.available_width();
    let size = Vec2::new(width, rows.len() as f32 * HEIGHT + breaks as f32 * BREAK + 18.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = format!("Probabilities of the decisions with {}", crate::arch::words::cells(cells));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect);
    let column = ((width - NAME - 44.0) / columns.len() as f32).clamp(2.0, 46.0);
    let font = FontId::proportional(11.5);
    let mut top = rect.top();
    let mut hovered = None;
    for (index, row) in rows.iter().enumerate() {
        if index > 0 && rows[index - 1].token != row.token {
            top += BREAK;
        }
        let middle = top + HEIGHT / 2.0;
        let words = format!("{} {}", row.decision, row.choice);
        let color = ui.visuals().text_color();
        let name = painter
            .with_clip_rect(Rect::from_min_size(Pos2::new(rect.left(), top), Vec2::new(NAME - 6.0, HEIGHT)));
        name.text(Pos2::new(rect.left(), middle), Align2::LEFT_CENTER, &words, font.clone(), color);
        let mut share = 0.0;
        for (at, reading) in columns.iter().enumerate() {
            share = reading.distributions[row.token][row.place];
            let left = rect.left() + NAME + at as f32 * column;
            let cell =
                Rect::from_min_size(Pos2::new(left, top), Vec2::new((column - 1.0).max(1.0), HEIGHT - 1.0));
            painter.rect_filled(cell, 2.0, palette.well);
            painter.rect_filled(cell, 2.0, faded(palette.controller, share));
            if response.hover_pos().is_some_and(|pointer| cell.contains(pointer)) {
                hovered = Some((row, reading, share));
            }
        }
        let right = rect.left() + NAME + columns.len() as f32 * column + 4.0;
        let percent = format!("{:.0}%", 100.0 * share);
        painter.text(Pos2::new(right, middle), Align2::LEFT_CENTER, percent, font.clone(), color);
        top += HEIGHT;
    }
    let weak = ui.visuals().weak_text_color();
    for (at, reading) in columns.iter().enumerate() {
        let left = rect.left() + NAME + (at as f32 + 0.5) * column - 0.5;
        if column > 14.0 || at == 0 || at + 1 == columns.len() {
            let text = (reading.iteration + 1).to_string();
            painter.text(
                Pos2::new(left, top + 2.0),
                Align2::CENTER_TOP,
                text,
                FontId::proportional(10.5),
                weak,
            );
        }
    }
    painter.text(
        Pos2::new(rect.left(), top + 2.0),
        Align2::LEFT_TOP,
        "Iteration",
        FontId::proportional(10.5),
        weak,
    );
    if let Some((row, reading, share)) = hovered {
        response.on_hover_text(format!(
            "Cell {}, {} {}: {:.1} % after iteration {}",
            row.cell + 1,
            row.decision,
            row.choice,
            100.0 * share,
            reading.iteration + 1
        ));
    }
}
