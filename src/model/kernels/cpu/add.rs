//! Addition of two maps.

use crate::model::kernels::cpu::simd::{Elementwise, map, map_in_place};

/// `one + other`.
///
/// # Panics
///
/// If lengths differ.
pub fn add(one: &[f32], other: &[f32]) -> Vec<f32> {
    map(Addition, one, [other])
}

/// Adds `other` to `one`.
///
/// # Panics
///
/// If lengths differ.
pub fn add_in_place(one: &mut [f32], other: &[f32]) {
    map_in_place(Addition, one, [other]);
}

/// The sum of two values.
#[derive(Clone, Copy)]
struct Addition;

impl Elementwise<1> for Addition {
    #[inline(always)]
    fn apply(self, value: f32, [other]: [f32; 1]) -> f32 {
        value + other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::cpu::testing::{random, same_bits};

    #[test]
    fn adds_every_place() {
        for len in [0, 1, 15, 16, 17, 40_000] {
            let (one, other) = (random(len, 1), random(len, 2));
            let expected: Vec<f32> = one.iter().zip(&other).map(|(one, other)| one + other).collect();
            let sum = same_bits(|| add(&one, &other));
            assert_eq!(sum, expected);
            let mut target = one.clone();
            add_in_place(&mut target, &other);
            assert_eq!(target, expected);
        }
    }

    #[test]
    fn non_finite_values_stay() {
        let sum = add(&[f32::NAN, f32::INFINITY, f32::INFINITY], &[1.0, 1.0, f32::NEG_INFINITY]);
        assert!(sum[0].is_nan() && sum[1] == f32::INFINITY && sum[2].is_nan());
    }

    #[test]
    #[should_panic(expected = "different lengths")]
    fn lengths_must_agree() {
        add(&[1.0], &[]);
    }
}
