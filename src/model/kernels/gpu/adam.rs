//! Adam and the moving average, many parameters with each kernel.

use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::backend::{DispatchTensor, TensorMetadata};
use burn::cubecl::{self, prelude::*};
use burn::tensor::Tensor;

use super::super::AdamTensors;
use super::super::cpu::adam::{AdamStep, Rates};
use super::list::{arguments, dispatched, fused, ranges, registered};
use super::tensors::{count, empty, put, units};

/// One step of Adam of every parameter: its weights and its two moments after it, in order.
pub(in super::super) fn adam(parameters: Vec<AdamTensors>) -> Vec<(DispatchTensor, [Tensor<1>; 2])> {
    let steps: Vec<AdamStep> = parameters.iter().map(|parameter| parameter.step).collect();
    let inputs: Vec<_> = parameters
        .into_iter()
        .flat_map(|AdamTensors { weight, gradient, moments: [first, second], .. }| {
            [weight, gradient, first.into_dispatch(), second.into_dispatch()].map(fused)
        })
        .collect();
    if inputs.is_empty() {
        return Vec::new();
    }
    let shapes: Vec<_> =
        inputs.chunks(4).flat_map(|own| [&own[0], &own[2], &own[3]].map(|t| t.shape())).collect();
    let moved = registered("adam", inputs, shapes, move |tensors| moved(tensors, &steps));
    let mut moved = moved.into_iter().map(dispatched);
    let mut all = Vec::with_capacity(moved.len() / 3);
    while let (Some(weight), Some(first), Some(second)) = (moved.next(), moved.next(), moved.next()) {
        all.push((weight, [first, second].map(Tensor::from_dispatch)));
    }
    all
}

/// Weights, gradients, first and second moments of all parameters become weights, first and second moments.
fn moved(tensors: Vec<CubeTensor>, steps: &[AdamStep]) -> Vec<CubeTensor> {
    let mut parameters: Vec<[CubeTensor; 4]> = Vec::with_capacity(steps.len());
    let mut tensors = tensors.into_iter();
    while let (Some(weight), Some(gradient), Some(first), Some(second)) =
        (tensors.next(), tensors.next(), tensors.next(), tensors.next())
    {
        // Moments change where they are; nobody else has them.
        let [first, second] = [first, second].map(into_contiguous);
        let moments = [first, second].map(|own| if own.can_mut() { own } else { own.copy() });
        let [first, second] = moments;
        parameters.push([into_contiguous(weight), into_contiguous(gradient), first, second]);
    }
    let outputs: Vec<CubeTensor> = parameters.iter().map(|own| empty(&own[0], own[0].shape())).collect();
    for range in ranges(&parameters, 5, |a, b| steps[a] == steps[b]) {
        let own = &parameters[range.clone()];
        let longest = own.iter().map(|own| count(&own[0])).max().unwrap_or(0);
        let (cubes, dim) = units(&own[0][0], longest);
        let of = |which: usize| arguments(own.iter().map(|own| &own[which]));
        let Rates { keep1, take1, keep2, take2, unbias, epsilon, size } = Rates::of(steps[range.start]);
        adam_kernel::launch(
            &own[0][0].client,
            cubes,
            dim,
            of(0),
            of(1),
            of(2),
            of(3),
            arguments(outputs[range.clone()].iter()),
            keep1,
            take1,
            keep2,
            take2,
            1.0 / unbias,
            epsilon,
            size,
        );
    }
    let moments = parameters.into_iter().map(|[_, _, first, second]| [first, second]);
    outputs.into_iter().zip(moments).flat_map(|(weight, [first, second])| [weight, first, second]).collect()
}

/// `average * decay + newest * (1 - decay)` of every pair of an average and its newest weights, in order.
pub(in super::super) fn averages(pairs: Vec<[DispatchTensor; 2]>, decay: f64) -> Vec<DispatchTensor> {
    let inputs: Vec<_> = pairs.into_iter().flat_map(|pair| pair.map(fused)).collect();
    if inputs.is_empty() {
        return Vec::new();
    }
    let shapes: Vec<_> = inputs.chunks(2).map(|pair| pair[0].shape()).collect();
    let made = registered("averages", inputs, shapes, move |tensors| averaged(tensors, decay));
    made.into_iter().map(dispatched).collect()
}

fn averaged(tensors: Vec<CubeTensor>, decay: f64) -> Vec<CubeTensor> {
    let tensors: Vec<CubeTensor> = tensors.into_iter().map(into_contiguous).collect();
    let pairs: Vec<&[CubeTensor]> = tensors.chunks(2).collect();
    let outputs: Vec<CubeTensor> = pairs.iter().map(|pair| empty(&pair[0], pair[0].shape())).collect();
    for range in ranges(&pairs, 3, |_, _| true) {
        let own = &pairs[range.clone()];
        let longest = own.iter().map(|pair| count(&pair[0])).max().unwrap_or(0);
        let (cubes, dim) = units(&own[0][0], longest);
        average_kernel::launch(
            &own[0][0].client,
            cubes,
            dim,
            arguments(own.iter().map(|pair| &pair[0])),
            arguments(own.iter().map(|pair| &pair[1])),
            arguments(outputs[range].iter()),
            decay as f32,
            (1.0 - decay) as f32,
        );
    }
    outputs
}

/// Each unit works on its place in all of the parameters.
#[cube(launch)]
fn adam_kernel(
    weights: &Sequence<Box<[f32]>>,
    gradients: &Sequence<Box<[f32]>>,
    firsts: &mut Sequence<Box<[f32]>>,
    seconds: &mut Sequence<Box<[f32]>>,
    outputs: &mut Sequence<Box<[f32]>>,
    keep1: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    unbias: f32,
    epsilon: f32,
    size: f32,
) {
    let position = ABSOLUTE_POS;
    let parameters = comptime![weights.len()];
    #[unroll]
    for index in 0..parameters {
        if position < weights[index].len() {
            let gradient = gradients[index][position];
            let first = firsts[index][position] * keep1 + gradient * take1;
            let second = seconds[index][position] * keep2 + gradient * gradient * take2;
            put(&mut firsts[index], position, first);
            put(&mut seconds[index], position, second);
            let scale = second.sqrt() * unbias + epsilon;
            put(&mut outputs[index], position, weights[index][position] - first / scale * size);
        }
    }
}

/// Each unit works on its place in all of the averages.
#[cube(launch)]
fn average_kernel(
    averages: &Sequence<Box<[f32]>>,
    newest: &Sequence<Box<[f32]>>,
    outputs: &mut Sequence<Box<[f32]>>,
    keep: f32,
    take: f32,
) {
    let position = ABSOLUTE_POS;
    let pairs = comptime![averages.len()];
    #[unroll]
    for index in 0..pairs {
        if position < averages[index].len() {
            put(
                &mut outputs[index],
                position,
                averages[index][position] * keep + newest[index][position] * take,
            );
        }
    }
}
