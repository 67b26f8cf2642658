//! Convolutions, which are burn's own, with what is joined to them.

use burn::backend::TensorMetadata;
use burn::backend::ops::{ConvOptions, ConvTransposeOptions, ModuleOps};
use burn::backend::wgpu::{CubeBackend, CubeTensor};
use burn::tensor::Shape;

use super::super::ConvKind;
use super::resize::{halve, halve_backward, nearest, nearest_backward};
use super::sums::Cut;
use super::tensors::GpuMaps;

/// A convolution with its bias.
pub(super) fn forward(x: CubeTensor, weight: CubeTensor, bias: CubeTensor, kind: ConvKind) -> CubeTensor {
    let options = same(&weight.shape());
    let convolve = |x, weight| CubeBackend::conv2d(x, weight, Some(bias.clone()), options.clone());
    match kind {
        ConvKind::Same => convolve(x, weight),
        ConvKind::Doubled => convolve(nearest(&GpuMaps::of(x), 2).into_tensor(), weight),
        ConvKind::Halved => halve(&GpuMaps::of(convolve(x, weight))).into_tensor(),
        ConvKind::Transposed => CubeBackend::conv_transpose2d(x, weight, Some(bias.clone()), transposed()),
    }
}

/// The gradient of a convolution's input, of that of its output.
pub(super) fn input_gradient(gradient: CubeTensor, weight: CubeTensor, kind: ConvKind) -> CubeTensor {
    if kind == ConvKind::Transposed {
        return CubeBackend::conv_transpose2d_x_backward(weight, gradient, transposed());
    }
    let gradient = convolved(gradient, kind);
    let ([images, _, height, width], [_, inputs, ..]) = (dims(&gradient), dims(&weight));
    let options = same(&weight.shape());
    let x = shaped(&gradient, [images, inputs, height, width]);
    let x = CubeBackend::conv2d_x_backward(x, weight, gradient, options);
    match kind {
        ConvKind::Doubled => nearest_backward(&GpuMaps::of(x), 2).into_tensor(),
        _ => x,
    }
}

/// The gradients of a convolution's weight, which has this shape, and bias.
pub(super) fn weight_gradients(
    x: CubeTensor,
    gradient: CubeTensor,
    shape: [usize; 4],
    kind: ConvKind,
) -> (CubeTensor, CubeTensor) {
    let output = GpuMaps::of(gradient);
    let bias = Cut::whole(&output).column_sums(&output.tensor);
    let gradient = output.into_tensor();
    let weight = shaped(&x, shape);
    let weight = match kind {
        ConvKind::Transposed => {
            CubeBackend::conv_transpose2d_weight_backward(x, weight, gradient, transposed())
        }
        ConvKind::Doubled => {
            let x = nearest(&GpuMaps::of(x), 2).into_tensor();
            CubeBackend::conv2d_weight_backward(x, weight, gradient, same(&shape.into()))
        }
        ConvKind::Same | ConvKind::Halved => {
            let gradient = convolved(gradient, kind);
            CubeBackend::conv2d_weight_backward(x, weight, gradient, same(&shape.into()))
        }
    };
    (weight, bias)
}

/// The gradient of what the convolution itself gave.
fn convolved(gradient: CubeTensor, kind: ConvKind) -> CubeTensor {
    if kind == ConvKind::Halved { halve_backward(&GpuMaps::of(gradient)).into_tensor() } else { gradient }
}

/// A convolution that keeps the sides, with a kernel of this shape.
fn same(kernel: &Shape) -> ConvOptions<2> {
    let [.., height, width] = kernel.dims::<4>();
    ConvOptions::new([1, 1], [height / 2, width / 2], [1, 1], 1)
}

fn transposed() -> ConvTransposeOptions<2> {
    ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1)
}

fn dims(tensor: &CubeTensor) -> [usize; 4] {
    tensor.shape().dims()
}

/// A tensor whose shape alone is looked at: its memory is another tensor's.
fn shaped(other: &CubeTensor, shape: [usize; 4]) -> CubeTensor {
    let (client, device, handle) = (other.client.clone(), other.device.clone(), other.handle.clone());
    CubeTensor::new_contiguous(client, device, shape.into(), handle, other.dtype)
}
