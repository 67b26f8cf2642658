//! Painting shapes, text and pictures as pixels.

use image::RgbImage;
use tiny_skia::{Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform};

use super::colours::{Colour, colours};
use super::{Picture, font};
use crate::arch::diagram::{BASE_LINE, Diagram, Geometry, LINE_WIDTH, Rect, TEXT_SIZE};

/// Width of a rectangle's border, in units of a drawing.
const BORDER: f32 = 1.0;
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

    /// Writes a line of text on the base line at `[x, y]`, which is its start or, where it is `centered`, its
    /// middle.
    pub fn text(&mut self, text: &str, size: f32, [x, y]: [f32; 2], centered: bool, colour: Colour) {
        self.letters(text, size, [x, y], centered, colour, Transform::identity());
    }

    /// Paints a whole drawing, enlarged.
    pub fn diagram(&mut self, diagram: &Diagram, dark: bool, scale: f32) {
        let place = Transform::from_scale(scale, scale);
        for shape in diagram.primitives() {
            let [fill, border, ink] = colours(shape.style, dark);
            match shape.form {
                Geometry::Rect { rect, round } => {
                    let path = rounded(&rect, round);
                    self.fill(path.as_ref(), fill, place);
                    self.stroke(path.as_ref(), border, BORDER, None, place);
                }
                Geometry::Line { points, dashes } => {
                    self.stroke(polyline(&points, false).as_ref(), ink, LINE_WIDTH, dashes, place);
                }
                Geometry::Head(points) => self.fill(polyline(&points, true).as_ref(), ink, place),
                Geometry::Text { at: [x, middle], centered, text } => {
                    let at = [x, middle + BASE_LINE * TEXT_SIZE];
                    self.letters(text, TEXT_SIZE, at, centered, ink, place);
                }
            }
        }
    }

    /// What was painted.
    pub fn finish(self) -> Picture {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let rgb = self.pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        let image = RgbImage::from_raw(width, height, rgb.collect());
        Picture::from(image.unwrap_or_else(|| unreachable!("three bytes were taken of each pixel")))
    }

    fn letters(
        &mut self,
        text: &str,
        size: f32,
        [x, y]: [f32; 2],
        centered: bool,
        colour: Colour,
        place: Transform,
    ) {
        let left = if centered { x - font::width(text, size) / 2.0 } else { x };
        self.fill(font::outlines(text, size, [left, y]).as_ref(), colour, place);
    }

    fn fill(&mut self, path: Option<&Path>, colour: Colour, place: Transform) {
        if let Some(path) = path {
            self.pixels.fill_path(path, &paint(colour), FillRule::Winding, place, None);
        }
    }

    fn stroke(
        &mut self,
        path: Option<&Path>,
        colour: Colour,
        width: f32,
        dashes: Option<[f32; 2]>,
        place: Transform,
    ) {
        let dash = dashes.and_then(|dashes| StrokeDash::new(dashes.to_vec(), 0.0));
        let stroke = Stroke { width, dash, line_join: LineJoin::Round, ..Stroke::default() };
        if let Some(path) = path {
            self.pixels.stroke_path(path, &paint(colour), &stroke, place, None);
        }
    }
}

fn paint(colour: Colour) -> Paint<'static> {
    let [_, r, g, b] = colour.to_be_bytes();
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, 255);
    paint
}

/// Straight pieces through points.
fn polyline(points: &[[f32; 2]], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (at, &[x, y]) in points.iter().enumerate() {
        if at == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if closed {
        path.close();
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
