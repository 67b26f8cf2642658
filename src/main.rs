//! `autogan`: see the library for the house and [`autogan::cli`] for the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    autogan::cli::run()
}
