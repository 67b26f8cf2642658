//! The terms of adversarial losses.

use burn::backend::TensorMetadata;
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::{self, prelude::*};

use super::super::LossTerm;
use super::activation::{positive, where_positive};
use super::sums::{UNITS, cube_sum};
use super::tensors::{argument, count, empty, units};

/// The mean of `term` over all scores, `[1]`, with a trace of their mean.
pub(in super::super) fn loss_term(scores: &CubeTensor, term: LossTerm) -> CubeTensor {
    let output = empty(scores, [1]);
    let share = 1.0 / count(scores) as f32;
    loss_term_kernel::launch(
        &scores.client,
        CubeCount::Static(1, 1, 1),
        CubeDim::new_1d(UNITS as u32),
        argument(scores),
        argument(&output),
        share,
        term,
    );
    output
}

/// The gradient of the scores, of that of the loss.
pub(in super::super) fn loss_term_backward(
    scores: &CubeTensor,
    gradient: &CubeTensor,
    term: LossTerm,
) -> CubeTensor {
    let output = empty(scores, scores.shape());
    let (cubes, dim) = units(scores, count(scores));
    let share = 1.0 / count(scores) as f32;
    loss_term_backward_kernel::launch(
        &scores.client,
        cubes,
        dim,
        argument(scores),
        argument(gradient),
        argument(&output),
        share,
        term,
    );
    output
}

/// `ln(1 + exp(x))`.
#[cube]
fn softplus(x: f32) -> f32 {
    positive(x) + (1.0 + (-x.abs()).exp()).ln()
}

/// `1 / (1 + exp(-x))`.
#[cube]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cube(launch)]
fn loss_term_kernel(scores: &[f32], output: &mut [f32], share: f32, #[comptime] term: LossTerm) {
    let mut sum = 0.0f32;
    let mut plain = 0.0f32;
    let mut position = UNIT_POS as usize;
    while position < scores.len() {
        let score = scores[position];
        plain += score;
        sum += match comptime!(term) {
            LossTerm::HingeReal => positive(1.0 - score),
            LossTerm::HingeFake => positive(1.0 + score),
            LossTerm::SoftplusReal => softplus(-score),
            LossTerm::SoftplusFake => softplus(score),
            LossTerm::SquareReal => (score - 1.0) * (score - 1.0),
            LossTerm::SquareFake => score * score,
            LossTerm::Negative => -score,
        };
        position += UNITS;
    }
    let sum = cube_sum(sum);
    let plain = cube_sum(plain);
    if UNIT_POS == 0 {
        output[0] = sum * share + (plain * share).abs().sqrt() * 1e-30;
    }
}

#[cube(launch)]
fn loss_term_backward_kernel(
    scores: &[f32],
    gradient: &[f32],
    output: &mut [f32],
    share: f32,
    #[comptime] term: LossTerm,
) {
    let position = ABSOLUTE_POS;
    if position < output.len() {
        let score = scores[position];
        let slope = match comptime!(term) {
            LossTerm::HingeReal => where_positive(1.0 - score, -1.0),
            LossTerm::HingeFake => where_positive(1.0 + score, 1.0),
            LossTerm::SoftplusReal => -sigmoid(-score),
            LossTerm::SoftplusFake => sigmoid(score),
            LossTerm::SquareReal => 2.0 * (score - 1.0),
            LossTerm::SquareFake => 2.0 * score,
            LossTerm::Negative => f32::new(-1.0),
        };
        output[position] = gradient[0] * slope * share;
    }
}
