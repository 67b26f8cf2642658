//! The search as a state machine: one small piece of work at a time, from any saved state.
//!
//! For each iteration, as in the paper (Gong et al. 2019): shared training, then training of the strategy.
//! Where a stage begins, and after the last iteration, candidates are ranked first. Then the best are
//! trained from scratch and the winner is trained to the end ([`derive`](super::derive)).

mod estimates;
mod job;
mod ranking;

use super::activity::Activity;
use super::board::{Board, Candidate};
use super::config::{EstimatorKind, StrategyKind};
use super::context::SearchContext;
use super::curve::{Curve, DiscriminatorStep, GanId};
use super::derive::Derivation;
use super::error::SearchError;
use super::estimator::EstimatorId;
use super::estimator::{Estimate, Estimation, Estimator, Scratch, SharedWeights};
use super::event::{Emitted, SampleGrid, SampleSource, SearchEvent};
use super::plan::{SearchPlan, WorkItem, work_items};
use super::shared::{SharedGan, SharedState};
use super::state::{Phase, SHARED, SearchState};
use super::strategy::Random;
use super::strategy::Reinforce;
use super::strategy::{Proposal, Strategy};
use crate::arch::Genotype;
use crate::gan::{GanError, StepLosses, picture};
use crate::metric::RewardScale;

/// Restarts of the shared GAN in one iteration before the search goes on with what there is.
const RESTARTS: u32 = 3;

/// A search under way.
pub struct Search {
    context: SearchContext,
    plan: SearchPlan,
    work: Vec<WorkItem>,
    strategy: Box<dyn Strategy>,
    estimator: Box<dyn Estimator>,
    shared: SharedGan,
    state: SearchState,
    estimation: Option<(Proposal, Box<dyn Estimation>)>,
    derivation: Option<Derivation>,
    /// What the shared GAN was trained or estimated as last.
    current: Option<Genotype>,
}

