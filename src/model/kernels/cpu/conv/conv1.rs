//! Convolutions of 1x1 and their gradients: products of the map, a matrix `[pixels, channels]`.

use crate::model::kernels::cpu::conv::product::{Finish, matrix};
use crate::model::kernels::cpu::conv::{patches, weights};
use crate::model::kernels::cpu::extent::Extent;

/// Forward pass.
///
/// `x` is of `extent`, `weight` `[outputs, channels]`; gives `[images, height, width, outputs]`. `finish` is a bias,
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
    assert_eq!(weight.len(), outputs * inputs, "the weights are not [{outputs}, {inputs}, 1, 1]");
    assert!(finish.bias.is_none_or(|bias| bias.len() == outputs), "the bias has not {outputs} values");
    patches::convolve(x, extent, 1, matrix(weight, outputs, inputs).transpose(), finish)
}

/// Gradient of the input, `[images, height, width, inputs]`.
///
/// `dy` is the gradient of the output, of `extent_of_dy`, `weight` `[channels of dy, inputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn input_gradient(dy: &[f32], extent_of_dy: Extent, weight: &[f32], inputs: usize) -> Vec<f32> {
    let outputs = extent_of_dy.channels;
    assert_eq!(weight.len(), outputs * inputs, "the weights are not [{outputs}, {inputs}, 1, 1]");
    patches::convolve(dy, extent_of_dy, 1, matrix(weight, outputs, inputs), Finish::default())
}

/// Gradient of the weights, `[outputs, channels]`.
///
/// `x` is of `extent_of_x`, `dy` is the gradient of the output, `[images, height, width, outputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn weight_gradient(x: &[f32], dy: &[f32], extent_of_x: Extent, outputs: usize) -> Vec<f32> {
    let gradient = patches::correlate(x, extent_of_x, 1, dy, outputs);
    weights::from_taps(&gradient, outputs, extent_of_x.channels, 1)
}

#[cfg(test)]
mod tests;
