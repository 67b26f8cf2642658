//! Spectral normalisation, as the CPU's (`cpu::spectral`) does it.

use burn::backend::TensorMetadata;
use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::cubecl::{self, prelude::*};
use burn::tensor::{Shape, Tensor};

use super::super::{SpectralMade, SpectralTensors};

use super::list::{arguments, dispatched, fused, ranges, registered};
use super::sums::{UNITS, cube_sum};
use super::tensors::{argument, count, empty, put};

/// What spectral norm makes: the weight divided by sigma, both vectors, and sigma, `[1]`.
pub(super) struct GpuSpectral {
    pub weight: CubeTensor,
    pub left: CubeTensor,
    pub right: CubeTensor,
    pub sigma: CubeTensor,
}

/// Normalises contiguous weights of `[rows, columns]`, which may have any shape, with their vectors `[rows]` and
/// `[columns]`; with `iterate`, after one power iteration.
pub(super) fn spectral_norms(layers: &[[CubeTensor; 3]], iterate: bool) -> Vec<GpuSpectral> {
    ranges(layers, 6, |_, _| true).into_iter().flat_map(|range| normalised(&layers[range], iterate)).collect()
}

/// Normalises the weights of many layers in one operation; with `iterate`, after one power iteration.
pub(in crate::model) fn spectral_norm_of_layers(
    layers: Vec<SpectralTensors>,
    iterate: bool,
) -> Vec<SpectralMade> {
    let inputs: Vec<_> = layers
        .into_iter()
        .flat_map(|SpectralTensors { weight, vectors: [left, right] }| {
            [weight, left.into_dispatch(), right.into_dispatch()].map(fused)
        })
        .collect();
    let shapes: Vec<Shape> = inputs
        .chunks(3)
        .flat_map(|own| [own[0].shape(), own[1].shape(), own[2].shape(), Shape::new([1])])
        .collect();
    let made = registered("spectral_norm_of_layers", inputs, shapes, move |tensors| {
        let tensors: Vec<CubeTensor> = tensors.into_iter().map(into_contiguous).collect();
        let layers: Vec<[CubeTensor; 3]> =
            tensors.chunks(3).map(|own| [own[0].clone(), own[1].clone(), own[2].clone()]).collect();
        let made = spectral_norms(&layers, iterate).into_iter();
        made.flat_map(|GpuSpectral { weight, left, right, sigma }| [weight, left, right, sigma]).collect()
    });
    let mut made = made.into_iter().map(dispatched);
    let mut all = Vec::new();
    while let (Some(normalised), Some(left), Some(right), Some(sigma)) =
        (made.next(), made.next(), made.next(), made.next())
    {
        let vectors = [left, right].map(Tensor::from_dispatch);
        all.push(SpectralMade { normalised, vectors, sigma });
    }
    all
}

/// As many layers as one kernel can work on.
fn normalised(layers: &[[CubeTensor; 3]], iterate: bool) -> Vec<GpuSpectral> {
    let client = &layers[0][0].client;
    let of = |which: usize| arguments(layers.iter().map(|layer| &layer[which]));
    let most = |count: &dyn Fn(&[CubeTensor; 3]) -> usize| layers.iter().map(count).max().unwrap_or(0) as u32;
    let (rows, columns) = (most(&|[_, left, _]| count(left)), most(&|[.., right]| count(right)));
    let values = most(&|[weight, ..]| count(weight));
    let (cube, wide) = (CubeDim::new_1d(UNITS as u32), layers.len() as u32);
    let like = |which: usize| -> Vec<CubeTensor> {
        layers.iter().map(|layer| empty(&layer[which], layer[which].shape())).collect()
    };
    // Wᵀ u, which has no length yet, and W v.
    let (to_right, to_left) = (like(2), like(1));
    if iterate {
        row_sums_kernel::launch(
            client,
            CubeCount::Static(columns.div_ceil(UNITS as u32), wide, 1),
            cube,
            of(0),
            of(1),
            arguments(to_right.iter()),
        );
    }
    let [moved_left, moved_right] = [1, 2].map(|which| {
        if iterate { like(which) } else { layers.iter().map(|layer| layer[which].clone()).collect() }
    });
    by_vectors_kernel::launch(
        client,
        CubeCount::Static(rows, wide, 1),
        cube,
        of(0),
        arguments(to_right.iter()),
        of(2),
        arguments(moved_right.iter()),
        arguments(to_left.iter()),
        iterate,
    );
    let weights = like(0);
    let sigmas: Vec<CubeTensor> = layers.iter().map(|[weight, ..]| empty(weight, [1])).collect();
    divide_kernel::launch(
        client,
        CubeCount::Static(values.div_ceil(UNITS as u32), wide, 1),
        cube,
        of(0),
        arguments(to_left.iter()),
        of(1),
        arguments(moved_left.iter()),
        arguments(weights.iter()),
        arguments(sigmas.iter()),
        iterate,
    );
    let vectors = moved_left.into_iter().zip(moved_right);
    let made = weights.into_iter().zip(vectors).zip(sigmas);
    made.map(|((weight, (left, right)), sigma)| GpuSpectral { weight, left, right, sigma }).collect()
}

