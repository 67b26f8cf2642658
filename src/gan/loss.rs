//! Adversarial losses.

//!
//! A loss of scores that are not finite must be not finite. `relu(1 - real)` is 0 where a real score is
//! infinite, and on a GPU whose maximum leaves NaN out also where it is NaN; softplus loses infinities as
//! well. So each loss carries a trace of the scores, which adds nothing to it where they are finite and makes
//! it NaN or infinite where one is. Unlike a comparison, or a product with zero, no compiler can leave it out.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use crate::model::kernels::{LossTerm, are_used, is_cpu, loss_term};

/// What discriminator and generator minimise. `real` and `fake` are scores of `[batch, 1]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `mean(relu(1 - real)) + mean(relu(1 + fake))` against `-mean(fake)` (Lim and Ye 2017); AutoGAN's.
    #[default]
    Hinge,
    /// `mean(softplus(-real)) + mean(softplus(fake))` against `mean(softplus(-fake))`
    /// (Goodfellow et al. 2014).
    NonSaturating,
    /// `mean((real - 1)²) + mean(fake²)` against `mean((fake - 1)²)` (Mao et al. 2017).
    LeastSquares,
}

impl Loss {
    /// The discriminator's loss, `[1]`.
    pub fn discriminator(self, real: Tensor<2>, fake: Tensor<2>) -> Tensor<1> {
        if in_one_operator(&real) {
            let [of_real, of_fake] = match self {
                Self::Hinge => [LossTerm::HingeReal, LossTerm::HingeFake],
                Self::NonSaturating => [LossTerm::SoftplusReal, LossTerm::SoftplusFake],
                Self::LeastSquares => [LossTerm::SquareReal, LossTerm::SquareFake],
            };
            return loss_term(real, of_real) + loss_term(fake, of_fake);
        }
        let trace = trace(&real) + trace(&fake);
        let loss = match self {
            Self::Hinge => activation::relu(1.0 - real).mean() + activation::relu(fake + 1.0).mean(),
            Self::NonSaturating => {
                activation::softplus(-real, 1.0).mean() + activation::softplus(fake, 1.0).mean()
            }
            Self::LeastSquares => (real - 1.0).square().mean() + fake.square().mean(),
        };
        loss + trace
    }

    /// The generator's loss, `[1]`.
    pub fn generator(self, fake: Tensor<2>) -> Tensor<1> {
        if in_one_operator(&fake) {
            let term = match self {
                Self::Hinge => LossTerm::Negative,
                Self::NonSaturating => LossTerm::SoftplusReal,
                Self::LeastSquares => LossTerm::SquareReal,
            };
            return loss_term(fake, term);
        }
        let trace = trace(&fake);
        let loss = match self {
            Self::Hinge => -fake.mean(),
            Self::NonSaturating => activation::softplus(-fake, 1.0).mean(),
            Self::LeastSquares => (fake - 1.0).square().mean(),
        };
        loss + trace
    }
}

/// Whether a loss of these scores is computed by own kernels.
fn in_one_operator(scores: &Tensor<2>) -> bool {
    are_used() && !is_cpu(&scores.device())
}

/// At most 2e-11, but NaN or infinite where a score is; no gradient goes through it.
fn trace(scores: &Tensor<2>) -> Tensor<1> {
    scores.clone().detach().mean().abs().sqrt() * 1e-30
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::device::{DeviceChoice, adapters, open};
    use crate::model::{host, scalar};
    use crate::rng::{normals, rng};

    /// Both losses of some scores, and the gradients of these.
    fn losses(loss: Loss, device: &Device, scores: &[Vec<f32>; 2]) -> [Vec<f32>; 4] {
        let device = device.clone().autodiff();
        let [real, fake] = scores.each_ref().map(|values| {
            let data = TensorData::new(values.clone(), [values.len(), 1]);
            Tensor::<2>::from_data(data, &device).require_grad()
        });
        let [first, second] =
            [loss.discriminator(real.clone(), fake.clone()) * 2.0, loss.generator(fake.clone())];
        let gradients = (first.clone() + second.clone()).backward();
        let of = |scores: Tensor<2>| host(scores.grad(&gradients).unwrap());
        [vec![scalar(first)], vec![scalar(second)], of(real), of(fake)]
    }

    #[test]
    fn on_a_gpu_a_loss_is_one_operator_for_each_side_and_the_same() {
        let Some(adapter) = adapters().into_iter().next() else {
            assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
            return;
        };
        let device = open(&DeviceChoice::Named(adapter.name)).unwrap().device;
        for loss in [Loss::Hinge, Loss::NonSaturating, Loss::LeastSquares] {
            for count in [1, 7, 300] {
                let scores = [1, 2].map(|stream| normals(&mut rng(stream, "scores", 0), count));
                let found = losses(loss, &device, &scores);
                let expected = losses(loss, &Device::flex(), &scores);
                for (found, expected) in found.iter().zip(&expected) {
                    let size = expected.iter().fold(1e-6f32, |size, value| size.max(value.abs()));
                    let off = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(off <= 2e-6 * size, "{loss:?} of {count}: {found:?}, not {expected:?}");
                }
                for (side, wrong) in
                    [(0, f32::NAN), (1, f32::NAN), (0, f32::INFINITY), (1, f32::NEG_INFINITY)]
                {
                    let mut scores = scores.clone();
                    scores[side][count / 2] = wrong;
                    let found = losses(loss, &device, &scores);
                    assert!(!found[0][0].is_finite(), "{loss:?} with {wrong} is {}", found[0][0]);
                    assert!(side == 0 || !found[1][0].is_finite());
                }
            }
        }
    }
}
