//! One tensor of many: their single values beside each other, and the sum of all of their values.

use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::cubecl::{self, prelude::*};
use burn::tensor::{Shape, Tensor};

use super::list::{arguments, dispatched, fused, ranges, registered};
use super::sums::{UNITS, cube_sum};
use super::tensors::{argument, empty};

/// The sum of all values of some tensors, of which there is at least one, `[1]`.
pub(in super::super) fn total(tensors: Vec<Tensor<1>>) -> Tensor<1> {
    let inputs = tensors.into_iter().map(Tensor::into_dispatch).map(fused).collect();
    let mut made = registered("total", inputs, [Shape::new([1])], |tensors| vec![summed(tensors)]);
    Tensor::from_dispatch(dispatched(made.remove(0)))
}

fn summed(tensors: Vec<CubeTensor>) -> CubeTensor {
    let tensors: Vec<[CubeTensor; 1]> = tensors.into_iter().map(|tensor| [into_contiguous(tensor)]).collect();
    let ranges = ranges(&tensors, 2, |_, _| true);
    let (parts, output) = (empty(&tensors[0][0], [ranges.len()]), empty(&tensors[0][0], [1]));
    let cube = CubeDim::new_1d(UNITS as u32);
    for (index, range) in ranges.into_iter().enumerate() {
        total_kernel::launch(
            &parts.client,
            CubeCount::Static(1, 1, 1),
            cube,
            arguments(tensors[range].iter().map(|[tensor]| tensor)),
            argument(&parts),
            index,
        );
    }
    let mut all = SequenceArg::new();
    all.push(argument(&parts));
    total_kernel::launch(&parts.client, CubeCount::Static(1, 1, 1), cube, all, argument(&output), 0);
    output
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
    let shape = Shape::new([values.len()]);
    let inputs = values.into_iter().map(Tensor::into_dispatch).map(fused).collect();
    let mut made = registered("gathered", inputs, [shape], |values| vec![beside_each_other(values)]);
    Tensor::from_dispatch(dispatched(made.remove(0)))
}

fn beside_each_other(values: Vec<CubeTensor>) -> CubeTensor {
    let values: Vec<[CubeTensor; 1]> = values.into_iter().map(|value| [into_contiguous(value)]).collect();
    let output = empty(&values[0][0], [values.len()]);
    for range in ranges(&values, 2, |_, _| true) {
        gather_kernel::launch(
            &output.client,
            CubeCount::Static(1, 1, 1),
            CubeDim::new_single(),
            arguments(values[range.clone()].iter().map(|[value]| value)),
            argument(&output),
            range.start,
        );
    }
    output
}

#[cube(launch)]
fn gather_kernel(values: &Sequence<Box<[f32]>>, output: &mut [f32], first: usize) {
    let count = comptime![values.len()];
    #[unroll]
    for index in 0..count {
        output[first + index] = values[index][0];
    }
}
