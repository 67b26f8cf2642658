//! Candidates: a table that can be sorted, and where each comes from.

use std::cmp::Ordering;

use eframe::egui::{
    self, Align2, Color32, FontId, Pos2, Rect, RichText, Role, Sense, Stroke, Vec2, WidgetInfo,
};
use egui_extras::{Column, TableBuilder};

use super::{Panel, PanelContext, PanelKind, PanelPlace, empty};
use crate::arch::words;
use crate::gui::theme::{Palette, faded};
use crate::gui::widgets::focus;
use crate::gui::widgets::table::heading;
use crate::metric::Score;
use crate::search::Candidate;

/// The panel in the list of all.
pub const KIND: PanelKind = PanelKind {
    key: "board",
    title: "Candidates",
    place: PanelPlace::BelowMiddle,
    make: || Box::<BoardPanel>::default(),
};

/// The columns by which the table can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Number,
    Cells,
    Architecture,
    Parent,
    Reward,
    Score,
    Estimator,
}

const COLUMNS: [(Key, &str, &str); 7] = [
    (Key::Number, "No.", "In the order of the estimates"),
    (Key::Cells, "Cells", "The stage: how many cells the generator has"),
    (
        Key::Architecture,
        "Architecture",
        "The integer vector: conv, norm, up, shortcut and skips of each cell",
    ),
    (Key::Parent, "From", "The candidate of the stage before that it extends"),
    (
        Key::Reward,
        "Reward",
        "What the search learns from; only within a stage and an estimator to be compared",
    ),
    (Key::Score, "Score", "The deciding score; hover for what it was computed with"),
    (Key::Estimator, "Judged by", "With the shared GAN's weights, or trained from scratch"),
];

/// The panel, with its own state.
struct BoardPanel {
    key: Key,
    descending: bool,
    lineage: bool,
    trained_only: bool,
}

impl Default for BoardPanel {
    /// The newest first.
    fn default() -> Self {
        Self { key: Key::Number, descending: true, lineage: false, trained_only: false }
    }
}

impl Panel for BoardPanel {
    fn show(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>) {
        let board = context.state.board_at(context.event_index);
        if board.is_empty() {
            let text = if context.state.is_single_training() {
                "Only a search has candidates, and this run trains one architecture"
            } else {
                "Candidates come with the first estimate"
            };
            return empty(ui, text);
        }
        ui.horizontal_wrapped(|ui| {
            ui.selectable_value(&mut self.lineage, false, "Table").on_hover_text("All candidates in a table");
            ui.selectable_value(&mut self.lineage, true, "Lineage")
                .on_hover_text("Which candidate grew out of which, from one cell to the winner");
            ui.checkbox(&mut self.trained_only, "Trained only")
                .on_hover_text("Hides those that were only estimated with shared weights");
            ui.label(RichText::new(format!("{} candidates", board.len())).weak());
        });
        let trained_only = self.trained_only;
        let wanted = |candidate: &&Candidate| !trained_only || candidate.is_trained();
        let candidates: Vec<&Candidate> =
            board.iter().map(|(_, candidate)| candidate).filter(wanted).collect();
        if candidates.is_empty() {
            return empty(ui, "None is trained yet");
        }
        if self.lineage { lineage(ui, context, &candidates) } else { self.table(ui, context, candidates) }
    }
}

/// Selects a candidate, or compares it with the selected one.
fn select(view: &mut super::View, id: usize, compare: bool) {
    match (compare, view.selected) {
        (true, Some(selected)) if selected != id => view.compared = Some(id),
        _ => {
            view.selected = (view.selected != Some(id)).then_some(id);
            view.compared = None;
        }
    }
}

