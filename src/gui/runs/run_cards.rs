//! Runs as cards, which the welcome screen shows: newest pictures, how each stands and its best score.

use std::path::PathBuf;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    self, Align2, Color32, FontId, Pos2, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind,
    TextStyle, Vec2, WidgetInfo,
};

use super::cache::RunEntry;
use super::status;
use super::thumbnails::Thumbnails;
use crate::gui::theme::{GAP, Palette};
use crate::gui::widgets::focus;
use crate::run::RunStatus;

/// Least width of a card, in points, and how many stand beside each other at most: in large windows they are larger.
const LEAST: f32 = 232.0;
const BESIDE: usize = 8;
/// Space between two cards and within one, in points.
const SPACE: f32 = 12.0;
const MARGIN: f32 = 10.0;
/// Images of a card, in rows of so many.
const COLUMNS: usize = 4;
const ROWS: usize = 2;
/// Space between two images, in points.
const SEAM: f32 = 1.0;
/// Height of the bar that says how far a run is, of a name and of a line of text, in points.
const BAR: f32 = 4.0;
const NAME: f32 = 21.0;
const LINE: f32 = 17.0;
/// Cards of runs that nobody works on, at most: the list of all runs has the others.
const MOST: usize = 24;

/// Draws the runs that go on, then the latest others. Returns one that was chosen.
pub fn show(ui: &mut egui::Ui, entries: &[RunEntry], thumbnails: &mut Thumbnails) -> Option<PathBuf> {
    let palette = Palette::of(ui);
    let (running, mut others) = in_order(entries);
    let more = others.len().saturating_sub(MOST);
    others.truncate(MOST);
    let mut chosen = None;
    for (heading, color, runs) in
        [("Running now", palette.good, running), ("Recent runs", palette.generator, others)]
    {
        if runs.is_empty() {
            continue;
        }
        ui.label(RichText::new(heading).strong().color(color));
        let (columns, width) = columns(ui.available_width());
        for row in runs.chunks(columns) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = SPACE;
                for entry in row {
                    // A card keeps its identity, and the keyboard, when others come before it.
                    let card = ui.push_id(entry.dir(), |ui| card(ui, entry, thumbnails, width)).inner;
                    if card.clicked() {
                        chosen = Some(entry.dir().to_owned());
                    }
                }
            });
            ui.add_space(SPACE - ui.spacing().item_spacing.y);
        }
        ui.add_space(GAP);
    }
    if more > 0 {
        ui.label(RichText::new(format!("{more} more are in the list of all runs")).weak());
    }
    chosen
}

/// The runs that somebody works on, and the others: those that were visited last, then the newest.
fn in_order(entries: &[RunEntry]) -> (Vec<&RunEntry>, Vec<&RunEntry>) {
    let goes_on = |entry: &&RunEntry| entry.run.status() == RunStatus::Running;
    let (running, mut others): (Vec<_>, Vec<_>) = entries.iter().partition(goes_on);
    others.sort_by_key(|entry| entry.visited.unwrap_or(usize::MAX));
    (running, others)
}

/// How many cards stand beside each other in `room` points, and how wide each is.
fn columns(room: f32) -> (usize, f32) {
    let columns = (((room + SPACE) / (LEAST + SPACE)) as usize).clamp(1, BESIDE);
    (columns, (room + SPACE) / columns as f32 - SPACE)
}

/// All that a card says, for those who do not see it.
fn label(entry: &RunEntry) -> String {
    let score = match status::scored(entry) {
        Some(score) => format!("{}, {}", score.words, score.direction),
        None => no_score(entry).to_owned(),
    };
    format!("{}: {}. {score}", entry.run.name, status::in_words(entry))
}

fn no_score(entry: &RunEntry) -> &'static str {
    if entry.run.status() == RunStatus::Running { "No score yet" } else { "No score" }
}

fn card(ui: &mut egui::Ui, entry: &RunEntry, thumbnails: &mut Thumbnails, width: f32) -> Response {
    let inner = width - 2.0 * MARGIN;
    let side = (inner + SEAM) / COLUMNS as f32 - SEAM;
    let pictures = Vec2::new(inner, (side + SEAM) * ROWS as f32 - SEAM);
    let height = 2.0 * MARGIN + pictures.y + BAR + NAME + 3.0 * LINE;
    let is_whole = entry.run.problem.is_none();
    let sense = if is_whole { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, is_whole, label(entry)));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if ui.is_rect_visible(rect) {
        frame(ui, rect, &response);
        let corner = rect.min + Vec2::splat(MARGIN);
        pictures_of(ui, entry, thumbnails, Rect::from_min_size(corner, pictures), side);
        let below = Rect::from_min_max(corner + Vec2::new(0.0, pictures.y), rect.max - Vec2::splat(MARGIN));
        texts(ui, entry, below);
        focus::ring(ui.painter(), &response, rect);
    }
    let place = entry.dir().display();
    response.on_hover_text(match (&entry.run.problem, entry.run.status()) {
        (Some(problem), _) => problem.clone(),
        (None, RunStatus::Running) => format!("{}\nOpens {place}", status::doing(entry)),
        (None, _) => format!("Opens {place}"),
    })
}

fn frame(ui: &egui::Ui, rect: Rect, response: &Response) {
    let visuals = ui.visuals();
    let stroke = if response.hovered() {
        Stroke::new(1.0, Palette::of(ui).generator)
    } else {
        visuals.widgets.noninteractive.bg_stroke
    };
    ui.painter().rect(rect, visuals.menu_corner_radius, visuals.window_fill, stroke, StrokeKind::Inside);
}

