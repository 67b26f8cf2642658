//! Sums over the pixels of maps, channel by channel.

use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};

use super::activation::where_positive;
use super::tensors::{GpuMaps, argument, empty, units};

/// Channels beside each other in a cube, and rows that it works on at once.
const WIDE: usize = 32;
const TALL: usize = 8;
/// Units of a cube.
pub(super) const UNITS: usize = WIDE * TALL;
/// The fewest rows of a chunk, and the most chunks that a section is cut into.
const FEWEST_ROWS: usize = 64;
const MOST_CHUNKS: usize = 64;

/// How the pixels of maps are cut: into sections, which are summed by themselves, and each of these into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Parts with sums of their own: 1, or one for each image.
    pub sections: usize,
    /// Pixels of a section.
    pub rows: usize,
    /// Values of a pixel.
    pub channels: usize,
}

impl Cut {
    /// All pixels together.
    pub fn whole(maps: &GpuMaps) -> Self {
        Self { sections: 1, rows: maps.extent.pixels(), channels: maps.extent.channels }
    }

    /// Each image by itself.
    pub fn images(maps: &GpuMaps) -> Self {
        let (sections, channels) = (maps.extent.images, maps.extent.channels);
        Self { sections, rows: maps.extent.height * maps.extent.width, channels }
    }

    /// Pixels of a chunk.
    fn chunk(self) -> usize {
        self.rows.div_ceil(MOST_CHUNKS).max(FEWEST_ROWS)
    }

    /// Chunks of a section.
    fn chunks(self) -> usize {
        self.rows.div_ceil(self.chunk())
    }

    /// Where so many sums of each chunk are put.
    fn partial_sums(self, like: &CubeTensor, sums: usize) -> CubeTensor {
        empty(like, [self.sections * self.chunks(), sums, self.channels])
    }

    /// The grid of a kernel that sums chunks.
    fn grid(self) -> (CubeCount, CubeDim) {
        let tiles = self.channels.div_ceil(WIDE);
        let cubes = CubeCount::Static(tiles as u32, self.chunks() as u32, self.sections as u32);
        (cubes, CubeDim::new_2d(WIDE as u32, TALL as u32))
    }

    /// Mean and biased variance of each section's channels, `[sections * channels]`.
    pub fn moments(self, x: &CubeTensor) -> [CubeTensor; 2] {
        let parts = self.partial_sums(x, 3);
        let (cubes, dim) = self.grid();
        let (rows, channels, chunk) = (self.rows, self.channels, self.chunk());
        deviations_kernel::launch(
            &x.client,
            cubes,
            dim,
            argument(x),
            argument(&parts),
            rows,
            channels,
            chunk,
        );
        let statistics = [(); 2].map(|()| empty(x, [self.sections * self.channels]));
        let (cubes, dim) = units(x, self.sections * self.channels);
        let [mean, variance] = statistics.each_ref().map(argument);
        moments_kernel::launch(
            &x.client,
            cubes,
            dim,
            argument(&parts),
            mean,
            variance,
            self.channels,
            self.chunks(),
            1.0 / self.rows as f32,
        );
        statistics
    }

    /// The sums of the gradient behind a norm's ReLU and of its product with what the norm made of `x`, each `[sections
    /// * channels]`.
    pub fn gradient_sums(
        self,
        [x, gradient]: [&CubeTensor; 2],
        [mean, variance, weight, bias]: [&CubeTensor; 4],
        [affine, relu]: [bool; 2],
    ) -> [CubeTensor; 2] {
        let parts = self.partial_sums(x, 2);
        let (cubes, dim) = self.grid();
        gradient_sums_kernel::launch(
            &x.client,
            cubes,
            dim,
            argument(x),
            argument(gradient),
            argument(mean),
            argument(variance),
            argument(weight),
            argument(bias),
            argument(&parts),
            self.rows,
            self.channels,
            self.chunk(),
            affine,
            relu,
        );
        let sums = [(); 2].map(|()| empty(x, [self.sections * self.channels]));
        let (cubes, dim) = units(x, self.sections * self.channels);
        let [sum, products] = sums.each_ref().map(argument);
        let (channels, chunks) = (self.channels, self.chunks());
        join_pair_kernel::launch(&x.client, cubes, dim, argument(&parts), sum, products, channels, chunks);
        sums
    }

