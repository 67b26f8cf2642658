//! Operations on any number of tensors, each registered with burn's fusion as one.

use std::ops::Range;

use burn::backend::fusion::custom::{
    CustomOpIr, Float, FusionValueAdapter, HandleContainer, OperationFn, OperationIr, StreamId, TensorSpec,
};
use burn::backend::fusion::{FusionBackend, FusionRuntime};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::{CubeBackend, CubeTensor, into_contiguous};
use burn::backend::{BackendTensor, Cube, DispatchKindConversion, DispatchTensor, TensorMetadata};
use burn::cubecl::prelude::*;
use burn::tensor::Shape;

use super::tensors::{argument, count, units};

/// The most tensors of a kind that one kernel works on, since its text has all of them.
const MOST: usize = 16;

/// A tensor that burn's fusion knows.
type FusedTensor = FloatTensor<Cube>;

type FusionHandle = <<CubeBackend as FusionBackend>::FusionRuntime as FusionRuntime>::FusionHandle;

/// A GPU's tensor outside of autodiff as burn's fusion knows it.
fn fused(tensor: DispatchTensor) -> FusedTensor {
    let tensor: BackendTensor<Cube> =
        <DispatchTensor as DispatchKindConversion<Cube>>::try_into_backend(tensor)
            .unwrap_or_else(|error| unreachable!("only tensors of a GPU come here: {error}"));
    tensor.float()
}

/// The tensor again.
fn dispatched(fused: FusedTensor) -> DispatchTensor {
    <DispatchTensor as DispatchKindConversion<Cube>>::from_backend(BackendTensor::Float(fused))
}

/// What `work` makes of the inputs, which come in groups of `IN` tensors, when the turn of the operation comes: groups of
/// `OUT` tensors, whose shapes `shapes` tells of those of the inputs. `work` gets contiguous tensors, none of which has
/// another owner unless the caller kept it. Without inputs there is nothing to do, and so no result.
pub(super) fn registered<const IN: usize, const OUT: usize>(
    name: &'static str,
    inputs: Vec<[DispatchTensor; IN]>,
    shapes: impl FnOnce(&[[Shape; IN]]) -> Vec<[Shape; OUT]>,
    work: impl Fn(Vec<[CubeTensor; IN]>) -> Vec<[CubeTensor; OUT]> + Send + Sync + 'static,
) -> Vec<[DispatchTensor; OUT]> {
    let inputs: Vec<[FusedTensor; IN]> = inputs.into_iter().map(|group| group.map(fused)).collect();
    let Some(first) = inputs.first().and_then(|group| group.first()) else { return Vec::new() };
    let (client, dtype) = (first.client.clone(), first.dtype());
    let known: Vec<[Shape; IN]> =
        inputs.iter().map(|group| group.each_ref().map(TensorMetadata::shape)).collect();
    let inputs: Vec<_> = inputs.into_iter().flatten().map(FusedTensor::into_ir).collect();
    let mut outputs = Vec::new();
    let places: Vec<_> = shapes(&known)
        .into_iter()
        .flatten()
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
        let results = work(grouped(tensors.map(into_contiguous)));
        for (result, place) in results.into_iter().flatten().zip(&places) {
            <Float as FusionValueAdapter<CubeBackend>>::register_output_handles(result, place, handles);
        }
        Ok(())
    });
    let results = client.register(StreamId::current(), OperationIr::Custom(description), operation);
    grouped(results.into_iter().map(dispatched))
}

/// Items in groups of `N`, of which there are whole ones only.
fn grouped<T, const N: usize>(mut items: impl Iterator<Item = T>) -> Vec<[T; N]> {
    let group = || items.by_ref().take(N).collect::<Vec<T>>().try_into().ok();
    std::iter::from_fn(group).collect()
}

/// How groups of tensors are cut for kernels: so many that the device can bind `bindings` tensors for each, and only such
/// as are `alike` with the first of their range.
pub(super) fn ranges<const N: usize>(
    groups: &[[CubeTensor; N]],
    bindings: usize,
    alike: impl Fn(usize, usize) -> bool,
) -> Vec<Range<usize>> {
    let most = groups.first().map_or(1, |first| {
        let limit = first[0].client.properties().hardware.max_bindings as usize;
        (limit / bindings).clamp(1, MOST)
    });
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for index in 0..groups.len() {
        match ranges.last_mut() {
            Some(last) if last.len() < most && alike(last.start, index) => last.end = index + 1,
            _ => ranges.push(index..index + 1),
        }
    }
    ranges
}

/// The tensors of some groups that stand at a place of theirs, as one argument of a kernel.
pub(super) fn arguments<const N: usize>(groups: &[[CubeTensor; N]], which: usize) -> SequenceArg<Box<[f32]>> {
    let mut sequence = SequenceArg::new();
    groups.iter().for_each(|group| sequence.push(argument(&group[which])));
    sequence
}

/// The grid of a kernel that works on one value of each of some tensors with each unit; of groups, the first counts.
pub(super) fn units_of_longest<const N: usize>(groups: &[[CubeTensor; N]]) -> (CubeCount, CubeDim) {
    units(&groups[0][0], groups.iter().map(|group| count(&group[0])).max().unwrap_or(0))
}
