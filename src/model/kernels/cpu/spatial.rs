//! From maps to a vector, over all pixels.

use rayon::prelude::*;

use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::fill::zeros;
use crate::model::kernels::cpu::sections::{Sections, column_sums};

/// Sum over the pixels of each image: `[images, channels]`.
///
/// # Panics
///
/// If `x` does not have `extent`'s size.
pub fn spatial_sum(x: &[f32], extent: Extent) -> Vec<f32> {
    assert_eq!(x.len(), extent.len(), "a map of another size");
    let sections = by_image(extent);
    let parts: Vec<(usize, Vec<f64>)> = sections
        .pieces(x)
        .into_par_iter()
        .map(|(image, piece)| (image, sections.columns.fold(&column_sums(sections.columns, piece))))
        .collect();
    let mut sums = vec![0.0; extent.images * extent.channels];
    for (image, part) in parts {
        for (sum, part) in sums[image * extent.channels..].iter_mut().zip(part) {
            *sum += part;
        }
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}

/// Gradient of [`spatial_sum`]'s input, whose size is `extent`: every pixel gets its image's.
///
/// # Panics
///
/// If `gradient` is not `[images, channels]`.
pub fn spatial_sum_backward(gradient: &[f32], extent: Extent) -> Vec<f32> {
    assert_eq!(gradient.len(), extent.images * extent.channels, "a gradient of another size");
    let mut out = zeros(extent.len());
    by_image(extent).pieces_mut(&mut out).into_par_iter().for_each(|(image, piece)| {
        let gradient = &gradient[image * extent.channels..][..extent.channels];
        piece.chunks_exact_mut(extent.channels).for_each(|pixel| pixel.copy_from_slice(gradient));
    });
    out
}

/// Every image as a section.
fn by_image(extent: Extent) -> Sections {
    Sections::new(extent.images, extent.height * extent.width, extent.channels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kernels::cpu::testing::{
        EXTENTS, assert_adjoint, assert_close, extent, random, same_bits,
    };

    #[test]
    fn pixels_are_summed() {
        for extent in EXTENTS {
            let x: Vec<f32> = random(extent.len(), 1).iter().map(|x| x + 0.5).collect();
            let mut expected = vec![0.0; extent.images * extent.channels];
            for (i, &x) in x.iter().enumerate() {
                let image = i / (extent.height * extent.width * extent.channels);
                expected[image * extent.channels + i % extent.channels] += f64::from(x);
            }
            assert_close(&same_bits(|| spatial_sum(&x, extent)), &expected, 3e-7);
        }
    }

    #[test]
    fn the_gradient_is_the_adjoint() {
        for extent in EXTENTS {
            let (x, gradient) = (random(extent.len(), 1), random(extent.images * extent.channels, 2));
            let backward = same_bits(|| spatial_sum_backward(&gradient, extent));
            assert_adjoint(&x, &spatial_sum(&x, extent), &gradient, &backward);
        }
    }

    #[test]
    fn non_finite_values_reach_their_sum() {
        let sums = spatial_sum(&[f32::NAN, 1.0, 2.0, f32::INFINITY, 5.0, 6.0], extent(1, 1, 2, 3));
        assert!(sums[0].is_nan() && sums[1] == 6.0 && sums[2] == 8.0);
        assert_eq!(spatial_sum_backward(&[f32::INFINITY], extent(1, 1, 2, 1)), [f32::INFINITY; 2]);
    }
}
