//! Adam and the moving average, many parameters with each kernel.

use burn::backend::wgpu::CubeTensor;
use burn::backend::{DispatchTensor, TensorMetadata};
use burn::cubecl::{self, prelude::*};
use burn::tensor::{Shape, Tensor};

use super::super::AdamTensors;
use super::super::cpu::adam::{AdamStep, Rates};
use super::list::{arguments, ranges, registered, units_of_longest};
use super::tensors::{empty, put};

/// One step of Adam of every parameter: its weights and its two moments after it, in order.
pub(in super::super) fn adam(parameters: Vec<AdamTensors>) -> Vec<(DispatchTensor, [Tensor<1>; 2])> {
    let steps: Vec<AdamStep> = parameters.iter().map(|parameter| parameter.step).collect();
    let inputs =
        parameters.into_iter().map(|AdamTensors { weight, gradient, moments: [first, second], .. }| {
            [weight, gradient, first.into_dispatch(), second.into_dispatch()]
        });
    let shapes = |inputs: &[[Shape; 4]]| {
        let shapes = inputs.iter().cloned();
        shapes.map(|[weight, _, first, second]| [weight, first, second]).collect()
    };
    let moved = registered("adam", inputs.collect(), shapes, move |parameters| moved(parameters, &steps));
    let moved = moved.into_iter();
    moved.map(|[weight, first, second]| (weight, [first, second].map(Tensor::from_dispatch))).collect()
}

/// Weights, gradients, first and second moments of all parameters become weights, first and second moments.
fn moved(parameters: Vec<[CubeTensor; 4]>, steps: &[AdamStep]) -> Vec<[CubeTensor; 3]> {
    let mut outputs = Vec::with_capacity(steps.len());
    let parameters: Vec<[CubeTensor; 4]> = parameters
        .into_iter()
        .map(|[weight, gradient, first, second]| {
            outputs.push([empty(&weight, weight.shape())]);
            // Moments change where they are; nobody else has them.
            let [first, second] = [first, second].map(|own| if own.can_mut() { own } else { own.copy() });
            [weight, gradient, first, second]
        })
        .collect();
    for range in ranges(&parameters, 5, |a, b| steps[a] == steps[b]) {
        let own = &parameters[range.clone()];
        let (cubes, dim) = units_of_longest(own);
        let Rates { keep1, take1, keep2, take2, unbias, epsilon, size } = Rates::of(steps[range.start]);
        adam_kernel::launch(
            &own[0][0].client,
            cubes,
            dim,
            arguments(own, 0),
            arguments(own, 1),
            arguments(own, 2),
            arguments(own, 3),
            arguments(&outputs[range], 0),
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
    outputs.into_iter().zip(moments).map(|([weight], [first, second])| [weight, first, second]).collect()
}

/// `average * decay + newest * (1 - decay)` of every pair of an average and its newest weights, in order.
pub(in super::super) fn averages(pairs: Vec<[DispatchTensor; 2]>, decay: f64) -> Vec<DispatchTensor> {
    let shapes = |pairs: &[[Shape; 2]]| pairs.iter().cloned().map(|[average, _]| [average]).collect();
    let made = registered("averages", pairs, shapes, move |pairs| averaged(&pairs, decay));
    made.into_iter().flatten().collect()
}

fn averaged(pairs: &[[CubeTensor; 2]], decay: f64) -> Vec<[CubeTensor; 1]> {
    let outputs: Vec<[CubeTensor; 1]> =
        pairs.iter().map(|[average, _]| [empty(average, average.shape())]).collect();
    for range in ranges(pairs, 3, |_, _| true) {
        let own = &pairs[range.clone()];
        let (cubes, dim) = units_of_longest(own);
        average_kernel::launch(
            &own[0][0].client,
            cubes,
            dim,
            arguments(own, 0),
            arguments(own, 1),
            arguments(&outputs[range], 0),
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
