//! The search as a state machine: one small piece of work at a time, from any saved state.
//!
//! For each iteration (reference notes, section 4): shared training, then training of the strategy.
//! Where a stage begins, and after the last iteration, candidates are ranked first. Then the best are
//! trained from scratch and the winner is trained to the end ([`derive`](super::derive)).

use serde::{Deserialize, Serialize};

use super::SearchError;
use super::board::{Board, Candidate};
use super::config::{EstimatorKind, StrategyKind};
use super::context::Context;
use super::derive::{Derivation, DerivationState, Derived};
use super::estimator::{Estimate, Estimation, Estimator, Remembered, Scratch, SharedWeights};
use super::news::{Activity, News, Shown, Told};
use super::plan::{self, Part, SearchPlan};
use super::random::Random;
use super::reinforce::Reinforce;
use super::shared::{SharedGan, SharedState};
use super::strategy::{Proposal, Strategy};
use crate::arch::Genotype;
use crate::gan::{GanError, Updates, picture};
use crate::metric::RewardScale;
use crate::model::{ModelConfig, NamedTensors, parts, with_prefix};

/// Restarts of the shared pair in one iteration before the search goes on with what there is.
const RESTARTS: u32 = 3;
/// Draws for each candidate of a ranking before a ranking with fewer is accepted.
const DRAWS: u64 = 50;

/// A ranked proposal and its number on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ranked {
    proposal: Proposal,
    candidate: usize,
}

/// Where the search stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
enum Phase {
    Shared { done: u64, restarts: u32 },
    Control { done: u64, collapsed: Option<String> },
    Rank { ranked: Vec<Ranked>, draws: u64 },
    Derive,
    Done,
}

const SHARED: Phase = Phase::Shared { done: 0, restarts: 0 };

/// The plain part of a search's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchState {
    phase: Phase,
    iteration: u64,
    cells: usize,
    /// Number of strategy draws of each purpose, so that none is used twice.
    proposed: u64,
    ranked: u64,
    /// Number of estimates that were begun.
    estimates: u64,
    /// Board numbers of the beam the strategy's proposals extend.
    beam: Vec<usize>,
    board: Board,
    /// Estimates that are still valid: all were made at `version`.
    remembered: Vec<(Genotype, Estimate)>,
    version: Option<(u64, u64)>,
    shared: SharedState,
    strategy: serde_json::Value,
    derivation: Option<DerivationState>,
    /// The phase that was told last, so that a resumed search does not tell it again.
    told: Option<(Activity, u64)>,
}

/// A search under way.
pub struct Search {
    context: Context,
    plan: SearchPlan,
    parts: Vec<Part>,
    strategy: Box<dyn Strategy>,
    estimator: Box<dyn Estimator>,
    shared: SharedGan,
    state: SearchState,
    job: Option<(Proposal, Box<dyn Estimation>)>,
    derivation: Option<Derivation>,
    /// What the shared pair was trained or estimated as last.
    at_hand: Option<Genotype>,
}

impl Search {
    /// A search that has done nothing yet.
    ///
    /// # Errors
    ///
    /// If the reward needs classes and the images have none. That the settings fit each other and the
    /// space is for the caller to see to (`RunConfig::validate_search`).
    pub fn new(context: Context, plan: SearchPlan) -> Result<Self, SearchError> {
        let config = &plan.search;
        let scorer = &context.arena(context.space.cells()).scorer;
        config.reward.check(&RewardScale::of(scorer))?;
        let (seed, all) = (context.seed, context.space.cells());
        let cells = config.cells_at(0, all);
        let strategy: Box<dyn Strategy> = match config.strategy {
            StrategyKind::Random => Box::new(Random::new(seed, cells)),
            StrategyKind::Reinforce => {
                let adam = context.recipe.adam;
                Box::new(Reinforce::new(config.controller, adam, &context.space, cells, seed))
            }
        };
        let estimator: Box<dyn Estimator> = match config.estimator {
            EstimatorKind::Shared => Box::new(SharedWeights::new(config.clone(), plan.score)),
            EstimatorKind::Scratch => Box::new(Scratch::new(config.clone(), plan.score, plan.derive)),
        };
        let shared = SharedGan::new(&context);
        let (strategy_state, _) = strategy.state();
        Ok(Self {
            state: SearchState {
                phase: SHARED,
                iteration: 0,
                cells,
                proposed: 0,
                ranked: 0,
                estimates: 0,
                beam: Vec::new(),
                board: Board::default(),
                remembered: Vec::new(),
                version: None,
                shared: SharedState::default(),
                strategy: strategy_state,
                derivation: None,
                told: None,
            },
            parts: plan::parts(context.costs(), &plan),
            context,
            plan,
            strategy,
            estimator,
            shared,
            job: None,
            derivation: None,
            at_hand: None,
        })
    }

