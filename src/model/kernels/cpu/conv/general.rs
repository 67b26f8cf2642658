//! Convolutions with a kernel of any size, stride and padding, forward only. Those that the other modules know are done
//! there; of any other a tile of pixels and outputs is summed up in registers, straight from the map.
//!
//! What a kernel's row covers lies in one run in memory, channels last, so that there are no patches to be made: only
//! rows of maps that are padded at their sides are copied. Weights are put in the order in which they are read, a panel
//! of a few registers' outputs at a time ([`panels`]); a piece of a panel that stays in the first-level cache goes over
//! all tiles of a band of pixels ([`tiles`]) before the next one. Bias and ReLU are added as sums are stored.

mod panels;
mod tiles;

use rayon::prelude::*;

use crate::model::kernels::cpu::conv::lanes::dispatch;
use crate::model::kernels::cpu::conv::product::Finish;
use crate::model::kernels::cpu::conv::{conv1, conv3, winograd};
use crate::model::kernels::cpu::extent::{Extent, SlidingWindow};
use crate::model::kernels::cpu::fill::zeros;
use panels::Panels;
use tiles::{BandSource, TileBand};

/// Pixels of a band: so many that weights are read from the first-level cache mostly, and so few that the band stays in
/// the second one.
const PIXELS: usize = 150;

/// Forward pass, in the fastest way there is for its shape.
///
/// `x` is of `extent`, `weight` `[outputs, channels, height, width]` with the height and width of `window`; gives
/// `[images, height, width, outputs]` with the window's places.
///
/// # Panics
/// Panics if a slice's length does not fit, or the window does not fit the map.
pub fn forward(
    x: &[f32],
    extent: Extent,
    weight: &[f32],
    finish: Finish<'_>,
    window: SlidingWindow,
    outputs: usize,
) -> Vec<f32> {
    let places = window.places(extent);
    match window {
        SlidingWindow { size: [1, 1], stride: 1, padding: [0, 0] } => {
            conv1::forward(x, extent, weight, finish, outputs)
        }
        SlidingWindow { size: [3, 3], stride: 1, padding: [1, 1] } => {
            conv3::forward(x, extent, weight, finish, outputs)
        }
        SlidingWindow { size: [3, 3], stride: 1, padding }
            if winograd::fits(places, extent.channels, outputs) =>
        {
            conv3::check(weight, finish.bias, outputs, extent.channels);
            winograd::forward(x, extent, weight, finish, padding, outputs)
        }
        _ => direct(x, extent, weight, finish, window, outputs),
    }
}

/// [`forward`] by tiles, for any shape.
fn direct(
    x: &[f32],
    extent: Extent,
    weight: &[f32],
    finish: Finish<'_>,
    window: SlidingWindow,
    outputs: usize,
) -> Vec<f32> {
    extent.check(x.len());
    assert!(finish.bias.is_none_or(|bias| bias.len() == outputs), "the bias has not {outputs} values");
    assert_eq!(
        weight.len(),
        outputs * extent.channels * window.taps(),
        "the weights are not [{outputs}, {}] and {:?}",
        extent.channels,
        window.size
    );
    let places = window.places(extent).with_channels(outputs);
    let mut y = zeros(places.len());
    if y.is_empty() {
        return y;
    }
    let panels = Panels::new(weight, finish.bias, [outputs, extent.channels], window.size);
    let rows = rows_of_a_band(places);
    let (row, wide) = (places.width * outputs, extent.width + 2 * window.padding[1]);
    let none = vec![0.0; wide * extent.channels];
    let bands: Vec<_> = y
        .chunks_mut(places.height * row)
        .enumerate()
        .flat_map(|(image, y)| y.chunks_mut(rows * row).enumerate().map(move |(at, y)| (image, at * rows, y)))
        .collect();
    bands.into_par_iter().for_each_init(Vec::new, |scratch, (image, first, y)| {
        let x = &x[image * extent.height * extent.width * extent.channels..];
        let count = y.len() / row;
        let above = first * window.stride;
        let needed = above..above + (count - 1) * window.stride + window.size[0];
        let padded = Padded { x, extent, window };
        let lines = padded.lines(needed, &none, scratch);
        let source = BandSource {
            lines: &lines,
            width: places.width,
            step: window.stride,
            channels: extent.channels,
            panels: &panels,
            relu: finish.relu,
        };
        dispatch(TileBand { source, y });
    });
    y
}

/// Rows of pixels that are summed up at a time.
fn rows_of_a_band(places: Extent) -> usize {
    PIXELS.div_ceil(places.width).min(places.height)
}

/// An image with zeros around it.
struct Padded<'a> {
    /// The image and what is behind it.
    x: &'a [f32],
    extent: Extent,
    window: SlidingWindow,
}

impl<'a> Padded<'a> {
    /// Its `rows`, counted from the first one of the padding. `none` is a row of zeros; rows that need zeros at their
    /// sides are made in `scratch`.
    fn lines<'s>(
        &self,
        rows: std::ops::Range<usize>,
        none: &'s [f32],
        scratch: &'s mut Vec<f32>,
    ) -> Vec<&'s [f32]>
    where
        'a: 's,
    {
        let Self { x, extent, window: SlidingWindow { padding: [above, beside], .. } } = *self;
        let line = extent.width * extent.channels;
        let source = |row: usize| {
            let row = row.checked_sub(above).filter(|row| *row < extent.height);
            row.map(|row| &x[row * line..][..line])
        };
        if beside == 0 {
            return rows.map(|row| source(row).unwrap_or(none)).collect();
        }
        let wide = none.len();
        scratch.resize(rows.len() * wide, 0.0);
        let side = beside * extent.channels;
        for (row, padded) in rows.clone().zip(scratch.chunks_exact_mut(wide)) {
            if let Some(source) = source(row) {
                padded[..side].fill(0.0);
                padded[side..side + line].copy_from_slice(source);
                padded[side + line..].fill(0.0);
            }
        }
        let padded = rows.zip(scratch.chunks_exact(wide));
        padded.map(|(row, padded)| if source(row).is_some() { padded } else { none }).collect()
    }
}

#[cfg(test)]
mod tests;
