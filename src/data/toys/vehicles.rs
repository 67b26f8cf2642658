//! Boat, car and rocket.

use rand::{Rng, RngExt};

use super::canvas::{ToyCanvas, block, circle, curve, ellipse, polygon};
use super::colour::{INK, Lch, WHITE, lch, paint, paints, pick};

/// A sailing boat: a white and a coloured sail over a hull on a strip of water.
pub(super) fn boat(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    let (hull, sail) = paints(random);
    let water = lch(0.72, 0.10, 232.0).jitter(random);
    canvas.line(polygon(&[(-0.06, -0.86), (-0.06, 0.4)]), lch(0.50, 0.07, 60.0), 0.08);
    let main = polygon(&[(0.02, -0.88), (0.80, 0.22), (0.02, 0.22)]);
    canvas.shape(main, sail);
    let fore = polygon(&[(-0.14, -0.66), (-0.14, 0.22), (-0.70, 0.22)]);
    canvas.shaded(fore.clone(), WHITE, 0.02);
    canvas.line(fore, lch(0.80, 0.02, 250.0), 0.03);
    let body = curve(
        (-0.92, 0.34),
        &[
            [0.0, 0.40, 0.94, 0.34],
            [0.84, 0.78, 0.52, 0.82],
            [0.0, 0.84, -0.52, 0.82],
            [-0.80, 0.72, -0.92, 0.34],
        ],
    );
    canvas.shape(body, hull.lighter(-0.06));
    canvas.flat(block(-0.86, 0.36, 0.88, 0.45, 0.03), WHITE, 0.85);
    let waves = curve(
        (-1.0, 0.74),
        &[
            [-0.75, 0.58, -0.5, 0.72],
            [-0.25, 0.86, 0.0, 0.72],
            [0.25, 0.58, 0.5, 0.72],
            [0.75, 0.86, 1.0, 0.72],
            [1.1, 0.86, 0.94, 1.0],
            [0.0, 1.04, -0.94, 1.0],
            [-1.08, 0.88, -1.0, 0.74],
        ],
    );
    canvas.shape(waves, water);
}

/// A toy car from the side, driving right: cabin with two windows, two big wheels, a lamp.
pub(super) fn car(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    let colour = paint(random);
    let glass = lch(0.86, 0.05, 225.0);
    canvas.shadow(0.0, 0.66, 0.98, 0.15);
    let cabin = polygon(&[(-0.62, 0.02), (-0.44, -0.52), (0.24, -0.52), (0.54, 0.02)]);
    canvas.shape(cabin.clone(), colour.lighter(0.02));
    canvas.line(cabin, colour.lighter(0.02), 0.12);
    canvas.shape(polygon(&[(-0.50, 0.0), (-0.38, -0.42), (-0.10, -0.42), (-0.10, 0.0)]), glass);
    canvas.shape(polygon(&[(0.02, 0.0), (0.02, -0.42), (0.20, -0.42), (0.42, 0.0)]), glass);
    canvas.shaded(block(-0.94, -0.04, 0.94, 0.50, 0.20), colour, 0.08);
    canvas.flat(block(-0.84, 0.03, 0.60, 0.10, 0.03), WHITE, 0.35);
    canvas.flat(ellipse(0.86, 0.14, 0.09, 0.10), lch(0.93, 0.12, 95.0), 1.0);
    canvas.flat(ellipse(-0.89, 0.14, 0.06, 0.09), lch(0.55, 0.20, 25.0), 1.0);
    for x in [-0.50, 0.50] {
        canvas.shape(circle(x, 0.46, 0.28), INK);
        canvas.shape(circle(x, 0.46, 0.13), lch(0.88, 0.01, 250.0));
    }
}

/// A rocket on its flame: light body, coloured nose and fins, a round window.
pub(super) fn rocket(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    const BODIES: [Lch; 2] = [lch(0.94, 0.012, 250.0), lch(0.91, 0.02, 85.0)];
    let body = pick(random, &BODIES);
    let (colour, band) = paints(random);
    let reach = random.random_range(0.92..1.04);
    let fire =
        |width: f32, tip: f32| curve((-width, 0.52), &[[-width, 0.78, 0.0, tip], [width, 0.78, width, 0.52]]);
    canvas.flat(fire(0.24, reach), lch(0.76, 0.17, 55.0), 1.0);
    canvas.flat(fire(0.13, reach - 0.16), lch(0.91, 0.15, 95.0), 1.0);
    for side in [-1.0, 1.0] {
        let fin = curve(
            (0.28 * side, 0.06),
            &[[0.70 * side, 0.22, 0.66 * side, 0.76], [0.46 * side, 0.56, 0.2 * side, 0.56]],
        );
        canvas.shape(fin, colour.lighter(-0.05));
    }
    let hull = curve(
        (0.0, -0.98),
        &[
            [0.42, -0.62, 0.38, -0.05],
            [0.36, 0.35, 0.24, 0.60],
            [0.0, 0.64, -0.24, 0.60],
            [-0.36, 0.35, -0.38, -0.05],
            [-0.42, -0.62, 0.0, -0.98],
        ],
    );
    canvas.shape(hull.clone(), body);
    canvas.line(hull, lch(0.70, 0.02, 250.0), 0.03);
    let nose = curve(
        (0.0, -1.0),
        &[[0.24, -0.80, 0.335, -0.50], [0.0, -0.42, -0.335, -0.50], [-0.24, -0.80, 0.0, -1.0]],
    );
    canvas.shape(nose, colour);
    canvas.flat(circle(0.0, -0.14, 0.22), band.lighter(-0.10), 1.0);
    canvas.shape(circle(0.0, -0.14, 0.15), lch(0.80, 0.08, 225.0));
    canvas.flat(circle(-0.05, -0.19, 0.05), WHITE, 0.9);
    canvas.shape(block(-0.32, 0.30, 0.32, 0.42, 0.02), colour);
}
