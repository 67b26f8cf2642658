//! A drawing as plain shapes to be painted: what the window, SVG files and pictures have in common.

use super::part::{Diagram, Line, LineKind, Part, PartKind, Rect};
use super::sizes::TEXT_SIZE;

/// From the middle of a text down to its base line, relative to the height of letters.
pub const BASE_LINE: f32 = 0.35;
/// Width of lines.
pub const LINE_WIDTH: f32 = 1.5;
/// Radius of the corners of frames, of boxes and lines.
const FRAME_ROUND: f32 = 8.0;
const ROUND: f32 = 5.0;
/// Pieces that a line's round corner is made of.
const PIECES: u8 = 4;
/// Length and half the width of an arrow head.
const HEAD: [f32; 2] = [5.0, 2.75];
/// A shortcut's dashes and the spaces between them.
const DASHES: [f32; 2] = [4.0, 2.5];
/// Half the length of the strokes of a plus.
const ARM: f32 = 4.0;

/// What a shape belongs to; a theme gives each style its colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A part: the colours of its inside, its border and its text.
    Part(PartKind),
    /// A line and its arrow head.
    Line(LineKind),
}

/// One shape of a drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Primitive<'a> {
    /// The index of the part that it belongs to; all shapes of a part follow each other. Lines belong to
    /// none.
    pub part: Option<usize>,
    /// Which colours it has.
    pub style: Style,
    /// What it is.
    pub form: Geometry<'a>,
}

/// The geometry of a shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry<'a> {
    /// A filled rectangle with a thin border and corners of radius `round`.
    Rect {
        /// Where it is.
        rect: Rect,
        /// Radius of its corners.
        round: f32,
    },
    /// A line of [`LINE_WIDTH`] through points, in the colour of text where it belongs to a part.
    Line {
        /// Two points or more.
        points: Vec<[f32; 2]>,
        /// Lengths of a dash and of the space behind it.
        dashes: Option<[f32; 2]>,
    },
    /// A filled arrow head.
    Head([[f32; 2]; 3]),
    /// A line of text.
    Text {
        /// Middle of its left edge, or of all of it where it is `centered`.
        at: [f32; 2],
        /// Whether it reaches as far to the left as to the right.
        centered: bool,
        /// The words.
        text: &'a str,
    },
}

impl Diagram {
    /// All shapes, the first at the bottom.
    pub fn primitives(&self) -> Vec<Primitive<'_>> {
        let (mut frames, mut boxes) = (Vec::new(), Vec::new());
        for (index, part) in self.parts.iter().enumerate() {
            let shapes = if part.kind == PartKind::Frame { &mut frames } else { &mut boxes };
            let shape = |form| Primitive { part: Some(index), style: Style::Part(part.kind), form };
            shapes.extend(forms(part).into_iter().map(shape));
        }
        for line in &self.lines {
            let shape = |form| Primitive { part: None, style: Style::Line(line.kind), form };
            frames.extend(self.line_forms(line).into_iter().map(shape));
        }
        frames.extend(boxes);
        frames
    }

    /// A line, and its arrow head where it has one. The line then ends inside the head, so that its blunt end
    /// does not show at the tip.
    fn line_forms<'a>(&self, line: &Line) -> Vec<Geometry<'a>> {
        let dashes = (line.kind == LineKind::Shortcut).then_some(DASHES);
        let mut points = line.points.clone();
        let mut head = None;
        if let [.., [bx, by], tip] = &mut points[..]
            && self.parts[line.to].kind != PartKind::Fork
        {
            let [x, y] = *tip;
            let distance = (x - *bx).hypot(y - *by).max(f32::EPSILON);
            let (dx, dy) = ((x - *bx) / distance, (y - *by) / distance);
            let [length, half] = HEAD;
            let base = [x - dx * length, y - dy * length];
            *tip = [base[0] + dx, base[1] + dy];
            let wing = |side: f32| [base[0] + side * dy * half, base[1] - side * dx * half];
            head = Some(Geometry::Head([[x, y], wing(1.0), wing(-1.0)]));
        }
        [Geometry::Line { points: rounded(&points), dashes }].into_iter().chain(head).collect()
    }
}

fn forms(part: &Part) -> Vec<Geometry<'_>> {
    let (rect, [x, y]) = (part.rect, part.rect.center());
    let round = match part.kind {
        PartKind::Frame => FRAME_ROUND,
        PartKind::Sum | PartKind::Fork => rect.width / 2.0,
        _ => ROUND,
    };
    let mut forms = vec![Geometry::Rect { rect, round }];
    match part.kind {
        PartKind::Frame => {
            let at = [rect.x + 8.0, rect.y + 11.25];
            forms.push(Geometry::Text { at, centered: false, text: &part.label });
        }
        // Two strokes stand in the middle, which a font's plus need not.
        PartKind::Sum => {
            let strokes = [[[x - ARM, y], [x + ARM, y]], [[x, y - ARM], [x, y + ARM]]];
            forms.extend(strokes.map(|points| Geometry::Line { points: points.to_vec(), dashes: None }));
        }
        _ => {
            let above = part.label.lines().count().saturating_sub(1) as f32 / 2.0;
            forms.extend(part.label.lines().enumerate().map(|(line, text)| {
                let at = [x, y + (line as f32 - above) * TEXT_SIZE * 1.15];
                Geometry::Text { at, centered: true, text }
            }));
        }
    }
    forms
}

/// Points of a line whose corners are rounded as far as the pieces' lengths allow.
fn rounded(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut smooth = Vec::with_capacity(points.len());
    smooth.extend(points.first());
    for corner in points.windows(3) {
        let [before, [x, y], next] = [corner[0], corner[1], corner[2]];
        let towards = |[px, py]: [f32; 2]| {
            let length = (px - x).hypot(py - y);
            let share = ROUND.min(length / 2.0) / length.max(f32::EPSILON);
            [x + (px - x) * share, y + (py - y) * share]
        };
        let (start, end) = (towards(before), towards(next));
        // A quadratic curve with the corner as its control point.
        smooth.extend((0..=PIECES).map(|piece| {
            let t = f32::from(piece) / f32::from(PIECES);
            let mix = |a: f32, b: f32, c: f32| (1.0 - t).powi(2) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
            [mix(start[0], x, end[0]), mix(start[1], y, end[1])]
        }));
    }
    smooth.extend(points.last().filter(|_| points.len() > 1));
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_rounded_within_their_pieces() {
        let points = rounded(&[[0.0, 0.0], [20.0, 0.0], [20.0, 4.0]]);
        let ends = (points[0], points[1], points[1 + usize::from(PIECES)], points[points.len() - 1]);
        assert_eq!(ends, ([0.0, 0.0], [15.0, 0.0], [20.0, 2.0], [20.0, 4.0]));
        assert!(points.is_sorted_by(|one, next| one[0] <= next[0] && one[1] <= next[1]), "{points:?}");
        assert_eq!(rounded(&[[0.0, 0.0], [5.0, 0.0]]), [[0.0, 0.0], [5.0, 0.0]]);
    }
}
