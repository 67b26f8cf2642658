//! The board: every candidate that was ever estimated, with what it was worth and what that cost.

use serde::{Deserialize, Serialize};

use super::estimator::Estimate;
use super::estimator::EstimatorId;
use crate::arch::Genotype;
use crate::metric::Score;

/// One estimated architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its place on the board, from 0.
    pub id: usize,
    /// The architecture, with as many cells as its stage has.
    pub genotype: Genotype,
    /// The candidate of the stage before that it extends.
    pub parent: Option<usize>,
    /// Number of cells.
    pub cells: usize,
    /// The search iteration, from 0.
    pub iteration: u64,
    /// Which strategy proposed it.
    pub strategy: String,
    /// What judged it.
    pub estimator: EstimatorId,
    /// Its scores.
    pub scores: Vec<Score>,
    /// The search's reward; only rewards of the same estimator and stage can be compared.
    pub reward: f64,
    /// Multiply-accumulates spent on it; 0 when the estimate was remembered.
    pub macs: u64,
    /// The picture of its first images, relative to the run folder, where one was kept. Earlier versions kept none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

impl Candidate {
    /// Whether it was trained from scratch to be derived, not just estimated.
    pub fn is_trained(&self) -> bool {
        matches!(self.estimator, EstimatorId::Trained { .. })
    }

    /// The best of a board that is not finished: the trained ones before the estimated ones, more cells
    /// before fewer, then by reward, then the older one.
    pub fn best<'a>(board: impl IntoIterator<Item = &'a Self>) -> Option<&'a Self> {
        let rank = |candidate: &Self| (candidate.is_trained(), candidate.cells);
        board.into_iter().reduce(|best, other| {
            let better = rank(other).cmp(&rank(best)).then(other.reward.total_cmp(&best.reward));
            if better.is_gt() { other } else { best }
        })
    }
}

/// All candidates of a search in the order they were estimated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Board {
    candidates: Vec<Candidate>,
}

impl Board {
    /// Puts a candidate on the board and returns it with its number.
    #[allow(clippy::too_many_arguments)]
    pub fn add(
        &mut self,
        genotype: Genotype,
        parent: Option<usize>,
        iteration: u64,
        strategy: &str,
        estimator: EstimatorId,
        estimate: Estimate,
    ) -> &Candidate {
        let id = self.candidates.len();
        self.candidates.push(Candidate {
            id,
            cells: genotype.cells.len(),
            genotype,
            parent,
            iteration,
            strategy: strategy.to_owned(),
            estimator,
            scores: estimate.scores,
            reward: estimate.reward,
            macs: estimate.macs,
            picture: None,
        });
        &self.candidates[id]
    }

    /// The candidate with this number.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn get(&self, id: usize) -> &Candidate {
        &self.candidates[id]
    }

    /// Number of candidates.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there is no candidate yet.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// All candidates.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Multiply-accumulates spent on estimates.
    pub fn macs(&self) -> u64 {
        self.candidates.iter().map(|candidate| candidate.macs).sum()
    }
}