/// Paints the newest pictures, or why there are none.
fn pictures_of(ui: &egui::Ui, entry: &RunEntry, thumbnails: &mut Thumbnails, rect: Rect, side: f32) {
    ui.painter().rect_filled(rect, 4.0, Palette::of(ui).well);
    let words = match entry.picture.as_ref().map(|path| thumbnails.get(path)) {
        None => "No pictures yet",
        Some(None) => "…",
        Some(Some(Err(_))) => "Its pictures cannot be read",
        Some(Some(Ok(thumbnail))) => {
            thumbnail.paint(ui.painter(), rect.min, COLUMNS * ROWS, COLUMNS, side);
            return;
        }
    };
    let font = TextStyle::Body.resolve(ui.style());
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, font, ui.visuals().weak_text_color());
}

/// Paints how far it is, its name, how it stands and its score.
fn texts(ui: &egui::Ui, entry: &RunEntry, rect: Rect) {
    let palette = Palette::of(ui);
    let weak = ui.visuals().weak_text_color();
    if let Some(done) = entry.running.as_ref().and_then(|now| now.done) {
        let bar = Rect::from_min_size(rect.min, Vec2::new(rect.width(), BAR - SEAM));
        ui.painter().rect_filled(bar, 0.0, palette.faint);
        let done = Vec2::new(bar.width() * done.clamp(0.0, 1.0) as f32, bar.height());
        ui.painter().rect_filled(Rect::from_min_size(bar.min, done), 0.0, palette.good);
    }
    let body = TextStyle::Body.resolve(ui.style());
    let small = TextStyle::Small.resolve(ui.style());
    let mut top = rect.min.y + BAR;
    let mut line = |text: String, height: f32, indent: f32, font: &FontId, color: Color32| {
        let line = Rect::from_min_size(Pos2::new(rect.min.x, top), Vec2::new(rect.width(), height));
        top += height;
        let mut job = LayoutJob::simple_singleline(text, font.clone(), color);
        job.wrap = TextWrapping::truncate_at_width(rect.width() - indent);
        let galley = ui.painter().layout_job(job);
        let corner = Pos2::new(line.min.x + indent, line.center().y - galley.size().y / 2.0);
        ui.painter().galley(corner, galley, color);
        line
    };
    line(entry.run.name.clone(), NAME, 0.0, &body, ui.visuals().strong_text_color());
    let stands = match entry.run.status() {
        RunStatus::Finished | RunStatus::Stopped if !entry.begun.is_empty() => {
            format!("{} · {}", status::in_words(entry), entry.begun)
        }
        _ => status::in_words(entry),
    };
    let stands = line(stands, LINE, 2.0 * MARGIN - BAR, &body, ui.visuals().text_color());
    let dot = stands.left_center() + Vec2::new(0.5 * MARGIN, 0.0);
    ui.painter().circle_filled(dot, 4.0, status::color(entry, &palette, weak));
    match status::scored(entry) {
        Some(score) => {
            line(score.words, LINE, 0.0, &body, ui.visuals().text_color());
            line(score.direction.to_owned(), LINE, 0.0, &small, weak);
        }
        None => drop(line(no_score(entry).to_owned(), LINE, 0.0, &body, weak)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gui::runs::running::{BestSoFar, RunningNow};
    use crate::metric::Score;
    use crate::run::RunSummary;

    fn entry(name: &str, running: Option<RunningNow>, visited: Option<usize>) -> RunEntry {
        let run = RunSummary {
            dir: name.into(),
            name: name.to_owned(),
            started: None,
            format: None,
            adapter: None,
            step: None,
            summary: None,
            running: running.is_some(),
            problem: None,
        };
        let (picture, begun) = (None, String::new());
        RunEntry { run, winner: None, running, picture, begun, elsewhere: false, visited }
    }

    #[test]
    fn what_goes_on_comes_first_then_what_was_visited_last_then_the_newest() {
        let now = || Some(RunningNow::default());
        let entries = [
            entry("newest", None, None),
            entry("visited before", None, Some(4)),
            entry("at work", now(), None),
            entry("older", None, None),
            entry("visited last", None, Some(0)),
        ];
        let names = |runs: Vec<&RunEntry>| runs.iter().map(|run| run.run.name.clone()).collect::<Vec<_>>();
        let (running, others) = in_order(&entries);
        assert_eq!(names(running), ["at work"]);
        assert_eq!(names(others), ["visited last", "visited before", "newest", "older"]);
    }

    #[test]
    fn cards_share_the_width_of_every_window() {
        for (room, expected) in [(100.0, 1), (480.0, 2), (768.0, 3), (1248.0, 5), (3800.0, 8)] {
            let (count, width) = columns(room);
            assert_eq!(count, expected, "{room}");
            assert!((count as f32 * (width + SPACE) - SPACE - room).abs() < 0.1, "{room}");
            assert!(width >= LEAST || count == 1, "{room}: {width}");
        }
    }

    #[test]
    fn a_card_says_in_words_what_it_shows() {
        let score = Score::of_tests(12.5);
        let genotype = crate::arch::Genotype::parse("1 0 1 1").unwrap();
        let vector = genotype.to_string();
        let best = Some(BestSoFar { genotype, vector, score: Some(score.clone()), is_trained: true });
        let now = RunningNow { done: Some(0.42), eta: Some(720.0), best, ..RunningNow::default() };
        let said = label(&entry("night", Some(now), None));
        let direction = score.metric.direction();
        let (metric, number) = (score.label(), score.number());
        let expected = format!("night: Running: 42%, 12 min left. {metric} {number} so far, {direction}");
        assert_eq!(said, expected);
        assert_eq!(label(&entry("old", None, None)), "old: Can be resumed. No score");
        assert_eq!(label(&entry("new", Some(RunningNow::default()), None)), "new: Running. No score yet");
    }
}
