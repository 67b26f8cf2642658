//! Spectral normalisation, as the CPU's (`cpu::spectral`) does it.

use burn::backend::TensorMetadata;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};
use burn::tensor::{Shape, Tensor};

use super::super::{SpectralMade, SpectralTensors};

use super::list::{arguments, ranges, registered};
use super::sums::{UNITS, cube_sum};
use super::tensors::{argument, count, empty, put};

/// Normalises contiguous weights of `[rows, columns]`, which may have any shape, with their vectors `[rows]` and
/// `[columns]`; with `iterate`, after one power iteration. Makes of each layer the weight divided by sigma, both vectors,
/// and sigma, `[1]`.
pub(super) fn spectral_norms(layers: &[[CubeTensor; 3]], iterate: bool) -> Vec<[CubeTensor; 4]> {
    ranges(layers, 6, |_, _| true).into_iter().flat_map(|range| normalised(&layers[range], iterate)).collect()
}

/// Normalises the weights of many layers in one operation; with `iterate`, after one power iteration.
pub(in crate::model) fn spectral_norm_of_layers(
    layers: Vec<SpectralTensors>,
    iterate: bool,
) -> Vec<SpectralMade> {
    let inputs = layers.into_iter().map(|SpectralTensors { weight, vectors: [left, right] }| {
        [weight, left.into_dispatch(), right.into_dispatch()]
    });
    let shapes = |layers: &[[Shape; 3]]| {
        let shapes = layers.iter().cloned();
        shapes.map(|[weight, left, right]| [weight, left, right, Shape::new([1])]).collect()
    };
    let made = registered("spectral_norm_of_layers", inputs.collect(), shapes, move |layers| {
        spectral_norms(&layers, iterate)
    });
    let made = made.into_iter();
    made.map(|[normalised, left, right, sigma]| {
        let vectors = [left, right].map(Tensor::from_dispatch);
        SpectralMade { normalised, vectors, sigma }
    })
    .collect()
}

/// As many layers as one kernel can work on.
fn normalised(layers: &[[CubeTensor; 3]], iterate: bool) -> Vec<[CubeTensor; 4]> {
    let client = &layers[0][0].client;
    let most = |which: usize| layers.iter().map(|layer| count(&layer[which])).max().unwrap_or(0) as u32;
    let [values, rows, columns] = [0, 1, 2].map(most);
    let (cube, wide) = (CubeDim::new_1d(UNITS as u32), layers.len() as u32);
    // Wᵀ u, which has no length yet, and W v.
    let by_vectors: Vec<[CubeTensor; 2]> = layers
        .iter()
        .map(|[_, left, right]| [right, left].map(|vector| empty(vector, vector.shape())))
        .collect();
    let made: Vec<[CubeTensor; 4]> = layers
        .iter()
        .map(|[weight, left, right]| {
            let [left, right] =
                [left, right].map(|own| if iterate { empty(own, own.shape()) } else { own.clone() });
            [empty(weight, weight.shape()), left, right, empty(weight, [1])]
        })
        .collect();
    if iterate {
        row_sums_kernel::launch(
            client,
            CubeCount::Static(columns.div_ceil(UNITS as u32), wide, 1),
            cube,
            arguments(layers, 0),
            arguments(layers, 1),
            arguments(&by_vectors, 0),
        );
    }
    by_vectors_kernel::launch(
        client,
        CubeCount::Static(rows, wide, 1),
        cube,
        arguments(layers, 0),
        arguments(&by_vectors, 0),
        arguments(layers, 2),
        arguments(&made, 2),
        arguments(&by_vectors, 1),
        iterate,
    );
    divide_kernel::launch(
        client,
        CubeCount::Static(values.div_ceil(UNITS as u32), wide, 1),
        cube,
        arguments(layers, 0),
        arguments(&by_vectors, 1),
        arguments(layers, 1),
        arguments(&made, 1),
        arguments(&made, 0),
        arguments(&made, 3),
        iterate,
    );
    made
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

/// The sum of the squares of the vector of a cube's layer, which is the second place of the cube.
#[cube]
fn sum_of_squares(vectors: &Sequence<Box<[f32]>>) -> f32 {
    let mut squares = 0.0f32;
    let layers = comptime![vectors.len()];
    #[unroll]
    for layer in 0..layers {
        if CUBE_POS_Y as usize == layer {
            let mut position = UNIT_POS as usize;
            while position < vectors[layer].len() {
                let value = vectors[layer][position];
                squares += value * value;
                position += UNITS;
            }
        }
    }
    cube_sum(squares)
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
        squares = sum_of_squares(to_rights);
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
        squares = sum_of_squares(to_lefts);
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