/// The gradient of a weight, of that of the weight divided by sigma: `G / sigma - <G, W> / sigma² · u vᵀ`. All are
/// contiguous.
pub(super) fn spectral_norm_backward(
    weight: &CubeTensor,
    [left, right, sigma]: [&CubeTensor; 3],
    gradient: &CubeTensor,
) -> CubeTensor {
    let rows = count(left);
    let products = empty(weight, [rows]);
    let output = empty(weight, weight.shape());
    let cube = CubeDim::new_1d(UNITS as u32);
    row_products_kernel::launch(
        &weight.client,
        CubeCount::Static(rows as u32, 1, 1),
        cube,
        argument(weight),
        argument(gradient),
        argument(&products),
        count(right),
    );
    project_kernel::launch(
        &weight.client,
        CubeCount::Static(count(weight).div_ceil(UNITS) as u32, 1, 1),
        cube,
        argument(gradient),
        argument(&products),
        argument(left),
        argument(right),
        argument(sigma),
        argument(&output),
    );
    output
}

/// One over the length of a vector, of its sum of squares, or 0 where that is 0.
#[cube]
fn inverse_length(squares: f32) -> f32 {
    let length = squares.sqrt();
    // A comparison, since a maximum would make a number of NaN.
    let length = select(length < 1e-12, 1e-12, length);
    select(squares == 0.0, 0.0, 1.0 / length)
}

/// `Wᵀ u` of each layer, which is the second place of a cube.
#[cube(launch)]
fn row_sums_kernel(
    weights: &Sequence<Box<[f32]>>,
    lefts: &Sequence<Box<[f32]>>,
    outputs: &mut Sequence<Box<[f32]>>,
) {
    let column = (CUBE_POS_X * CUBE_DIM_X + UNIT_POS) as usize;
    let layers = comptime![weights.len()];
    #[unroll]
    for layer in 0..layers {
        let columns = outputs[layer].len();
        if CUBE_POS_Y as usize == layer && column < columns {
            let mut sum = 0.0f32;
            for row in 0..lefts[layer].len() {
                sum += weights[layer][row * columns + column] * lefts[layer][row];
            }
            put(&mut outputs[layer], column, sum);
        }
    }
}

/// `W v` of each layer, a row of `W` with each cube; with `iterate`, `v` is that of `to_rights` with length one, or that
/// of `rights` where it has none.
#[cube(launch)]
fn by_vectors_kernel(
    weights: &Sequence<Box<[f32]>>,
    to_rights: &Sequence<Box<[f32]>>,
    rights: &Sequence<Box<[f32]>>,
    moved_rights: &mut Sequence<Box<[f32]>>,
    to_lefts: &mut Sequence<Box<[f32]>>,
    #[comptime] iterate: bool,
) {
    let unit = UNIT_POS as usize;
    let row = CUBE_POS_X as usize;
    let layers = comptime![weights.len()];
    let mut squares = 0.0f32;
    if comptime!(iterate) {
        #[unroll]
        for layer in 0..layers {
            if CUBE_POS_Y as usize == layer {
                let mut column = unit;
                while column < rights[layer].len() {
                    let value = to_rights[layer][column];
                    squares += value * value;
                    column += UNITS;
                }
            }
        }
        squares = cube_sum(squares);
    }
    let inverse = inverse_length(squares);
    let mut product = 0.0f32;
    #[unroll]
    for layer in 0..layers {
        if CUBE_POS_Y as usize == layer && row < to_lefts[layer].len() {
            let columns = rights[layer].len();
            let mut column = unit;
            while column < columns {
                let mut value = rights[layer][column];
                if comptime!(iterate) {
                    value = select(squares == 0.0, value, to_rights[layer][column] * inverse);
                    if row == 0 {
                        put(&mut moved_rights[layer], column, value);
                    }
                }
                product += weights[layer][row * columns + column] * value;
                column += UNITS;
            }
        }
    }
    let product = cube_sum(product);
    #[unroll]
    for layer in 0..layers {
        if CUBE_POS_Y as usize == layer && unit == 0 && row < to_lefts[layer].len() {
            put(&mut to_lefts[layer], row, product);
        }
    }
}

