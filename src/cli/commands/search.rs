//! `autogan search`: find an architecture, train it, leave pictures behind.

use crate::cli::args::SearchArgs;
use crate::cli::{launch, layers};
use crate::engine::JobSpec;

/// Runs the command.
pub(super) fn run(args: &SearchArgs) -> anyhow::Result<()> {
    let common = &args.run;
    match &common.resume {
        Some(dir) => launch::resume(dir, common),
        None => {
            let config = layers::config(common)?;
            config.validate_search()?;
            launch::begin(JobSpec::Search, config, common)
        }
    }
}
