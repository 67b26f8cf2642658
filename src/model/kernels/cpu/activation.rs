//! Activation functions.

use crate::model::kernels::cpu::simd::{Elementwise, map, map_in_place, replace};

#[cfg(test)]
mod tests;

/// `x` where it is positive or NaN, else 0.
pub fn relu(x: &[f32]) -> Vec<f32> {
    map(Relu, x, [])
}

/// [`relu`] in place.
pub fn relu_in_place(x: &mut [f32]) {
    map_in_place(Relu, x, []);
}

/// [`relu`] in place, by this thread alone: of a band that is in its cache.
pub(crate) fn relu_band(x: &mut [f32]) {
    replace(Relu, x);
}

/// Gradient of [`relu`]'s input in place of that of its output: `gradient` where `output` is positive or NaN, else 0.
///
/// `output` may also be the input, since both are positive or NaN in the same places.
///
/// # Panics
///
/// If lengths differ.
pub fn relu_backward(output: &[f32], gradient: &mut [f32]) {
    map_in_place(ReluMask, gradient, [output]);
}

/// Hyperbolic tangent, to 3e-7 of its value.
pub fn tanh(x: &[f32]) -> Vec<f32> {
    map(Tanh, x, [])
}

/// Gradient of [`tanh`]'s input from its kept `output`: `gradient · (1 - output²)`.
///
/// # Panics
///
/// If lengths differ.
pub fn tanh_backward(output: &[f32], gradient: &[f32]) -> Vec<f32> {
    map(TanhSlope, gradient, [output])
}

/// Sets what is not positive to 0; NaN stays.
#[inline(always)]
pub(crate) fn rectified(x: f32) -> f32 {
    masked(x, x)
}

/// `gradient` where the output of a ReLU, `output`, is positive or NaN; else 0.
#[inline(always)]
pub(crate) fn masked(output: f32, gradient: f32) -> f32 {
    if output <= 0.0 { 0.0 } else { gradient }
}

/// [`relu`] of one value.
#[derive(Clone, Copy)]
struct Relu;

impl Elementwise<0> for Relu {
    #[inline(always)]
    fn apply(self, value: f32, []: [f32; 0]) -> f32 {
        rectified(value)
    }
}

/// [`relu_backward`] of one value.
#[derive(Clone, Copy)]
struct ReluMask;

impl Elementwise<1> for ReluMask {
    #[inline(always)]
    fn apply(self, gradient: f32, [output]: [f32; 1]) -> f32 {
        masked(output, gradient)
    }
}

/// [`tanh`] of one value.
#[derive(Clone, Copy)]
struct Tanh;

impl Elementwise<0> for Tanh {
    /// A polynomial below 0.625, else `1 - 2 / (exp(2 |x|) + 1)`, both always computed so that there is no branch.
    /// Coefficients: Moshier, Cephes, `tanhf.c` and `expf.c`.
    #[inline(always)]
    fn apply(self, x: f32, []: [f32; 0]) -> f32 {
        let size = x.abs();
        let square = size * size;
        let mut series = -5.704_988_7e-3;
        series = series * square + 2.063_908_8e-2;
        series = series * square - 5.373_971_6e-2;
        series = series * square + 1.333_144_2e-1;
        series = series * square - 3.333_328e-1;
        let small = series * square * size + size;
        // Beyond 10 the result is 1; a comparison, since `min` would make a number of NaN.
        let bounded = if size > 10.0 { 10.0 } else { size };
        let large = 1.0 - 2.0 / (exp(2.0 * bounded) + 1.0);
        (if size < 0.625 { small } else { large }).copysign(x)
    }
}

/// `exp(x)` for `x` in 0..=20 or NaN.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Added and taken off again, this leaves the nearest whole number; its bits end in that number.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, of which the first has so few digits that its multiples are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * LN_2[0] - whole * LN_2[1];
    let mut series = 1.987_569_1e-4;
    series = series * rest + 1.398_199_9e-3;
    series = series * rest + 8.333_452e-3;
    series = series * rest + 4.166_579_6e-2;
    series = series * rest + 1.666_666_5e-1;
    series = series * rest + 5e-1;
    let mantissa = series * rest * rest + rest + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_shl(23).wrapping_add(1.0f32.to_bits()));
    mantissa * power
}

/// [`tanh_backward`] of one value.
#[derive(Clone, Copy)]
struct TanhSlope;

impl Elementwise<1> for TanhSlope {
    #[inline(always)]
    fn apply(self, gradient: f32, [output]: [f32; 1]) -> f32 {
        gradient * (1.0 - output * output)
    }
}
