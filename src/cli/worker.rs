//! `autogan worker`: the process that computes, for a window.

use std::io::{BufReader, stdin, stdout};

/// Runs the command.
pub(super) fn run() -> anyhow::Result<()> {
    crate::worker::serve(BufReader::new(stdin()), stdout())
}
