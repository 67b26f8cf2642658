//! The list of runs as a table that can be sorted.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use eframe::egui::{self, Color32, RichText, Role, Sense, TextStyle, WidgetInfo};
use egui_extras::{Column, TableBuilder, TableRow};

use super::cache::{RunEntry, by_name};
use super::status;
use super::thumbnails::{SHOWN, Thumbnails};
use crate::arch::words::thousands;
use crate::gui::theme::Palette;
use crate::gui::widgets::focus;
use crate::gui::widgets::table::heading;
use crate::metric::Score;
use crate::run::{RunStatus, natural_order};

/// Side of a thumbnail's image, in points; larger where the pointer rests.
const SIDE: f32 = 32.0;
const LARGE_SIDE: f32 = 72.0;
const ROW: f32 = 40.0;
/// The least width of names, in points.
const NAME: f32 = 180.0;

/// The columns by which the table can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Name,
    State,
    Winner,
    Score,
    Begun,
    Device,
}

const COLUMNS: [(Key, &str, &str); 6] = [
    (Key::Name, "Name", "The run folder"),
    (Key::State, "State", "Running, finished, damaged, or stopped so that it can be resumed"),
    (
        Key::Winner,
        "Winner",
        "The integer vector of the best architecture that it trained; while it goes on, of the best so far",
    ),
    (
        Key::Score,
        "Score",
        "The winner's first score; sorted in groups, because only scores that were measured in the same way compare",
    ),
    (Key::Begun, "Begun", "When the run began"),
    (Key::Device, "Device", "The device that it was begun on"),
];

/// The order of the rows.
pub struct SortOrder {
    key: Key,
    descending: bool,
}

impl Default for SortOrder {
    /// The newest first.
    fn default() -> Self {
        Self { key: Key::Begun, descending: true }
    }
}

/// Puts the runs in order; equals by their names, whatever the direction.
pub fn sort(entries: &mut [&RunEntry], order: &SortOrder) {
    entries.sort_by(|a, b| {
        let sorted = compare(order.key, a, b);
        let sorted = if order.descending { sorted.reverse() } else { sorted };
        sorted.then_with(|| by_name(a, b))
    });
}

/// Draws the runs. Returns one that shall be opened.
pub fn show(
    ui: &mut egui::Ui,
    mut entries: Vec<&RunEntry>,
    order: &mut SortOrder,
    selected: &mut BTreeSet<PathBuf>,
    thumbnails: &mut Thumbnails,
) -> Option<PathBuf> {
    sort(&mut entries, order);
    let palette = Palette::of(ui);
    let color = ui.visuals().text_color();
    let mut opened = None;
    egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        let by_pointer = !focus::is_by_keyboard(ui.ctx());
        TableBuilder::new(ui)
            .id_salt("runs")
            .striped(true)
            // Its cells are clicked, and no stops of the keyboard.
            .sense(Sense::CLICK)
            .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
            .column(Column::exact(24.0))
            .column(Column::exact(SHOWN as f32 * (SIDE + 1.0)))
            // Names have all the width that nothing else needs.
            .column(Column::remainder().at_least(NAME).clip(true))
            .column(Column::initial(180.0).at_least(90.0).clip(true).resizable(by_pointer))
            .column(Column::initial(190.0).at_least(90.0).clip(true).resizable(by_pointer))
            .column(Column::initial(160.0).at_least(60.0).clip(true).resizable(by_pointer))
            .column(Column::initial(130.0).at_least(80.0).clip(true))
            .column(Column::initial(110.0).at_least(80.0).clip(true).resizable(by_pointer))
            .header(26.0, |mut header| {
                header.col(|ui| select_all(ui, &entries, selected));
                header.col(|ui| drop(ui.label(RichText::new("Samples").strong())));
                for (key, name, tooltip) in COLUMNS {
                    header.col(|ui| {
                        let sorted = (key == order.key).then_some(order.descending);
                        if heading(ui, name, tooltip, sorted) {
                            // The newest is asked for more often than the oldest.
                            let first = key == Key::Begun;
                            order.descending = if order.key == key { !order.descending } else { first };
                            order.key = key;
                        }
                    });
                }
            })
            .body(|body| {
                body.rows(ROW, entries.len(), |mut row| {
                    let entry = entries[row.index()];
                    row.set_selected(selected.contains(entry.dir()));
                    if cells(&mut row, entry, &palette, color, selected, thumbnails) {
                        opened = Some(entry.dir().to_owned());
                    }
                    let response = row.response();
                    let words = format!("Run {}: {}", entry.run.name, entry.state());
                    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &words));
                    if response.double_clicked() && entry.run.problem.is_none() {
                        opened = Some(entry.dir().to_owned());
                    } else if response.clicked() {
                        toggle(selected, entry.dir());
                    }
                });
            });
    });
    opened
}

