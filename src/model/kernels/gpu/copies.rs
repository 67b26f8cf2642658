//! Copies of tensors into other memory: new, or that of other tensors, which are changed where they are.

use burn::backend::DispatchTensor;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};
use burn::tensor::Shape;

use super::list::{arguments, ranges, registered, units_of_longest};
use super::tensors::put;

/// The tensors in memory that nobody else has, in order.
pub(crate) fn copies(tensors: Vec<DispatchTensor>) -> Vec<DispatchTensor> {
    let tensors = tensors.into_iter().map(|tensor| [tensor]).collect();
    let made = registered("copies", tensors, <[[Shape; 1]]>::to_vec, |tensors| {
        tensors.into_iter().map(|tensor| tensor.map(|tensor| tensor.copy())).collect()
    });
    made.into_iter().flatten().collect()
}

/// Gives the first tensor of each pair, which is contiguous, the values of the second, which has its shape, in the memory
/// where it is. Whoever else holds it sees that. Returns the first ones.
pub(crate) fn store(pairs: Vec<[DispatchTensor; 2]>) -> Vec<DispatchTensor> {
    let shapes = |pairs: &[[Shape; 2]]| pairs.iter().cloned().map(|[own, _]| [own]).collect();
    let made = registered("store", pairs, shapes, stored);
    made.into_iter().flatten().collect()
}

fn stored(pairs: Vec<[CubeTensor; 2]>) -> Vec<[CubeTensor; 1]> {
    for range in ranges(&pairs, 2, |_, _| true) {
        let own = &pairs[range];
        let (cubes, dim) = units_of_longest(own);
        store_kernel::launch(&own[0][0].client, cubes, dim, arguments(own, 0), arguments(own, 1));
    }
    pairs.into_iter().map(|[own, _]| [own]).collect()
}

/// Each unit copies its place of all tensors.
#[cube(launch)]
fn store_kernel(outputs: &mut Sequence<Box<[f32]>>, values: &Sequence<Box<[f32]>>) {
    let position = ABSOLUTE_POS;
    let count = comptime![outputs.len()];
    #[unroll]
    for index in 0..count {
        if position < outputs[index].len() {
            put(&mut outputs[index], position, values[index][position]);
        }
    }
}