    /// Does one piece of work and returns what there is to tell.
    ///
    /// # Errors
    ///
    /// If a loss or a score is no number any more; go back to a saved state then.
    pub fn step(&mut self) -> Result<Vec<Told>, SearchError> {
        let mut told = Vec::new();
        self.tell_phase(&mut told);
        match self.state.phase.clone() {
            Phase::Shared { done, restarts } => self.train_shared(done, restarts, &mut told)?,
            Phase::Control { done, collapsed } => self.train_strategy(done, collapsed, &mut told)?,
            Phase::Rank { ranked, draws } => self.rank(ranked, draws, &mut told)?,
            Phase::Derive => self.derive(&mut told)?,
            Phase::Done => {}
        }
        Ok(told)
    }

    /// Whether an estimate or an evaluation is under way, which a restored search does anew.
    pub fn is_measuring(&self) -> bool {
        self.job.is_some() || self.derivation.as_ref().is_some_and(Derivation::is_measuring)
    }

    /// Whether all is done.
    pub fn finished(&self) -> bool {
        self.state.phase == Phase::Done
    }

    fn tell_phase(&mut self, told: &mut Vec<Told>) {
        let Some(activity) = self.activity() else {
            return;
        };
        if self.state.told != Some((activity, self.state.iteration)) {
            self.state.told = Some((activity, self.state.iteration));
            told.push(
                News::Phase { activity, cells: self.state.cells, iteration: self.state.iteration }.into(),
            );
        }
    }

    /// What is being done; nothing when all is done.
    fn activity(&self) -> Option<Activity> {
        match &self.state.phase {
            Phase::Shared { .. } => Some(Activity::Shared),
            Phase::Control { .. } => Some(Activity::Control),
            Phase::Rank { .. } => Some(Activity::Rank),
            Phase::Derive => Some(match &self.derivation {
                Some(derivation) if derivation.on_winner() => Activity::Winner,
                _ => Activity::Derive,
            }),
            Phase::Done => None,
        }
    }

    fn train_shared(&mut self, done: u64, restarts: u32, told: &mut Vec<Told>) -> Result<(), SearchError> {
        let config = &self.plan.search;
        let enough = done >= config.shared_steps;
        let mut collapsed = None;
        if !enough {
            let step = self.shared.step();
            // The second update of a step is made with what was drawn for the first; a resumed search draws
            // the same again.
            let drawn = self.at_hand.take().filter(|_| self.shared.is_halfway());
            let genotype =
                drawn.unwrap_or_else(|| self.strategy.propose(&self.context.space, "shared", step).genotype);
            let losses = self.shared.advance(&self.context, config, &genotype)?;
            self.at_hand = Some(genotype);
            let Some(losses) = losses else {
                return Ok(());
            };
            if let Some(generator) = losses.generator {
                told.push(metric("shared/discriminator_loss", step, f64::from(losses.discriminator)));
                told.push(metric("shared/generator_loss", step, f64::from(generator)));
            }
            collapsed = self.shared.collapsed(config);
        } else if config.reset.diversity > 0.0 && config.shared_steps > 0 {
            let probe = self.strategy.propose(&self.context.space, "diversity", self.state.iteration);
            collapsed = self.shared.uniform(&self.context, config, &probe.genotype);
        }
        let next = match collapsed {
            // The released code trains its controller on the collapsed pair and restarts it then.
            Some(reason) if !config.reset.at_once => Phase::Control { done: 0, collapsed: Some(reason) },
            Some(reason) if restarts < RESTARTS => {
                self.restart(reason, told);
                Phase::Shared { done: 0, restarts: restarts + 1 }
            }
            Some(reason) if enough => {
                let text =
                    format!("{reason}, again after {RESTARTS} restarts; the search goes on with this pair");
                told.push(News::Warning { text }.into());
                Phase::Control { done: 0, collapsed: None }
            }
            _ if enough => Phase::Control { done: 0, collapsed: None },
            _ => Phase::Shared { done: done + 1, restarts },
        };
        if let Phase::Control { .. } = next {
            self.strategy.begin_iteration();
        }
        self.state.phase = next;
        Ok(())
    }

