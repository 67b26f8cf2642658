//! The worker process: commands and events as lines on its pipes, who starts it and who follows it.

mod child;
mod command;
mod event_writer;
mod follow;
mod lines;
mod serve;
mod stdin_reader;

pub use child::{Child, Death, WorkerMessage};
pub use command::WorkerCommand;
pub use follow::{Follower, Update};
pub use serve::serve;
pub use stdin_reader::Pipe;

#[cfg(all(test, unix))]
mod tests;