impl Search {
    /// A search that has done nothing yet.
    ///
    /// # Errors
    ///
    /// If the reward needs classes and the images have none. That the settings fit each other and the
    /// space is for the caller to see to (`RunConfig::validate_search`).
    pub fn new(context: SearchContext, plan: SearchPlan) -> Result<Self, SearchError> {
        let config = &plan.search;
        let evaluator = &context.training_data(context.space.cells()).evaluator;
        config.reward.check(&RewardScale::of(evaluator))?;
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
            EstimatorKind::Shared => Box::new(SharedWeights::new(config.clone(), &plan.score)),
            EstimatorKind::Scratch => Box::new(Scratch::new(config.clone(), &plan.score, plan.derive)),
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
                emitted_phase: None,
            },
            work: work_items(context.costs(), &plan),
            context,
            plan,
            strategy,
            estimator,
            shared,
            estimation: None,
            derivation: None,
            current: None,
        })
    }

    fn emit_phase(&mut self, emitted: &mut Vec<Emitted>) {
        let Some(activity) = self.activity() else {
            return;
        };
        if self.state.emitted_phase != Some((activity, self.state.iteration)) {
            self.state.emitted_phase = Some((activity, self.state.iteration));
            emitted.push(
                SearchEvent::Phase { activity, cells: self.state.cells, iteration: self.state.iteration }
                    .into(),
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

    fn train_shared(
        &mut self,
        done: u64,
        restarts: u32,
        emitted: &mut Vec<Emitted>,
    ) -> Result<(), SearchError> {
        let config = &self.plan.search;
        let enough = done >= config.shared_steps;
        let mut collapsed = None;
        if !enough {
            let step = self.shared.step();
            // The second update of a step is made with what was drawn for the first; a resumed search draws
            // the same again.
            let drawn = self.current.take().filter(|_| self.shared.is_halfway());
            let genotype =
                drawn.unwrap_or_else(|| self.strategy.propose(&self.context.space, "shared", step).genotype);
            let losses = self.shared.advance(&self.context, config, &genotype)?;
            self.current = Some(genotype);
            emitted.extend(shared_losses(losses));
            if self.shared.is_halfway() {
                return Ok(());
            }
            collapsed = self.shared.collapsed(config);
        } else if config.reset.diversity > 0.0 && config.shared_steps > 0 {
            emitted.extend(shared_losses(self.shared.read_losses(config)?));
            let probe = self.strategy.propose(&self.context.space, "diversity", self.state.iteration);
            collapsed = self.shared.uniform(&self.context, config, &probe.genotype);
        }
        let next = match collapsed {
            // The released code trains its controller on the collapsed GAN and restarts it then.
            Some(reason) if !config.reset.before_controller => {
                Phase::Control { done: 0, collapsed: Some(reason) }
            }
            Some(reason) if restarts < RESTARTS => {
                self.restart(reason, emitted)?;
                Phase::Shared { done: 0, restarts: restarts + 1 }
            }
            Some(reason) if enough => {
                let text =
                    format!("{reason}, again after {RESTARTS} restarts; the search goes on with this GAN");
                emitted.push(SearchEvent::Warning { text }.into());
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

    fn restart(&mut self, reason: String, emitted: &mut Vec<Emitted>) -> Result<(), SearchError> {
        emitted.extend(shared_losses(self.shared.read_losses(&self.plan.search)?));
        self.shared.restart(&self.context);
        let iteration = self.state.iteration;
        emitted.push(SearchEvent::Reset { iteration, reason }.into());
        Ok(())
    }

    fn train_strategy(
        &mut self,
        done: u64,
        collapsed: Option<String>,
        emitted: &mut Vec<Emitted>,
    ) -> Result<(), SearchError> {
        if done >= self.plan.search.controller.steps {
            return self.end_iteration(collapsed, emitted);
        }
        if self.estimation.is_none() {
            let count = self.state.proposed;
            let proposal = self.strategy.propose(&self.context.space, "proposal", count);
            self.begin(proposal)?;
        }
        if let Some((proposal, estimate, images)) = self.advance_estimation()? {
            let images = images.filter(|_| self.pictures_estimate());
            self.state.proposed += 1;
            let step = self.state.proposed;
            let readings = self.strategy.learn(&self.context.space, &proposal, estimate.reward, step)?;
            emitted.extend(readings.into_iter().map(|(name, value)| {
                let curve = Curve::Controller(name.to_owned());
                SearchEvent::Metric { curve, step, value }.into()
            }));
            self.put_on_board(&proposal, estimate, images, emitted);
            self.state.phase = Phase::Control { done: done + 1, collapsed };
        }
        Ok(())
    }

    fn end_iteration(
        &mut self,
        collapsed: Option<String>,
        emitted: &mut Vec<Emitted>,
    ) -> Result<(), SearchError> {
        let (config, all) = (&self.plan.search, self.context.space.cells());
        let best = self.best_of_stage().map(|candidate| candidate.genotype.clone());
        if let Some(best) = best.filter(|_| config.shared_steps > 0) {
            emitted.push(Emitted::Samples(self.shared_picture(best)?));
        }
        let distributions = self.strategy.distributions(&self.context.space);
        let SearchState { cells, iteration, .. } = self.state;
        emitted.push(SearchEvent::Probabilities { cells, iteration, distributions }.into());
        self.state.iteration += 1;
        let ends = self.state.iteration == config.total_iterations();
        let grows = config.cells_at(self.state.iteration, all) > self.state.cells;
        self.state.phase = if ends || grows { Phase::Rank { ranked: Vec::new(), draws: 0 } } else { SHARED };
        if let Some(reason) = collapsed {
            self.restart(reason, emitted)?;
        }
        Ok(())
    }

    fn shared_picture(&self, genotype: Genotype) -> Result<SampleGrid, GanError> {
        let generator = self.shared.candidate(&self.context, &self.plan.search, &genotype);
        let picture = picture(&generator, self.context.seed)?;
        let source = SampleSource::Shared { iteration: self.state.iteration };
        Ok(SampleGrid { source, genotype, picture })
    }

    /// The best candidate of the stage by reward, among all that were estimated so far.
    fn best_of_stage(&self) -> Option<&Candidate> {
        let cells = self.state.cells;
        let candidates = self.state.board.candidates().iter();
        candidates
            .filter(|candidate| candidate.cells == cells && candidate.iteration == self.state.iteration)
            .max_by(|a, b| a.reward.total_cmp(&b.reward).then(b.id.cmp(&a.id)))
    }

    fn derive(&mut self, emitted: &mut Vec<Emitted>) -> Result<(), SearchError> {
        let Some(derivation) = &mut self.derivation else {
            unreachable!("the phase begins with a derivation");
        };
        derivation.step(&self.context, &self.plan, emitted)?;
        let (finished, ended) = (derivation.take_finished(), derivation.finished());
        if let Some(finished) = finished {
            let estimate = Estimate {
                reward: self.plan.search.reward.of(&finished.scores, &self.scale(self.state.cells))?,
                scores: finished.scores,
                macs: self.context.costs().training_macs(&finished.genotype, finished.steps),
            };
            let board = &mut self.state.board;
            let (iteration, strategy) = (self.state.iteration, self.strategy.name());
            let estimator = EstimatorId::Trained { steps: finished.steps };
            let parent = Some(finished.candidate);
            let candidate = board.add(finished.genotype, parent, iteration, strategy, estimator, estimate);
            // Pictures of a training show it.
            emitted.push(Emitted::Candidate(candidate.clone(), None));
        }
        if ended {
            self.state.phase = Phase::Done;
        }
        Ok(())
    }

    /// What brings the scores of a stage to a common scale.
    fn scale(&self, cells: usize) -> RewardScale {
        RewardScale::of(&self.context.training_data(cells).evaluator)
    }
}

/// Losses of the shared GAN as a run emits them.
fn shared_losses(losses: Vec<StepLosses>) -> Vec<Emitted> {
    let of =
        |StepLosses { step, losses }| SearchEvent::losses(GanId::Shared, DiscriminatorStep(step), losses);
    losses.into_iter().flat_map(of).map(Emitted::from).collect()
}
