//! Latents by what a person can name: a seed, a place between two others, a place on a plane of seeds.
//!
//! They are computed on the host, so that the same name means the same latent on every device. Every kind
//! is distributed as the latents of the training are: each of its numbers follows N(0, 1).

use std::f64::consts::{FRAC_PI_2, PI, SQRT_2};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{normals, rng};

/// Stream of the latents that images are made of after the training.
pub const SAMPLE_STREAM: &str = "latent/sample";
/// Stream of the latents that a run shows again and again while it trains.
pub const FIXED_STREAM: &str = "latent/samples";
/// Seeds from a row of the plane to the next, as in the viewer of StyleGAN3.
const ROW: i64 = 100;

/// A latent by its name.
///
/// ```
/// use autogan::rng::Latent;
///
/// let latent = Latent::Between {
///     from: Box::new(Latent::Seed { seed: 1 }),
///     to: Box::new(Latent::Seed { seed: 2 }),
///     t: 0.5,
/// };
/// assert_eq!(latent.to_string(), "0.500 of the way from seed 1 to seed 2");
/// assert_eq!(latent.values(128).len(), 128);
/// assert!(latent.truncated(128, Some(0.5)).iter().all(|number| number.abs() <= 0.5));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Latent {
    /// The first latent that `autogan sample --seed` draws of this seed.
    Seed {
        /// The seed.
        seed: u64,
    },
    /// A place on the arc between two latents.
    Between {
        /// Where the arc begins.
        from: Box<Latent>,
        /// Where it ends.
        to: Box<Latent>,
        /// How far along it, from 0 to 1.
        t: f64,
    },
    /// A place on a plane that has a seed at every whole number: `seed` at the origin, the next one to its
    /// right, the hundredth below it. Between them latents are blended.
    Plane {
        /// The seed at the origin.
        seed: u64,
        /// To the right.
        x: f64,
        /// Downwards.
        y: f64,
    },
}

/// The `length` numbers of a run's fixed latent `index`, from 0.
pub fn fixed_latent(seed: u64, index: usize, length: usize) -> Vec<f32> {
    // Drawn one after the other.
    normals(&mut rng(seed, FIXED_STREAM, 0), (index + 1) * length).split_off(index * length)
}

impl Latent {
    /// Its `length` numbers.
    pub fn values(&self, length: usize) -> Vec<f32> {
        match self {
            Self::Seed { seed } => normals(&mut rng(*seed, SAMPLE_STREAM, 0), length),
            Self::Between { from, to, t } => between(&from.values(length), &to.values(length), *t),
            Self::Plane { seed, x, y } => plane(*seed, *x, *y, length),
        }
    }

    /// The same with its numbers kept within -`threshold` to `threshold`: the truncation trick of BigGAN
    /// (Brock et al. 2019, section 3.1). There, numbers beyond the threshold are drawn again; here each is
    /// moved to the same quantile of the truncated normal distribution. That is the same distribution, but
    /// a latent keeps its face while the threshold moves.
    pub fn truncated(&self, length: usize, threshold: Option<f64>) -> Vec<f32> {
        let mut values = self.values(length);
        if let Some(threshold) = threshold {
            values.iter_mut().for_each(|value| *value = truncate(f64::from(*value), threshold) as f32);
        }
        values
    }
}

impl fmt::Display for Latent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed { seed } => write!(f, "seed {seed}"),
            Self::Between { from, to, t } => write!(f, "{t:.3} of the way from {from} to {to}"),
            Self::Plane { seed, x, y } => {
                // What is rounded to zero has no sign.
                let [x, y] = [x, y].map(|place| (place * 1e3).round() / 1e3 + 0.0);
                write!(f, "({x:.3}, {y:.3}) on the plane of seed {seed}")
            }
        }
    }
}

/// Spherical interpolation (White 2016, "Sampling Generative Networks", section 2.1): a straight line
/// would lead through lengths that no latent of the training has.
fn between(from: &[f32], to: &[f32], t: f64) -> Vec<f32> {
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let lengths = (dot(from, from) * dot(to, to)).sqrt();
    let angle = (dot(from, to) / lengths.max(f64::MIN_POSITIVE)).clamp(-1.0, 1.0).acos();
    let sine = angle.sin();
    // Where they point the same way, or in opposite ways, there is no one arc between them.
    let shares =
        if sine > 1e-6 { (((1.0 - t) * angle).sin() / sine, (t * angle).sin() / sine) } else { (1.0 - t, t) };
    blend(&[(shares.0, from), (shares.1, to)])
}

/// The four seeds around a place, each with the cosines of its distances: their squares add up to 1, so
/// that the blend follows N(0, 1) everywhere, and from seed to seed it goes along an arc at constant speed.
fn plane(seed: u64, x: f64, y: f64, length: usize) -> Vec<f32> {
    let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(right, down)| {
        let (column, row) = (x.floor() + right, y.floor() + down);
        let share = |place: f64, corner: f64| ((place - corner).abs() * FRAC_PI_2).cos();
        let offset = (column as i64).wrapping_add((row as i64).wrapping_mul(ROW));
        (share(x, column) * share(y, row), seed.wrapping_add_signed(offset))
    });
    let needed = corners.into_iter().filter(|(share, _)| share.abs() > 1e-9);
    let latents: Vec<(f64, Vec<f32>)> =
        needed.map(|(share, seed)| (share, Latent::Seed { seed }.values(length))).collect();
    let parts: Vec<(f64, &[f32])> = latents.iter().map(|(share, latent)| (*share, &latent[..])).collect();
    blend(&parts)
}

