//! Ranking candidates where a stage begins and after the last iteration: the best are grown from, or trained
//! from scratch.

use super::Search;
use crate::search::derive::Derivation;
use crate::search::error::SearchError;
use crate::search::event::{Emitted, SearchEvent};
use crate::search::state::{Phase, Ranked, SHARED};
use crate::search::strategy::Proposal;

/// Draws for each candidate of a ranking before a ranking with fewer is accepted.
const DRAWS: u64 = 50;

impl Search {
    pub(super) fn rank(
        &mut self,
        mut ranked: Vec<Ranked>,
        draws: u64,
        emitted: &mut Vec<Emitted>,
    ) -> Result<(), SearchError> {
        let config = &self.plan.search;
        let wanted = config.candidates;
        let tired = draws >= DRAWS * wanted as u64;
        if ranked.len() >= wanted || (tired && self.estimation.is_none()) {
            if ranked.len() < wanted {
                let found = ranked.len();
                let text =
                    format!("only {found} different architectures came up in {draws} draws; they are ranked");
                emitted.push(SearchEvent::Warning { text }.into());
            }
            return self.choose(ranked, emitted);
        }
        if self.estimation.is_none() {
            let proposal = self.strategy.propose(&self.context.space, "rank", self.state.ranked);
            let known = |ranked: &Ranked| ranked.proposal.genotype == proposal.genotype;
            if config.deduplicate && ranked.iter().any(known) {
                self.state.ranked += 1;
                self.state.phase = Phase::Rank { ranked, draws: draws + 1 };
                return Ok(());
            }
            self.begin(proposal)?;
        }
        // Counted at its end: a draw comes up again if the search is resumed while it is estimated.
        if let Some((proposal, estimate, images)) = self.advance_estimation()? {
            self.state.ranked += 1;
            let candidate = self.put_on_board(&proposal, estimate, images, emitted);
            ranked.push(Ranked { proposal, candidate });
            self.state.phase = Phase::Rank { ranked, draws: draws + 1 };
        }
        Ok(())
    }

    /// Keeps the best of a ranking: to grow from, or to train from scratch.
    fn choose(&mut self, mut ranked: Vec<Ranked>, emitted: &mut Vec<Emitted>) -> Result<(), SearchError> {
        let board = &self.state.board;
        let reward = |ranked: &Ranked| board.get(ranked.candidate).reward;
        ranked.sort_by(|a, b| reward(b).total_cmp(&reward(a)).then(a.candidate.cmp(&b.candidate)));
        ranked.truncate(self.plan.search.top_k);
        let candidates: Vec<usize> = ranked.iter().map(|ranked| ranked.candidate).collect();
        emitted.push(SearchEvent::Beam { cells: self.state.cells, candidates: candidates.clone() }.into());
        if self.state.iteration == self.plan.search.total_iterations() {
            let finalists = candidates.iter().map(|&id| (id, board.get(id).genotype.clone()));
            self.derivation = Some(Derivation::new(&self.context, &self.plan, finalists.collect())?);
            self.state.phase = Phase::Derive;
            return Ok(());
        }
        let beam: Vec<Proposal> = ranked.into_iter().map(|ranked| ranked.proposal).collect();
        let cells = self.plan.search.cells_at(self.state.iteration, self.context.space.cells());
        self.strategy.grow(&self.context.space, &beam, cells);
        self.state.beam = candidates;
        self.state.cells = cells;
        self.state.phase = SHARED;
        Ok(())
    }
}
