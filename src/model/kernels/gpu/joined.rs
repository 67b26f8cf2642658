//! One tensor of many: their single values beside each other, and the sum of all of their values.

use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};
use burn::tensor::{Shape, Tensor};

use super::list::{arguments, ranges, registered};
use super::sums::{UNITS, cube_sum};
use super::tensors::{argument, empty};

/// The sum of all values of some tensors, of which there is at least one, `[1]`.
pub(in super::super) fn total(tensors: Vec<Tensor<1>>) -> Tensor<1> {
    joined("total", tensors, 1, |tensors| {
        let ranges = ranges(&tensors, 2, |_, _| true);
        let [parts, output] = [ranges.len(), 1].map(|count| empty(&tensors[0][0], [count]));
        let (cubes, dim) = (CubeCount::Static(1, 1, 1), CubeDim::new_1d(UNITS as u32));
        for (index, range) in ranges.into_iter().enumerate() {
            let tensors = arguments(&tensors[range], 0);
            total_kernel::launch(&parts.client, cubes.clone(), dim, tensors, argument(&parts), index);
        }
        let all = arguments(&[[parts.clone()]], 0);
        total_kernel::launch(&parts.client, cubes, dim, all, argument(&output), 0);
        output
    })
}

/// Puts the sum of all values of some tensors at a place, with one cube.
#[cube(launch)]
fn total_kernel(tensors: &Sequence<Box<[f32]>>, output: &mut [f32], place: usize) {
    let mut sum = 0.0f32;
    let count = comptime![tensors.len()];
    #[unroll]
    for index in 0..count {
        let mut position = UNIT_POS as usize;
        while position < tensors[index].len() {
            sum += tensors[index][position];
            position += UNITS;
        }
    }
    let sum = cube_sum(sum);
    if UNIT_POS == 0 {
        output[place] = sum;
    }
}

/// The values of some tensors `[1]`, of which there is at least one, in order.
pub(in super::super) fn gathered(values: Vec<Tensor<1>>) -> Tensor<1> {
    let count = values.len();
    joined("gathered", values, count, |values| {
        let output = empty(&values[0][0], [values.len()]);
        let (cubes, dim) = (CubeCount::Static(1, 1, 1), CubeDim::new_single());
        for range in ranges(&values, 2, |_, _| true) {
            let first = range.start;
            let values = arguments(&values[range], 0);
            gather_kernel::launch(&output.client, cubes.clone(), dim, values, argument(&output), first);
        }
        output
    })
}

/// The one tensor `[count]` that `work` makes of some tensors, of which there is at least one.
fn joined(
    name: &'static str,
    tensors: Vec<Tensor<1>>,
    count: usize,
    work: impl Fn(Vec<[CubeTensor; 1]>) -> CubeTensor + Send + Sync + 'static,
) -> Tensor<1> {
    let tensors = tensors.into_iter().map(|tensor| [tensor.into_dispatch()]).collect();
    let shapes = |_: &[[Shape; 1]]| vec![[Shape::new([count])]];
    let mut made = registered(name, tensors, shapes, move |tensors| vec![[work(tensors)]]);
    let [made] = made.remove(0);
    Tensor::from_dispatch(made)
}

#[cube(launch)]
fn gather_kernel(values: &Sequence<Box<[f32]>>, output: &mut [f32], first: usize) {
    let count = comptime![values.len()];
    #[unroll]
    for index in 0..count {
        output[first + index] = values[index][0];
    }
}
