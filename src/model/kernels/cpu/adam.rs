//! Adam (Kingma and Ba 2015) without weight decay, and the moving average of the weights.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::model::kernels::cpu::fill::PIECE;
use crate::model::kernels::cpu::simd::dispatch;

#[cfg(test)]
mod tests;

/// Settings of a step of one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// Size of the step.
    pub learning_rate: f64,
    /// Steps of this parameter, this one included: from 1 on.
    pub steps: u32,
}

impl AdamStep {
    /// Whether all later steps have the same constants, since the corrections of bias are 1.
    pub fn is_constant(self) -> bool {
        Rates::of(self) == Rates::of(Self { steps: u32::MAX, ..self })
    }
}

/// One parameter, all of whose slices have the same length.
#[derive(Debug)]
pub struct AdamParameter<'a> {
    /// The weights, moved against the gradient.
    pub weight: &'a mut [f32],
    /// The loss's gradient.
    pub gradient: &'a [f32],
    /// First moment: moving average of the gradient.
    pub first: &'a mut [f32],
    /// Second moment: moving average of the gradient's square.
    pub second: &'a mut [f32],
    /// Settings of the step.
    pub step: AdamStep,
}

/// One step of every parameter.
///
/// # Panics
///
/// If lengths of a parameter's slices differ.
pub fn adam_step(parameters: Vec<AdamParameter<'_>>) {
    let mut tasks = vec![];
    for AdamParameter { weight, gradient, first, second, step } in parameters {
        let lengths = [gradient.len(), first.len(), second.len()];
        assert!(lengths == [weight.len(); 3], "a parameter with slices of different lengths");
        let rates = Rates::of(step);
        let moments = first.chunks_mut(PIECE).zip(second.chunks_mut(PIECE));
        let pieces = weight.chunks_mut(PIECE).zip(gradient.chunks(PIECE)).zip(moments);
        tasks.extend(pieces.map(|((weight, gradient), (first, second))| Step {
            weight,
            gradient,
            first,
            second,
            rates,
        }));
    }
    tasks.into_par_iter().for_each(dispatch);
}

/// Moves each average towards its weights: `average · decay + weight · (1 - decay)`.
///
/// # Panics
///
/// If an average and its weights differ in length.
pub fn update_averages(averages: Vec<(&mut [f32], &[f32])>, decay: f64) {
    let (decay, rest) = (decay as f32, (1.0 - decay) as f32);
    let mut tasks = vec![];
    for (average, weight) in averages {
        assert_eq!(average.len(), weight.len(), "an average of another length than its weights");
        let pieces = average.chunks_mut(PIECE).zip(weight.chunks(PIECE));
        tasks.extend(pieces.map(|(average, weight)| Blend { average, weight, decay, rest }));
    }
    tasks.into_par_iter().for_each(dispatch);
}

/// Constants of a step, worked out in double precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Share of the first moment that stays.
    pub keep1: f32,
    /// Share of the gradient in it.
    pub take1: f32,
    /// Share of the second moment that stays.
    pub keep2: f32,
    /// Share of the gradient's square in it.
    pub take2: f32,
    /// What the root of the second moment is divided by.
    pub unbias: f32,
    /// Added to the denominator.
    pub epsilon: f32,
    /// Size of the step.
    pub size: f32,
}

impl Rates {
    /// The constants of `step`.
    pub fn of(AdamStep { beta1, beta2, epsilon, learning_rate, steps }: AdamStep) -> Self {
        let steps = i32::try_from(steps).unwrap_or(i32::MAX);
        Self {
            keep1: beta1 as f32,
            take1: (1.0 - beta1) as f32,
            keep2: beta2 as f32,
            take2: (1.0 - beta2) as f32,
            unbias: (1.0 - beta2.powi(steps)).sqrt() as f32,
            epsilon: epsilon as f32,
            size: (learning_rate / (1.0 - beta1.powi(steps))) as f32,
        }
    }
}

/// A step of one piece of a parameter.
struct Step<'a> {
    weight: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    rates: Rates,
}

impl NullaryFnOnce for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        step(self.weight, self.gradient, self.first, self.second, self.rates);
    }
}

/// The loop of [`Step`].
#[inline(always)]
fn step(weight: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32], rates: Rates) {
    for (((weight, gradient), first), second) in weight.iter_mut().zip(gradient).zip(first).zip(second) {
        *first = *first * rates.keep1 + gradient * rates.take1;
        *second = *second * rates.keep2 + gradient * gradient * rates.take2;
        let scale = second.sqrt() / rates.unbias + rates.epsilon;
        *weight -= *first / scale * rates.size;
    }
}

/// Moves a piece of an average.
struct Blend<'a> {
    average: &'a mut [f32],
    weight: &'a [f32],
    decay: f32,
    rest: f32,
}

impl NullaryFnOnce for Blend<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        blend(self.average, self.weight, self.decay, self.rest);
    }
}

/// The loop of [`Blend`].
#[inline(always)]
fn blend(average: &mut [f32], weight: &[f32], decay: f32, rest: f32) {
    for (average, weight) in average.iter_mut().zip(weight) {
        *average = *average * decay + weight * rest;
    }
}
