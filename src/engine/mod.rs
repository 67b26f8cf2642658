//! Runs one job: commands in, events out, checkpoints, recovery.

mod control;
mod control_state;
mod event;
mod forecast;
mod launch;
mod model_file;
mod plan;
mod reexec;
mod run_loop;
mod sample_server;
mod single_training;

/// Images in a row of the run folder's pictures, and in a column.
pub use crate::gan::GRID as COLUMNS;
pub use crate::search::Trained;
pub use control::{Control, Stride};
pub use event::{Event, LiveEvent, LogEvent, Summary, Tick, TimeSpent};
pub use forecast::{
    MeasuredNetworks, NetworkSize, PieceTimes, RunSpeed, TimeRange, expected_time, network_sizes,
    usual_architectures,
};
pub use launch::{Reopened, begin, plan, resume};
pub use model_file::{ModelOptions, ModelRead, model_file, read_model};
pub use plan::{JobSpec, Plan, expected_macs, resume_command};
pub use reexec::reexec;
pub use run_loop::{ENLARGED, End, Engine, WEIGHTS};
pub(crate) use sample_server::IMAGE_BATCH;
pub use sample_server::{DIRECTIONS, MOST_IMAGES, SampleRequest, SampleWeights, serve_samples};
