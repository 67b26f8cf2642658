//! Runs, from the engine to the worker process.

mod engine;
mod kill;
pub(crate) mod resume;
mod run_0_1;
pub(crate) mod sample_server;
pub(crate) mod worker;
