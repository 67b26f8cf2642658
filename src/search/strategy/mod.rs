//! The optimisation algorithm of a search, as an interface.

mod random;
mod reinforce;

pub use random::Random;
pub use reinforce::{Reinforce, ReinforceLoss, reinforce_loss};

use serde::{Deserialize, Serialize};

use crate::arch::{Genotype, Space};
use crate::gan::Divergence;
use crate::model::{NamedTensors, StateError};

/// An architecture a strategy wants to know the worth of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The architecture, with as many cells as the stage has.
    pub genotype: Genotype,
    /// Index of the beam entry it extends, where there is a beam.
    pub parent: Option<usize>,
}

/// A value to plot: what it is and what it is worth.
pub type Reading = (&'static str, f64);

/// One cell's token distributions: `[token][choice]`.
pub type Distributions = Vec<Vec<f32>>;

/// Proposes architectures and learns from their rewards.
///
/// Draws are pure functions of the strategy's state and a counter that the caller never uses twice
/// with the same `stream`, so a resumed search goes on as if it had not stopped.
pub trait Strategy {
    /// Its name on the board.
    fn name(&self) -> &'static str;

    /// An architecture: for a batch of shared training, or to be estimated.
    fn propose(&self, space: &Space, stream: &str, counter: u64) -> Proposal;

    /// A new search iteration begins.
    fn begin_iteration(&mut self);

    /// Takes in what a proposal was worth; `step` counts such lessons.
    ///
    /// # Errors
    ///
    /// If what it learns with is not finite any more.
    fn learn(
        &mut self,
        space: &Space,
        proposal: &Proposal,
        reward: f64,
        step: u64,
    ) -> Result<Vec<Reading>, Divergence>;

    /// The generator grows to `cells` cells, starting from `beam`, best first.
    fn grow(&mut self, space: &Space, beam: &[Proposal], cells: usize);

    /// The distributions proposals are drawn from now, averaged over the beam; empty for a strategy
    /// that has none.
    fn distributions(&self, space: &Space) -> Distributions;

    /// Everything a resumed strategy needs.
    fn state(&self) -> (serde_json::Value, NamedTensors);

    /// Takes a saved state on.
    ///
    /// # Errors
    ///
    /// If it belongs to another configuration.
    fn load_state(
        &mut self,
        space: &Space,
        state: serde_json::Value,
        tensors: &NamedTensors,
    ) -> Result<(), StrategyError>;
}

/// A saved strategy cannot be taken on.
#[derive(Debug, thiserror::Error)]
pub enum StrategyError {
    /// The controller's weights do not fit.
    #[error("the controller's weights do not fit: {0}")]
    Weights(#[from] StateError),
    /// The optimiser's state does not fit.
    #[error(transparent)]
    Adam(#[from] crate::gan::AdamError),
    /// The plain part cannot be read.
    #[error("the strategy's saved state cannot be read ({0}); start the search anew")]
    Plain(#[from] serde_json::Error),
}
