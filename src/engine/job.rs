//! What an engine works on: a search, or the training of one architecture.

use serde::{Deserialize, Serialize};

use super::event::Trained;
use crate::arch::{Genotype, macs, params};
use crate::gan::{Best, GanError, Training, TrainingState, Updates};
use crate::model::{ModelConfig, NamedTensors};
use crate::search::{Activity, Board, Part, Search, SearchError, SearchState, Shown, Told, translate};

/// The work of a run.
pub(super) enum Task {
    Search(Box<Search>),
    Train(Box<Single>),
}

/// The training of one architecture as a run of its own.
pub(super) struct Single {
    pub training: Training,
    pub model: ModelConfig,
    pub macs: u64,
    pub steps: u64,
}

/// How much of a task is done, in what a step is measured by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Units of work, of all kinds.
    pub units: u64,
    /// Updates of each network of the pair at hand.
    pub updates: Updates,
}

/// The plain part of a task's state.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TaskState {
    Search(Box<SearchState>),
    Train(Box<TrainingState>),
}

impl Task {
    /// Does one piece of work.
    pub fn step(&mut self) -> Result<Vec<Told>, SearchError> {
        match self {
            Self::Search(search) => search.step(),
            Self::Train(single) => {
                let told = single.training.advance()?;
                Ok(told.into_iter().flat_map(|told| translate("train", told)).collect())
            }
        }
    }

    /// Whether something is under way that its state does not hold and a resumed run does anew.
    pub fn is_measuring(&self) -> bool {
        match self {
            Self::Search(search) => search.is_measuring(),
            Self::Train(single) => single.training.is_measuring(),
        }
    }

    pub fn finished(&self) -> bool {
        match self {
            Self::Search(search) => search.finished(),
            Self::Train(single) => single.training.finished(),
        }
    }

    /// Each part of the work with the units of it that are done.
    pub fn progress(&self) -> Vec<(Part, u64)> {
        match self {
            Self::Search(search) => search.progress(),
            Self::Train(single) => {
                let trainer = single.training.trainer();
                let part = Part {
                    activity: Activity::Winner,
                    cells: trainer.genotype().cells.len(),
                    units: single.steps,
                    macs: single.macs,
                };
                vec![(part, trainer.generator_steps())]
            }
        }
    }

    /// Units of work that are done, of all kinds.
    fn units(&self) -> u64 {
        self.progress().iter().map(|(_, done)| done).sum()
    }

    /// The architecture that is trained or estimated now.
    pub fn at_hand(&self) -> Option<&Genotype> {
        match self {
            Self::Search(search) => search.at_hand(),
            Self::Train(single) => Some(single.training.trainer().genotype()),
        }
    }

    /// What is counted to tell when a step is done.
    pub fn counts(&self) -> Counts {
        let updates = match self {
            Self::Search(search) => search.updates(),
            Self::Train(single) => single.training.trainer().updates(),
        };
        Counts { units: self.units(), updates }
    }

    /// Images of the fixed latents as they are now, once there is a generator to show.
    pub fn preview(&self) -> Option<Result<Shown, GanError>> {
        match self {
            Self::Search(search) => search.preview(),
            Self::Train(single) => Some(Shown::of_training("train".to_owned(), &single.training)),
        }
    }

    pub fn state(&self) -> (TaskState, NamedTensors) {
        match self {
            Self::Search(search) => {
                let (state, tensors) = search.state();
                (TaskState::Search(Box::new(state)), tensors)
            }
            Self::Train(single) => {
                let (state, tensors) = single.training.state();
                (TaskState::Train(Box::new(state)), tensors)
            }
        }
    }

    /// Becomes what was saved.
    pub fn restore(&mut self, state: TaskState, tensors: &NamedTensors) -> anyhow::Result<()> {
        match (self, state) {
            (Self::Search(search), TaskState::Search(state)) => Ok(search.restore(*state, tensors)?),
            (Self::Train(single), TaskState::Train(state)) => Ok(single.training.restore(*state, tensors)?),
            _ => anyhow::bail!(
                "the checkpoint is of another kind of run; resume it with the command that began it"
            ),
        }
    }

    /// Goes on from here with other latents and another order of the images, so that what was done from
    /// here before is not done again alike.
    pub fn detour(&mut self) {
        match self {
            Self::Search(search) => search.detour(),
            Self::Train(single) => single.training.detour(),
        }
    }

    /// The board, where there is one.
    pub fn board(&self) -> Option<&Board> {
        match self {
            Self::Search(search) => Some(search.board()),
            Self::Train(_) => None,
        }
    }

    /// The trained architectures, best first, described for a summary.
    pub fn trained(&self) -> Vec<Trained> {
        let describe = |genotype: &Genotype, model: &ModelConfig, best: Best, steps| {
            let shape = model.net_shape();
            Trained {
                vector: genotype.to_string(),
                params: params(genotype, &shape),
                macs: macs(genotype, &shape),
                genotype: genotype.clone(),
                scores: best.scores,
                best_step: best.step,
                steps,
            }
        };
        match self {
            Self::Search(search) => {
                let model = search.derived_model();
                let derived = search.derived().into_iter();
                let describe = |derived: crate::search::Derived| {
                    let best = Best { step: derived.best_step, scores: derived.scores };
                    describe(&derived.genotype, model, best, derived.steps)
                };
                derived.map(describe).collect()
            }
            Self::Train(single) => {
                let trainer = single.training.trainer();
                let (genotype, steps) = (trainer.genotype(), trainer.generator_steps());
                let best = trainer.best().cloned();
                best.map(|best| describe(genotype, &single.model, best, steps)).into_iter().collect()
            }
        }
    }

    /// Architecture, sizes and weights of the best generator so far.
    pub fn winner(&self) -> Option<(Genotype, ModelConfig, NamedTensors)> {
        match self {
            Self::Search(search) => {
                let genotype = search.derived().first()?.genotype.clone();
                Some((genotype, search.derived_model().clone(), search.winner_weights()?))
            }
            Self::Train(single) => {
                let trainer = single.training.trainer();
                let weights = trainer.best_weights()?.clone();
                Some((trainer.genotype().clone(), single.model.clone(), weights))
            }
        }
    }

    /// The raw generator's weights at the winner's best evaluation.
    pub fn winner_raw(&self) -> Option<NamedTensors> {
        match self {
            Self::Search(search) => search.winner_raw(),
            Self::Train(single) => single.training.trainer().best_raw().cloned(),
        }
    }
}
