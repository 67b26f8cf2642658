//! Convolutions of 1x1 and their gradients: products of the map, a matrix `[pixels, channels]`.

use crate::model::kernels::cpu::conv::product::matrix;
use crate::model::kernels::cpu::conv::{patches, weights};
use crate::model::kernels::cpu::extent::Extent;

/// Forward pass.
///
/// `x` is of `extent`, `weight` `[outputs, channels]`, `bias` `[outputs]`; gives `[images, height, width, outputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn forward(x: &[f32], extent: Extent, weight: &[f32], bias: Option<&[f32]>, outputs: usize) -> Vec<f32> {
    let inputs = extent.channels;
    assert_eq!(weight.len(), outputs * inputs, "the weights are not [{outputs}, {inputs}, 1, 1]");
    assert!(bias.is_none_or(|bias| bias.len() == outputs), "the bias has not {outputs} values");
    patches::convolve(x, extent, 1, matrix(weight, outputs, inputs).transpose(), bias)
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
    patches::convolve(dy, extent_of_dy, 1, matrix(weight, outputs, inputs), None)
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
