//! The subcommands: one file each.

mod arch;
mod bench;
mod compare;
mod data;
mod doctor;
mod export;
mod runs;
mod sample;
mod score;
mod search;
mod settings;
mod train;
mod worker;

use super::args::{Command, DataCommand, RunsCommand};

/// Does what the command line says.
pub(super) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Search(args) => search::run(args),
        Command::Train(args) => train::run(args),
        Command::Sample(args) => sample::run(args),
        Command::Score(args) => score::run(args),
        Command::Export(args) => export::run(args),
        Command::Arch(args) => arch::run(args),
        Command::Runs(RunsCommand::List(args)) => runs::list(args),
        Command::Runs(RunsCommand::Show(args)) => runs::show(args),
        Command::Runs(RunsCommand::Compare(args)) => compare::run(args),
        Command::Settings(args) => settings::run(args),
        Command::Data(DataCommand::Check(args)) => data::check(args),
        Command::Data(DataCommand::Fetch(args)) => data::fetch(args),
        Command::Data(DataCommand::Scorer(args)) => data::scorer(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Worker(args) => worker::run(args),
    }
}
