//! A drawing as plain shapes, which is written as SVG or painted as pixels.

use crate::arch::diagram::Rect;

/// `0xrrggbb`.
pub(super) type Colour = u32;

/// Shapes on a plain background, the first at the bottom.
pub(super) struct Drawing<'a> {
    /// Width and height.
    pub size: [f32; 2],
    pub title: String,
    pub summary: &'a str,
    pub background: Colour,
    /// Height of letters.
    pub text_size: f32,
    pub shapes: Vec<Shape<'a>>,
}

pub(super) enum Shape<'a> {
    /// Shapes that are one thing, in words.
    Group {
        title: &'a str,
        shapes: Vec<Shape<'a>>,
    },
    /// A filled rectangle with a thin border.
    Rect {
        rect: Rect,
        round: f32,
        fill: Colour,
        line: Colour,
    },
    Path {
        steps: Vec<Step>,
        ink: Ink,
    },
    Text {
        anchor: Anchor,
        bold: bool,
        colour: Colour,
        text: &'a str,
    },
}

/// What a path is drawn with.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Fill(Colour),
    /// `dashes`: lengths of a dash and of the space behind it.
    Line {
        colour: Colour,
        width: f32,
        dashes: Option<[f32; 2]>,
    },
}

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    Move([f32; 2]),
    Line([f32; 2]),
    /// A quadratic curve: its control point and its end.
    Curve([f32; 2], [f32; 2]),
    Close,
}

/// Where a text stands on its base line.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start([f32; 2]),
    Middle([f32; 2]),
}
