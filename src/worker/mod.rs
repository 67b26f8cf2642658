//! The engine: commands in, events out; alone in this process, or as a child of it.

mod architecture;
mod attention;
mod child;
mod clock;
mod command;
mod compare;
mod contest;
mod doctor;
mod engine;
mod event;
mod export;
mod follow;
mod inception;
mod launch;
mod lines;
mod outbox;
mod sampling;
mod score;
mod serve;
mod setup;
mod studio;
mod task;
mod trouble;

/// Images in a row of the run folder's pictures, and in a column.
pub use crate::gan::GRID as COLUMNS;
pub use crate::rng::{Latent, fixed_latent};
pub use architecture::{ArchitectureFormat, architecture_file};
pub use child::{Child, Death, Notice};
pub use command::{Command, Control, Stride};
pub use compare::{Compared, Comparison, Outcome, Ranking, Setting, compare};
pub use contest::{ContestConfig, Entry, contest};
pub use doctor::{DoctorReport, Examination};
pub use engine::{ENLARGED, End, Engine, WEIGHTS};
pub use event::{Event, Summary, Trained, Work};
pub use export::{Exported, LeftOut, Part, export_model};
pub use follow::{Follower, Update};
pub use inception::bring_inception;
pub use launch::{Going, begin, plan, resume};
pub use sampling::{Images, Latents, Read, latent_file, model_file, read_model, sample};
pub use score::{Generation, Levels, Measure, Origin, Place, Protocol, Scored, Step, score};
pub use serve::serve;
pub use setup::{Job, Plan, expected_macs};
pub use studio::{MOST_IMAGES, Weights};