    /// The sum of each channel of all pixels, `[channels]`.
    pub fn column_sums(self, x: &CubeTensor) -> CubeTensor {
        let parts = self.partial_sums(x, 1);
        let (cubes, dim) = self.grid();
        let (rows, channels, chunk) = (self.rows, self.channels, self.chunk());
        column_sums_kernel::launch(
            &x.client,
            cubes,
            dim,
            argument(x),
            argument(&parts),
            rows,
            channels,
            chunk,
        );
        let output = empty(x, [channels]);
        let (cubes, dim) = units(x, channels);
        join_kernel::launch(&x.client, cubes, dim, argument(&parts), argument(&output), self.chunks());
        output
    }
}

/// `1 / sqrt(variance + epsilon)`.
#[cube]
pub(super) fn inverse_deviation(variance: f32) -> f32 {
    1.0 / (variance + 1e-5).sqrt()
}

/// What a norm adds to each value beside its bias: nothing that a finite variance shows in, but not a number or
/// infinite where the variance is, since what is divided by infinity is 0, the most ordinary of numbers.
#[cube]
pub(super) fn trace(variance: f32) -> f32 {
    variance.sqrt() * 1e-30
}

/// Weight and bias of a channel, or 1 and 0 if there are none.
#[cube]
pub(super) fn scale_and_shift(
    weight: &[f32],
    bias: &[f32],
    channel: usize,
    #[comptime] affine: bool,
) -> (f32, f32) {
    let mut scale = 1.0f32;
    let mut shift = 0.0f32;
    if comptime!(affine) {
        scale = weight[channel];
        shift = bias[channel];
    }
    (scale, shift)
}

/// What a norm makes of a value.
#[cube]
pub(super) fn normalised(x: f32, mean: f32, variance: f32, weight: f32, bias: f32) -> f32 {
    (x - mean) * (inverse_deviation(variance) * weight) + (bias + trace(variance))
}

/// The sum of one value of each unit of a cube, which has `UNITS`, for all of them.
#[cube]
pub(super) fn cube_sum(value: f32) -> f32 {
    let mut values = Shared::<[f32]>::new_slice(UNITS);
    let unit = UNIT_POS as usize;
    values[unit] = value;
    sync_cube();
    let mut active = CUBE_DIM as usize / 2;
    while active > 0 {
        if unit < active {
            let other = values[unit + active];
            values[unit] += other;
        }
        active /= 2;
        sync_cube();
    }
    values[0]
}

/// The sum of one value of each unit of the own column, which are `TALL`.
#[cube]
fn column_sum(values: &Shared<[f32]>) -> f32 {
    let mut sum = 0.0f32;
    for lane in 0..TALL {
        sum += values[lane * WIDE + UNIT_POS_X as usize];
    }
    sum
}

/// What a unit of a kernel that sums chunks works on. Rows count from the first of the maps.
#[derive(CubeType)]
struct Place {
    channel: usize,
    /// The first row of its section.
    first: usize,
    /// Its own first row, from which it takes every `TALL`th, and the end of its chunk.
    begin: usize,
    end: usize,
    /// The number of its chunk among those of all sections.
    part: usize,
}

/// The place of this unit where sections have `rows` rows and chunks `chunk`.
#[cube]
fn place(rows: usize, chunk: usize) -> Place {
    let first = CUBE_POS_Z as usize * rows;
    let begin = CUBE_POS_Y as usize * chunk;
    let end = select(begin + chunk < rows, begin + chunk, rows);
    Place {
        channel: CUBE_POS_X as usize * WIDE + UNIT_POS_X as usize,
        first,
        begin: first + begin + UNIT_POS_Y as usize,
        end: first + end,
        part: CUBE_POS_Z as usize * CUBE_COUNT_Y as usize + CUBE_POS_Y as usize,
    }
}

/// The value that deviations of a channel are taken from: the mean of eight of its values.
#[cube]
fn pivot(x: &[f32], first: usize, rows: usize, channels: usize, channel: usize) -> f32 {
    let mut sum = 0.0f32;
    for index in 0..8usize {
        sum += x[(first + index * rows / 8) * channels + channel];
    }
    sum * 0.125
}

