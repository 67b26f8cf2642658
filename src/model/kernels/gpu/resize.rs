//! Halving and enlarging of maps, and sums over their pixels.

use burn::cubecl::{self, prelude::*};

use super::super::cpu::Extent;
use super::super::cpu::pool::halved;
use super::super::cpu::resize::enlarged;
use super::tensors::{GpuMaps, argument, count, units};

/// Launches a kernel that makes each value of `$output` of those of `$input`.
macro_rules! launch {
    ($kernel:ident, $input:expr, $output:expr $(, $more:expr)*) => {{
        let (input, output): (&GpuMaps, GpuMaps) = ($input, $output);
        let (cubes, dim) = units(&output.tensor, count(&output.tensor));
        let Extent { width, channels, .. } = output.extent;
        $kernel::launch(
            &output.tensor.client,
            cubes,
            dim,
            input.argument(),
            argument(&output.tensor),
            width,
            channels,
            $($more),*
        );
        output
    }};
}

/// The mean of each 2x2 pixels.
pub(super) fn halve(x: &GpuMaps) -> GpuMaps {
    launch!(halve_kernel, x, x.empty(halved(x.extent)))
}

/// The gradient of what was halved.
pub(super) fn halve_backward(gradient: &GpuMaps) -> GpuMaps {
    launch!(repeat_kernel, gradient, gradient.empty(enlarged(gradient.extent, 2)), 2, 2, 0.25)
}

/// Nearest-neighbour enlarging.
pub(super) fn nearest(x: &GpuMaps, factor: usize) -> GpuMaps {
    launch!(repeat_kernel, x, x.empty(enlarged(x.extent, factor)), factor, factor, 1.0)
}

/// The gradient of what was enlarged to maps of `gradient`'s size.
pub(super) fn nearest_backward(gradient: &GpuMaps, factor: usize) -> GpuMaps {
    window_sum(gradient, [factor; 2])
}

/// The sum over all pixels, `[images, 1, 1, channels]`.
pub(super) fn spatial_sum(x: &GpuMaps) -> GpuMaps {
    window_sum(x, [x.extent.height, x.extent.width])
}

/// The gradient of maps of this height and width whose pixels were summed.
pub(super) fn spatial_sum_backward(gradient: &GpuMaps, [height, width]: [usize; 2]) -> GpuMaps {
    let output = gradient.empty(Extent { height, width, ..gradient.extent });
    launch!(repeat_kernel, gradient, output, height, width, 1.0)
}

/// Bilinear enlarging with half-pixel centres.
pub(super) fn bilinear(x: &GpuMaps, factor: usize) -> GpuMaps {
    let extent = enlarged(x.extent, factor);
    launch!(bilinear_kernel, x, x.empty(extent), extent.height, factor)
}

/// The gradient of what was enlarged to maps of `gradient`'s size.
pub(super) fn bilinear_backward(gradient: &GpuMaps, factor: usize) -> GpuMaps {
    let extent = smaller(gradient.extent, [factor; 2]);
    launch!(bilinear_backward_kernel, gradient, gradient.empty(extent), extent.height, factor)
}

fn window_sum(x: &GpuMaps, [height, width]: [usize; 2]) -> GpuMaps {
    launch!(window_sum_kernel, x, x.empty(smaller(x.extent, [height, width])), height, width)
}

fn smaller(extent: Extent, [height, width]: [usize; 2]) -> Extent {
    Extent { height: extent.height / height, width: extent.width / width, ..extent }
}

#[cube(launch)]
fn halve_kernel(x: &[f32], output: &mut [f32], width: usize, channels: usize) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let channel = position % channels;
        let pixel = position / channels;
        let column = pixel % width;
        // Rows of all images, of which each has an even number in `x`.
        let row = pixel / width;
        let from = ((2 * row) * (2 * width) + 2 * column) * channels + channel;
        let below = from + 2 * width * channels;
        let sum = (x[from] + x[from + channels]) + (x[below] + x[below + channels]);
        output[position] = 0.25 * sum;
    }
}

/// Each pixel of `x` as a window of `tall` times `wide` pixels of `scale` times its value.
#[cube(launch)]
fn repeat_kernel(
    x: &[f32],
    output: &mut [f32],
    width: usize,
    channels: usize,
    tall: usize,
    wide: usize,
    scale: f32,
) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let channel = position % channels;
        let pixel = position / channels;
        let column = (pixel % width) / wide;
        let row = (pixel / width) / tall;
        output[position] = scale * x[(row * (width / wide) + column) * channels + channel];
    }
}

