//! What burn's fusion has to know of a value before it is computed: its shape and type.

use burn::backend::fusion::custom::TensorSpec;
use burn::tensor::Shape;

use super::{ConvKind, MapKind, NormKind};

/// Of a tensor with another one's type.
fn of<const D: usize>(like: &TensorSpec, shape: [usize; D]) -> TensorSpec {
    TensorSpec::new(Shape::new(shape), like.dtype)
}

/// Of [`own_conv`](super::Kernels::own_conv)'s value.
pub(super) fn conv(x: &TensorSpec, weight: &TensorSpec, _bias: &TensorSpec, kind: &ConvKind) -> TensorSpec {
    let [images, _, height, width] = x.shape.dims();
    let [outputs, inputs, ..] = weight.shape.dims::<4>();
    let shape = match kind {
        ConvKind::Same => [images, outputs, height, width],
        ConvKind::Doubled => [images, outputs, 2 * height, 2 * width],
        ConvKind::Halved => [images, outputs, height / 2, width / 2],
        ConvKind::Transposed => [images, inputs, 2 * height, 2 * width],
    };
    of(x, shape)
}

/// Of [`own_conv_input_gradient`](super::Kernels::own_conv_input_gradient)'s value.
pub(super) fn conv_input_gradient(output: &TensorSpec, weight: &TensorSpec, kind: &ConvKind) -> TensorSpec {
    let [images, _, height, width] = output.shape.dims();
    let [outputs, inputs, ..] = weight.shape.dims::<4>();
    let shape = match kind {
        ConvKind::Same => [images, inputs, height, width],
        ConvKind::Doubled => [images, inputs, height / 2, width / 2],
        ConvKind::Halved => [images, inputs, 2 * height, 2 * width],
        ConvKind::Transposed => [images, outputs, height / 2, width / 2],
    };
    of(output, shape)
}

/// Of [`own_conv_weight_gradients`](super::Kernels::own_conv_weight_gradients)'s values.
pub(super) fn conv_weight_gradients(
    x: &TensorSpec,
    output: &TensorSpec,
    shape: &[usize; 4],
    _kind: &ConvKind,
) -> (TensorSpec, TensorSpec) {
    (of(x, *shape), of(x, [channels(output)]))
}

/// Of [`own_batch_norm`](super::Kernels::own_batch_norm)'s values.
pub(super) fn batch_norm(
    x: &TensorSpec,
    _weight: &TensorSpec,
    _bias: &TensorSpec,
    _relu: &bool,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    (x.clone(), of(x, [channels(x)]), of(x, [channels(x)]))
}

/// Of [`own_batch_norm_gradients`](super::Kernels::own_batch_norm_gradients)' values.
pub(super) fn batch_norm_gradients(
    x: &TensorSpec,
    weight: &TensorSpec,
    bias: &TensorSpec,
    _mean: &TensorSpec,
    _variance: &TensorSpec,
    _output: &TensorSpec,
    _kind: &NormKind,
) -> (TensorSpec, TensorSpec, TensorSpec) {
    (x.clone(), weight.clone(), bias.clone())
}

/// Of [`own_map`](super::Kernels::own_map)'s value.
pub(super) fn map(x: &TensorSpec, kind: &MapKind) -> TensorSpec {
    let [images, channels, height, width] = x.shape.dims();
    let [height, width] = match *kind {
        MapKind::Relu | MapKind::Tanh | MapKind::InstanceNorm { .. } => [height, width],
        MapKind::Halve => [height / 2, width / 2],
        MapKind::Nearest(factor) | MapKind::Bilinear(factor) => [factor * height, factor * width],
        MapKind::Sum { .. } => [1, 1],
    };
    of(x, [images, channels, height, width])
}

/// Of [`own_map_gradient`](super::Kernels::own_map_gradient)'s value.
pub(super) fn map_gradient(_kept: &TensorSpec, output: &TensorSpec, kind: &MapKind) -> TensorSpec {
    let [images, channels, height, width] = output.shape.dims();
    let [height, width] = match *kind {
        MapKind::Relu | MapKind::Tanh | MapKind::InstanceNorm { .. } => [height, width],
        MapKind::Halve => [2 * height, 2 * width],
        MapKind::Nearest(factor) | MapKind::Bilinear(factor) => [height / factor, width / factor],
        MapKind::Sum { height, width } => [height, width],
    };
    of(output, [images, channels, height, width])
}

/// Of [`own_spectral_norm`](super::Kernels::own_spectral_norm)'s values.
pub(super) fn spectral_norm(
    weight: &TensorSpec,
    left: &TensorSpec,
    right: &TensorSpec,
    _iterate: &bool,
) -> (TensorSpec, TensorSpec, TensorSpec, TensorSpec) {
    (weight.clone(), left.clone(), right.clone(), of(weight, [1]))
}

fn channels(maps: &TensorSpec) -> usize {
    let [_, channels, ..] = maps.shape.dims::<4>();
    channels
}
