//! Steps of all parameters of a network at once.

use burn::backend::flex::FlexTensor;
use burn::backend::{BackendTensor, DispatchKindConversion, DispatchTensor, DispatchTensorKind, Flex};
use burn::tensor::Tensor;

use super::cpu::adam::{AdamParameter, adam_step, update_averages};
use super::{AdamTensors, are_used, gpu, is_cpu};

/// One step of Adam of every parameter: its weights in their shape and its two moments after it, in order.
pub(crate) fn adam(parameters: Vec<AdamTensors>) -> Vec<(DispatchTensor, [Tensor<1>; 2])> {
    if parameters.first().is_some_and(|first| !is_cpu(&first.moments[0].device())) {
        return gpu::adam(parameters);
    }
    let mut tensors: Vec<_> = parameters
        .into_iter()
        .map(|AdamTensors { weight, gradient, moments, step }| {
            ([weight, gradient].map(own), moments.map(Tensor::into_dispatch).map(own), step)
        })
        .collect();
    let parameters = tensors.iter_mut().map(|([weight, gradient], [first, second], step)| AdamParameter {
        weight: weight.storage_mut(),
        gradient: gradient.storage(),
        first: first.storage_mut(),
        second: second.storage_mut(),
        step: *step,
    });
    adam_step(parameters.collect());
    let made = tensors
        .into_iter()
        .map(|([weight, _], moments, _)| (tensor(weight), moments.map(tensor).map(Tensor::from_dispatch)));
    made.collect()
}

/// `average * decay + newest * (1 - decay)` of every pair of an average and its newest weights, in order; outside of
/// autodiff, in any shape.
pub(crate) fn averages(pairs: Vec<[DispatchTensor; 2]>, decay: f64) -> Vec<DispatchTensor> {
    if !pairs.first().is_some_and(|[average, _]| matches!(average.kind, DispatchTensorKind::Flex(_))) {
        return gpu::averages(pairs, decay);
    }
    let mut tensors: Vec<[FlexTensor; 2]> = pairs.into_iter().map(|pair| pair.map(own)).collect();
    let pairs = tensors.iter_mut().map(|[average, newest]| (average.storage_mut(), newest.storage()));
    update_averages(pairs.collect(), decay);
    tensors.into_iter().map(|[average, _]| tensor(average)).collect()
}

/// The values of some tensors `[1]`, of which there is at least one, outside of autodiff, in order.
pub(crate) fn gathered(values: Vec<Tensor<1>>) -> Tensor<1> {
    if are_used() && !is_cpu(&values[0].device()) {
        return gpu::gathered(values);
    }
    Tensor::cat(values, 0)
}

/// The sum of all values of some tensors outside of autodiff, of which there is at least one, `[1]`.
pub(crate) fn total(tensors: Vec<Tensor<1>>) -> Tensor<1> {
    if are_used() && !is_cpu(&tensors[0].device()) {
        return gpu::total(tensors);
    }
    let mut sums = tensors.into_iter().map(Tensor::sum);
    let first = sums.next().unwrap_or_else(|| unreachable!("there is at least one tensor"));
    sums.fold(first, |all, sum| all + sum)
}

/// The CPU's tensor, whose memory holds its values and nothing else.
fn own(tensor: DispatchTensor) -> FlexTensor {
    let tensor: BackendTensor<Flex> =
        <DispatchTensor as DispatchKindConversion<Flex>>::try_into_backend(tensor)
            .unwrap_or_else(|error| unreachable!("only tensors of the CPU come here: {error}"));
    let tensor = tensor.float();
    let is_whole = tensor.is_contiguous() && tensor.storage::<f32>().len() == tensor.layout().num_elements();
    if is_whole { tensor } else { tensor.to_contiguous() }
}

fn tensor(own: FlexTensor) -> DispatchTensor {
    <DispatchTensor as DispatchKindConversion<Flex>>::from_backend(BackendTensor::Float(own))
}
