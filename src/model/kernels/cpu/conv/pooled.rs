//! A 3x3 convolution of stride 1 and padding 1, then the mean of each 2x2 pixels, without the large map.
//!
//! Pooling is a quarter of the transpose of nearest upsampling, and the transpose of a convolution is the one with
//! inputs and outputs swapped and kernels rotated. So the two together are the transpose of [`upsampled`], with 9
//! products for each small pixel in place of 36.

use crate::model::kernels::cpu::conv::{conv3, upsampled};
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::fill_rows;
use crate::model::kernels::cpu::pool::halved;

/// Taps of a kernel.
const TAPS: usize = 9;
/// The share of a pixel in the mean of four.
const SHARE: f32 = 0.25;

/// Forward pass.
///
/// `x` is the large map, of `extent` (even sides), `weight` `[outputs, channels, 3, 3]`, `bias` `[outputs]`; gives
/// `[images, height / 2, width / 2, outputs]`.
///
/// # Panics
/// Panics if a side is odd or a slice's length does not fit.
pub fn forward(x: &[f32], extent: Extent, weight: &[f32], bias: Option<&[f32]>, outputs: usize) -> Vec<f32> {
    conv3::check(weight, bias, outputs, extent.channels);
    upsampled::transpose(x, extent, &turned(weight, outputs, extent.channels), bias, outputs)
}

/// Gradient of the large map.
///
/// `dy` is the gradient of the output, of `extent_of_dy`, `weight` `[channels of dy, inputs, 3, 3]`; gives
/// `[images, 2 height, 2 width, inputs]`.
///
/// # Panics
/// Panics if a slice's length does not fit.
pub fn input_gradient(dy: &[f32], extent_of_dy: Extent, weight: &[f32], inputs: usize) -> Vec<f32> {
    conv3::check(weight, None, extent_of_dy.channels, inputs);
    upsampled::forward(dy, extent_of_dy, &turned(weight, extent_of_dy.channels, inputs), None, inputs)
}

/// Gradient of the weights, `[outputs, channels, 3, 3]`.
///
/// `x` is the large map, of `extent_of_x` (even sides), `dy` the gradient of the output,
/// `[images, height / 2, width / 2, outputs]`.
///
/// # Panics
/// Panics if a side is odd or a slice's length does not fit.
pub fn weight_gradient(x: &[f32], dy: &[f32], extent_of_x: Extent, outputs: usize) -> Vec<f32> {
    let Extent { height, width, channels, .. } = extent_of_x;
    assert!(height.is_multiple_of(2) && width.is_multiple_of(2), "{extent_of_x:?} has an odd side");
    let small = halved(extent_of_x).with_channels(outputs);
    turned(&upsampled::weight_gradient(dy, x, small, channels), channels, outputs)
}

/// A quarter of the weights, `[outputs, inputs, 3, 3]`, as `[inputs, outputs, 3, 3]` with rotated kernels.
fn turned(weight: &[f32], outputs: usize, inputs: usize) -> Vec<f32> {
    fill_rows(weight.len(), outputs * TAPS, |input, turned| {
        for (output, turned) in turned.chunks_exact_mut(TAPS).enumerate() {
            let kernel = &weight[(output * inputs + input) * TAPS..][..TAPS];
            for (turned, value) in turned.iter_mut().zip(kernel.iter().rev()) {
                *turned = value * SHARE;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::cpu::conv::testing::values;
    use crate::model::kernels::cpu::pool::{average_pool, average_pool_backward};

    #[track_caller]
    fn assert_near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        let square =
            |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x).powi(2)).sum::<f64>();
        let difference = square(&mut found.iter().zip(expected).map(|(a, b)| a - b));
        let error = (difference / square(&mut expected.iter().copied())).sqrt();
        assert!(error < 1e-6, "{error}");
    }

    #[test]
    fn passes_are_those_of_a_convolution_and_a_pooling() {
        for (images, height, width, inputs, outputs) in
            [(2, 16, 16, 32, 64), (7, 4, 4, 48, 16), (1, 6, 2, 20, 24), (2, 4, 4, 3, 16), (3, 12, 12, 17, 3)]
        {
            let extent = Extent { images, height, width, channels: inputs };
            let large = extent.with_channels(outputs);
            let small = halved(large);
            let x = values(extent.len(), 1);
            let weight = values(TAPS * inputs * outputs, 2);
            let bias = values(outputs, 3);
            let convolved = conv3::forward(&x, extent, &weight, Some(bias.as_slice()), outputs);
            assert_near(
                &forward(&x, extent, &weight, Some(&bias), outputs),
                &average_pool(&convolved, large),
            );
            let dy = values(small.len(), 4);
            let enlarged = average_pool_backward(&dy, large);
            assert_near(
                &input_gradient(&dy, small, &weight, inputs),
                &conv3::input_gradient(&enlarged, large, &weight, inputs),
            );
            assert_near(
                &weight_gradient(&x, &dy, extent, outputs),
                &conv3::weight_gradient(&x, &enlarged, extent, outputs),
            );
        }
    }

    #[test]
    #[should_panic(expected = "odd side")]
    fn odd_sides_are_refused() {
        weight_gradient(&[0.0; 15], &[0.0; 2], Extent { images: 1, height: 3, width: 5, channels: 1 }, 1);
    }
}