    fn restart(&mut self, reason: String, told: &mut Vec<Told>) {
        self.shared.restart(&self.context);
        let iteration = self.state.iteration;
        told.push(News::Reset { iteration, reason }.into());
    }

    fn train_strategy(
        &mut self,
        done: u64,
        collapsed: Option<String>,
        told: &mut Vec<Told>,
    ) -> Result<(), SearchError> {
        if done >= self.plan.search.controller.steps {
            return self.end_iteration(collapsed, told);
        }
        if self.job.is_none() {
            let count = self.state.proposed;
            let proposal = self.strategy.propose(&self.context.space, "proposal", count);
            self.begin(proposal)?;
        }
        if let Some((proposal, estimate)) = self.advance_job()? {
            self.state.proposed += 1;
            let step = self.state.proposed;
            let readings = self.strategy.learn(&self.context.space, &proposal, estimate.reward, step)?;
            told.extend(readings.into_iter().map(|(name, value)| metric(name, step, value)));
            self.put_on_board(&proposal, estimate, told);
            self.state.phase = Phase::Control { done: done + 1, collapsed };
        }
        Ok(())
    }

    fn end_iteration(&mut self, collapsed: Option<String>, told: &mut Vec<Told>) -> Result<(), SearchError> {
        let (config, all) = (&self.plan.search, self.context.space.cells());
        let best = self.best_of_stage().map(|candidate| candidate.genotype.clone());
        if let Some(best) = best.filter(|_| config.shared_steps > 0) {
            told.push(Told::Samples(self.shared_picture(best)?));
        }
        let distributions = self.strategy.distributions(&self.context.space);
        let SearchState { cells, iteration, .. } = self.state;
        told.push(News::Probabilities { cells, iteration, distributions }.into());
        self.state.iteration += 1;
        let ends = self.state.iteration == config.total_iterations();
        let grows = config.cells_at(self.state.iteration, all) > self.state.cells;
        self.state.phase = match ends || grows {
            true => Phase::Rank { ranked: Vec::new(), draws: 0 },
            false => SHARED,
        };
        if let Some(reason) = collapsed {
            self.restart(reason, told);
        }
        Ok(())
    }

    fn shared_picture(&self, genotype: Genotype) -> Result<Shown, GanError> {
        let generator = self.shared.candidate(&self.context, &self.plan.search, &genotype);
        let picture = picture(&generator, &genotype, self.context.seed)?;
        Ok(Shown { name: format!("shared, iteration {}", self.state.iteration + 1), genotype, picture })
    }

    /// Images of the fixed latents as they are now: of the training under way, or of the
    /// shared generator as the iteration's best candidate, or as any one while there is none.
    pub fn preview(&self) -> Option<Result<Shown, GanError>> {
        if let Some(derivation) = &self.derivation {
            return derivation.preview();
        }
        let genotype = match (self.best_of_stage(), &self.job) {
            (Some(best), _) => best.genotype.clone(),
            (None, Some((proposal, _))) => proposal.genotype.clone(),
            (None, None) => {
                let step = self.shared.step();
                self.strategy.propose(&self.context.space, "shared", step).genotype
            }
        };
        (self.plan.search.shared_steps > 0).then(|| self.shared_picture(genotype))
    }

    /// The architecture that is trained or estimated now.
    pub fn at_hand(&self) -> Option<&Genotype> {
        let trained = self.derivation.as_ref().and_then(Derivation::at_hand);
        trained.or(self.at_hand.as_ref())
    }

    /// Updates of each network of the pair at hand.
    pub fn updates(&self) -> Updates {
        let trained = self.derivation.as_ref().and_then(Derivation::updates);
        trained.unwrap_or_else(|| self.shared.updates(self.context.recipe.n_critic))
    }

    /// The best candidate of the stage by reward, among all that were estimated so far.
    fn best_of_stage(&self) -> Option<&Candidate> {
        let cells = self.state.cells;
        let candidates = self.state.board.candidates().iter();
        candidates
            .filter(|candidate| candidate.cells == cells && candidate.iteration == self.state.iteration)
            .max_by(|a, b| a.reward.total_cmp(&b.reward).then(b.id.cmp(&a.id)))
    }

