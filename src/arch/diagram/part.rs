//! What a drawing consists of, as plain values.

use super::super::Cost;
use super::sizes::MARGIN;

/// A rectangle in units of the drawing; y points down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Never negative.
    pub width: f32,
    /// Never negative.
    pub height: f32,
}

impl Rect {
    /// The rectangle of this size around a point.
    pub fn around([x, y]: [f32; 2], width: f32, height: f32) -> Rect {
        Rect { x: x - width / 2.0, y: y - height / 2.0, width, height }
    }

    /// Its middle.
    pub fn center(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }

    /// The middle of its left edge.
    pub fn left(&self) -> [f32; 2] {
        [self.x, self.center()[1]]
    }

    /// The middle of its right edge.
    pub fn right(&self) -> [f32; 2] {
        [self.x + self.width, self.center()[1]]
    }

    /// The middle of its top edge.
    pub fn top(&self) -> [f32; 2] {
        [self.center()[0], self.y]
    }

    /// The middle of its bottom edge.
    pub fn bottom(&self) -> [f32; 2] {
        [self.center()[0], self.y + self.height]
    }
}

/// What a part is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// A frame behind the parts of a group; its label is a heading, at its top left.
    Frame,
    /// A value that enters or leaves the network.
    End,
    /// An operator whose weights are multiplied with its input, such as a convolution.
    Weighted,
    /// An operator that enlarges maps.
    Upsampling,
    /// A skip from an earlier cell, with all its operators in one box.
    Skip,
    /// Any other operator.
    Plain,
    /// A small circle where branches are added; its label is `+`.
    Sum,
    /// A dot where a line forks; it has no label.
    Fork,
}

/// A box, circle, dot or frame of a drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its name, unique in the drawing. A box has the name of its node in the graph (`cell2.block1.conv`), a
    /// box of several nodes that of their branch (`cell2.skip1`), a frame that of its group and `*`
    /// (`cell2.*`). Drawings of two networks are compared by it.
    pub name: String,
    /// A few words to write into it, such as `3x3 conv, 256`; some have two lines.
    pub label: String,
    /// All there is to say, for a tooltip: two or three lines with the output's shape, parameters and MACs.
    pub detail: String,
    /// What its operators cost.
    pub cost: Cost,
    /// Where it is. Parts do not overlap, but for frames and what is inside them.
    pub rect: Rect,
}

impl Part {
    /// The part of its name that the operators of its branch share.
    pub(super) fn branch(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(branch, _)| branch)
    }
}

/// What a line carries, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineKind {
    /// What a cell passes on to a later one.
    Skip,
    /// A cell's input on its way around both blocks.
    Shortcut,
    /// Any other value.
    Flow,
}

/// A line with an arrow head at its last point, but none where it ends at a [`PartKind::Fork`].
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it carries.
    pub kind: LineKind,
    /// Index of the part on whose border it starts.
    pub from: usize,
    /// Index of the part on whose border it ends.
    pub to: usize,
    /// Two points or more; every piece is horizontal or vertical, and none runs through a part that is not
    /// a frame.
    pub points: Vec<[f32; 2]>,
}

/// The drawing of a network. One unit is one logical pixel at zoom 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Diagram {
    /// What is drawn: `generator 1 0 1 1`.
    pub title: String,
    /// The network's cost in words.
    pub summary: String,
    /// Width and height; everything lies inside.
    pub size: [f32; 2],
    /// Frames come before what is inside them, so that all can be drawn in this order.
    pub parts: Vec<Part>,
    /// Lines to be drawn over the frames and below the other parts; in this order, the flow comes last.
    pub lines: Vec<Line>,
}

impl Diagram {
    /// The index of the part with this name.
    fn position(&self, name: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.name == name)
    }

    /// Indices, ascending, of the parts that the other drawing lacks, or that say something else there or
    /// stand on the other side of a costlier operator of their branch.
    ///
    /// A cell's frame is among them whenever a choice of the cell differs, so that a part which only the
    /// other drawing has shows too. A fork is, where it is new.
    pub fn differences(&self, other: &Diagram) -> Vec<usize> {
        let differs = |&at: &usize| {
            let part = &self.parts[at];
            other.position(&part.name).is_none_or(|twin| {
                let there = &other.parts[twin];
                (&there.label, &there.detail) != (&part.label, &part.detail)
                    || self.has_moved(at, other, twin)
            })
        };
        (0..self.parts.len()).filter(differs).collect()
    }

    /// Whether a costlier operator of its branch stands before the part here and behind it there, or the
    /// reverse.
    fn has_moved(&self, at: usize, other: &Diagram, twin: usize) -> bool {
        let part = &self.parts[at];
        self.parts.iter().enumerate().any(|(index, mark)| {
            mark.cost.macs > part.cost.macs
                && mark.branch() == part.branch()
                && other.position(&mark.name).is_some_and(|there| (index < at) != (there < twin))
        })
    }

    /// Adds a part, and returns its index.
    pub(super) fn add(&mut self, part: Part) -> usize {
        self.parts.push(part);
        self.parts.len() - 1
    }

    /// Adds a line through these points; those that lie on a straight line between others are left out.
    pub(super) fn connect(&mut self, kind: LineKind, from: usize, to: usize, way: &[[f32; 2]]) {
        let mut points: Vec<[f32; 2]> = Vec::with_capacity(way.len());
        for &point in way {
            if let [.., a, b] = points[..]
                && (a[0] == b[0] && b[0] == point[0] || a[1] == b[1] && b[1] == point[1])
            {
                points.pop();
            }
            if points.last() != Some(&point) {
                points.push(point);
            }
        }
        self.lines.push(Line { kind, from, to, points });
    }

    /// Fits the size to all parts and lines, and puts the lines into their order.
    pub(super) fn finish(&mut self) {
        let corners = self.parts.iter().map(|part| [part.rect.right()[0], part.rect.bottom()[1]]);
        let corners = corners.chain(self.lines.iter().flat_map(|line| line.points.iter().copied()));
        let [width, height] =
            corners.fold([0.0f32; 2], |[x, y], corner| [x.max(corner[0]), y.max(corner[1])]);
        self.size = [width + MARGIN, height + MARGIN];
        self.lines.sort_by_key(|line| line.kind);
    }
}
