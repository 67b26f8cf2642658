//! Candidates: a table that can be sorted, and where each comes from, both with pictures.

mod lineage;
mod pictures;

use std::cmp::Ordering;
use std::path::Path;

use eframe::egui::{self, Color32, Rect, RichText, Role, Sense, Vec2, WidgetInfo};
use egui_extras::{Column, TableBuilder};

use super::{Panel, PanelContext, PanelKind, PanelPlace, empty};
use crate::gui::state::CandidatePicture;
use crate::gui::theme::Palette;
use crate::gui::widgets::focus;
use crate::gui::widgets::table::heading;
use crate::metric::Score;
use crate::search::Candidate;
use pictures::CandidateImages;

/// The panel in the list of all.
pub const KIND: PanelKind = PanelKind {
    key: "board",
    title: "Candidates",
    place: PanelPlace::BelowMiddle,
    make: || Box::<BoardPanel>::default(),
};

/// The least width at which there is room to say which scores are the better ones, in points.
const DIRECTIONS: f32 = 380.0;

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
        "What the search learns from: higher is better; only within a stage and an estimator to be compared",
    ),
    (
        Key::Score,
        "Score",
        "The deciding score; hover for whether lower or higher is better, and what it was computed with",
    ),
    (Key::Estimator, "Judged by", "With the shared GAN's weights, or trained from scratch"),
];

/// The panel, with its own state.
struct BoardPanel {
    key: Key,
    descending: bool,
    lineage: bool,
    trained_only: bool,
    /// Pictures that were read, once there was one to show.
    images: Option<CandidateImages>,
}

impl Default for BoardPanel {
    /// The newest first.
    fn default() -> Self {
        Self { key: Key::Number, descending: true, lineage: false, trained_only: false, images: None }
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
            let directions = directions(board);
            if !directions.is_empty() && ui.max_rect().width() >= DIRECTIONS {
                ui.label(RichText::new(directions).weak());
            }
        });
        let trained_only = self.trained_only;
        let wanted = |candidate: &&Candidate| !trained_only || candidate.is_trained();
        let candidates: Vec<&Candidate> =
            board.iter().map(|(_, candidate)| candidate).filter(wanted).collect();
        if candidates.is_empty() {
            return empty(ui, "None is trained yet");
        }
        let images = self.images.take().unwrap_or_else(|| CandidateImages::new(ui.ctx()));
        if self.lineage {
            lineage::show(ui, context, &images, &candidates);
        } else {
            self.table(ui, context, &images, candidates);
        }
        self.images = Some(images);
    }
}

/// Which direction of the scores on the board is the better one, such as `Fréchet distance: lower is better`.
fn directions(board: &[(u32, Candidate)]) -> String {
    let scores = board.iter().filter_map(|(_, candidate)| candidate.scores.first());
    let mut words: Vec<(&str, &str)> = Vec::new();
    for one in scores.map(|score| (score.label(), score.metric.direction())) {
        if !words.contains(&one) {
            words.push(one);
        }
    }
    words.iter().map(|(label, direction)| format!("{label}: {direction}")).collect::<Vec<_>>().join("; ")
}

/// Draws a row; `images` draws the picture where the table has a column for it. Returns its widget, which is the number:
/// the only one of the row that the keyboard stops at.
fn cells(
    row: &mut egui_extras::TableRow<'_, '_>,
    candidate: &Candidate,
    color: Option<Color32>,
    images: Option<&dyn Fn(&egui::Ui)>,
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
    if let Some(images) = images {
        row.col(|ui| images(ui));
    }
    let mut cell = |words: String, hint: Option<String>| {
        row.col(|ui| {
            let label = ui.add(egui::Label::new(text(words)).selectable(false));
            if let Some(hint) = hint {
                label.on_hover_text(hint);
            }
        });
    };
    cell(candidate.cells.to_string(), None);
    cell(candidate.genotype.to_string(), Some(candidate.genotype.in_words()));
    cell(candidate.parent.map_or_else(String::new, |parent| parent.to_string()), None);
    cell(format!("{:.3}", candidate.reward), None);
    let score = candidate.scores.first();
    cell(
        score.map_or_else(String::new, Score::short_number),
        Some(candidate.scores.iter().map(Score::with_direction).collect::<Vec<_>>().join("\n")),
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

/// Draws the heading of the pictures, by which nothing is sorted.
fn images_heading(ui: &mut egui::Ui) {
    let about = "The first images of its estimate, or samples of its training; the pointer enlarges them";
    ui.label(RichText::new("Images").strong()).on_hover_text(about);
}

/// Draws the images of the candidate `id` in a cell of the table.
fn show_images(
    ui: &egui::Ui,
    images: &CandidateImages,
    dir: &Path,
    id: usize,
    picture: Option<&CandidatePicture>,
) {
    let Some(picture) = picture else { return };
    let size = Vec2::new(pictures::WIDTH, pictures::SIDE);
    let left = ui.max_rect().left_center() - Vec2::new(0.0, size.y / 2.0);
    images.show(ui, Rect::from_min_size(left, size), dir, id, picture);
}

impl BoardPanel {
    fn table(
        &mut self,
        ui: &mut egui::Ui,
        context: &mut PanelContext<'_>,
        images: &CandidateImages,
        mut candidates: Vec<&Candidate>,
    ) {
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
        // A run of a version that kept no pictures has no column for them.
        let is_pictured = candidates.iter().any(|candidate| context.state.picture_of(candidate.id).is_some());
        let header_height = ui.spacing().interact_size.y - 4.0;
        let row_height = if is_pictured { pictures::SIDE + 4.0 } else { header_height };
        let wheel = egui::ScrollArea::horizontal().auto_shrink(false);
        wheel.show(ui, |ui| {
            let painter = ui.painter().clone();
            let by_pointer = !focus::is_by_keyboard(ui.ctx());
            let table = TableBuilder::new(ui)
                .striped(true)
                // Its cells are clicked, and no stops of the keyboard.
                .sense(Sense::CLICK)
                .column(Column::exact(44.0));
            let table = if is_pictured { table.column(Column::exact(pictures::WIDTH)) } else { table };
            table
                .column(Column::exact(44.0))
                .column(Column::initial(136.0).at_least(90.0).clip(true).resizable(by_pointer))
                .column(Column::exact(48.0))
                .column(Column::exact(64.0))
                .column(Column::exact(56.0))
                .column(Column::remainder().at_least(120.0).clip(true))
                .header(header_height, |mut header| {
                    for (column, name, tooltip) in COLUMNS {
                        if is_pictured && column == Key::Cells {
                            header.col(images_heading);
                        }
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
                        let (dir, picture) = (context.dir, context.state.picture_of(candidate.id));
                        let draw = |ui: &egui::Ui| show_images(ui, images, dir, candidate.id, picture);
                        let draw: &dyn Fn(&egui::Ui) = &draw;
                        let stop = cells(&mut row, candidate, color, is_pictured.then_some(draw));
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
                            context.view.select(candidate.id, shift);
                        }
                    });
                });
        });
    }
}
