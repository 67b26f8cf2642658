//! `autogan`: see the library for the map of modules, [`autogan::cli`] for the command line and [`autogan::gui`] for
//! the window that opens without one.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Keeps the memory of one operator for the next: an update of small networks takes a sixth less time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    autogan::cli::run(autogan::gui::open)
}
