//! The engine: commands in, events out.

mod clock;
mod contest;
mod engine;
mod event;
mod sampling;
mod setup;
mod task;

pub use contest::{ContestConfig, Entry, contest};
pub use engine::{Command, End, Engine, WEIGHTS};
pub use event::{Event, Summary, Trained, Work};
pub use sampling::{Images, Latents, read_model, sample};
pub use setup::{Job, Plan};
