//! Tensors of a GPU as kernels take them.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::{CubeBackend, CubeTensor, into_contiguous};
use burn::cubecl::{self, calculate_cube_count_elemwise, prelude::*};
use burn::tensor::Shape;

use super::super::cpu::Extent;

/// Maps as they lie in memory: channels last.
pub(super) struct GpuMaps {
    /// `[images, height, width, channels]`, contiguous.
    pub tensor: CubeTensor,
    pub extent: Extent,
}

impl GpuMaps {
    /// `tensor` is `[images, channels, height, width]`; its values are copied only if they lie otherwise.
    pub fn of(tensor: CubeTensor) -> Self {
        let [images, channels, height, width] = tensor.shape().dims();
        let last = CubeBackend::float_permute(tensor, &[0, 2, 3, 1]);
        Self { tensor: into_contiguous(last), extent: Extent { images, height, width, channels } }
    }

    /// Maps of this size on the same device that nothing is written to yet.
    pub fn empty(&self, extent: Extent) -> Self {
        let Extent { images, height, width, channels } = extent;
        Self { tensor: empty(&self.tensor, [images, height, width, channels]), extent }
    }

    /// The tensor under burn's shape.
    pub fn into_tensor(self) -> CubeTensor {
        CubeBackend::float_permute(self.tensor, &[0, 3, 1, 2])
    }

    /// The tensor as an argument of a kernel.
    pub fn argument(&self) -> BufferArg {
        argument(&self.tensor)
    }
}

/// A tensor of this shape on the device of another one that nothing is written to yet.
pub(super) fn empty(like: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    let shape: Shape = shape.into();
    let handle = like.client.empty(shape.num_elements() * size_of::<f32>());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape, handle, like.dtype)
}

/// A contiguous tensor as an argument of a kernel.
pub(super) fn argument(tensor: &CubeTensor) -> BufferArg {
    tensor.clone().into_buffer_arg()
}

/// The grid of a kernel that works on one value with each unit.
pub(super) fn units(tensor: &CubeTensor, count: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(&tensor.client, count);
    (calculate_cube_count_elemwise(&tensor.client, count, dim), dim)
}

/// The number of values of a tensor.
pub(super) fn count(tensor: &CubeTensor) -> usize {
    tensor.shape().num_elements()
}

/// Puts a value at a place: a tensor of a list cannot be assigned to otherwise.
#[cube]
pub(super) fn put(values: &mut [f32], position: usize, value: f32) {
    values[position] = value;
}
