//! Colours chosen for harmony: lightness, chroma and hue as the eye orders them (Oklch).

use rand::{Rng, RngExt};
use tiny_skia::Color;

/// A colour in Oklch: `l` lightness 0 to 1, `c` chroma 0 to about 0.3, `h` hue in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lch {
    pub l: f32,
    pub c: f32,
    pub h: f32,
}

/// A colour in short.
pub(super) const fn lch(l: f32, c: f32, h: f32) -> Lch {
    Lch { l, c, h }
}

/// Nearly white, a little warm.
pub(super) const WHITE: Lch = lch(0.975, 0.008, 85.0);
/// Nearly black, a little blue.
pub(super) const INK: Lch = lch(0.30, 0.03, 265.0);

/// The toys' paint: eight hues of like weight, so that any of them sits well beside the others.
const PALETTE: [Lch; 8] = [
    lch(0.63, 0.200, 27.0),  // red
    lch(0.72, 0.165, 52.0),  // orange
    lch(0.83, 0.160, 86.0),  // yellow
    lch(0.68, 0.150, 145.0), // green
    lch(0.70, 0.110, 195.0), // teal
    lch(0.62, 0.150, 252.0), // blue
    lch(0.60, 0.160, 300.0), // violet
    lch(0.70, 0.165, 355.0), // pink
];

impl Lch {
    /// The same hue, lighter (or darker, below zero).
    pub fn lighter(self, by: f32) -> Self {
        lch((self.l + by).clamp(0.0, 1.0), self.c, self.h)
    }

    /// A small random step away, so that no two toys have quite the same paint.
    pub fn jitter(self, random: &mut impl Rng) -> Self {
        lch(
            (self.l + random.random_range(-0.03..0.03)).clamp(0.0, 1.0),
            self.c * random.random_range(0.9..1.08),
            self.h + random.random_range(-8.0..8.0),
        )
    }

    /// Oklch to sRGB (Ottosson, "A perceptual color space for image processing"), cut to the gamut,
    /// with an opacity of 0 to 1.
    pub fn paint(self, opacity: f32) -> Color {
        let (sin, cos) = self.h.to_radians().sin_cos();
        let (a, b) = (self.c * cos, self.c * sin);
        let cube = |v: f32| v * v * v;
        let l = cube(self.l + 0.396_337_78 * a + 0.215_803_76 * b);
        let m = cube(self.l - 0.105_561_346 * a - 0.063_854_17 * b);
        let s = cube(self.l - 0.089_484_18 * a - 1.291_485_5 * b);
        let encode = |v: f32| {
            let v = v.clamp(0.0, 1.0);
            let v = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
            v.clamp(0.0, 1.0)
        };
        let red = encode(4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s);
        let green = encode(-1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s);
        let blue = encode(-0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s);
        Color::from_rgba(red, green, blue, opacity.clamp(0.0, 1.0)).unwrap_or(Color::BLACK)
    }
}

/// A random paint from the palette.
pub(super) fn paint(random: &mut impl Rng) -> Lch {
    pick(random, &PALETTE)
}

/// One of `choices`, a little varied.
pub(super) fn pick(random: &mut impl Rng, choices: &[Lch]) -> Lch {
    let i = random.random_range(0..choices.len());
    choices[i].jitter(random)
}

/// Two paints that are at least two places apart on the palette's circle of hues.
pub(super) fn paints(random: &mut impl Rng) -> (Lch, Lch) {
    let n = PALETTE.len();
    let first = random.random_range(0..n);
    let second = (first + random.random_range(2..n - 1)) % n;
    (PALETTE[first].jitter(random), PALETTE[second].jitter(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_convert() {
        // Oklch of pure sRGB red is (0.62796, 0.25768, 29.234).
        let red = lch(0.627_96, 0.257_68, 29.234).paint(1.0);
        assert!(red.red() > 0.995 && red.green() < 0.02 && red.blue() < 0.02, "{red:?}");
        let grey = lch(0.5, 0.0, 0.0).paint(1.0);
        assert!((grey.red() - grey.blue()).abs() < 1e-3 && (grey.red() - 0.388).abs() < 0.01);
    }
}
