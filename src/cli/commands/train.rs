//! `autogan train`: one architecture from scratch.

use anyhow::Context as _;

use crate::arch::Genotype;
use crate::cli::args::{RunRank, TrainArgs};
use crate::cli::{launch, layers};
use crate::engine::{JobSpec, Summary, resume_command};
use crate::run::RunView;

/// Runs the command.
pub(super) fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let common = &args.run;
    if let Some(dir) = &common.resume {
        return launch::resume(dir, common);
    }
    let genotype = match (&args.arch, &args.from) {
        (Some(vector), _) => Genotype::parse(vector)?,
        (None, Some(found)) => found_by(found)?,
        (None, None) => unreachable!("the command line asks for one of them"),
    };
    let config = layers::config(common)?;
    launch::begin(JobSpec::Train(genotype), config, common)
}

/// The architecture at a place in the outcome of a run.
fn found_by(found: &RunRank) -> anyhow::Result<Genotype> {
    let view = RunView::open(&found.dir)?;
    let summary = view.summary()?.with_context(|| {
        let dir = found.dir.display();
        format!("{dir} is not finished and has no winner yet; go on with: {}", resume_command(&view))
    })?;
    let summary: Summary = serde_json::from_value(summary).context("summary.json cannot be read")?;
    let trained = summary.trained.get(found.rank - 1).with_context(|| {
        let (dir, count) = (found.dir.display(), summary.trained.len());
        let plural = if count == 1 { "" } else { "s" };
        format!(
            "{dir} has {count} trained architecture{plural} and none at place {}; name a place from 1 on, or see \
             `autogan runs show`",
            found.rank
        )
    })?;
    Ok(trained.genotype.clone())
}
