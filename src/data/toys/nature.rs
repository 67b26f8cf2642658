//! Duck, fish, mushroom and tree.

use rand::{Rng, RngExt};

use super::canvas::{ToyCanvas, block, circle, curve, ellipse, polygon};
use super::colour::{INK, Lch, WHITE, lch, paint, paints, pick};

/// A rubber duck facing right.
pub(super) fn duck(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    const COATS: [Lch; 4] =
        [lch(0.87, 0.165, 92.0), lch(0.86, 0.155, 88.0), lch(0.84, 0.155, 80.0), lch(0.88, 0.13, 100.0)];
    let coat = pick(random, &COATS);
    let bill = lch(0.69, 0.185, 45.0).jitter(random);
    canvas.shadow(0.0, 0.80, 0.85, 0.15);
    let beak = curve((0.62, -0.48), &[[0.84, -0.56, 1.0, -0.38], [0.84, -0.24, 0.58, -0.24]]);
    canvas.shape(beak, bill);
    let body = curve(
        (-0.98, -0.06),
        &[
            [-0.70, 0.12, -0.20, 0.02],
            [0.40, -0.12, 0.70, 0.16],
            [0.92, 0.78, 0.10, 0.84],
            [-0.90, 0.84, -0.98, -0.06],
        ],
    );
    canvas.shaded(body, coat, 0.05);
    canvas.shaded(circle(0.30, -0.40, 0.44), coat.lighter(0.01), 0.04);
    let wing = curve(
        (-0.58, 0.24),
        &[[0.0, 0.10, 0.26, 0.30], [0.10, 0.68, -0.24, 0.60], [-0.46, 0.54, -0.58, 0.24]],
    );
    canvas.shape(wing, coat.lighter(-0.09));
    canvas.flat(circle(0.44, -0.50, 0.115), WHITE, 1.0);
    canvas.flat(circle(0.46, -0.49, 0.085), INK, 1.0);
    canvas.flat(circle(0.43, -0.52, 0.03), WHITE, 1.0);
    canvas.flat(ellipse(0.12, -0.64, 0.11, 0.07), WHITE, 0.55);
}

/// A fish facing right, with stripes and a big tail.
pub(super) fn fish(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    let (colour, trim) = paints(random);
    let tail = curve(
        (-0.46, 0.0),
        &[[-0.72, -0.52, -0.98, -0.50], [-0.80, 0.0, -0.98, 0.50], [-0.72, 0.52, -0.46, 0.0]],
    );
    canvas.shape(tail, trim.lighter(-0.03));
    canvas.shape(
        curve((-0.24, -0.40), &[[0.02, -0.86, 0.40, -0.70], [0.30, -0.50, 0.36, -0.40]]),
        trim.lighter(-0.03),
    );
    canvas.shape(
        curve((-0.10, 0.40), &[[0.06, 0.78, 0.32, 0.68], [0.24, 0.52, 0.26, 0.42]]),
        trim.lighter(-0.03),
    );
    let body = curve(
        (-0.66, 0.0),
        &[
            [-0.30, -0.58, 0.22, -0.56],
            [0.78, -0.54, 0.95, 0.02],
            [0.76, 0.56, 0.22, 0.56],
            [-0.30, 0.56, -0.66, 0.0],
        ],
    );
    canvas.shaded(body, colour, 0.08);
    // Left edge, its half height, and the right edge's: the body is narrower towards the tail.
    for (x, left, right) in [(-0.31, 0.36, 0.45), (0.03, 0.52, 0.54)] {
        let stripe = curve(
            (x, -left),
            &[
                [x + 0.15, 0.0, x, left],
                [x + 0.07, right, x + 0.16, right],
                [x + 0.31, 0.0, x + 0.16, -right],
            ],
        );
        canvas.flat(stripe, WHITE, 0.88);
    }
    canvas.flat(circle(0.60, -0.14, 0.15), WHITE, 1.0);
    canvas.flat(circle(0.64, -0.13, 0.09), INK, 1.0);
    canvas.flat(circle(0.61, -0.16, 0.03), WHITE, 1.0);
    canvas.flat(ellipse(0.20, -0.42, 0.20, 0.06), WHITE, 0.45);
}

/// A mushroom: a wide dotted cap on a pale stem.
pub(super) fn mushroom(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    const CAPS: [Lch; 5] = [
        lch(0.60, 0.205, 27.0),
        lch(0.60, 0.205, 30.0),
        lch(0.66, 0.175, 45.0),
        lch(0.58, 0.16, 5.0),
        lch(0.56, 0.13, 310.0),
    ];
    let cap = pick(random, &CAPS);
    let stem = lch(0.92, 0.035, 85.0).jitter(random);
    canvas.shadow(0.0, 0.86, 0.62, 0.13);
    let trunk = curve(
        (-0.26, 0.04),
        &[[-0.20, 0.46, -0.36, 0.80], [0.0, 0.98, 0.36, 0.80], [0.20, 0.46, 0.26, 0.04]],
    );
    canvas.shape(trunk, stem.lighter(-0.02));
    canvas.shape(ellipse(0.0, 0.12, 0.70, 0.16), stem.lighter(-0.12));
    let dome = curve(
        (-0.94, 0.12),
        &[
            [-0.96, -0.46, -0.46, -0.74],
            [0.0, -0.98, 0.46, -0.74],
            [0.96, -0.46, 0.94, 0.12],
            [0.86, 0.28, 0.54, 0.16],
            [0.0, 0.02, -0.54, 0.16],
            [-0.86, 0.28, -0.94, 0.12],
        ],
    );
    canvas.shaded(dome, cap, 0.07);
    for (x, y, r) in [
        (-0.08, -0.46, 0.19),
        (0.50, -0.26, 0.15),
        (-0.56, -0.18, 0.15),
        (0.10, -0.08, 0.11),
        (0.30, -0.66, 0.09),
        (-0.42, -0.58, 0.09),
    ] {
        canvas.flat(ellipse(x, y, r, r * 0.9), WHITE, 0.97);
    }
}

/// A fir tree: three green tiers over a trunk, sometimes with fruit-coloured baubles.
pub(super) fn tree(canvas: &mut ToyCanvas, random: &mut impl Rng) {
    const LEAVES: [Lch; 4] =
        [lch(0.62, 0.150, 145.0), lch(0.58, 0.125, 155.0), lch(0.66, 0.155, 135.0), lch(0.54, 0.105, 165.0)];
    let leaves = pick(random, &LEAVES);
    let bark = lch(0.48, 0.075, 55.0).jitter(random);
    let baubles = random.random_bool(0.5).then(|| paint(random));
    canvas.shadow(0.0, 0.90, 0.62, 0.11);
    canvas.shape(block(-0.15, 0.5, 0.15, 0.92, 0.04), bark);
    for (top, bottom, half, shade) in
        [(-0.22, 0.64, 0.80, -0.06), (-0.58, 0.22, 0.64, 0.0), (-0.92, -0.20, 0.46, 0.06)]
    {
        let tier = polygon(&[(0.0, top), (half, bottom), (-half, bottom)]);
        let green = leaves.lighter(shade);
        canvas.shaded(tier.clone(), green, 0.05);
        canvas.line(tier, green.lighter(-0.01), 0.07);
    }
    if let Some(colour) = baubles {
        for (x, y) in
            [(-0.14, -0.40), (0.24, -0.02), (-0.32, 0.06), (0.06, 0.40), (0.50, 0.50), (-0.46, 0.50)]
        {
            canvas.flat(circle(x, y, 0.095), colour.lighter(0.08), 1.0);
        }
    }
}
