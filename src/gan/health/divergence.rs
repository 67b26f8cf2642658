//! What is computed stopped being a number.

use thiserror::Error;

use super::non_finite::NonFinite;
use crate::gan::schedule::Network;

/// Steps between two checks of all weights of a GAN. A loss that is not finite is noticed in its own step;
/// weights that no loss of the moment depends on are noticed within so many.
pub const WEIGHTS_EVERY: u64 = 50;

/// NaN or infinity where a number should be. The networks are of no use then: go back to a saved state.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Divergence {
    /// A loss.
    #[error("the {network}'s loss became {value} at step {step}")]
    Loss {
        /// `generator`, `discriminator` or `controller`.
        network: &'static str,
        /// The loss.
        value: f32,
        /// The training step.
        step: u64,
    },
    /// Weights.
    #[error("weights are not finite any more at step {step}: {what}")]
    Weights {
        /// Which.
        what: NonFinite,
        /// The training step.
        step: u64,
    },
    /// A reward.
    #[error("the reward of the architecture {architecture} became {value}")]
    Reward {
        /// Its integer vector.
        architecture: String,
        /// The reward.
        value: f64,
    },
}

impl Divergence {
    /// The loss `value`, if it is a number.
    ///
    /// # Errors
    ///
    /// If it is NaN or infinite.
    pub fn check(network: Network, value: f32, step: u64) -> Result<f32, Self> {
        if value.is_finite() { Ok(value) } else { Err(Self::Loss { network: network.words(), value, step }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_no_number_is_an_error() {
        assert!(Divergence::check(Network::Generator, 1.0, 3).is_ok());
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = Divergence::check(Network::Generator, value, 3);
            assert!(error.is_err_and(|e| e.to_string().contains("generator")));
        }
    }
}
