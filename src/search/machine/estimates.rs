//! Estimates of proposals, one at a time, on their way to the board.

use super::Search;
use crate::export::Tiles;
use crate::search::error::SearchError;
use crate::search::estimator::{Estimate, Estimation, Remembered};
use crate::search::event::Emitted;
use crate::search::strategy::Proposal;

/// Pictures of the strategy's estimates that a run keeps at most, some 50 KB each at most. Those of rankings come to
/// them, which are few.
const MOST_PICTURES: u64 = 500;

impl Search {
    /// Begins to estimate a proposal.
    pub(super) fn begin(&mut self, proposal: Proposal) -> Result<(), SearchError> {
        let version = self.estimator.version(&self.shared);
        if version.is_none() || version != self.state.version {
            self.state.remembered.clear();
            self.state.version = version;
        }
        self.current = Some(proposal.genotype.clone());
        let draw = self.state.estimates;
        let mut remembered = self.state.remembered.iter();
        let known = remembered.rfind(|(genotype, _)| *genotype == proposal.genotype);
        let estimation: Box<dyn Estimation> = match known {
            Some((_, estimate)) => Box::new(Remembered(estimate.clone())),
            None => self.estimator.begin(&self.context, &self.shared, &proposal.genotype, draw)?,
        };
        self.estimation = Some((proposal, estimation));
        Ok(())
    }

    /// Does a piece of the estimate under way. Returns the proposal with its estimate at the end, and with its first
    /// images where it made some for that.
    pub(super) fn advance_estimation(
        &mut self,
    ) -> Result<Option<(Proposal, Estimate, Option<Tiles>)>, SearchError> {
        let Some((proposal, mut estimation)) = self.estimation.take() else {
            return Ok(None);
        };
        match estimation.advance(&self.context)? {
            None => {
                self.estimation = Some((proposal, estimation));
                Ok(None)
            }
            Some(estimate) => {
                let estimate = estimate.checked(&proposal.genotype)?;
                self.state.estimates += 1;
                if self.state.version.is_some() && estimate.macs > 0 {
                    let entry = (proposal.genotype.clone(), estimate.clone());
                    self.state.remembered.push(entry);
                }
                Ok(Some((proposal, estimate, estimation.take_images())))
            }
        }
    }

    /// Whether a picture of the strategy's next estimate is kept: of each one, or of each so-many-th where a run makes
    /// more than it keeps pictures of.
    pub(super) fn pictures_estimate(&self) -> bool {
        let config = &self.plan.search;
        let all = config.total_iterations().saturating_mul(config.controller.steps);
        self.state.proposed.is_multiple_of(pictured_every(all))
    }

    pub(super) fn put_on_board(
        &mut self,
        proposal: &Proposal,
        estimate: Estimate,
        images: Option<Tiles>,
        emitted: &mut Vec<Emitted>,
    ) -> usize {
        let parent = proposal.parent.and_then(|index| self.state.beam.get(index).copied());
        let genotype = proposal.genotype.clone();
        let (strategy, estimator) = (self.strategy.name(), self.estimator.id());
        let iteration = self.state.iteration;
        let board = &mut self.state.board;
        let candidate = board.add(genotype, parent, iteration, strategy, estimator, estimate);
        emitted.push(Emitted::Candidate(candidate.clone(), images));
        candidate.id
    }
}

/// Of how many estimates one has its picture kept, where a run makes so many in all.
fn pictured_every(estimates: u64) -> u64 {
    estimates.div_ceil(MOST_PICTURES).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_estimates_have_pictures_while_they_are_few_and_never_more_than_are_kept() {
        assert_eq!([0, 1, MOST_PICTURES].map(pictured_every), [1; 3]);
        // Those of the paper's search, and more than anybody makes.
        for estimates in [MOST_PICTURES + 1, 2700, u64::MAX] {
            let every = pictured_every(estimates);
            let pictures = estimates.div_ceil(every);
            assert!(
                every > 1 && (MOST_PICTURES / 2..=MOST_PICTURES).contains(&pictures),
                "{estimates}: {pictures}"
            );
        }
    }
}
