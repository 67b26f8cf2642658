//! Operations on any number of tensors, each registered with burn's fusion as one.

use std::ops::Range;

use burn::backend::fusion::custom::{
    CustomOpIr, Float, FusionValueAdapter, HandleContainer, OperationFn, OperationIr, StreamId, TensorSpec,
};
use burn::backend::fusion::{FusionBackend, FusionRuntime};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::{CubeBackend, CubeTensor};
use burn::backend::{BackendTensor, Cube, DispatchKindConversion, DispatchTensor, TensorMetadata};
use burn::cubecl::prelude::*;
use burn::tensor::Shape;

use super::tensors::argument;

/// The most tensors of a kind that one kernel works on, since its text has all of them.
const MOST: usize = 16;

/// A tensor that burn's fusion knows.
pub(super) type FusedTensor = FloatTensor<Cube>;

type FusionHandle = <<CubeBackend as FusionBackend>::FusionRuntime as FusionRuntime>::FusionHandle;
/// A GPU's tensor outside of autodiff as burn's fusion knows it.
pub(super) fn fused(tensor: DispatchTensor) -> FusedTensor {
    let tensor: BackendTensor<Cube> =
        <DispatchTensor as DispatchKindConversion<Cube>>::try_into_backend(tensor)
            .unwrap_or_else(|error| unreachable!("only tensors of a GPU come here: {error}"));
    tensor.float()
}

/// The tensor again.
pub(super) fn dispatched(fused: FusedTensor) -> DispatchTensor {
    <DispatchTensor as DispatchKindConversion<Cube>>::from_backend(BackendTensor::Float(fused))
}

/// What `work` will make of the inputs, of which there is at least one, when its turn comes. `shapes` are those of the
/// results.
pub(super) fn registered(
    name: &'static str,
    inputs: Vec<FusedTensor>,
    shapes: impl IntoIterator<Item = Shape>,
    work: impl Fn(Vec<CubeTensor>) -> Vec<CubeTensor> + Send + Sync + 'static,
) -> Vec<FusedTensor> {
    let (client, dtype) = (inputs[0].client.clone(), inputs[0].dtype());
    let inputs: Vec<_> = inputs.into_iter().map(FusedTensor::into_ir).collect();
    let mut outputs = Vec::new();
    let places: Vec<_> = shapes
        .into_iter()
        .map(|shape| {
            let spec = TensorSpec::new(shape, dtype);
            let mut create = || client.create_empty_handle();
            <Float as FusionValueAdapter<CubeBackend>>::append_output_ir(&spec, &mut outputs, &mut create)
        })
        .collect();
    let description =
        CustomOpIr { id: name.to_owned(), inputs: inputs.clone(), outputs, scalars: Vec::new() };
    let operation = OperationFn(move |handles: &mut HandleContainer<FusionHandle>| {
        let tensors = inputs.iter();
        let tensors =
            tensors.map(|input| <Float as FusionValueAdapter<CubeBackend>>::resolve_inputs(input, handles));
        let results = work(tensors.collect());
        for (result, place) in results.into_iter().zip(&places) {
            <Float as FusionValueAdapter<CubeBackend>>::register_output_handles(result, place, handles);
        }
        Ok(())
    });
    client.register(StreamId::current(), OperationIr::Custom(description), operation)
}

/// How `all` is cut for kernels: so many that the device can bind `bindings` tensors for each, and only such as are
/// `alike` with the first of their range.
pub(super) fn ranges<T: AsRef<[CubeTensor]>>(
    all: &[T],
    bindings: usize,
    alike: impl Fn(usize, usize) -> bool,
) -> Vec<Range<usize>> {
    let most = all.first().map_or(1, |first| {
        let limit = first.as_ref()[0].client.properties().hardware.max_bindings as usize;
        (limit / bindings).clamp(1, MOST)
    });
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for index in 0..all.len() {
        match ranges.last_mut() {
            Some(last) if last.len() < most && alike(last.start, index) => last.end = index + 1,
            _ => ranges.push(index..index + 1),
        }
    }
    ranges
}

/// Tensors as one argument of a kernel.
pub(super) fn arguments<'a>(tensors: impl Iterator<Item = &'a CubeTensor>) -> SequenceArg<Box<[f32]>> {
    let mut sequence = SequenceArg::new();
    tensors.for_each(|tensor| sequence.push(argument(tensor)));
    sequence
}
