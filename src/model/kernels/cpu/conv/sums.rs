//! Sums over a batch that have the same bits for any number of threads.

use std::ops::Range;

use rayon::prelude::*;

/// Largest number of parts of a sum: enough for as many cores, and few enough to be added up quickly.
const PARTS: usize = 16;

/// Values that all parts together may hold, 64 MiB, unless four parts are more.
const VALUES: usize = 1 << 24;

/// Sum of `len` values over `items`, which are cut into parts of at least `least` items.
///
/// `add` adds what a range of items gives to the values of a part, which begin as zero. How the items are cut depends
/// on the arguments alone, and the parts are added in order.
pub(crate) fn in_parts(
    items: usize,
    least: usize,
    len: usize,
    add: impl Fn(Range<usize>, &mut [f32]) + Sync,
) -> Vec<f32> {
    let most = (VALUES / len.max(1)).clamp(4, PARTS);
    let each = items.div_ceil(most).max(least).max(1);
    let mut parts: Vec<Vec<f32>> = (0..items.div_ceil(each))
        .into_par_iter()
        .map(|part| {
            let mut sum = vec![0.0; len];
            add(part * each..items.min((part + 1) * each), &mut sum);
            sum
        })
        .collect();
    if parts.is_empty() {
        return vec![0.0; len];
    }
    let mut total = parts.remove(0);
    total.par_chunks_mut(4096).enumerate().for_each(|(chunk, total)| {
        for part in &parts {
            for (total, value) in total.iter_mut().zip(&part[chunk * 4096..]) {
                *total += value;
            }
        }
    });
    total
}

/// Sum over the pixels of a map, for each channel: the gradient of a bias.
pub(crate) fn over_pixels(values: &[f32], channels: usize) -> Vec<f32> {
    if channels == 0 {
        return Vec::new();
    }
    in_parts(values.len() / channels, 256, channels, |pixels, sum| {
        let values = &values[pixels.start * channels..pixels.end * channels];
        // Sums of sums lose less than one long sum.
        for block in values.chunks(64 * channels) {
            let mut part = vec![0.0; channels];
            for pixel in block.chunks_exact(channels) {
                for (part, value) in part.iter_mut().zip(pixel) {
                    *part += value;
                }
            }
            for (sum, part) in sum.iter_mut().zip(part) {
                *sum += part;
            }
        }
    })
}
