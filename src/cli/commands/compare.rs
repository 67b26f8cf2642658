//! `autogan runs compare`: runs side by side.

use std::path::PathBuf;

use super::runs::found;
use crate::app::{ComparedSetting, Comparison, compare};
use crate::cli::WrongCall;
use crate::cli::args::CompareArgs;
use crate::cli::table::lines;
use crate::cli::terminal::print_line;

/// Marks the best of a ranking.
const BEST: &str = " *";

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<()> {
    let dirs: Vec<PathBuf> = args.runs.iter().map(|run| found(run)).collect();
    for (place, dir) in dirs.iter().enumerate() {
        let real = |dir: &PathBuf| dir.canonicalize().unwrap_or_else(|_| dir.clone());
        if dirs[..place].iter().any(|other| real(other) == real(dir)) {
            let sentence = format!("{} is named twice; name different runs to compare", dir.display());
            return Err(WrongCall(sentence).into());
        }
    }
    let comparison = compare(&dirs)?;
    if args.json {
        print_line(&serde_json::to_string(&comparison)?)
    } else {
        words(&comparison, args.all).iter().for_each(|line| print_line(line))
    }
    Ok(())
}

fn words(comparison: &Comparison, all: bool) -> Vec<String> {
    let runs = &comparison.runs;
    let row = |name: &str, values: &mut dyn Iterator<Item = String>| -> Vec<String> {
        std::iter::once(name.to_owned()).chain(values).collect()
    };
    let mut rows = vec![row("Run", &mut runs.iter().map(|run| run.name.clone()))];
    rows.extend(comparison.facts().into_iter().map(|(name, values)| row(name, &mut values.into_iter())));
    let facts = rows.len();
    for ranking in &comparison.rankings {
        // Flush with the others, marked or not.
        let mark = |run| if ranking.is_best(run) { BEST } else { "  " };
        let numbers = (0..runs.len()).map(|run| format!("{}{}", ranking.number(run), mark(run)));
        rows.push(row(&ranking.words(), &mut { numbers }));
    }
    let scores = rows.len();
    let differing: Vec<&ComparedSetting> =
        if all { comparison.settings.iter().collect() } else { comparison.differences().collect() };
    for setting in &differing {
        rows.push(row(&setting.key, &mut (0..runs.len()).map(|run| setting.words(run))));
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