fn toggle(selected: &mut BTreeSet<PathBuf>, dir: &Path) {
    if !selected.remove(dir) {
        selected.insert(dir.to_owned());
    }
}

fn select_all(ui: &mut egui::Ui, entries: &[&RunEntry], selected: &mut BTreeSet<PathBuf>) {
    let all = entries.iter().all(|entry| selected.contains(entry.dir()));
    let mut checked = all;
    let response = ui.add(egui::Checkbox::without_text(&mut checked));
    let response = response.on_hover_text("Selects all runs that are shown, or none");
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, all, "Select all"));
    if response.changed() {
        for entry in entries {
            if checked {
                selected.insert(entry.dir().to_owned());
            } else {
                selected.remove(entry.dir());
            }
        }
    }
}

/// Draws a row. Returns whether its run shall be opened.
fn cells(
    row: &mut TableRow<'_, '_>,
    entry: &RunEntry,
    palette: &Palette,
    // Selected rows too keep the colour of text, which can be read better.
    color: Color32,
    selected: &mut BTreeSet<PathBuf>,
    thumbnails: &mut Thumbnails,
) -> bool {
    let mut opened = false;
    let name = &entry.run.name;
    row.col(|ui| {
        let mut checked = selected.contains(entry.dir());
        let before = checked;
        let response = ui.add(egui::Checkbox::without_text(&mut checked));
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, before, format!("Select {name}")));
        if response.changed() {
            toggle(selected, entry.dir());
        }
    });
    row.col(|ui| picture(ui, entry, thumbnails));
    row.col(|ui| {
        let text = RichText::new(name).strong();
        let button = egui::Button::new(text).frame(false).truncate();
        let button = ui.add_enabled(entry.run.problem.is_none(), button);
        let place = entry.dir().display();
        opened = button.on_hover_text(format!("Opens {place}")).clicked();
        if entry.elsewhere {
            ui.label(RichText::new("elsewhere").weak()).on_hover_text(place.to_string());
        }
    });
    row.col(|ui| {
        ui.visuals_mut().override_text_color = Some(color);
        state(ui, entry, palette);
    });
    // What is below stands in a second line.
    let mut text = |words: String, hint: String, below: &str| {
        row.col(|ui| {
            ui.visuals_mut().override_text_color = Some(color);
            let line = |ui: &mut egui::Ui, text: RichText| {
                let label = ui.add(egui::Label::new(text).selectable(false).truncate());
                if !hint.is_empty() {
                    label.on_hover_text(&hint);
                }
            };
            if below.is_empty() {
                return line(ui, RichText::new(words));
            }
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                // In the middle, as what has one line.
                let lines = [TextStyle::Body, TextStyle::Small].map(|style| ui.text_style_height(&style));
                ui.add_space((ROW - lines[0] - lines[1]).max(0.0) / 2.0);
                line(ui, RichText::new(words));
                line(ui, RichText::new(below).small());
            });
        });
    };
    let vector = status::found(entry);
    text(vector.0, vector.1, "");
    let score = status::scored(entry).unwrap_or_default();
    text(score.words, score.hint, score.direction);
    text(entry.begun.clone(), entry.run.started.clone().unwrap_or_default(), "");
    text(entry.run.adapter.clone().unwrap_or_default(), String::new(), "");
    opened
}

fn picture(ui: &mut egui::Ui, entry: &RunEntry, thumbnails: &mut Thumbnails) {
    let Some(path) = &entry.picture else {
        ui.label(RichText::new("none yet").weak());
        return;
    };
    match thumbnails.get(path) {
        None => drop(ui.label(RichText::new("…").weak())),
        Some(Err(problem)) => drop(ui.label(RichText::new("not readable").weak()).on_hover_text(problem)),
        Some(Ok(thumbnail)) => {
            let words = format!("Samples of {}", entry.run.name);
            let response = thumbnail.show(ui, SHOWN, SHOWN, SIDE, &words);
            response.on_hover_ui(|ui| {
                thumbnail.show(ui, SHOWN * SHOWN, SHOWN, LARGE_SIDE, &words);
            });
        }
    }
}