/// The sum of each window of `tall` times `wide` pixels.
#[cube(launch)]
fn window_sum_kernel(x: &[f32], output: &mut [f32], width: usize, channels: usize, tall: usize, wide: usize) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let channel = position % channels;
        let pixel = position / channels;
        let column = (pixel % width) * wide;
        let row = (pixel / width) * tall;
        let mut sum = 0.0f32;
        for down in 0..tall {
            for across in 0..wide {
                sum += x[((row + down) * (width * wide) + column + across) * channels + channel];
            }
        }
        output[position] = sum;
    }
}

/// Where a pixel of an enlarged side lies in the side of `size` pixels that it is made of, from the middle of the
/// first pixel on.
#[cube]
fn source(pixel: usize, factor: usize) -> f32 {
    let place = (f32::cast_from(pixel as u32) + 0.5) / f32::cast_from(factor as u32) - 0.5;
    select(place < 0.0, 0.0, place)
}

/// The pixel before that place.
#[cube]
fn before(place: f32, size: usize) -> usize {
    let low = u32::cast_from(place) as usize;
    select(low < size - 1, low, size - 1)
}

/// The pixel behind that place.
#[cube]
fn behind(low: usize, size: usize) -> usize {
    select(low < size - 1, low + 1, size - 1)
}

#[cube(launch)]
fn bilinear_kernel(
    x: &[f32],
    output: &mut [f32],
    width: usize,
    channels: usize,
    height: usize,
    factor: usize,
) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let channel = position % channels;
        let pixel = position / channels;
        let tall = height / factor;
        let wide = width / factor;
        let across = source(pixel % width, factor);
        let down = source((pixel / width) % height, factor);
        let left = before(across, wide);
        let right = behind(left, wide);
        let top = before(down, tall);
        let bottom = behind(top, tall);
        let share = across - f32::cast_from(left as u32);
        let share_down = down - f32::cast_from(top as u32);
        let image = pixel / width / height * tall;
        let upper = (image + top) * wide;
        let lower = (image + bottom) * wide;
        let above = x[(upper + left) * channels + channel] * (1.0 - share)
            + x[(upper + right) * channels + channel] * share;
        let below = x[(lower + left) * channels + channel] * (1.0 - share)
            + x[(lower + right) * channels + channel] * share;
        output[position] = above * (1.0 - share_down) + below * share_down;
    }
}

/// The weight with which `pixel` of a side of `size` pixels goes into `enlarged` of the enlarged side.
#[cube]
fn weight(enlarged: usize, pixel: usize, size: usize, factor: usize) -> f32 {
    let place = source(enlarged, factor);
    let low = before(place, size);
    let high = behind(low, size);
    let share = place - f32::cast_from(low as u32);
    select(low == pixel, 1.0 - share, 0.0) + select(high == pixel, share, 0.0)
}

/// The first enlarged pixel that a pixel may go into.
#[cube]
fn first_of(pixel: usize, factor: usize) -> usize {
    // The difference below zero is not taken.
    select(pixel > 0, pixel * factor - factor, 0)
}

/// The end of the enlarged pixels that a pixel may go into.
#[cube]
fn end_of(pixel: usize, size: usize, factor: usize) -> usize {
    select(pixel + 2 < size, (pixel + 2) * factor, size * factor)
}

/// `height`, `width` are those of the small maps, which are made of the gradient of the enlarged ones.
#[cube(launch)]
fn bilinear_backward_kernel(
    x: &[f32],
    output: &mut [f32],
    width: usize,
    channels: usize,
    height: usize,
    factor: usize,
) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let channel = position % channels;
        let pixel = position / channels;
        let column = pixel % width;
        let row = (pixel / width) % height;
        let image = pixel / width / height * (height * factor);
        let mut sum = 0.0f32;
        for down in first_of(row, factor)..end_of(row, height, factor) {
            let mut line = 0.0f32;
            for across in first_of(column, factor)..end_of(column, width, factor) {
                line += weight(across, column, width, factor)
                    * x[((image + down) * (width * factor) + across) * channels + channel];
            }
            sum += weight(down, row, height, factor) * line;
        }
        output[position] = sum;
    }
}
