//! Adversarial losses.

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
        match self {
            Self::Hinge => activation::relu(1.0 - real).mean() + activation::relu(fake + 1.0).mean(),
            Self::NonSaturating => {
                activation::softplus(-real, 1.0).mean() + activation::softplus(fake, 1.0).mean()
            }
            Self::LeastSquares => (real - 1.0).square().mean() + fake.square().mean(),
        }
    }

    /// The generator's loss, `[1]`.
    pub fn generator(self, fake: Tensor<2>) -> Tensor<1> {
        match self {
            Self::Hinge => -fake.mean(),
            Self::NonSaturating => activation::softplus(-fake, 1.0).mean(),
            Self::LeastSquares => (fake - 1.0).square().mean(),
        }
    }
}
