//! Activation functions and sums of two maps.

use burn::backend::TensorMetadata;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};

use super::tensors::{argument, count, empty, units};

/// What is done with each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pointwise {
    /// `max(x, 0)`, but NaN stays NaN.
    Relu,
    /// The other value where this one is positive or NaN, else 0.
    ReluBackward,
    /// Hyperbolic tangent.
    Tanh,
    /// `other * (1 - x²)`.
    TanhBackward,
    /// `x + other`.
    Add,
}

/// `what` of two contiguous tensors of one layout, the second of which only some functions look at.
pub(super) fn elementwise(x: &CubeTensor, other: &CubeTensor, what: Pointwise) -> CubeTensor {
    let output = empty(x, x.shape());
    let (cubes, dim) = units(x, count(x));
    elementwise_kernel::launch(&x.client, cubes, dim, argument(x), argument(other), argument(&output), what);
    output
}

/// `value` where `x` is positive or NaN, else 0: the gradient in front of a ReLU of that behind it, for which `x` may be
/// its input or its output.
#[cube]
pub(super) fn where_positive(x: f32, value: f32) -> f32 {
    select(x <= 0.0, 0.0, value)
}

/// `max(x, 0)`, but NaN stays NaN.
#[cube]
pub(super) fn positive(x: f32) -> f32 {
    where_positive(x, x)
}

#[cube(launch)]
fn elementwise_kernel(x: &[f32], other: &[f32], output: &mut [f32], #[comptime] what: Pointwise) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let value = x[position];
        output[position] = match comptime!(what) {
            Pointwise::Relu => positive(value),
            Pointwise::ReluBackward => where_positive(value, other[position]),
            Pointwise::Tanh => value.tanh(),
            Pointwise::TanhBackward => other[position] * (1.0 - value * value),
            Pointwise::Add => value + other[position],
        };
    }
}
