//! The end of a search: the best candidates are trained from scratch, and the best of those on to
//! the end.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::context::SearchContext;
use super::curve::TrainingId;
use super::error::SearchError;
use super::event::{Emitted, SampleGrid, training_events};
use super::plan::SearchPlan;
use crate::arch::Genotype;
use crate::gan::{BEST, BEST_RAW, GanError, TrainConfig, Training, TrainingState, Updates};
use crate::metric::Score;
use crate::model::{NamedTensors, add_prefix, strip_prefix};

/// All derived trainings draw from the same streams: equal data order, latents and initial weights
/// of equal layers, so that the architecture makes the difference.
const STREAM: &str = "derive";

/// An architecture that was trained from scratch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// The architecture.
    pub genotype: Genotype,
    /// Its number on the board when it was ranked.
    pub candidate: usize,
    /// The best evaluation's scores, the deciding one first.
    pub scores: Vec<Score>,
    /// Generator steps at that evaluation.
    pub best_step: u64,
    /// Generator steps in all.
    pub steps: u64,
}

impl Derived {
    /// Better ones first. All were scored alike, so their scores are comparable.
    fn order(&self, other: &Self) -> Ordering {
        let compared = self.scores.first().zip(other.scores.first());
        let compared = compared.and_then(|(own, others)| own.compare(others));
        compared.map_or(Ordering::Equal, Ordering::reverse)
    }
}

/// The plain part of the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DerivationState {
    /// Board numbers and architectures that are trained, in this order.
    finalists: Vec<(usize, Genotype)>,
    /// Those that are done. In the winner's phase, its entry is replaced at the end.
    done: Vec<Derived>,
    /// The training under way.
    training: Option<TrainingState>,
    /// Index and end state of the best finalist so far.
    leader: Option<(usize, TrainingState)>,
    winner: bool,
}

/// A training's end state.
struct Leader {
    index: usize,
    state: TrainingState,
    tensors: NamedTensors,
}

/// The derivation under way.
pub struct Derivation {
    finalists: Vec<(usize, Genotype)>,
    done: Vec<Derived>,
    training: Option<Training>,
    leader: Option<Leader>,
    /// The last training is on: that of the leader, to the end.
    winner: bool,
    fresh: Option<Derived>,
}

impl Derivation {
    /// Trains `finalists` (board numbers and architectures), best first.
    ///
    /// # Errors
    ///
    /// If they cannot be trained on the images there are.
    pub fn new(
        context: &SearchContext,
        plan: &SearchPlan,
        finalists: Vec<(usize, Genotype)>,
    ) -> Result<Self, SearchError> {
        let training = training(context, plan, &finalists[0].1, plan.derive)?;
        Ok(Self {
            finalists,
            done: Vec::new(),
            training: Some(training),
            leader: None,
            winner: false,
            fresh: None,
        })
    }

    /// Does one piece of work.
    ///
    /// # Errors
    ///
    /// If a loss or a score is not finite.
    pub fn step(
        &mut self,
        context: &SearchContext,
        plan: &SearchPlan,
        emitted: &mut Vec<Emitted>,
    ) -> Result<(), SearchError> {
        let id = self.training_id();
        let Some(training) = &mut self.training else {
            return Ok(());
        };
        emitted.extend(training.advance()?.into_iter().flat_map(|news| training_events(id, news)));
        if training.finished() {
            self.finish(context, plan)?;
        }
        Ok(())
    }

    /// What the training under way emits of losses that were not read yet.
    ///
    /// # Errors
    ///
    /// If one is not finite.
    pub fn read_losses(&mut self) -> Result<Vec<Emitted>, SearchError> {
        let (id, training) = (self.training_id(), self.training.as_mut());
        let news = training.map(Training::read_losses).transpose()?.flatten();
        Ok(news.into_iter().flat_map(|news| training_events(id, news)).collect())
    }

    /// The training under way.
    fn training_id(&self) -> TrainingId {
        if self.winner { TrainingId::Winner } else { TrainingId::Finalist(self.done.len() + 1) }
    }

    /// A training came to its end: note it, and begin the next.
    fn finish(&mut self, context: &SearchContext, plan: &SearchPlan) -> Result<(), SearchError> {
        let Some(training) = self.training.take() else {
            return Ok(());
        };
        let index = match (self.winner, &self.leader) {
            (true, Some(leader)) => leader.index,
            _ => self.done.len(),
        };
        let derived = self.describe(index, &training);
        let (state, tensors) = training.state();
        let leads = match &self.leader {
            Some(leader) if !self.winner => derived.order(&self.done[leader.index]).is_lt(),
            _ => true,
        };
        if self.winner {
            self.done[index] = derived.clone();
        } else {
            self.done.push(derived.clone());
        }
        if leads {
            self.leader = Some(Leader { index, state, tensors });
        }
        self.fresh = Some(derived);
        if self.winner {
            return Ok(());
        }
        if let Some((_, genotype)) = self.finalists.get(self.done.len()) {
            self.training = Some(self::training(context, plan, genotype, plan.derive)?);
        } else {
            self.begin_winner(context, plan)?;
        }
        Ok(())
    }

    fn begin_winner(&mut self, context: &SearchContext, plan: &SearchPlan) -> Result<(), SearchError> {
        self.winner = true;
        let Some(leader) = self.leader.as_ref().filter(|_| plan.winner.steps > plan.derive.steps) else {
            return Ok(());
        };
        let genotype = &self.finalists[leader.index].1;
        let mut training = training(context, plan, genotype, plan.derive)?;
        training.load_state(leader.state.clone(), &leader.tensors)?;
        training.prolong(plan.winner);
        self.training = Some(training);
        Ok(())
    }

