//! `autogan worker`: the process that computes, for a window.

use std::io;

use crate::cli::args::WorkerArgs;
use crate::ipc::{Pipe, serve};

/// Runs the command.
pub(super) fn run(args: &WorkerArgs) -> anyhow::Result<()> {
    serve(args.first.clone(), input()?, io::stdout())
}

/// Standard input without the memory that the standard library reads it into: what is not taken out of it is
/// there for a process that takes the place of this one.
#[cfg(unix)]
fn input() -> io::Result<impl Pipe> {
    use std::os::fd::AsFd;
    Ok(std::fs::File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn input() -> io::Result<impl Pipe> {
    Ok(io::stdin())
}