fn state(ui: &mut egui::Ui, entry: &RunEntry, palette: &Palette) {
    let detail = match entry.run.status() {
        RunStatus::Running => status::doing(entry),
        RunStatus::Finished => "All its work is done".to_owned(),
        RunStatus::Damaged => entry.run.problem.clone().unwrap_or_default(),
        RunStatus::Stopped => {
            let from = entry.run.step.map_or_else(
                || "its beginning, because it has no checkpoint yet".to_owned(),
                |step| format!("its checkpoint at step {}", thousands(step)),
            );
            format!("It can go on from {from}")
        }
    };
    let (dot, _) = ui.allocate_exact_size(egui::Vec2::splat(10.0), Sense::hover());
    let color = status::color(entry, palette, ui.visuals().weak_text_color());
    ui.painter().circle_filled(dot.center(), 4.0, color);
    let words = status::in_words(entry);
    ui.add(egui::Label::new(words).selectable(false).truncate()).on_hover_text(detail);
}

fn score(entry: &RunEntry) -> Option<&Score> {
    entry.winner.as_ref()?.scores.first()
}

fn compare(key: Key, a: &RunEntry, b: &RunEntry) -> Ordering {
    match key {
        Key::Name => natural_order(&a.run.name, &b.run.name),
        Key::State => a.run.status().cmp(&b.run.status()),
        Key::Winner => by_winner(a).cmp(&by_winner(b)),
        Key::Score => by_score(a, b),
        Key::Begun => a.run.started.cmp(&b.run.started),
        Key::Device => a.run.adapter.cmp(&b.run.adapter),
    }
}

/// Runs without a winner come behind the others.
fn by_winner(entry: &RunEntry) -> (bool, Option<&str>) {
    let vector = entry.vector();
    (vector.is_none(), vector)
}

/// The better first among those that were measured alike, which stand together; without a score last.
fn by_score(a: &RunEntry, b: &RunEntry) -> Ordering {
    let (a, b) = match (score(a), score(b)) {
        (Some(a), Some(b)) => (a, b),
        (a, b) => return a.is_none().cmp(&b.is_none()),
    };
    let conditions = |score: &Score| (score.metric.key(), score.samples, score.named_conditions());
    conditions(a).cmp(&conditions(b)).then_with(|| {
        if a.metric.larger_is_better() { b.value.total_cmp(&a.value) } else { a.value.total_cmp(&b.value) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Genotype;
    use crate::engine::Trained;
    use crate::metric::FRECHET_DISTANCE;
    use crate::run::RunSummary;

    fn entry(name: &str, score: Option<(f64, usize)>) -> RunEntry {
        let winner = score.map(|(value, samples)| Trained {
            genotype: Genotype::default(),
            vector: name.to_owned(),
            params: 1,
            macs: 1,
            scores: vec![Score {
                metric: FRECHET_DISTANCE,
                value,
                std: None,
                extractor: "toys-v1".into(),
                samples,
                reference: None,
                splits: None,
                seed: 1,
                setting: None,
            }],
            best_step: 1,
            steps: 1,
        });
        let run = RunSummary {
            dir: name.into(),
            name: name.to_owned(),
            started: None,
            format: None,
            adapter: None,
            step: None,
            summary: None,
            running: false,
            problem: None,
        };
        RunEntry {
            run,
            winner,
            running: None,
            picture: None,
            begun: String::new(),
            elsewhere: false,
            visited: None,
        }
    }

    #[test]
    fn names_stand_in_the_order_of_their_numbers_and_equals_always_by_name() {
        let runs = ["copy-99", "copy-9", "copy-10"].map(|name| entry(name, None));
        let named = |order: &SortOrder| {
            let mut entries: Vec<&RunEntry> = runs.iter().collect();
            sort(&mut entries, order);
            entries.iter().map(|entry| entry.run.name.clone()).collect::<Vec<_>>()
        };
        let order = |key, descending| named(&SortOrder { key, descending });
        assert_eq!(order(Key::Name, false), ["copy-9", "copy-10", "copy-99"]);
        assert_eq!(order(Key::Name, true), ["copy-99", "copy-10", "copy-9"]);
        // None of them has a score, and all were begun at the same time.
        for (key, descending) in [(Key::Begun, true), (Key::Begun, false), (Key::Score, true)] {
            assert_eq!(order(key, descending), ["copy-9", "copy-10", "copy-99"]);
        }
    }

    #[test]
    fn scores_stand_in_one_order_only_where_they_were_measured_alike() {
        let mut entries = [
            entry("none", None),
            entry("500 worse", Some((9.0, 500))),
            entry("2000 worse", Some((5.0, 2000))),
            entry("500 better", Some((1.0, 500))),
            entry("2000 better", Some((3.0, 2000))),
        ];
        entries.sort_by(|a, b| compare(Key::Score, a, b));
        let names = entries.each_ref().map(|entry| entry.run.name.as_str());
        assert_eq!(names, ["500 better", "500 worse", "2000 better", "2000 worse", "none"]);
    }
}