/// Draws a row. Returns its widget, which is the number: the only one of the row that the keyboard stops at.
fn cells(
    row: &mut egui_extras::TableRow<'_, '_>,
    candidate: &Candidate,
    color: Option<Color32>,
) -> Option<egui::Response> {
    let text = |text: String| match color {
        Some(color) => RichText::new(text).color(color),
        None => RichText::new(text),
    };
    let mut stop = None;
    row.col(|ui| {
        let number = ui.interact(ui.max_rect(), ui.scope_id().with("stop"), Sense::click());
        let words = format!("Candidate {}: {}", candidate.id, candidate.genotype);
        number.widget_info(|| WidgetInfo::labeled(Role::Row, true, &words));
        if number.gained_focus() {
            // With the rows beside it, so that the keyboard can go on to them.
            ui.scroll_to_rect(number.rect.expand(1.5 * number.rect.height()), None);
        }
        ui.add(egui::Label::new(text(candidate.id.to_string())).selectable(false));
        stop = Some(number);
    });
    let mut cell = |words: String, hint: Option<String>| {
        row.col(|ui| {
            let label = ui.add(egui::Label::new(text(words)).selectable(false));
            if let Some(hint) = hint {
                label.on_hover_text(hint);
            }
        });
    };
    cell(candidate.cells.to_string(), None);
    cell(candidate.genotype.to_string(), Some(candidate.genotype.describe().join("\n")));
    cell(candidate.parent.map_or_else(String::new, |parent| parent.to_string()), None);
    cell(format!("{:.3}", candidate.reward), None);
    let score = candidate.scores.first();
    cell(
        score.map_or_else(String::new, Score::short_number),
        Some(candidate.scores.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    );
    cell(format!("{}, iteration {}", candidate.estimator, candidate.iteration + 1), None);
    stop
}

fn compare(key: Key, a: &Candidate, b: &Candidate) -> Ordering {
    let score = |candidate: &Candidate| candidate.scores.first().map_or(f64::INFINITY, |score| score.value);
    let order = match key {
        Key::Number => Ordering::Equal,
        Key::Cells => a.cells.cmp(&b.cells),
        Key::Architecture => a.genotype.cmp(&b.genotype),
        Key::Parent => a.parent.cmp(&b.parent),
        Key::Reward => a.reward.total_cmp(&b.reward),
        Key::Score => score(a).total_cmp(&score(b)),
        Key::Estimator => (a.is_trained(), a.iteration).cmp(&(b.is_trained(), b.iteration)),
    };
    order.then(a.id.cmp(&b.id))
}

/// Columns from the first stage to the trained ones; lines from parent to child.
fn lineage(ui: &mut egui::Ui, context: &mut PanelContext<'_>, candidates: &[&Candidate]) {
    let column = |candidate: &Candidate| 2 * candidate.cells + usize::from(candidate.is_trained());
    let mut stages: Vec<usize> = candidates.iter().map(|candidate| column(candidate)).collect();
    stages.sort_unstable();
    stages.dedup();
    let columns: Vec<Vec<&Candidate>> = stages
        .iter()
        .map(|&stage| {
            let mut members: Vec<&Candidate> =
                candidates.iter().copied().filter(|candidate| column(candidate) == stage).collect();
            members.sort_by(|a, b| b.reward.total_cmp(&a.reward).then(a.id.cmp(&b.id)));
            members
        })
        .collect();
    let longest = columns.iter().map(Vec::len).max().unwrap_or(1);
    let (width, height, header) = (150.0, 18.0, 24.0);
    let size = Vec2::new(
        (columns.len() as f32 * width).max(ui.available_width() - 12.0),
        header + longest as f32 * height + 8.0,
    );
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Lineage of the candidates"));
        focus::ring(ui.painter(), &response, rect.intersect(ui.clip_rect()));
        let step = size.x / columns.len() as f32;
        let place = |at: usize, row: usize| {
            rect.min + Vec2::new(at as f32 * step + 14.0, header + (row as f32 + 0.5) * height)
        };
        let mut places: Vec<(usize, Pos2)> = Vec::new();
        for (at, members) in columns.iter().enumerate() {
            places.extend(members.iter().enumerate().map(|(row, candidate)| (candidate.id, place(at, row))));
        }
        let find = |id: usize| places.iter().find(|(known, _)| *known == id).map(|(_, place)| *place);
        let family = family(context);
        draw_lineage(ui, &columns, rect, step, &find, &family, context);
        if response.clicked()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            let hit = |place: &Pos2| {
                Rect::from_min_size(*place - Vec2::new(8.0, height / 2.0), Vec2::new(step - 16.0, height))
                    .contains(pointer)
            };
            if let Some((id, _)) = places.iter().find(|(_, place)| hit(place)) {
                let shift = ui.input(|input| input.modifiers.shift);
                select(context.view, *id, shift);
            }
        }
    });
}

/// The shown candidate, its ancestors and itself.
fn family(context: &PanelContext<'_>) -> Vec<usize> {
    let mut family = Vec::new();
    let mut next = context.shown().map(|candidate| candidate.id);
    while let Some(id) = next.filter(|id| !family.contains(id)) {
        family.push(id);
        next = context.candidate(id).and_then(|candidate| candidate.parent);
    }
    family
}

