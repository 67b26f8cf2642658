//! The proxy task of a search, as an interface: what a genotype is worth, and what that costs. One estimator
//! a file.

mod id;
mod scratch;
mod shared_weights;

pub use id::EstimatorId;
pub use scratch::Scratch;
pub use shared_weights::SharedWeights;

use serde::{Deserialize, Serialize};

use crate::arch::Genotype;
use crate::export::Tiles;
use crate::gan::{Divergence, GanError};
use crate::metric::Score;
use crate::search::context::SearchContext;
use crate::search::shared::SharedGan;

/// What a candidate turned out to be worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Its scores.
    pub scores: Vec<Score>,
    /// The search's reward: larger is better.
    pub reward: f64,
    /// Multiply-accumulates that were spent on it.
    pub macs: u64,
}

impl Estimate {
    /// The estimate, if its reward is finite: a strategy would learn nothing from another and never
    /// recover.
    ///
    /// # Errors
    ///
    /// If it is NaN or infinite.
    pub fn checked(self, genotype: &Genotype) -> Result<Self, Divergence> {
        if self.reward.is_finite() {
            Ok(self)
        } else {
            Err(Divergence::Reward { architecture: genotype.to_string(), value: self.reward })
        }
    }
}

/// Estimates candidates.
pub trait Estimator {
    /// How the board names it.
    fn id(&self) -> EstimatorId;

    /// Starts estimating `genotype`. Equal `draw`s use equal random numbers.
    ///
    /// # Errors
    ///
    /// If it cannot be trained on the images there are.
    fn begin(
        &self,
        context: &SearchContext,
        shared: &SharedGan,
        genotype: &Genotype,
        draw: u64,
    ) -> Result<Box<dyn Estimation>, GanError>;

    /// Estimates made while this is the same are the same for the same genotype and can be
    /// remembered; `None` when each draws random numbers of its own.
    fn version(&self, shared: &SharedGan) -> Option<(u64, u64)>;
}

/// An estimate under way.
pub trait Estimation {
    /// Does one piece of work. Returns the estimate after the last one.
    ///
    /// # Errors
    ///
    /// If a loss or a score is not finite.
    fn advance(&mut self, context: &SearchContext) -> Result<Option<Estimate>, GanError>;

    /// The first images that the candidate made for the estimate, once it is there; none where it made none.
    fn take_images(&mut self) -> Option<Tiles> {
        None
    }
}

/// An estimate that was made before, which costs nothing.
pub(super) struct Remembered(pub Estimate);

impl Estimation for Remembered {
    fn advance(&mut self, _context: &SearchContext) -> Result<Option<Estimate>, GanError> {
        Ok(Some(Estimate { macs: 0, ..self.0.clone() }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_reward_that_is_not_finite_is_an_error_with_its_architecture() {
        let genotype: Genotype = "1 0 1 1".parse().unwrap();
        let estimate = |reward| Estimate { scores: Vec::new(), reward, macs: 1 };
        assert_eq!(estimate(0.5).checked(&genotype), Ok(estimate(0.5)));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = estimate(value).checked(&genotype).unwrap_err().to_string();
            assert!(error.contains("1 0 1 1") && error.contains(&value.to_string()), "{error}");
        }
    }
}
