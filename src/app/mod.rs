//! Use cases that the command line and the window share.

mod architecture;
mod compare;
mod doctor;
mod export;
mod inception;
mod random_baseline;
mod sample;
mod score;

pub use architecture::{ArchitectureFormat, architecture_file};
pub use compare::{Compared, Comparison, Outcome, Ranking, Setting, compare};
pub use doctor::{DoctorReport, Examination};
pub use export::{Exported, LeftOut, Part, export_model};
pub use inception::bring_inception;
pub use random_baseline::{ContestConfig, Entry, contest};
pub use sample::{Images, Latents, latent_file, sample};
pub use score::{Generation, Levels, Measure, Origin, Place, Protocol, Scored, Step, score};
