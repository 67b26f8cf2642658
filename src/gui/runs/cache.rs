//! The list of runs: those in a folder, and those that were visited elsewhere.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use super::running::{RunningNow, RunningRuns};
use crate::engine::{Summary, Trained};
use crate::run::{self, RunStatus, RunSummary, RunView, local_time, natural_order};

/// One run of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEntry {
    /// The summary that its folder gives.
    pub run: RunSummary,
    /// The best that it trained, once it is finished.
    pub winner: Option<Trained>,
    /// How it stands, while somebody works on it.
    pub running: Option<RunningNow>,
    /// Its newest picture of samples.
    pub picture: Option<PathBuf>,
    /// The time at which it was created, in the local time zone.
    pub begun: String,
    /// Whether it lies in another folder than the others.
    pub elsewhere: bool,
    /// Its place among the runs that were visited, the latest first; none where it was not.
    pub visited: Option<usize>,
}

impl RunEntry {
    /// The run folder.
    pub fn dir(&self) -> &Path {
        &self.run.dir
    }

    /// Its status in words.
    pub fn state(&self) -> &'static str {
        match self.run.status() {
            RunStatus::Running => "Running",
            RunStatus::Stopped => "Can be resumed",
            RunStatus::Finished => "Finished",
            RunStatus::Damaged => "Damaged",
        }
    }

    /// The integer vector of its winner, or of the best so far while it goes on.
    pub fn vector(&self) -> Option<&str> {
        let winner = self.winner.as_ref().map(|winner| winner.vector.as_str());
        winner.or_else(|| Some(self.running.as_ref()?.best.as_ref()?.vector.as_str()))
    }

    /// Whether all words of `typed` are found in what is said of it.
    pub fn answers(&self, typed: &str) -> bool {
        let winner = self.vector().unwrap_or_default();
        let device = self.run.adapter.as_deref().unwrap_or_default();
        let said = format!("{} {} {} {device} {winner}", self.run.name, self.state(), self.begun);
        let said = said.to_lowercase();
        typed.to_lowercase().split_whitespace().all(|word| said.contains(word))
    }
}

/// All runs, or why the folder cannot be read, and still those elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct RunsCache {
    /// The runs, newest first.
    pub entries: Vec<RunEntry>,
    /// The reason why the folder of runs cannot be read, in a sentence.
    pub problem: Option<String>,
}

impl RunsCache {
    /// Reads the runs in `root`, and those among `visited` that lie elsewhere; `running` follows those that go on.
    pub fn read(root: &Path, visited: &[PathBuf], running: &mut RunningRuns) -> Self {
        let (runs, problem) = match run::list(root) {
            Ok(runs) => (runs, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let inside: Vec<PathBuf> = runs.iter().filter_map(|run| run.dir.canonicalize().ok()).collect();
        let is_inside = |dir: &Path| dir.canonicalize().is_ok_and(|dir| inside.contains(&dir));
        let others =
            visited.iter().filter(|dir| !is_inside(dir)).filter_map(|dir| run::summarize(dir.clone()));
        let others = others.map(|run| (run, true)).collect::<Vec<_>>();
        let all = runs.into_iter().map(|run| (run, false)).chain(others);
        let mut entries: Vec<RunEntry> = all.map(|(run, elsewhere)| entry(run, elsewhere, running)).collect();
        running.retain(|dir| entries.iter().any(|entry| entry.running.is_some() && entry.dir() == dir));
        let places: Vec<Option<PathBuf>> = visited.iter().map(|dir| dir.canonicalize().ok()).collect();
        for entry in &mut entries {
            // Another way may lead to the same folder.
            let dir = entry.dir().canonicalize().ok();
            entry.visited = dir.and_then(|dir| places.iter().position(|place| place.as_ref() == Some(&dir)));
        }
        entries.sort_by(|a, b| b.run.started.cmp(&a.run.started).then_with(|| by_name(a, b)));
        Self { entries, problem }
    }
}

/// By name as a person reads it, then by folder.
pub fn by_name(a: &RunEntry, b: &RunEntry) -> Ordering {
    natural_order(&a.run.name, &b.run.name).then_with(|| a.dir().cmp(b.dir()))
}

fn entry(run: RunSummary, elsewhere: bool, running: &mut RunningRuns) -> RunEntry {
    let summary = run.summary.clone().and_then(|summary| serde_json::from_value::<Summary>(summary).ok());
    let view = RunView::open(&run.dir).ok();
    let samples = view.as_ref().and_then(|view| view.samples().ok()).unwrap_or_default();
    let begun = view.and_then(|view| view.info().begun());
    RunEntry {
        running: run.running.then(|| running.look(&run.dir)).flatten(),
        winner: summary.and_then(|summary| summary.trained.into_iter().next()),
        picture: samples.into_iter().next_back().map(|(_, path)| path),
        begun: begun.map_or_else(String::new, local_time),
        run,
        elsewhere,
        visited: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::{RunFolder, RunInfo};
    use time::OffsetDateTime;

    #[test]
    fn visited_runs_elsewhere_are_listed_once_and_with_their_picture() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("runs");
        let make = |dir: &Path, at: i64| {
            let info = RunInfo::new("cpu", 1, OffsetDateTime::from_unix_timestamp(at).unwrap());
            drop(RunFolder::create(dir, &info, "").unwrap());
        };
        make(&root.join("inside"), 1_000_000);
        let other = folder.path().join("other");
        make(&other, 2_000_000);
        for name in ["000001.png", "000012.png"] {
            std::fs::write(other.join("samples").join(name), "").unwrap();
        }
        let visited = [root.join("inside"), other.clone(), folder.path().join("gone"), folder.path().into()];
        let cache = RunsCache::read(&root, &visited, &mut RunningRuns::default());
        let names: Vec<_> =
            cache.entries.iter().map(|entry| (entry.run.name.as_str(), entry.elsewhere)).collect();
        assert_eq!(names, [("other", true), ("inside", false)]);
        assert_eq!(cache.entries.iter().map(|entry| entry.visited).collect::<Vec<_>>(), [Some(1), Some(0)]);
        assert!(cache.entries[0].picture.as_ref().unwrap().ends_with("000012.png"));
        assert!(cache.entries[0].begun.starts_with("1970-01-2"), "{}", cache.entries[0].begun);
        assert!(cache.entries[1].answers("INSIDE resumed") && !cache.entries[1].answers("inside gpu"));
        assert_eq!(cache.problem, None);
    }
}
