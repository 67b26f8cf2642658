//! `autogan bench`: what a search was worth, and how long the updates of a training take.

mod search;
mod step;

use crate::cli::args::{BenchArgs, BenchCommand};

/// Runs the command.
pub(super) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    match &args.command {
        Some(BenchCommand::Step(args)) => step::run(args),
        None => search::run(args),
    }
}