    fn rank(&mut self, mut ranked: Vec<Ranked>, draws: u64, told: &mut Vec<Told>) -> Result<(), SearchError> {
        let config = &self.plan.search;
        let wanted = config.candidates;
        let tired = draws >= DRAWS * wanted as u64;
        if ranked.len() >= wanted || (tired && self.job.is_none()) {
            if ranked.len() < wanted {
                let found = ranked.len();
                let text =
                    format!("only {found} different architectures came up in {draws} draws; they are ranked");
                told.push(News::Warning { text }.into());
            }
            return self.choose(ranked, told);
        }
        if self.job.is_none() {
            let proposal = self.strategy.propose(&self.context.space, "rank", self.state.ranked);
            let known = |ranked: &Ranked| ranked.proposal.genotype == proposal.genotype;
            if config.distinct && ranked.iter().any(known) {
                self.state.ranked += 1;
                self.state.phase = Phase::Rank { ranked, draws: draws + 1 };
                return Ok(());
            }
            self.begin(proposal)?;
        }
        // Counted at its end: a draw comes up again if the search is resumed while it is estimated.
        if let Some((proposal, estimate)) = self.advance_job()? {
            self.state.ranked += 1;
            let candidate = self.put_on_board(&proposal, estimate, told);
            ranked.push(Ranked { proposal, candidate });
            self.state.phase = Phase::Rank { ranked, draws: draws + 1 };
        }
        Ok(())
    }