fn blend(parts: &[(f64, &[f32])]) -> Vec<f32> {
    let length = parts.first().map_or(0, |(_, latent)| latent.len());
    let sum =
        |index: usize| -> f64 { parts.iter().map(|(share, latent)| share * f64::from(latent[index])).sum() };
    (0..length).map(|index| sum(index) as f32).collect()
}

/// The number at the same quantile of the normal distribution within `threshold` of 0.
fn truncate(value: f64, threshold: f64) -> f64 {
    let inside = libm::erf(value.abs() / SQRT_2) * libm::erf(threshold / SQRT_2);
    (SQRT_2 * inverse_erf(inside)).min(threshold).copysign(value)
}

/// The inverse of the error function for 0 <= y < 1: Winitzki's approximation, made exact by Newton steps.
fn inverse_erf(y: f64) -> f64 {
    const A: f64 = 0.147;
    let log = (1.0 - y * y).max(f64::MIN_POSITIVE).ln();
    let half = 2.0 / (PI * A) + log / 2.0;
    let mut x = ((half * half - log / A).sqrt() - half).max(0.0).sqrt();
    for _ in 0..3 {
        let slope = 2.0 / PI.sqrt() * (-x * x).exp();
        if slope > 1e-12 {
            x -= (libm::erf(x) - y) / slope;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const LENGTH: usize = 128;

    fn seed(seed: u64) -> Latent {
        Latent::Seed { seed }
    }

    fn norm(values: &[f32]) -> f64 {
        values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
    }

    fn distance(a: &[f32], b: &[f32]) -> f64 {
        norm(&a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f32>>())
    }

    #[test]
    fn an_arc_begins_and_ends_at_its_latents_and_keeps_their_length() {
        let (from, to) = (Box::new(seed(3)), Box::new(seed(8)));
        let at = |t| Latent::Between { from: from.clone(), to: to.clone(), t }.values(LENGTH);
        assert!(distance(&at(0.0), &from.values(LENGTH)) < 1e-5);
        assert!(distance(&at(1.0), &to.values(LENGTH)) < 1e-5);
        let ends = [norm(&at(0.0)), norm(&at(1.0))];
        let (least, most) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        for step in 0..=20 {
            let length = norm(&at(f64::from(step) / 20.0));
            assert!(length > 0.95 * least && length < 1.05 * most, "{length} at {step}");
        }
        let same = Latent::Between { from: from.clone(), to: from.clone(), t: 0.5 };
        assert!(distance(&same.values(LENGTH), &from.values(LENGTH)) < 1e-5);
    }

    #[test]
    fn the_plane_has_a_seed_at_every_whole_place_and_is_normal_in_between() {
        for (x, y, expected) in
            [(0.0, 0.0, 7), (2.0, 0.0, 9), (0.0, 1.0, 107), (-3.0, 0.0, 4), (1.0, -1.0, u64::MAX - 91)]
        {
            let found = Latent::Plane { seed: 7, x, y }.values(LENGTH);
            assert!(distance(&found, &seed(expected).values(LENGTH)) < 1e-5, "({x}, {y})");
        }
        let many: Vec<f32> = (0..200)
            .flat_map(|seed| Latent::Plane { seed: 1000 * seed, x: 0.4, y: 0.7 }.values(LENGTH))
            .collect();
        let variance = norm(&many).powi(2) / many.len() as f64;
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }

    proptest! {
        #[test]
        fn the_plane_has_no_jumps(x in -5.0..5.0f64, y in -5.0..5.0f64, dx in -1e-4..1e-4f64, dy in -1e-4..1e-4f64) {
            let at = |x, y| Latent::Plane { seed: 50, x, y }.values(LENGTH);
            prop_assert!(distance(&at(x, y), &at(x + dx, y + dy)) < 0.02);
        }

        #[test]
        fn truncation_keeps_order_and_bounds(a in -5.0..5.0f64, b in -5.0..5.0f64, threshold in 0.05..3.0f64) {
            let (x, y) = (truncate(a, threshold), truncate(b, threshold));
            prop_assert!(x.abs() <= threshold && (a < b) == (x <= y) || (a - b).abs() < 1e-9);
            prop_assert!(x.abs() <= a.abs() + 1e-9);
        }
    }

    #[test]
    fn truncated_numbers_are_those_of_the_truncated_normal_distribution() {
        let many: Vec<f32> = (0..400).flat_map(|number| seed(number).truncated(LENGTH, Some(1.0))).collect();
        // The standard deviation of a normal distribution cut at 1: sqrt(1 - 2 phi(1) / 0.6827).
        let deviation = norm(&many) / (many.len() as f64).sqrt();
        assert!((deviation - 0.5396).abs() < 0.005, "{deviation}");
        let inner = many.iter().filter(|value| value.abs() < 0.5).count() as f64 / many.len() as f64;
        assert!((inner - 0.3829 / 0.6827).abs() < 0.01, "{inner}");
        let wide = seed(1).truncated(LENGTH, Some(8.0));
        assert!(distance(&wide, &seed(1).values(LENGTH)) < 1e-3, "a wide threshold changes nothing");
    }

    #[test]
    fn latents_survive_the_pipe_and_have_words() {
        let latent = Latent::Between {
            from: Box::new(seed(u64::MAX)),
            to: Box::new(Latent::Plane { seed: 1, x: 0.25, y: -1.5 }),
            t: 0.5,
        };
        let text = serde_json::to_string(&latent).unwrap();
        assert_eq!(serde_json::from_str::<Latent>(&text).unwrap(), latent);
        let words =
            "0.500 of the way from seed 18446744073709551615 to (0.250, -1.500) on the plane of seed 1";
        assert_eq!(latent.to_string(), words);
        let zero = Latent::Plane { seed: 1, x: -1e-9, y: 1e-9 };
        assert_eq!(zero.to_string(), "(0.000, 0.000) on the plane of seed 1");
    }
}
