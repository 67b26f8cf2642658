//! `autogan bench RUN`: what a search was worth, against random architectures trained alike.

use std::path::Path;

use anyhow::Context as _;

use crate::app::{BaselineConfig, BaselineEntry, random_baseline};
use crate::cli::args::BenchArgs;
use crate::cli::terminal::{Terminal, print_line};
use crate::config::RunConfig;
use crate::engine::{self, JobSpec, Summary, resume_command};
use crate::run::RunView;

/// Runs the command.
pub(super) fn run(args: &BenchArgs) -> anyhow::Result<()> {
    let Some(run) = &args.run else {
        unreachable!("the command line asks for a run where there is no subcommand")
    };
    let view = RunView::open(run)?;
    let origin = run.join("config.toml").display().to_string();
    let mut config = RunConfig::from_toml(&view.config()?, &origin)?;
    if let Some(device) = &args.device {
        config.device = device.clone();
    }
    let summary = summary(&view, run)?;
    let winner = summary.trained.first().context("the run has no winner")?;
    let mut terminal = Terminal::new(args.json);
    let plan = engine::plan(JobSpec::Search, config, &mut |event| {
        // Standard output has nothing but entries then.
        if !args.json {
            terminal.show(event);
        }
    })?;
    let settings = BaselineConfig { random: args.random, seeds: args.seeds, steps: args.steps };
    let mut entries: Vec<BaselineEntry> = Vec::new();
    random_baseline(&plan, &winner.genotype, &settings, &mut |entry| {
        let text = if args.json { serde_json::json!(entry).to_string() } else { line(entry) };
        print_line(&text);
        entries.push(entry.clone());
    })?;
    if !args.json {
        conclude(&entries, args.seeds as usize);
    }
    Ok(())
}

fn summary(view: &RunView, dir: &Path) -> anyhow::Result<Summary> {
    let summary = view.summary()?.with_context(|| {
        format!("{} is not finished; go on with: {}", dir.display(), resume_command(view))
    })?;
    serde_json::from_value(summary).context("summary.json cannot be read")
}

fn line(entry: &BaselineEntry) -> String {
    let kind = if entry.searched { "searched" } else { "random  " };
    let scores: Vec<String> = entry.scores.iter().map(ToString::to_string).collect();
    format!("{kind}  {}  seed {}: {}", entry.genotype, entry.seed, scores.join("; "))
}

/// The searched architecture beside the best, the median and the worst random one, by the deciding
/// score averaged over the seeds.
fn conclude(entries: &[BaselineEntry], seeds: usize) {
    let architectures = entries.len() / seeds.max(1);
    let mut means: Vec<(f64, &BaselineEntry)> = (0..architectures)
        .filter_map(|place| {
            let own = entries.iter().skip(place).step_by(architectures);
            let values: Vec<f64> = own.filter_map(|e| Some(e.scores.first()?.value)).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (!values.is_empty()).then(|| (mean, &entries[place]))
        })
        .collect();
    let Some(score) = entries.first().and_then(|entry| entry.scores.first()) else {
        return;
    };
    let larger = score.metric.larger_is_better();
    means.sort_by(|(a, _), (b, _)| if larger { b.total_cmp(a) } else { a.total_cmp(b) });
    let searched = means.iter().position(|(_, entry)| entry.searched);
    let random: Vec<&(f64, &BaselineEntry)> = means.iter().filter(|(_, entry)| !entry.searched).collect();
    let name = score.metric.label(&score.extractor);
    print_line(&format!("\n{name} ({}), mean of {seeds} seeds:", score.extractor));
    if let Some(place) = searched {
        let (value, entry) = &means[place];
        print_line(&format!(
            "  searched       {value:8.3}  {}  (place {} of {architectures})",
            entry.genotype,
            place + 1
        ));
    }
    let picks = [
        ("best random  ", 0),
        ("median random", random.len() / 2),
        ("worst random ", random.len().saturating_sub(1)),
    ];
    for (name, place) in picks {
        if let Some((value, entry)) = random.get(place) {
            print_line(&format!("  {name}  {value:8.3}  {}", entry.genotype));
        }
    }
}
