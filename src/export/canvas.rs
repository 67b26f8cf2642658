//! Painting shapes, text and pictures as pixels.

use image::RgbImage;
use tiny_skia::{Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

use super::drawing::{Anchor, Colour, Drawing, Ink, Shape, Step};
use super::{Picture, font};
use crate::arch::diagram::Rect;

/// Width of a rectangle's border, in units of a drawing.
const BORDER: f32 = 1.0;
/// How much wider a bold letter's strokes are, relative to its size: the font has one weight only.
const BOLD: f32 = 0.035;
/// Length of a control line of a cubic curve that is a quarter of a circle of radius 1.
const QUARTER: f32 = 0.552_285;

/// An opaque picture to paint on.
pub(super) struct Canvas {
    pixels: Pixmap,
}

impl Canvas {
    /// A canvas of one colour; `None` where it has no pixel, or more than fit into memory.
    pub fn new(width: u32, height: u32, background: Colour) -> Option<Self> {
        let mut pixels = Pixmap::new(width, height)?;
        let [_, r, g, b] = background.to_be_bytes();
        pixels.fill(Color::from_rgba8(r, g, b, 255));
        Some(Self { pixels })
    }

    /// Places a picture, as far as it lies on the canvas.
    pub fn picture(&mut self, picture: &Picture, [left, top]: [u32; 2]) {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        for (x, y, pixel) in picture.image().enumerate_pixels() {
            let (x, y) = (left + x, top + y);
            if x < width && y < height {
                let at = 4 * (y as usize * width as usize + x as usize);
                self.pixels.data_mut()[at..at + 3].copy_from_slice(&pixel.0);
            }
        }
    }

    /// Writes a line of text.
    pub fn text(&mut self, text: &str, size: f32, anchor: Anchor, colour: Colour) {
        self.letters(text, size, anchor, colour, false, Transform::identity());
    }

    /// Paints a whole drawing, enlarged.
    pub fn drawing(&mut self, drawing: &Drawing<'_>, scale: f32) {
        let place = Transform::from_scale(scale, scale);
        drawing.shapes.iter().for_each(|shape| self.shape(shape, drawing.text_size, place));
    }

    /// What was painted.
    pub fn finish(self) -> Picture {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let rgb = self.pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        let image = RgbImage::from_raw(width, height, rgb.collect());
        Picture::from(image.unwrap_or_else(|| unreachable!("three bytes were taken of each pixel")))
    }

    fn shape(&mut self, shape: &Shape<'_>, text_size: f32, place: Transform) {
        match shape {
            Shape::Group { shapes, .. } => {
                shapes.iter().for_each(|shape| self.shape(shape, text_size, place));
            }
            Shape::Rect { rect, round, fill, line } => {
                if let Some(path) = rounded(rect, *round) {
                    self.path(&path, Ink::Fill(*fill), place);
                    self.path(&path, Ink::Line { colour: *line, width: BORDER, dashes: None }, place);
                }
            }
            Shape::Path { steps, ink } => {
                if let Some(path) = path_of(steps) {
                    self.path(&path, *ink, place);
                }
            }
            Shape::Text { anchor, bold, colour, text } => {
                self.letters(text, text_size, *anchor, *colour, *bold, place);
            }
        }
    }

    fn letters(
        &mut self,
        text: &str,
        size: f32,
        anchor: Anchor,
        colour: Colour,
        bold: bool,
        place: Transform,
    ) {
        let at = match anchor {
            Anchor::Start(at) => at,
            Anchor::Middle([x, y]) => [x - font::width(text, size) / 2.0, y],
        };
        let Some(path) = font::outlines(text, size, at) else {
            return;
        };
        self.path(&path, Ink::Fill(colour), place);
        if bold {
            self.path(&path, Ink::Line { colour, width: BOLD * size, dashes: None }, place);
        }
    }

    fn path(&mut self, path: &Path, ink: Ink, place: Transform) {
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        let mut set = |colour: Colour| {
            let [_, r, g, b] = colour.to_be_bytes();
            paint.set_color_rgba8(r, g, b, 255);
        };
        match ink {
            Ink::Fill(colour) => {
                set(colour);
                self.pixels.fill_path(path, &paint, FillRule::Winding, place, None);
            }
            Ink::Line { colour, width, dashes } => {
                set(colour);
                let dash = dashes.and_then(|dashes| StrokeDash::new(dashes.to_vec(), 0.0));
                let stroke = Stroke { width, dash, line_join: LineJoin::Round, ..Stroke::default() };
                self.pixels.stroke_path(path, &paint, &stroke, place, None);
            }
        }
    }
}

fn path_of(steps: &[Step]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for step in steps {
        match *step {
            Step::Move([x, y]) => path.move_to(x, y),
            Step::Line([x, y]) => path.line_to(x, y),
            Step::Curve([cx, cy], [x, y]) => path.quad_to(cx, cy, x, y),
            Step::Close => path.close(),
        }
    }
    path.finish()
}

/// A rectangle with round corners, as round as its sides allow.
fn rounded(rect: &Rect, round: f32) -> Option<Path> {
    let Rect { x, y, width, height } = *rect;
    let round = round.min(width / 2.0).min(height / 2.0);
    let (right, bottom, near) = (x + width, y + height, round * (1.0 - QUARTER));
    let mut path = PathBuilder::new();
    path.move_to(x + round, y);
    path.line_to(right - round, y);
    path.cubic_to(right - near, y, right, y + near, right, y + round);
    path.line_to(right, bottom - round);
    path.cubic_to(right, bottom - near, right - near, bottom, right - round, bottom);
    path.line_to(x + round, bottom);
    path.cubic_to(x + near, bottom, x, bottom - near, x, bottom - round);
    path.line_to(x, y + round);
    path.cubic_to(x, y + near, x + near, y, x + round, y);
    path.close();
    path.finish()
}
