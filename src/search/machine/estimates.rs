//! Estimates of proposals, one at a time, on their way to the board.

use super::Search;
use crate::search::error::SearchError;
use crate::search::estimator::{Estimate, Estimation, Remembered};
use crate::search::event::{Emitted, SearchEvent};
use crate::search::strategy::Proposal;

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

    pub(super) fn advance_estimation(&mut self) -> Result<Option<(Proposal, Estimate)>, SearchError> {
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
                Ok(Some((proposal, estimate)))
            }
        }
    }

    pub(super) fn put_on_board(
        &mut self,
        proposal: &Proposal,
        estimate: Estimate,
        emitted: &mut Vec<Emitted>,
    ) -> usize {
        let parent = proposal.parent.and_then(|index| self.state.beam.get(index).copied());
        let genotype = proposal.genotype.clone();
        let (strategy, estimator) = (self.strategy.name(), self.estimator.id());
        let iteration = self.state.iteration;
        let board = &mut self.state.board;
        let candidate = board.add(genotype, parent, iteration, strategy, estimator, estimate);
        emitted.push(SearchEvent::Candidate(candidate.clone()).into());
        candidate.id
    }
}
