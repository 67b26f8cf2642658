//! `autogan`: see the library for the map of modules, [`autogan::cli`] for the command line and [`autogan::gui`] for
//! the window that opens without one.

use std::process::ExitCode;

fn main() -> ExitCode {
    autogan::cli::run(autogan::gui::open)
}
