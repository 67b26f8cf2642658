//! A small drawing board: shapes in the toy's own coordinates, shaded and antialiased.

use rand::{Rng, RngExt};
use tiny_skia::{
    FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point,
    RadialGradient, Rect, Shader, SpreadMode, Stroke, Transform,
};

use super::colour::{Lch, lch};

/// How a toy stands in its frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    /// Degrees, clockwise.
    pub turn: f32,
    /// Size against the drawing's own, which spans -1 to 1.
    pub scale: f32,
    /// Shift in frame units; the frame spans -1 to 1.
    pub shift: (f32, f32),
    /// Mirrored left to right.
    pub flip: bool,
}

impl Pose {
    /// A random pose of a toy that stands upright and may lean by `lean` degrees either way.
    pub fn random(random: &mut impl Rng, lean: f32) -> Self {
        Self {
            turn: random.random_range(-lean..=lean),
            scale: random.random_range(0.80..0.96),
            shift: (random.random_range(-0.07..0.07), random.random_range(-0.07..0.07)),
            flip: random.random(),
        }
    }
}

/// The picture while it is drawn. Shapes are in the toy's coordinates: x right, y down, -1 to 1 is
/// the whole frame before the pose is applied.
pub(super) struct ToyCanvas {
    pixmap: Pixmap,
    frame: Transform,
    toy: Transform,
}

impl ToyCanvas {
    /// A board of `side` x `side` pixels in which toys stand as `pose` says; `None` for side 0.
    pub fn new(side: u32, pose: Pose) -> Option<Self> {
        let half = side as f32 / 2.0;
        let frame = Transform::from_row(half, 0.0, 0.0, half, half, half);
        let mirror = if pose.flip { -pose.scale } else { pose.scale };
        let toy = frame
            .pre_translate(pose.shift.0, pose.shift.1)
            .pre_rotate(pose.turn)
            .pre_scale(mirror, pose.scale);
        Some(Self { pixmap: Pixmap::new(side, side)?, frame, toy })
    }

    /// Fills the frame from `top` to `bottom`.
    pub fn background(&mut self, top: Lch, bottom: Lch) {
        let shader = linear((0.0, -1.0), (0.0, 1.0), top, bottom);
        if let Some(rect) = Rect::from_ltrb(-1.0, -1.0, 1.0, 1.0) {
            let paint = Paint { shader, anti_alias: false, ..Paint::default() };
            self.pixmap.fill_rect(rect, &paint, self.frame, None);
        }
    }

    /// A soft round shadow on the ground.
    pub fn shadow(&mut self, x: f32, y: f32, rx: f32, ry: f32) {
        let dark = lch(0.35, 0.03, 265.0);
        // A circle's gradient, flattened to the ellipse.
        let squash = Transform::from_row(rx, 0.0, 0.0, ry, x, y);
        let stops = vec![
            GradientStop::new(0.0, dark.paint(0.34)),
            GradientStop::new(0.6, dark.paint(0.22)),
            GradientStop::new(1.0, dark.paint(0.0)),
        ];
        let centre = Point::from_xy(0.0, 0.0);
        let shader = RadialGradient::new(centre, 0.0, centre, 1.0, stops, SpreadMode::Pad, squash);
        if let (Some(shader), Some(path)) = (shader, ellipse(x, y, rx, ry)) {
            self.fill(&path, shader);
        }
    }

    /// A shape lit from above: a little lighter than `colour` at its top, a little darker below.
    pub fn shape(&mut self, path: Option<Path>, colour: Lch) {
        self.shaded(path, colour, 0.06);
    }

    /// A shape whose light varies by `depth` either way from top to bottom.
    pub fn shaded(&mut self, path: Option<Path>, colour: Lch, depth: f32) {
        let Some(path) = path else { return };
        let bounds = path.bounds();
        let shader = linear(
            (bounds.left(), bounds.top()),
            (bounds.left() + bounds.width() * 0.3, bounds.bottom()),
            colour.lighter(depth),
            colour.lighter(-depth),
        );
        self.fill(&path, shader);
    }

    /// A shape of one flat colour and opacity.
    pub fn flat(&mut self, path: Option<Path>, colour: Lch, opacity: f32) {
        if let Some(path) = path {
            self.fill(&path, Shader::SolidColor(colour.paint(opacity)));
        }
    }

    /// A line of `width` along `path` with round ends.
    pub fn line(&mut self, path: Option<Path>, colour: Lch, width: f32) {
        let Some(path) = path else { return };
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        let paint = Paint { shader: Shader::SolidColor(colour.paint(1.0)), ..Paint::default() };
        self.pixmap.stroke_path(&path, &paint, &stroke, self.toy, None);
    }

    /// The finished picture, `[side, side, 3]`.
    pub fn into_rgb(self) -> Vec<u8> {
        // The background is opaque, so premultiplied and plain values agree.
        let pixels = self.pixmap.data().chunks_exact(4);
        pixels.flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
    }

    fn fill(&mut self, path: &Path, shader: Shader) {
        let paint = Paint { shader, ..Paint::default() };
        self.pixmap.fill_path(path, &paint, FillRule::Winding, self.toy, None);
    }
}

fn linear(from: (f32, f32), to: (f32, f32), start: Lch, end: Lch) -> Shader<'static> {
    let stops = vec![GradientStop::new(0.0, start.paint(1.0)), GradientStop::new(1.0, end.paint(1.0))];
    LinearGradient::new(
        Point::from_xy(from.0, from.1),
        Point::from_xy(to.0, to.1),
        stops,
        SpreadMode::Pad,
        Transform::identity(),
    )
    .unwrap_or(Shader::SolidColor(start.paint(1.0)))
}

/// An ellipse around (x, y).
pub(super) fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> Option<Path> {
    PathBuilder::from_oval(Rect::from_ltrb(x - rx, y - ry, x + rx, y + ry)?)
}

/// A circle around (x, y).
pub(super) fn circle(x: f32, y: f32, r: f32) -> Option<Path> {
    ellipse(x, y, r, r)
}

/// A closed polygon.
pub(super) fn polygon(corners: &[(f32, f32)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (&(x, y), rest) = corners.split_first()?;
    path.move_to(x, y);
    for &(x, y) in rest {
        path.line_to(x, y);
    }
    path.close();
    path.finish()
}

/// A closed outline of quadratic curves: a start, then a control point and an end for each curve.
pub(super) fn curve(start: (f32, f32), arcs: &[[f32; 4]]) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(start.0, start.1);
    for &[cx, cy, x, y] in arcs {
        path.quad_to(cx, cy, x, y);
    }
    path.close();
    path.finish()
}

/// A rectangle with corners rounded by `r`, from (left, top) to (right, bottom).
pub(super) fn block(left: f32, top: f32, right: f32, bottom: f32, r: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(left + r, top);
    path.line_to(right - r, top);
    path.quad_to(right, top, right, top + r);
    path.line_to(right, bottom - r);
    path.quad_to(right, bottom, right - r, bottom);
    path.line_to(left + r, bottom);
    path.quad_to(left, bottom, left, bottom - r);
    path.line_to(left, top + r);
    path.quad_to(left, top, left + r, top);
    path.close();
    path.finish()
}
