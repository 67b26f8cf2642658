//! `autogan runs compare`: runs side by side.

use std::path::PathBuf;

use super::WrongCall;
use super::args::CompareArgs;
use super::runs::find;
use super::table::lines;
use super::terminal::{duration, print_line};
use crate::arch::words::{operations, thousands};
use crate::metric::Score;
use crate::run::Standing;
use crate::worker::{Compared, Comparison, Outcome, Setting, compare};

/// Stands where a run has no value.
const NONE: &str = "-";
/// Marks the best of a ranking.
const BEST: &str = " *";

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let dirs: Vec<PathBuf> = args.runs.iter().map(|run| find(run)).collect();
    for (place, dir) in dirs.iter().enumerate() {
        let real = |dir: &PathBuf| dir.canonicalize().unwrap_or_else(|_| dir.clone());
        if dirs[..place].iter().any(|other| real(other) == real(dir)) {
            let sentence = format!("{} is named twice; name different runs to compare", dir.display());
            return Err(WrongCall(sentence).into());
        }
    }
    let comparison = compare(&dirs)?;
    match args.json {
        true => print_line(&serde_json::to_string(&comparison)?),
        false => words(&comparison, args.all).iter().for_each(|line| print_line(line)),
    }
    Ok(())
}

fn words(comparison: &Comparison, all: bool) -> Vec<String> {
    let runs = &comparison.runs;
    let row = |name: &str, value: &dyn Fn(&Compared) -> String| -> Vec<String> {
        std::iter::once(name.to_owned()).chain(runs.iter().map(value)).collect()
    };
    let best = |name: &str, value: &dyn Fn(&Outcome) -> Option<String>| {
        row(name, &|run| run.outcome.as_ref().and_then(value).unwrap_or_else(|| NONE.to_owned()))
    };
    let mut rows = vec![
        row("Run", &|run| run.name.clone()),
        row("State", &state),
        row("Begun", &|run| run.started.clone()),
        row("Took", &|run| run.seconds.map_or_else(|| NONE.to_owned(), duration)),
        row("Device", &|run| run.device.clone()),
        row("Seed", &|run| run.seed.to_string()),
        row("Candidates", &|run| thousands(run.candidates as u64)),
        best("Best", &|best| Some(best.vector.clone())),
        best("Parameters", &|best| best.params.map(thousands)),
        best("MACs", &|best| best.macs.map(operations)),
        best("Generator steps", &|best| best.best_step.map(thousands)),
    ];
    let facts = rows.len();
    for ranking in &comparison.rankings {
        // Flush with the others, marked or not.
        let number = |(run, score): (usize, &Option<Score>)| match score {
            Some(score) => {
                let mark = if ranking.best.contains(&run) { BEST } else { "  " };
                format!("{}{mark}", score.number())
            }
            None => format!("{NONE}  "),
        };
        let numbers = ranking.scores.iter().enumerate().map(number);
        rows.push(std::iter::once(ranking.words()).chain(numbers).collect());
    }
    let scores = rows.len();
    let differing: Vec<&Setting> = match all {
        true => comparison.settings.iter().collect(),
        false => comparison.differences().collect(),
    };
    for setting in &differing {
        let values = (0..runs.len()).map(|run| setting.words(run));
        rows.push(std::iter::once(setting.key.clone()).chain(values).collect());
    }
    let table = lines(&rows);
    let mut words = table[..facts].to_vec();
    if scores > facts {
        words.extend([String::new(), "Scores (* marks the best)".to_owned()]);
        words.extend_from_slice(&table[facts..scores]);
        words.extend(comparison.unranked.iter().cloned());
    }
    words.push(String::new());
    words.push(match (all, differing.is_empty()) {
        (true, _) => "All settings".to_owned(),
        (false, false) => "Settings that differ".to_owned(),
        (false, true) => "All settings are the same".to_owned(),
    });
    words.extend_from_slice(&table[scores..]);
    let warnings = runs.iter().filter_map(|run| Some(format!("{}: {}", run.name, run.warning.as_ref()?)));
    words.extend(warnings);
    words
}

fn state(run: &Compared) -> String {
    match (run.standing, run.step) {
        (Standing::Running, _) => "running".to_owned(),
        (Standing::Finished, _) => "done".to_owned(),
        (Standing::Damaged, _) => "damaged".to_owned(),
        (Standing::Stopped, Some(step)) => format!("stopped at step {}", thousands(step)),
        (Standing::Stopped, None) => "stopped".to_owned(),
    }
}
