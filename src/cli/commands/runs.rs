//! `autogan runs`: what lies in the run folders.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;

use crate::arch::words::{operations, thousands};
use crate::cli::args::{ListArgs, RUNS, ShowArgs};
use crate::cli::terminal::print_line;
use crate::engine::{Summary, resume_command};
use crate::metric::Score;
use crate::run::{self, RunInfo, RunSummary, RunView};
use crate::search::Candidate;

/// Candidates that are shown of an unfinished run.
const SHOWN: usize = 5;

/// `autogan runs list`: a line for each run.
pub(super) fn list(args: &ListArgs) -> anyhow::Result<()> {
    // The folder that is made by the first run need not be there yet, and one that was named must.
    let dir = args.dir.as_deref().unwrap_or(Path::new(RUNS));
    if args.dir.is_some() && !dir.is_dir() {
        let dir = dir.display();
        if args.dir.as_ref().is_some_and(|dir| dir.exists()) {
            bail!("{dir} is a file, not a folder; name the folder that the runs are in");
        }
        bail!("there is no folder {dir}; name the one that the runs are in");
    }
    let runs = run::list(dir)?;
    if args.json {
        print_line(&serde_json::to_string(&runs)?);
        return Ok(());
    }
    if runs.is_empty() {
        print_line(&format!("No runs in {}; begin one with: autogan search", dir.display()));
        return Ok(());
    }
    let width = runs.iter().map(|run| run.name.chars().count()).max().unwrap_or(0);
    for run in &runs {
        print_line(&format!("{:width$}  {}", run.name, outcome(run)));
    }
    Ok(())
}

/// What can be said of a run in one line.
fn outcome(run: &RunSummary) -> String {
    let state = match (run.running, &run.summary, run.step) {
        (true, _, _) => "running".to_owned(),
        (false, Some(summary), _) => match serde_json::from_value::<Summary>(summary.clone()) {
            Ok(summary) => format!("done: {}", winner(&summary)),
            Err(_) => "done".to_owned(),
        },
        (false, None, Some(step)) => format!("stopped at step {}", thousands(step)),
        (false, None, None) => "stopped before its first checkpoint".to_owned(),
    };
    match &run.problem {
        Some(problem) => format!("{state}; {problem}"),
        None => state,
    }
}

fn winner(summary: &Summary) -> String {
    match summary.trained.first() {
        Some(trained) => match trained.scores.first() {
            Some(score) => format!("{}, {score}", trained.vector),
            None => trained.vector.clone(),
        },
        None => "nothing was trained".to_owned(),
    }
}

/// All that `show` shows.
#[derive(Serialize)]
struct Shown<'a> {
    dir: &'a Path,
    running: bool,
    info: &'a RunInfo,
    /// The text of `config.toml`.
    config: String,
    /// The command that goes on with it.
    #[serde(skip)]
    resume: String,
    /// Steps that have a checkpoint, newest first.
    checkpoints: Vec<u64>,
    candidates: Vec<Candidate>,
    /// Why there are not more candidates, if the log is damaged.
    warning: Option<String>,
    summary: Option<serde_json::Value>,
}

/// The path, or the run of that name: `runs list` shows names without their folder.
pub(super) fn found(path: &Path) -> PathBuf {
    let named = Path::new(RUNS).join(path);
    if !path.exists() && named.exists() { named } else { path.to_owned() }
}

/// `autogan runs show`: a run's settings and what came out.
pub(super) fn show(args: &ShowArgs) -> anyhow::Result<()> {
    let view = RunView::open(&found(&args.run))?;
    let candidates = view.candidates()?;
    let shown = Shown {
        dir: view.dir(),
        running: view.is_running(),
        info: view.info(),
        config: view.config()?,
        resume: resume_command(&view),
        checkpoints: view.checkpoint_steps()?,
        candidates: candidates.items,
        warning: candidates.warning.map(|warning| warning.to_string()),
        summary: view.summary()?,
    };
    if args.json {
        print_line(&serde_json::to_string(&shown)?)
    } else {
        words(&shown).iter().for_each(|line| print_line(line))
    }
    Ok(())
}

fn words(shown: &Shown) -> Vec<String> {
    let info = shown.info;
    let state = match (shown.running, &shown.summary) {
        (true, _) => "running",
        (false, Some(_)) => "done",
        (false, None) => "stopped",
    };
    let mut lines = vec![
        format!("Run         {}, {state}", shown.dir.display()),
        format!("Begun       {} by version {}", info.started, info.version),
        format!("Device      {}, seed {}", info.adapter, info.seed),
        format!("Settings    {}", shown.dir.join("config.toml").display()),
        format!("Candidates  {}", thousands(shown.candidates.len() as u64)),
    ];
    lines.extend(shown.warning.iter().map(|warning| format!("Warning     {warning}")));
    if let Some(step) = shown.checkpoints.first() {
        lines.push(format!("Checkpoint  at step {}", thousands(*step)));
    }
    let summary = shown.summary.clone().and_then(|summary| serde_json::from_value(summary).ok());
    match summary {
        Some(summary) => lines.extend(trained(&summary)),
        None => lines.extend(best(&shown.candidates)),
    }
    if shown.summary.is_none() && !shown.running {
        lines.push(format!("Go on with  {}", shown.resume));
    }
    lines
}

/// The outcome of a finished run.
fn trained(summary: &Summary) -> Vec<String> {
    let mut lines = vec![format!("Trained     on {} at {} px, best first", summary.data, summary.side)];
    for (place, trained) in summary.trained.iter().enumerate() {
        let (params, macs) = (thousands(trained.params), operations(trained.macs));
        lines.push(format!("  {}. {}, {params} parameters, {macs} MACs", place + 1, trained.vector));
        let scores: Vec<String> = trained.scores.iter().map(Score::to_string).collect();
        lines.push(format!("     {}, at step {}", scores.join("; "), thousands(trained.best_step)));
    }
    lines
}

/// The best candidates of the largest generators so far.
fn best(candidates: &[Candidate]) -> Vec<String> {
    let Some(cells) = candidates.iter().map(|candidate| candidate.cells).max() else {
        return Vec::new();
    };
    let mut best: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.cells == cells).collect();
    best.sort_by(|a, b| b.reward.total_cmp(&a.reward).then(a.id.cmp(&b.id)));
    let title = format!("Best so far, of {} with {cells} cells", thousands(best.len() as u64));
    let shown = best.into_iter().take(SHOWN);
    let shown = shown.map(|candidate| format!("  {}, reward {:.4}", candidate.genotype, candidate.reward));
    std::iter::once(title).chain(shown).collect()
}
