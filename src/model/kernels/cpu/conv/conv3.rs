//! Convolutions of 3x3, stride 1, padding 1, and their gradients: the algorithm is chosen by the shape.

use crate::model::kernels::cpu::conv::product::{Finish, matrix};
use crate::model::kernels::cpu::conv::{gather, patches, sums, weights, winograd};
use crate::model::kernels::cpu::extent::Extent;

/// Taps of a kernel.
const TAPS: usize = 9;

/// Ways to convolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    /// F(2x2, 3x3), [`winograd`].
    Winograd,
    /// One product, then a sum over neighbours, [`gather`].
    Gather,
    /// Patches and one product, [`patches`].
    Patches,
}

/// The fastest way for a map of `extent` to `outputs` channels.
///
/// Measured in ms of one core of Zen 4, batch 32, 32 px, forward: Winograd against patches 1.7 and 2.1 for 16 to 16
/// channels, 4.9 and 7.0 for 32 to 32, 16.6 and 24.8 for 64 to 64; gather against patches 1.6 and 8.2 for 64 to 3,
/// 0.44 and 0.57 for 3 to 3.
fn algorithm(extent: Extent, outputs: usize) -> Algorithm {
    if winograd::fits(extent, extent.channels, outputs) {
        Algorithm::Winograd
    } else if outputs <= gather::MOST && outputs <= extent.channels {
        Algorithm::Gather
    } else {
        Algorithm::Patches
    }
}

/// Forward pass.
///
/// `x` is of `extent`, `weight` `[outputs, channels, 3, 3]`; gives `[images, height, width, outputs]`. `finish` is a bias,
/// `[outputs]`, or a [`Finish`].
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn forward<'a>(
    x: &[f32],
    extent: Extent,
    weight: &[f32],
    finish: impl Into<Finish<'a>>,
    outputs: usize,
) -> Vec<f32> {
    let (inputs, finish) = (extent.channels, finish.into());
    check(weight, finish.bias, outputs, inputs);
    match algorithm(extent, outputs) {
        Algorithm::Winograd => winograd::forward(x, extent, weight, finish, [1, 1], outputs),
        Algorithm::Gather => {
            let weight = weights::by_input(weight, outputs, inputs, TAPS);
            gather::convolve(x, extent, 3, matrix(&weight, inputs, TAPS * outputs), finish, outputs)
        }
        Algorithm::Patches => {
            let weight = weights::by_tap(weight, outputs, inputs, TAPS);
            patches::convolve(x, extent, 3, matrix(&weight, TAPS * inputs, outputs), finish)
        }
    }
}

/// Gradient of the input: the forward pass with rotated kernels and with inputs and outputs swapped.
///
/// `dy` is the gradient of the output, of `extent_of_dy`, `weight` `[channels of dy, inputs, 3, 3]`; gives
/// `[images, height, width, inputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn input_gradient(dy: &[f32], extent_of_dy: Extent, weight: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = extent_of_dy.channels;
    check(weight, None, outputs, inputs);
    match algorithm(extent_of_dy, inputs) {
        Algorithm::Winograd => winograd::input_gradient(dy, extent_of_dy, weight, inputs),
        Algorithm::Gather => {
            let weight = weights::reversed_by_output(weight, inputs, TAPS);
            gather::convolve(
                dy,
                extent_of_dy,
                3,
                matrix(&weight, outputs, TAPS * inputs),
                Finish::default(),
                inputs,
            )
        }
        Algorithm::Patches => {
            let weight = weights::reversed(weight, outputs, inputs, TAPS);
            let weight = matrix(&weight, inputs, TAPS * outputs).transpose();
            patches::convolve(dy, extent_of_dy, 3, weight, Finish::default())
        }
    }
}

/// Gradient of the weights, `[outputs, channels, 3, 3]`.
///
/// `x` is of `extent_of_x`, `dy` is the gradient of the output, `[images, height, width, outputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn weight_gradient(x: &[f32], dy: &[f32], extent_of_x: Extent, outputs: usize) -> Vec<f32> {
    let inputs = extent_of_x.channels;
    if winograd::fits_gradient(extent_of_x, outputs) {
        winograd::weight_gradient(x, dy, extent_of_x, outputs)
    } else if outputs < inputs {
        // The same sum with patches of the smaller of the two maps.
        let gradient = patches::correlate(dy, extent_of_x.with_channels(outputs), 3, x, inputs);
        weights::from_reversed_taps(&gradient, outputs, inputs, TAPS)
    } else {
        weights::from_taps(&patches::correlate(x, extent_of_x, 3, dy, outputs), outputs, inputs, TAPS)
    }
}

/// Gradient of the bias, `[channels]`: the sum of `dy`, which is of `extent`, over its pixels.
///
/// # Panics
/// Panics if `dy` is not of `extent`.
pub fn bias_gradient(dy: &[f32], extent: Extent) -> Vec<f32> {
    extent.check(dy.len());
    sums::over_pixels(dy, extent.channels)
}

/// Stops if weights or bias have the wrong length.
#[track_caller]
pub(crate) fn check(weight: &[f32], bias: Option<&[f32]>, outputs: usize, inputs: usize) {
    assert_eq!(weight.len(), outputs * inputs * TAPS, "the weights are not [{outputs}, {inputs}, 3, 3]");
    assert!(bias.is_none_or(|bias| bias.len() == outputs), "the bias has not {outputs} values");
}

#[cfg(test)]
mod tests;