/// `W / sigma` of each layer, where sigma is `uᵀ W v` or 1 if that is 0; with `iterate`, `u` is that of `to_lefts`, which
/// is `W v`, with length one, or that of `lefts` where it has none.
#[cube(launch)]
fn divide_kernel(
    weights: &Sequence<Box<[f32]>>,
    to_lefts: &Sequence<Box<[f32]>>,
    lefts: &Sequence<Box<[f32]>>,
    moved_lefts: &mut Sequence<Box<[f32]>>,
    outputs: &mut Sequence<Box<[f32]>>,
    sigmas: &mut Sequence<Box<[f32]>>,
    #[comptime] iterate: bool,
) {
    let unit = UNIT_POS as usize;
    let layers = comptime![weights.len()];
    let mut squares = 0.0f32;
    if comptime!(iterate) {
        #[unroll]
        for layer in 0..layers {
            if CUBE_POS_Y as usize == layer {
                let mut row = unit;
                while row < lefts[layer].len() {
                    let value = to_lefts[layer][row];
                    squares += value * value;
                    row += UNITS;
                }
            }
        }
        squares = cube_sum(squares);
    }
    let inverse = inverse_length(squares);
    let mut norm = 0.0f32;
    #[unroll]
    for layer in 0..layers {
        if CUBE_POS_Y as usize == layer {
            let mut row = unit;
            while row < lefts[layer].len() {
                let product = to_lefts[layer][row];
                let mut value = lefts[layer][row];
                if comptime!(iterate) {
                    value = select(squares == 0.0, value, product * inverse);
                    if CUBE_POS_X == 0 {
                        put(&mut moved_lefts[layer], row, value);
                    }
                }
                norm += value * product;
                row += UNITS;
            }
        }
    }
    let norm = cube_sum(norm);
    let norm = select(norm == 0.0, 1.0, norm);
    let position = CUBE_POS_X as usize * UNITS + unit;
    #[unroll]
    for layer in 0..layers {
        if CUBE_POS_Y as usize == layer {
            if position == 0 {
                put(&mut sigmas[layer], 0, norm);
            }
            if position < outputs[layer].len() {
                put(&mut outputs[layer], position, weights[layer][position] / norm);
            }
        }
    }
}

/// `<G, W>` of each row, with a cube.
#[cube(launch)]
fn row_products_kernel(weight: &[f32], gradient: &[f32], output: &mut [f32], columns: usize) {
    let unit = UNIT_POS as usize;
    let row = CUBE_POS_X as usize;
    let mut sum = 0.0f32;
    let mut column = unit;
    while column < columns {
        let position = row * columns + column;
        sum += weight[position] * gradient[position];
        column += UNITS;
    }
    let sum = cube_sum(sum);
    if unit == 0 {
        output[row] = sum;
    }
}

/// `G / sigma - <G, W> / sigma² · u vᵀ`.
#[cube(launch)]
fn project_kernel(
    gradient: &[f32],
    products: &[f32],
    left: &[f32],
    right: &[f32],
    sigma: &[f32],
    output: &mut [f32],
) {
    let unit = UNIT_POS as usize;
    let mut sum = 0.0f32;
    let mut row = unit;
    while row < products.len() {
        sum += products[row];
        row += UNITS;
    }
    let sum = cube_sum(sum);
    let position = CUBE_POS_X as usize * UNITS + unit;
    if position < output.len() {
        let columns = right.len();
        let inverse = 1.0 / sigma[0];
        let slope = sum * inverse * inverse * left[position / columns];
        output[position] = gradient[position] * inverse - slope * right[position % columns];
    }
}
