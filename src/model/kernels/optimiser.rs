//! Steps of all parameters of a network at once, on the CPU.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::cpu::adam::{AdamParameter, AdamStep, adam_step, update_averages};

/// One parameter before a step of Adam. All tensors are flat and outside of autodiff.
pub(crate) struct AdamTensors {
    /// The weights.
    pub weight: Tensor<1>,
    /// Their gradient.
    pub gradient: Tensor<1>,
    /// First and second moment.
    pub moments: [Tensor<1>; 2],
    /// Settings of the step.
    pub step: AdamStep,
}

/// One step of Adam of every parameter: its weights and its two moments after it, in order.
pub(crate) fn adam(parameters: Vec<AdamTensors>) -> Vec<(Tensor<1>, [Tensor<1>; 2])> {
    let mut tensors: Vec<_> = parameters
        .into_iter()
        .map(|AdamTensors { weight, gradient, moments, step }| {
            ([weight, gradient].map(own), moments.map(own), step)
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
    let made = tensors.into_iter().map(|([weight, _], moments, _)| (tensor(weight), moments.map(tensor)));
    made.collect()
}

/// `average * decay + newest * (1 - decay)` of every pair of an average and its newest weights, in order; flat and
/// outside of autodiff.
pub(crate) fn averages(pairs: Vec<[Tensor<1>; 2]>, decay: f64) -> Vec<Tensor<1>> {
    let mut tensors: Vec<[FlexTensor; 2]> = pairs.into_iter().map(|pair| pair.map(own)).collect();
    let pairs = tensors.iter_mut().map(|[average, newest]| (average.storage_mut(), newest.storage()));
    update_averages(pairs.collect(), decay);
    tensors.into_iter().map(|[average, _]| tensor(average)).collect()
}

/// The CPU's tensor, whose memory holds its values and nothing else.
fn own(tensor: Tensor<1>) -> FlexTensor {
    let tensor: FlexTensor = tensor
        .try_into_primitive::<Flex>()
        .unwrap_or_else(|error| unreachable!("only tensors of the CPU come here: {error:?}"));
    let is_whole = tensor.is_contiguous() && tensor.storage::<f32>().len() == tensor.layout().num_elements();
    if is_whole { tensor } else { tensor.to_contiguous() }
}

fn tensor(own: FlexTensor) -> Tensor<1> {
    Tensor::from_primitive::<Flex>(own)
}
