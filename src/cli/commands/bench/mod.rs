//! `autogan bench`: what a search was worth, how long the updates of a training take, and how long
//! a run does.

mod search;
mod step;
mod time;

use crate::cli::args::{BenchArgs, BenchCommand};

/// Runs the command.
pub(super) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    match &args.command {
        Some(BenchCommand::Step(args)) => step::run(args),
        Some(BenchCommand::Time(args)) => time::run(args),
        None => search::run(args),
    }
}
