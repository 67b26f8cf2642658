//! Finding an architecture.
//!
//! The three aspects of architecture search stay apart: the search space is [`Space`](crate::arch::Space),
//! the proxy task an [`Estimator`], the optimisation algorithm a [`Strategy`]. [`Search`] is the machine
//! that drives them, one small piece of work at a time.

mod activity;
mod board;
mod config;
mod context;
mod curve;
mod derive;
mod error;
mod estimator;
mod event;
mod job;
mod machine;
mod plan;
mod shared;
mod state;
mod strategy;
mod warm_up;

pub use activity::Activity;
pub use board::{Board, Candidate};
pub use config::{Baseline, ControllerConfig, EstimatorKind, Levels, SearchConfig, StrategyKind};
pub use context::SearchContext;
pub use curve::{Axis, Curve, CurveGroup, DiscriminatorStep, GanId, GeneratorStep, TrainingId};
pub use error::SearchError;
pub use estimator::{Estimate, Estimation, Estimator, EstimatorId, Scratch, SharedWeights};
pub use event::{Emitted, SampleGrid, SampleSource, SearchEvent, beam_words, training_events};
pub use job::{Counts, Job, Trained, Winner};
pub use machine::Search;
pub use plan::{CostFactors, SearchPlan, WorkItem, work_items};
pub use shared::{RECALIBRATION_BATCHES, SharedGan};
pub use state::{JobState, SearchState};
pub use strategy::{
    Distributions, Proposal, Random, Reading, Reinforce, ReinforceLoss, Strategy, StrategyError,
    reinforce_loss,
};
pub use warm_up::WarmUp;