    fn describe(&self, index: usize, training: &Training) -> Derived {
        let (candidate, genotype) = self.finalists[index].clone();
        let best = training.trainer().best();
        Derived {
            genotype,
            candidate,
            scores: best.map(|best| best.scores.clone()).unwrap_or_default(),
            best_step: best.map_or(0, |best| best.step),
            steps: training.trainer().generator_steps(),
        }
    }

    /// The training that just ended, once.
    pub fn take_finished(&mut self) -> Option<Derived> {
        self.fresh.take()
    }

    /// Whether an evaluation is under way, which a restored derivation does anew.
    pub fn is_evaluating(&self) -> bool {
        self.training.as_ref().is_some_and(Training::is_evaluating)
    }

    /// Images of the fixed latents of the training under way.
    pub fn preview(&self) -> Option<Result<SampleGrid, GanError>> {
        let training = self.training.as_ref()?;
        Some(SampleGrid::of_training(self.training_id(), training))
    }

    /// The architecture that is trained now.
    pub fn current(&self) -> Option<&Genotype> {
        self.training.as_ref().map(|training| training.trainer().genotype())
    }

    /// Updates of each network in the training under way.
    pub fn updates(&self) -> Option<Updates> {
        self.training.as_ref().map(|training| training.trainer().updates())
    }

    /// Goes on from here with other latents and another order of the images.
    pub fn reseed(&mut self) {
        self.training.iter_mut().for_each(Training::reseed);
    }

    /// Whether all trainings are done.
    pub fn finished(&self) -> bool {
        self.training.is_none()
    }

    /// Whether the winner is being trained to the end.
    pub fn on_winner(&self) -> bool {
        self.winner
    }

    /// Those that are done, best first.
    pub fn derived(&self) -> Vec<Derived> {
        let mut derived = self.done.clone();
        derived.sort_by(Derived::order);
        derived
    }

    /// The training of the winner to the end, once it has scored weights of its own.
    fn winner_training(&self) -> Option<&Training> {
        self.training.as_ref().filter(|training| self.winner && training.trainer().best_weights().is_some())
    }

    /// Weights of the best evaluation of the best training, also of the one under way where that is the winner's.
    pub fn winner_weights(&self) -> Option<NamedTensors> {
        if let Some(training) = self.winner_training() {
            return training.trainer().best_weights().cloned();
        }
        self.leader.as_ref().map(|leader| strip_prefix(BEST, &leader.tensors))
    }

    /// The raw generator's weights at that evaluation.
    pub fn winner_raw(&self) -> Option<NamedTensors> {
        if let Some(training) = self.winner_training() {
            return training.trainer().best_raw().cloned();
        }
        let raw = strip_prefix(BEST_RAW, &self.leader.as_ref()?.tensors);
        (!raw.is_empty()).then_some(raw)
    }

    /// Generator steps done by derived trainings.
    pub fn derive_steps_done(&self) -> u64 {
        let finished: u64 = match (self.winner, &self.leader) {
            // The winner's own entry grows beyond the derived steps.
            (true, Some(_)) => return u64::MAX,
            _ => self.done.iter().map(|derived| derived.steps).sum(),
        };
        finished + self.steps_under_way()
    }

    /// Generator steps that the winner did beyond its derived training.
    pub fn winner_steps_done(&self, derive_steps: u64) -> u64 {
        if !self.winner {
            0
        } else if self.finished() {
            u64::MAX
        } else {
            self.steps_under_way().saturating_sub(derive_steps)
        }
    }

    fn steps_under_way(&self) -> u64 {
        let training = self.training.as_ref();
        training.map_or(0, |training| training.trainer().generator_steps())
    }

    /// Everything that a resumed derivation needs.
    pub fn state(&self) -> (DerivationState, NamedTensors) {
        let mut tensors = NamedTensors::new();
        let training = self.training.as_ref().map(|training| {
            let (state, own) = training.state();
            tensors.extend(add_prefix("training", own));
            state
        });
        let leader = self.leader.as_ref().map(|leader| {
            tensors.extend(add_prefix("leader", leader.tensors.clone()));
            (leader.index, leader.state.clone())
        });
        let state = DerivationState {
            finalists: self.finalists.clone(),
            done: self.done.clone(),
            training,
            leader,
            winner: self.winner,
        };
        (state, tensors)
    }

    /// The derivation as [`Derivation::state`] saved it.
    ///
    /// # Errors
    ///
    /// If the state belongs to other settings.
    pub fn from_state(
        context: &SearchContext,
        plan: &SearchPlan,
        state: DerivationState,
        tensors: &NamedTensors,
    ) -> Result<Self, SearchError> {
        let leader = state.leader.map(|(index, state)| Leader {
            index,
            state,
            tensors: strip_prefix("leader", tensors),
        });
        let index = match (state.winner, &leader) {
            (true, Some(leader)) => leader.index,
            _ => state.done.len(),
        };
        let config = if state.winner { plan.winner } else { plan.derive };
        let training = match (state.training, state.finalists.get(index)) {
            (Some(saved), Some((_, genotype))) => {
                let mut training = training(context, plan, genotype, config)?;
                training.load_state(saved, &strip_prefix("training", tensors))?;
                Some(training)
            }
            _ => None,
        };
        Ok(Self {
            finalists: state.finalists,
            done: state.done,
            training,
            leader,
            winner: state.winner,
            fresh: None,
        })
    }
}

fn training(
    context: &SearchContext,
    plan: &SearchPlan,
    genotype: &Genotype,
    config: TrainConfig,
) -> Result<Training, SearchError> {
    let training_data = context.training_data(genotype.cells.len());
    let setup = context.training_setup(&plan.derived_model, plan.score.clone());
    Ok(setup.training(genotype, training_data, config, STREAM)?)
}
