//! Ball, house and star.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};
use tiny_skia::{Path, PathBuilder};

use super::canvas::{ToyCanvas, block, circle, ellipse, polygon};
use super::colour::{Lch, WHITE, lch, paint, paints, pick};

/// A beach ball: six panels in two paints and white around an off-centre pole, with a rim that keeps
/// the white ones apart from the ground.
pub(super) fn ball(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    let (first, second) = paints(random);
    let turn = random.random_range(0.0..TAU);
    let pole = (0.14, -0.16);
    canvas.shaded(circle(0.0, 0.0, 0.86), WHITE, 0.03);
    for (panel, colour) in [(0, first), (1, second), (3, first), (4, second)] {
        let start = turn + panel as f32 * TAU / 6.0;
        canvas.shaded(sector(pole, 0.86, start, start + TAU / 6.0), colour, 0.07);
    }
    canvas.line(circle(0.0, 0.0, 0.86), first.lighter(-0.05), 0.09);
    canvas.shape(circle(pole.0, pole.1, 0.16), WHITE);
    canvas.flat(ellipse(-0.38, -0.46, 0.17, 0.12), WHITE, 0.6);
}

/// The part of the disc of radius `r` around the origin seen from `pole` between two directions.
fn sector(pole: (f32, f32), r: f32, start: f32, end: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(pole.0, pole.1);
    for step in 0..=12 {
        let angle = start + (end - start) * step as f32 / 12.0;
        let (dx, dy) = (angle.cos(), angle.sin());
        // Where the ray from the pole meets the circle.
        let along = pole.0 * dx + pole.1 * dy;
        let inside = r * r - pole.0 * pole.0 - pole.1 * pole.1;
        let reach = -along + (along * along + inside).sqrt();
        path.line_to(pole.0 + dx * reach, pole.1 + dy * reach);
    }
    path.close();
    path.finish()
}

/// A house: light walls, a big coloured roof, a door and a window.
pub(super) fn house(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    const WALLS: [Lch; 3] = [lch(0.91, 0.05, 85.0), lch(0.90, 0.045, 60.0), lch(0.90, 0.035, 230.0)];
    let walls = pick(random, &WALLS);
    let (roof, door) = paints(random);
    canvas.shadow(0.0, 0.86, 0.95, 0.14);
    canvas.shape(block(0.34, -0.80, 0.54, -0.2, 0.02), roof.lighter(-0.14));
    canvas.shape(block(-0.66, -0.2, 0.66, 0.86, 0.04), walls.lighter(-0.03));
    canvas.shaded(polygon(&[(0.0, -0.92), (0.95, -0.02), (-0.95, -0.02)]), roof.lighter(-0.02), 0.05);
    canvas.shape(block(-0.46, 0.22, -0.06, 0.86, 0.06), door.lighter(-0.08));
    canvas.flat(circle(-0.14, 0.56, 0.04), WHITE, 1.0);
    let glass = lch(0.72, 0.09, 230.0);
    canvas.flat(block(0.10, 0.16, 0.52, 0.56, 0.04), WHITE, 1.0);
    canvas.shape(block(0.15, 0.21, 0.47, 0.51, 0.02), glass);
    canvas.flat(block(0.29, 0.2, 0.33, 0.52, 0.0), WHITE, 1.0);
    canvas.flat(block(0.14, 0.34, 0.48, 0.38, 0.0), WHITE, 1.0);
}

/// A plump five-pointed star with a lighter heart.
pub(super) fn star(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    let colour = paint(random);
    let points = |outer: f32, inner: f32| -> Vec<(f32, f32)> {
        (0..10)
            .map(|corner| {
                let angle = corner as f32 * TAU / 10.0 - TAU / 4.0;
                let r = if corner % 2 == 0 { outer } else { inner };
                (r * angle.cos(), 0.06 + r * angle.sin())
            })
            .collect()
    };
    let outline = polygon(&points(0.90, 0.46));
    canvas.shape(outline.clone(), colour);
    // A round-joined line of the same colour blunts the tips.
    canvas.line(outline, colour, 0.12);
    canvas.shape(polygon(&points(0.56, 0.29)), colour.lighter(0.10));
    canvas.flat(ellipse(-0.14, -0.18, 0.10, 0.07), WHITE, 0.7);
}
