use super::*;
use crate::model::kernels::cpu::testing::{EXTENTS, assert_adjoint, assert_close, extent, random, same_bits};

/// `[size * factor, size]` in double precision: row `o` holds the weights of the inputs that make up output `o`.
fn matrix(size: usize, factor: usize) -> Vec<Vec<f64>> {
    let row = |o: usize| {
        let source = ((o as f64 + 0.5) / factor as f64 - 0.5).max(0.0);
        let low = (source as usize).min(size - 1);
        let mut row = vec![0.0; size];
        row[low] += 1.0 - (source - low as f64);
        row[(low + 1).min(size - 1)] += source - low as f64;
        row
    };
    (0..size * factor).map(row).collect()
}

fn reference(x: &[f32], extent: Extent, factor: usize) -> Vec<f64> {
    let Extent { images, height, width, channels } = extent;
    let (down, across) = (matrix(height, factor), matrix(width, factor));
    let mut out = vec![];
    for image in 0..images {
        for (rows, columns) in down.iter().flat_map(|rows| across.iter().map(move |columns| (rows, columns)))
        {
            let mut pixel = vec![0.0; channels];
            for (y, row) in rows.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                for (px, column) in columns.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                    let at = ((image * height + y) * width + px) * channels;
                    for (c, value) in pixel.iter_mut().enumerate() {
                        *value += row * column * f64::from(x[at + c]);
                    }
                }
            }
            out.extend(pixel);
        }
    }
    out
}

const FACTORS: [usize; 9] = [2, 4, 8, 2, 2, 3, 2, 4, 2];

#[test]
fn pixels_are_blended_as_by_the_matrix() {
    for (extent, factor) in EXTENTS.into_iter().zip(FACTORS) {
        let x = random(extent.len(), 1);
        let y = same_bits(|| bilinear(&x, extent, factor));
        // Shares are exact for powers of two only.
        let bound = if factor.is_power_of_two() { 2e-7 } else { 1e-6 };
        assert_close(&y, &reference(&x, extent, factor), bound);
    }
}

#[test]
fn the_gradient_is_the_adjoint() {
    for (extent, factor) in EXTENTS.into_iter().zip(FACTORS) {
        let (x, gradient) = (random(extent.len(), 1), random(enlarged(extent, factor).len(), 2));
        let backward = same_bits(|| bilinear_backward(&gradient, extent, factor));
        assert_adjoint(&x, &bilinear(&x, extent, factor), &gradient, &backward);
    }
}

#[test]
fn weights_of_an_input_add_up_to_its_share() {
    let gradient = bilinear_backward(&[1.0; 36], extent(1, 3, 3, 1), 2);
    let expected = [1.0, 1.0, 1.0].map(|_| 4.0);
    assert_eq!(gradient[3..6], expected);
    assert_eq!(gradient.iter().sum::<f32>(), 36.0);
    assert_eq!(taps(2, 2)[1], LinearTap { low: 0, high: 1, share: 0.25 });
}

#[test]
fn non_finite_values_reach_what_is_made_of_them() {
    for bad in [f32::NAN, f32::INFINITY] {
        let extent = extent(1, 5, 5, 1);
        let mut x = vec![1.0; 25];
        x[12] = bad;
        let y = bilinear(&x, extent, 2);
        for (i, y) in y.iter().enumerate() {
            let near = |at: usize| (3..=6).contains(&at);
            assert_eq!(y.is_finite(), !(near(i / 10) && near(i % 10)));
        }
        let mut gradient = vec![1.0; 100];
        gradient[44] = bad;
        let dx = bilinear_backward(&gradient, extent, 2);
        assert!([6, 7, 11, 12].iter().all(|&i| !dx[i].is_finite()));
        assert_eq!(dx.iter().filter(|dx| !dx.is_finite()).count(), 4);
    }
}