fn draw_lineage(
    ui: &egui::Ui,
    columns: &[Vec<&Candidate>],
    rect: Rect,
    step: f32,
    find: &dyn Fn(usize) -> Option<Pos2>,
    family: &[usize],
    context: &PanelContext<'_>,
) {
    let palette = Palette::of(ui);
    let painter = ui.painter_at(rect);
    let text = ui.visuals().text_color();
    for (at, members) in columns.iter().enumerate() {
        let Some(first) = members.first() else { continue };
        let cells = words::cells(first.cells);
        let title = if first.is_trained() { "trained".to_owned() } else { cells };
        let corner = rect.min + Vec2::new(at as f32 * step + 8.0, 4.0);
        painter.text(corner, Align2::LEFT_TOP, title, FontId::proportional(12.0), text);
    }
    for candidate in columns.iter().flatten() {
        let Some(place) = find(candidate.id) else { continue };
        let own = family.contains(&candidate.id);
        if let Some(parent) = candidate.parent.and_then(find) {
            let color = if own { palette.generator } else { faded(palette.faint, 0.8) };
            let from = parent + Vec2::new((step - 30.0).min(96.0), 0.0);
            let bend = Vec2::new((place.x - from.x) * 0.5, 0.0);
            let curve = [from, from + bend, place - bend, place - Vec2::new(6.0, 0.0)];
            let stroke = Stroke::new(if own { 2.0 } else { 1.0 }, color);
            painter.add(egui::epaint::CubicBezierShape::from_points_stroke(
                curve,
                false,
                Color32::TRANSPARENT,
                stroke,
            ));
        }
    }
    for candidate in columns.iter().flatten() {
        let Some(place) = find(candidate.id) else { continue };
        let selected = context.view.selected == Some(candidate.id);
        let color =
            if family.contains(&candidate.id) { palette.generator } else { ui.visuals().weak_text_color() };
        painter.circle_filled(place, if selected { 5.0 } else { 3.5 }, color);
        let words = match candidate.scores.first() {
            Some(score) => format!("{}  {}", candidate.id, score.short_number()),
            None => candidate.id.to_string(),
        };
        painter.text(
            place + Vec2::new(9.0, 0.0),
            Align2::LEFT_CENTER,
            words,
            FontId::proportional(11.5),
            color,
        );
    }
}

impl BoardPanel {
    fn table(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>, mut candidates: Vec<&Candidate>) {
        let Self { key, descending, .. } = *self;
        candidates.sort_by(|a, b| {
            let order = compare(key, a, b);
            if descending { order.reverse() } else { order }
        });
        let palette = Palette::of(ui);
        let best = context.state.best_at(context.event_index).map(|best| best.id);
        let beam: Vec<usize> = context
            .state
            .beams
            .iter()
            .filter(|beam| beam.event_index <= context.event_index)
            .flat_map(|beam| beam.candidates.iter().copied())
            .collect();
        let row_height = ui.spacing().interact_size.y - 4.0;
        let wheel = egui::ScrollArea::horizontal().auto_shrink(false);
        wheel.show(ui, |ui| {
            let painter = ui.painter().clone();
            TableBuilder::new(ui)
                .striped(true)
                // Its cells are clicked, and no stops of the keyboard.
                .sense(Sense::CLICK)
                .column(Column::exact(44.0))
                .column(Column::exact(44.0))
                .column(Column::initial(136.0).at_least(90.0).clip(true).resizable(true))
                .column(Column::exact(48.0))
                .column(Column::exact(64.0))
                .column(Column::exact(56.0))
                .column(Column::remainder().at_least(120.0).clip(true))
                .header(row_height, |mut header| {
                    for (column, name, tooltip) in COLUMNS {
                        header.col(|ui| {
                            let sorted = (column == key).then_some(descending);
                            if heading(ui, name, tooltip, sorted) {
                                // The best, the newest and the largest come first when it is asked for them.
                                let first = matches!(column, Key::Number | Key::Reward | Key::Cells);
                                self.descending = if self.key == column { !self.descending } else { first };
                                self.key = column;
                            }
                        });
                    }
                })
                .body(|body| {
                    body.rows(row_height, candidates.len(), |mut row| {
                        let candidate = candidates[row.index()];
                        row.set_selected(context.view.selected == Some(candidate.id));
                        let color = match candidate.id {
                            id if Some(id) == best => Some(palette.good),
                            id if beam.contains(&id) => Some(palette.generator),
                            _ => None,
                        };
                        let stop = cells(&mut row, candidate, color);
                        let response = row.response();
                        let shift = response.ctx.input(|input| input.modifiers.shift);
                        if let Some(stop) = &stop {
                            // The cells of a row together may be higher than it.
                            let row = Rect::from_x_y_ranges(response.rect.x_range(), stop.rect.y_range());
                            focus::ring(&painter, stop, row);
                        }
                        let response = response.on_hover_text(
                            "Click shows it in all panels; Shift and click compares it with the selected one",
                        );
                        if response.clicked() || stop.is_some_and(|stop| stop.clicked()) {
                            select(context.view, candidate.id, shift);
                        }
                    });
                });
        });
    }
}
