//! Brings images of any side to the side that an extractor takes.

use burn::tensor::{Tensor, TensorData};

use crate::model::kernels;

/// How the pixels of a new size are made of those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// Pillow's bilinear: half-pixel interpolation when enlarging, antialiased when shrinking.
    Triangle,
    /// TensorFlow 1's bilinear with `align_corners=False`: pixel `i` of the new image lies at `i` times the
    /// scale, and nothing is antialiased.
    TensorFlow,
    /// PyTorch's bilinear with `align_corners=False`: half-pixel, not antialiased.
    PyTorch,
    /// Pillow's bicubic (a = -0.5), antialiased when shrinking.
    Bicubic,
}

/// Resizes square images `[batch, channels, s, s]` to `[batch, channels, side, side]`. Two products with a
/// constant matrix, so every backend computes the same.
pub(super) fn resize(images: Tensor<4>, side: usize, filter: Filter) -> Tensor<4> {
    let [batch, channels, height, width] = images.dims();
    if [height, width] == [side, side] {
        return images;
    }
    let planes = batch * channels;
    let device = images.device();
    let filter = |from: usize| {
        let filter = TensorData::new(filter.weights(from, side), [from, side]);
        Tensor::<2>::from_data(filter, &device)
    };
    if kernels::are_used() && kernels::is_cpu(&device) {
        // Channels last in memory, as the kernels there want maps.
        let (along, down) = (filter(width).transpose(), filter(height).transpose());
        let rows = images.permute([0, 2, 3, 1]).reshape([batch * height, width, channels]);
        let rows = along.unsqueeze::<3>().matmul(rows).reshape([batch, height, side * channels]);
        return down
            .unsqueeze::<3>()
            .matmul(rows)
            .reshape([batch, side, side, channels])
            .permute([0, 3, 1, 2]);
    }
    images
        .reshape([planes * height, width])
        .matmul(filter(width))
        .reshape([planes, height, side])
        .swap_dims(1, 2)
        .reshape([planes * side, height])
        .matmul(filter(height))
        .reshape([planes, side, side])
        .swap_dims(1, 2)
        .reshape([batch, channels, side, side])
}

impl Filter {
    /// `[from, to]`, row-major: column `o` holds the weights of the inputs that make output `o`.
    fn weights(self, from: usize, to: usize) -> Vec<f32> {
        let scale = from as f64 / to as f64;
        let mut weights = vec![0.0; from * to];
        for output in 0..to {
            let mut put = |input: usize, weight: f64| weights[input * to + output] += weight as f32;
            match self {
                Self::TensorFlow => between(output as f64 * scale, from, &mut put),
                Self::PyTorch => between(((output as f64 + 0.5) * scale - 0.5).max(0.0), from, &mut put),
                Self::Triangle => spread(output, scale, from, 1.0, triangle, &mut put),
                Self::Bicubic => spread(output, scale, from, 2.0, cubic, &mut put),
            }
        }
        weights
    }
}

/// The two pixels around a place, of which the farther one may be outside.
fn between(place: f64, from: usize, put: &mut dyn FnMut(usize, f64)) {
    let lower = (place.floor() as usize).min(from - 1);
    let share = place - lower as f64;
    put(lower, 1.0 - share);
    put((lower + 1).min(from - 1), share);
}

/// All pixels within reach of an output's middle, weighed by their distance.
fn spread(
    output: usize,
    scale: f64,
    from: usize,
    reach: f64,
    weigh: fn(f64) -> f64,
    put: &mut dyn FnMut(usize, f64),
) {
    let stretch = scale.max(1.0);
    let centre = (output as f64 + 0.5) * scale;
    // As Pillow rounds its window, which matters only where weights are zero or nearly so.
    let first = (centre - reach * stretch + 0.5).max(0.0) as usize;
    let end = ((centre + reach * stretch + 0.5) as usize).min(from);
    let weight = |input: usize| weigh((input as f64 + 0.5 - centre) / stretch);
    let total: f64 = (first..end).map(weight).sum();
    (first..end).for_each(|input| put(input, weight(input) / total));
}

fn triangle(x: f64) -> f64 {
    (1.0 - x.abs()).max(0.0)
}

/// Keys' cubic convolution (1981) with a = -0.5.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    match x.abs() {
        x if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
        x if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::tensor::Device;

    fn resized(values: &[f32], from: usize, to: usize) -> Vec<f32> {
        filtered(values, from, to, Filter::Triangle)
    }

    fn filtered(values: &[f32], from: usize, to: usize, filter: Filter) -> Vec<f32> {
        let images = TensorData::new(values.to_vec(), [1, 1, from, from]);
        let images = Tensor::from_data(images, &Device::flex());
        resize(images, to, filter).into_data().try_into_vec().unwrap()
    }

    fn assert_close(values: &[f32], expected: &[f32]) {
        assert_eq!(values.len(), expected.len());
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{values:?}");
        }
    }

    #[test]
    fn enlarging_interpolates_at_half_pixels_and_keeps_rows_and_columns_apart() {
        let along = [0.0, 0.25, 0.75, 1.0];
        let rows: Vec<f32> = along.iter().flat_map(|y| along.map(|x| x + 10.0 * y)).collect();
        assert_close(&resized(&[0.0, 1.0, 10.0, 11.0], 2, 4), &rows);
    }

    #[test]
    fn shrinking_weighs_the_whole_neighbourhood() {
        // PyTorch's antialiased bilinear, 4 to 2: weights 3/7, 3/7, 1/7 at the border.
        let image: Vec<f32> = [7.0, 0.0, 0.0, 0.0].repeat(4);
        assert_close(&resized(&image, 4, 2), &[3.0, 0.0, 3.0, 0.0]);
    }

    #[test]
    fn a_constant_stays_constant_at_every_side() {
        for (from, to) in [(8, 32), (16, 32), (32, 32), (48, 32), (256, 32), (5, 7)] {
            for filter in [Filter::Triangle, Filter::TensorFlow, Filter::PyTorch, Filter::Bicubic] {
                let image = filtered(&vec![0.3; from * from], from, to, filter);
                assert_close(&image, &vec![0.3; to * to]);
            }
        }
    }

    #[test]
    fn each_filter_places_pixels_as_its_origin_does() {
        // One row of 0, 1 twice over, to four pixels.
        let row = |filter| filtered(&[0.0, 1.0, 0.0, 1.0], 2, 4, filter)[..4].to_vec();
        assert_close(&row(Filter::TensorFlow), &[0.0, 0.5, 1.0, 1.0]);
        assert_close(&row(Filter::PyTorch), &[0.0, 0.25, 0.75, 1.0]);
        // Not antialiased: every other pixel, or the mean of two.
        let shrunk = |filter| filtered(&[0.0, 1.0, 0.0, 1.0].repeat(4), 4, 2, filter)[..2].to_vec();
        assert_close(&shrunk(Filter::TensorFlow), &[0.0, 0.0]);
        assert_close(&shrunk(Filter::PyTorch), &[0.5, 0.5]);
    }
}