/// Of each chunk: the sum of deviations from the pivot, that of their squares, and the pivot.
#[cube(launch)]
fn deviations_kernel(x: &[f32], parts: &mut [f32], rows: usize, channels: usize, chunk: usize) {
    let place = place(rows, chunk);
    let mut sum = 0.0f32;
    let mut squares = 0.0f32;
    let mut centre = 0.0f32;
    if place.channel < channels {
        centre = pivot(x, place.first, rows, channels, place.channel);
        let mut row = place.begin;
        while row < place.end {
            let deviation = x[row * channels + place.channel] - centre;
            sum += deviation;
            squares += deviation * deviation;
            row += TALL;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(UNITS);
    let mut all_squares = Shared::<[f32]>::new_slice(UNITS);
    sums[UNIT_POS as usize] = sum;
    all_squares[UNIT_POS as usize] = squares;
    sync_cube();
    if UNIT_POS_Y == 0 && place.channel < channels {
        let part = place.part * 3 * channels + place.channel;
        parts[part] = column_sum(&sums);
        parts[part + channels] = column_sum(&all_squares);
        parts[part + 2 * channels] = centre;
    }
}

/// Mean and variance of each channel of each section.
#[cube(launch)]
fn moments_kernel(
    parts: &[f32],
    mean: &mut [f32],
    variance: &mut [f32],
    channels: usize,
    chunks: usize,
    share: f32,
) {
    let position = ABSOLUTE_POS;
    if position < mean.len() {
        let channel = position % channels;
        let begin = position / channels * chunks;
        let mut sum = 0.0f32;
        let mut squares = 0.0f32;
        for index in 0..chunks {
            let part = (begin + index) * 3 * channels + channel;
            sum += parts[part];
            squares += parts[part + channels];
        }
        let distance = sum * share;
        let rest = squares * share - distance * distance;
        mean[position] = parts[begin * 3 * channels + 2 * channels + channel] + distance;
        // Not `max`, which would make a number of NaN.
        variance[position] = select(rest < 0.0, 0.0, rest);
    }
}

/// Of each chunk: the sum of each channel.
#[cube(launch)]
fn column_sums_kernel(x: &[f32], parts: &mut [f32], rows: usize, channels: usize, chunk: usize) {
    let place = place(rows, chunk);
    let mut sum = 0.0f32;
    if place.channel < channels {
        let mut row = place.begin;
        while row < place.end {
            sum += x[row * channels + place.channel];
            row += TALL;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(UNITS);
    sums[UNIT_POS as usize] = sum;
    sync_cube();
    if UNIT_POS_Y == 0 && place.channel < channels {
        parts[place.part * channels + place.channel] = column_sum(&sums);
    }
}

/// Of each chunk: the sum of the gradient behind the ReLU, and of its product with the normalised value.
#[cube(launch)]
fn gradient_sums_kernel(
    x: &[f32],
    gradient: &[f32],
    mean: &[f32],
    variance: &[f32],
    weight: &[f32],
    bias: &[f32],
    parts: &mut [f32],
    rows: usize,
    channels: usize,
    chunk: usize,
    #[comptime] affine: bool,
    #[comptime] relu: bool,
) {
    let place = place(rows, chunk);
    let mut sum = 0.0f32;
    let mut products = 0.0f32;
    if place.channel < channels {
        let at = CUBE_POS_Z as usize * channels + place.channel;
        let centre = mean[at];
        let spread = variance[at];
        let inverse = inverse_deviation(spread);
        let (scale, shift) = scale_and_shift(weight, bias, place.channel, affine);
        let mut row = place.begin;
        while row < place.end {
            let position = row * channels + place.channel;
            let value = x[position];
            let mut slope = gradient[position];
            if comptime!(relu) {
                let output = normalised(value, centre, spread, scale, shift);
                slope = where_positive(output, slope);
            }
            sum += slope;
            products += slope * ((value - centre) * inverse);
            row += TALL;
        }
    }
    let mut sums = Shared::<[f32]>::new_slice(UNITS);
    let mut all_products = Shared::<[f32]>::new_slice(UNITS);
    sums[UNIT_POS as usize] = sum;
    all_products[UNIT_POS as usize] = products;
    sync_cube();
    if UNIT_POS_Y == 0 && place.channel < channels {
        let part = place.part * 2 * channels + place.channel;
        parts[part] = column_sum(&sums);
        parts[part + channels] = column_sum(&all_products);
    }
}

/// The sum of each channel of all chunks, which have one sum.
#[cube(launch)]
fn join_kernel(parts: &[f32], output: &mut [f32], chunks: usize) {
    let channel = ABSOLUTE_POS;
    if channel < output.len() {
        let mut sum = 0.0f32;
        for index in 0..chunks {
            sum += parts[index * output.len() + channel];
        }
        output[channel] = sum;
    }
}

/// The sums of all chunks of a section, which have two sums.
#[cube(launch)]
fn join_pair_kernel(parts: &[f32], first: &mut [f32], second: &mut [f32], channels: usize, chunks: usize) {
    let position = ABSOLUTE_POS;
    if position < first.len() {
        let channel = position % channels;
        let begin = position / channels * chunks;
        let mut sum = 0.0f32;
        let mut other = 0.0f32;
        for index in 0..chunks {
            let part = (begin + index) * 2 * channels + channel;
            sum += parts[part];
            other += parts[part + channels];
        }
        first[position] = sum;
        second[position] = other;
    }
}
