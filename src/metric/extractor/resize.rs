//! Brings images of any side to the side that the extractor looks at.

use burn::tensor::{Tensor, TensorData};

/// Resizes square images `[batch, channels, s, s]` to `[batch, channels, side, side]` with the
/// triangle filter of Pillow's bilinear: half-pixel interpolation when enlarging, antialiased when
/// shrinking. Two products with a constant matrix, so every backend computes the same.
pub(super) fn resize(images: Tensor<4>, side: usize) -> Tensor<4> {
    let [batch, channels, height, width] = images.dims();
    if [height, width] == [side, side] {
        return images;
    }
    let planes = batch * channels;
    let device = images.device();
    let filter = |from: usize| {
        let filter = TensorData::new(triangle_filter(from, side), [from, side]);
        Tensor::<2>::from_data(filter, &device)
    };
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

/// `[from, to]`, row-major: column `o` holds the weights of the inputs that make output `o`.
fn triangle_filter(from: usize, to: usize) -> Vec<f32> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    let mut filter = vec![0.0; from * to];
    for output in 0..to {
        let centre = (output as f64 + 0.5) * scale;
        let weight = |input: usize| (1.0 - (input as f64 + 0.5 - centre).abs() / support).max(0.0);
        let total: f64 = (0..from).map(weight).sum();
        for input in 0..from {
            filter[input * to + output] = (weight(input) / total) as f32;
        }
    }
    filter
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::tensor::Device;

    fn resized(values: &[f32], from: usize, to: usize) -> Vec<f32> {
        let images = TensorData::new(values.to_vec(), [1, 1, from, from]);
        let images = Tensor::from_data(images, &Device::flex());
        resize(images, to).into_data().try_into_vec().unwrap()
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
            assert_close(&resized(&vec![0.3; from * from], from, to), &vec![0.3; to * to]);
        }
    }
}
