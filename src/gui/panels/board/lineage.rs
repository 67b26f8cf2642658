//! Which candidate grew out of which, as a family tree of pictures.

use std::collections::BTreeMap;

use eframe::egui::{
    self, Align2, FontId, Pos2, Rangef, Rect, Role, Sense, Shape, Stroke, StrokeKind, Vec2, WidgetInfo,
};

use super::pictures::{CandidateImages, SIDE, WIDTH};
use crate::arch::words;
use crate::gui::panels::PanelContext;
use crate::gui::theme::{Palette, faded};
use crate::gui::widgets::focus;
use crate::search::Candidate;

/// Height of a line of text, and of the headings, in points.
const LINE: f32 = 18.0;
const HEADER: f32 = 24.0;
/// Points below the images of a candidate.
const BELOW: f32 = 8.0;
/// Least width of a column in points, and of a candidate that has no images.
const COLUMN: f32 = 150.0;
const NARROW: f32 = 110.0;
/// Straight pieces that a line from parent to child consists of.
const PIECES: usize = 32;

/// A candidate with its place, from the upper left corner of the whole.
struct FamilyNode<'a> {
    candidate: &'a Candidate,
    rect: Rect,
}

/// Draws columns from the first stage to the trained ones, and lines from parent to child.
pub fn show(
    ui: &mut egui::Ui,
    context: &mut PanelContext<'_>,
    images: &CandidateImages,
    candidates: &[&Candidate],
) {
    let columns = columns(candidates);
    let step = COLUMN.max((ui.available_width() - 12.0) / columns.len().max(1) as f32);
    let nodes = place(context, &columns, step);
    let bottom = nodes.iter().map(|node| node.rect.bottom()).fold(HEADER, f32::max);
    let size = Vec2::new(columns.len() as f32 * step, bottom + 8.0);
    egui::ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Lineage of the candidates"));
        let family = family(context);
        headings(ui, rect, &columns, step);
        lines(ui, rect, &nodes, &family);
        // One beyond what is seen in each column, so that the keyboard can go on to it.
        let seen = ui.clip_rect().expand(LINE + SIDE + BELOW).y_range();
        for node in &nodes {
            let at = node.rect.translate(rect.min.to_vec2());
            if at.bottom() >= seen.min && at.top() <= seen.max {
                draw(ui, context, images, node.candidate, at, family.contains(&node.candidate.id));
            }
        }
    });
}

/// The candidates of each stage, those that are trained in a column of their own; the best first.
fn columns<'a>(candidates: &[&'a Candidate]) -> Vec<Vec<&'a Candidate>> {
    let mut columns: BTreeMap<(usize, bool), Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        columns.entry((candidate.cells, candidate.is_trained())).or_default().push(candidate);
    }
    let mut columns: Vec<Vec<&Candidate>> = columns.into_values().collect();
    for column in &mut columns {
        column.sort_by(|a, b| b.reward.total_cmp(&a.reward).then(a.id.cmp(&b.id)));
    }
    columns
}

/// Each candidate below the ones before it in its column, those with images higher than the others.
fn place<'a>(context: &PanelContext<'_>, columns: &[Vec<&'a Candidate>], step: f32) -> Vec<FamilyNode<'a>> {
    let mut nodes = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let mut top = HEADER;
        for &candidate in column {
            let size = match context.state.picture_of(candidate.id) {
                Some(_) => Vec2::new(WIDTH.min(step - 16.0), LINE + SIDE),
                None => Vec2::new(NARROW.min(step - 16.0), LINE),
            };
            let corner = egui::pos2(at as f32 * step + 8.0, top);
            nodes.push(FamilyNode { candidate, rect: Rect::from_min_size(corner, size) });
            top += size.y + if size.y > LINE { BELOW } else { 0.0 };
        }
    }
    nodes
}

/// The shown candidate and its ancestors.
fn family(context: &PanelContext<'_>) -> Vec<usize> {
    let mut family = Vec::new();
    let mut next = context.shown().map(|candidate| candidate.id);
    while let Some(id) = next.filter(|id| !family.contains(id)) {
        family.push(id);
        next = context.candidate(id).and_then(|candidate| candidate.parent);
    }
    family
}

fn headings(ui: &egui::Ui, rect: Rect, columns: &[Vec<&Candidate>], step: f32) {
    for (at, column) in columns.iter().enumerate() {
        let Some(first) = column.first() else { continue };
        let title = if first.is_trained() { "trained".to_owned() } else { words::cells(first.cells) };
        let corner = rect.min + Vec2::new(at as f32 * step + 8.0, 4.0);
        let (font, color) = (FontId::proportional(12.0), ui.visuals().text_color());
        ui.painter().text(corner, Align2::LEFT_TOP, title, font, color);
    }
}