    /// Keeps the best of a ranking: to grow from, or to train from scratch.
    fn choose(&mut self, mut ranked: Vec<Ranked>, told: &mut Vec<Told>) -> Result<(), SearchError> {
        let board = &self.state.board;
        let reward = |ranked: &Ranked| board.get(ranked.candidate).reward;
        ranked.sort_by(|a, b| reward(b).total_cmp(&reward(a)).then(a.candidate.cmp(&b.candidate)));
        ranked.truncate(self.plan.search.top_k);
        let candidates: Vec<usize> = ranked.iter().map(|ranked| ranked.candidate).collect();
        told.push(News::Beam { cells: self.state.cells, candidates: candidates.clone() }.into());
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

    fn derive(&mut self, told: &mut Vec<Told>) -> Result<(), SearchError> {
        let Some(derivation) = &mut self.derivation else {
            unreachable!("the phase begins with a derivation");
        };
        derivation.step(&self.context, &self.plan, told)?;
        let (finished, ended) = (derivation.take_finished(), derivation.finished());
        if let Some(finished) = finished {
            let estimate = Estimate {
                reward: self.plan.search.reward.of(&finished.scores, &self.scale(self.state.cells))?,
                scores: finished.scores,
                macs: self.context.costs().training_macs(&finished.genotype, finished.steps),
            };
            let board = &mut self.state.board;
            let (iteration, strategy) = (self.state.iteration, self.strategy.name());
            let estimator = Candidate::trained(finished.steps);
            let parent = Some(finished.candidate);
            let candidate = board.add(finished.genotype, parent, iteration, strategy, &estimator, estimate);
            told.push(News::Candidate(candidate.clone()).into());
        }
        if ended {
            self.state.phase = Phase::Done;
        }
        Ok(())
    }

    /// What brings the scores of a stage to a common scale.
    fn scale(&self, cells: usize) -> RewardScale {
        RewardScale::of(&self.context.arena(cells).scorer)
    }

    /// Begins to estimate a proposal.
    fn begin(&mut self, proposal: Proposal) -> Result<(), SearchError> {
        let version = self.estimator.version(&self.shared);
        if version.is_none() || version != self.state.version {
            self.state.remembered.clear();
            self.state.version = version;
        }
        self.at_hand = Some(proposal.genotype.clone());
        let draw = self.state.estimates;
        let mut remembered = self.state.remembered.iter();
        let known = remembered.rfind(|(genotype, _)| *genotype == proposal.genotype);
        let job: Box<dyn Estimation> = match known {
            Some((_, estimate)) => Box::new(Remembered(estimate.clone())),
            None => self.estimator.begin(&self.context, &self.shared, &proposal.genotype, draw)?,
        };
        self.job = Some((proposal, job));
        Ok(())
    }

    fn advance_job(&mut self) -> Result<Option<(Proposal, Estimate)>, SearchError> {
        let Some((proposal, mut job)) = self.job.take() else {
            return Ok(None);
        };
        match job.advance(&self.context)? {
            None => {
                self.job = Some((proposal, job));
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

    fn put_on_board(&mut self, proposal: &Proposal, estimate: Estimate, told: &mut Vec<Told>) -> usize {
        let parent = proposal.parent.and_then(|index| self.state.beam.get(index).copied());
        let genotype = proposal.genotype.clone();
        let (strategy, estimator) = (self.strategy.name(), self.estimator.name());
        let iteration = self.state.iteration;
        let board = &mut self.state.board;
        let candidate = board.add(genotype, parent, iteration, strategy, &estimator, estimate);
        told.push(News::Candidate(candidate.clone()).into());
        candidate.id
    }

    /// Sizes of the networks that are trained from scratch.
    pub fn derived_model(&self) -> &ModelConfig {
        &self.plan.derived_model
    }

    /// The board.
    pub fn board(&self) -> &Board {
        &self.state.board
    }

    /// What came out: the trained architectures, best first. Empty before the search derives.
    pub fn derived(&self) -> Vec<Derived> {
        self.derivation.as_ref().map(Derivation::derived).unwrap_or_default()
    }

    /// The winner's weights by the reference's names, once there are any.
    pub fn winner_weights(&self) -> Option<NamedTensors> {
        self.derivation.as_ref().and_then(Derivation::winner_weights)
    }

    /// The raw generator's weights at the same evaluation; none where an early version saved the run.
    pub fn winner_raw(&self) -> Option<NamedTensors> {
        self.derivation.as_ref().and_then(Derivation::winner_raw)
    }

    /// The work of the whole search, each part with the units of it that are done.
    pub fn progress(&self) -> Vec<(Part, u64)> {
        let mut parts: Vec<(Part, u64)> = self.parts.iter().map(|part| (part.clone(), 0)).collect();
        let here = |part: &Part| self.activity() == Some(part.activity) && part.cells == self.state.cells;
        let config = &self.plan.search;
        let all = self.context.space.cells();
        let past = (0..self.state.iteration).map(|iteration| config.cells_at(iteration, all));
        let past: Vec<usize> = past.collect();
        for (part, done) in &mut parts {
            let iterations = past.iter().filter(|&&cells| cells == part.cells).count() as u64;
            *done = match part.activity {
                Activity::Shared => iterations * config.shared_steps,
                Activity::Control => iterations * config.controller.steps,
                Activity::Rank if part.cells < self.state.cells => part.units,
                Activity::Rank | Activity::Derive | Activity::Winner => 0,
            };
            *done += match &self.state.phase {
                Phase::Shared { done, .. } | Phase::Control { done, .. } if here(part) => *done,
                Phase::Control { .. }
                    if part.activity == Activity::Shared && part.cells == self.state.cells =>
                {
                    config.shared_steps
                }
                Phase::Rank { ranked, .. } if here(part) => ranked.len() as u64,
                Phase::Derive => match (&self.derivation, part.activity) {
                    (Some(derivation), Activity::Derive) => derivation.derive_steps_done(),
                    (Some(derivation), Activity::Winner) => {
                        derivation.winner_steps_done(self.plan.derive.steps)
                    }
                    (_, Activity::Rank) => part.units,
                    _ => 0,
                },
                Phase::Done => part.units,
                _ => 0,
            };
            *done = (*done).min(part.units);
        }
        parts
    }

    /// Everything that a resumed search needs. Pieces of work under way begin anew, with the same
    /// outcome.
    pub fn state(&self) -> (SearchState, NamedTensors) {
        let (shared, pair) = self.shared.state();
        let (strategy, controller) = self.strategy.state();
        let mut tensors = with_prefix("shared", pair);
        tensors.extend(with_prefix("strategy", controller));
        let derivation = self.derivation.as_ref().map(|derivation| {
            let (state, own) = derivation.state();
            tensors.extend(with_prefix("derivation", own));
            state
        });
        let state = SearchState { shared, strategy, derivation, ..self.state.clone() };
        (state, tensors)
    }

    /// Becomes what [`Search::state`] saved.
    ///
    /// # Errors
    ///
    /// If the state belongs to other settings.
    pub fn restore(&mut self, state: SearchState, tensors: &NamedTensors) -> Result<(), SearchError> {
        self.shared.restore(&self.context, state.shared.clone(), &parts("shared", tensors))?;
        let strategy = state.strategy.clone();
        self.strategy.restore(&self.context.space, strategy, &parts("strategy", tensors))?;
        self.derivation = match state.derivation.clone() {
            None => None,
            Some(saved) => {
                let own = parts("derivation", tensors);
                Some(Derivation::restore(&self.context, &self.plan, saved, &own)?)
            }
        };
        self.state = state;
        (self.job, self.at_hand) = (None, None);
        Ok(())
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn detour(&mut self) {
        match &mut self.derivation {
            Some(derivation) => derivation.detour(),
            None => self.shared.detour(),
        }
    }
}

fn metric(name: &str, step: u64, value: f64) -> Told {
    News::Metric { name: name.to_owned(), step, value }.into()
}
