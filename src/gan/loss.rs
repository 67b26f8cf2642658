//! Adversarial losses.

//!
//! A loss of scores that are not finite must be not finite. `relu(1 - real)` is 0 where a real score is
//! infinite, and on a GPU whose maximum leaves NaN out also where it is NaN; softplus loses infinities as
//! well. So each loss carries a trace of the scores, which adds nothing to it where they are finite and makes
//! it NaN or infinite where one is. Unlike a comparison, or a product with zero, no compiler can leave it out.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

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
        let trace = trace(&fake);
        let loss = match self {
            Self::Hinge => -fake.mean(),
            Self::NonSaturating => activation::softplus(-fake, 1.0).mean(),
            Self::LeastSquares => (fake - 1.0).square().mean(),
        };
        loss + trace
    }
}

/// At most 2e-11, but NaN or infinite where a score is; no gradient goes through it.
fn trace(scores: &Tensor<2>) -> Tensor<1> {
    scores.clone().detach().mean().abs().sqrt() * 1e-30
}