/// Draws the lines from parents to children, those of the family last.
fn lines(ui: &egui::Ui, rect: Rect, nodes: &[FamilyNode<'_>], family: &[usize]) {
    let palette = Palette::of(ui);
    let places: BTreeMap<usize, Rect> = nodes.iter().map(|node| (node.candidate.id, node.rect)).collect();
    for of_family in [false, true] {
        for FamilyNode { candidate, rect: child } in nodes {
            if family.contains(&candidate.id) != of_family {
                continue;
            }
            let Some(parent) = candidate.parent.and_then(|parent| places.get(&parent)) else { continue };
            let from = parent.right_center() + rect.min.to_vec2() + Vec2::new(3.0, 0.0);
            let to = child.left_center() + rect.min.to_vec2() - Vec2::new(3.0, 0.0);
            let curve = curve(from, to, ui.clip_rect().y_range());
            let (width, color) =
                if of_family { (2.0, palette.generator) } else { (1.0, faded(palette.faint, 0.8)) };
            ui.painter().add(Shape::line(curve, Stroke::new(width, color)));
        }
    }
}

/// A line that leaves and arrives level, as far as it is in sight: of hundreds, most lie nearly all outside.
fn curve(from: Pos2, to: Pos2, seen: Rangef) -> Vec<Pos2> {
    let bend = (to.x - from.x) * 0.5;
    // The cubic Bézier curve of these points, whose heights only rise or only fall.
    let [a, b, c, d] = [from, from + Vec2::new(bend, 0.0), to - Vec2::new(bend, 0.0), to];
    let point = |index: usize| {
        let (t, s) = (index as f32 / PIECES as f32, 1.0 - index as f32 / PIECES as f32);
        let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        let sum = |of: fn(Pos2) -> f32| [a, b, c, d].map(of).iter().zip(weights).map(|(p, w)| p * w).sum();
        Pos2::new(sum(|point| point.x), sum(|point| point.y))
    };
    let points: Vec<Pos2> = (0..=PIECES).map(point).collect();
    let is_seen = |piece: &[Pos2]| {
        let (low, high) = (piece[0].y.min(piece[1].y), piece[0].y.max(piece[1].y));
        high >= seen.min && low <= seen.max
    };
    let first = points.windows(2).position(is_seen);
    let last = points.windows(2).rposition(is_seen);
    first.zip(last).map_or_else(Vec::new, |(first, last)| points[first..=last + 1].to_vec())
}

/// Draws a candidate, which can be clicked: its number and score, and its images below.
fn draw(
    ui: &egui::Ui,
    context: &mut PanelContext<'_>,
    images: &CandidateImages,
    candidate: &Candidate,
    rect: Rect,
    of_family: bool,
) {
    let selected = context.view.selected == Some(candidate.id);
    let response = ui.interact(rect, ui.scope_id().with(("lineage", candidate.id)), Sense::click());
    let words = format!("Candidate {}: {}", candidate.id, candidate.genotype);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &words));
    if response.gained_focus() {
        // With the ones above and below it, so that the keyboard can go on to them.
        ui.scroll_to_rect(rect.expand2(Vec2::new(8.0, 1.5 * rect.height())), None);
    }
    let palette = Palette::of(ui);
    let color = if of_family { palette.generator } else { ui.visuals().weak_text_color() };
    let middle = rect.min + Vec2::new(5.0, LINE / 2.0);
    ui.painter().circle_filled(middle, if selected { 5.0 } else { 3.5 }, color);
    let words = match candidate.scores.first() {
        Some(score) => format!("{}  {}", candidate.id, score.short_number()),
        None => candidate.id.to_string(),
    };
    let font = FontId::proportional(11.5);
    ui.painter().text(middle + Vec2::new(9.0, 0.0), Align2::LEFT_CENTER, words, font, color);
    if let Some(picture) = context.state.picture_of(candidate.id) {
        let below = Rect::from_min_size(rect.min + Vec2::new(0.0, LINE), Vec2::new(rect.width(), SIDE));
        images.show(ui, below, context.dir, candidate.id, picture);
        if of_family || selected {
            let stroke = Stroke::new(if selected { 2.0 } else { 1.0 }, color);
            ui.painter().rect_stroke(below, 2.0, stroke, StrokeKind::Outside);
        }
    }
    focus::ring(ui.painter(), &response, rect.expand(2.0));
    let shift = ui.input(|input| input.modifiers.shift);
    let hint = "Click shows it in all panels; Shift and click compares it with the selected one";
    if response.on_hover_text(hint).clicked() {
        context.view.select(candidate.id, shift);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_drawn_as_far_as_it_is_in_sight() {
        let (from, to) = (Pos2::new(10.0, 0.0), Pos2::new(50.0, 320.0));
        let whole = curve(from, to, Rangef::new(-10.0, 400.0));
        assert_eq!((whole[0], whole[PIECES], whole.len()), (from, to, PIECES + 1));
        assert_eq!(whole[PIECES / 2], Pos2::new(30.0, 160.0));
        assert!(whole.windows(2).all(|pair| pair[0].y < pair[1].y));
        let part = curve(from, to, Rangef::new(150.0, 170.0));
        assert!((2..8).contains(&part.len()), "{part:?}");
        assert!(part[0].y <= 150.0 && part[part.len() - 1].y >= 170.0, "{part:?}");
        assert_eq!(curve(to, from, Rangef::new(150.0, 170.0)).len(), part.len(), "also upwards");
        assert!(curve(from, to, Rangef::new(330.0, 400.0)).is_empty());
        assert_eq!(
            curve(from, Pos2::new(50.0, 0.0), Rangef::new(-1.0, 1.0)).len(),
            PIECES + 1,
            "a level one"
        );
    }
}
