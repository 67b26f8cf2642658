//! All runs of a folder at a glance.

use super::lock::is_locked;
use super::view::{CHECKPOINTS, RunView};
use super::{Checkpoints, FileError, RunError};
use crate::input::shown;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// One line of the list of runs.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RunSummary {
    /// The run folder.
    #[serde(serialize_with = "in_unicode")]
    pub dir: PathBuf,
    /// Its name.
    pub name: String,
    /// When the run was created, as RFC 3339.
    pub started: Option<String>,
    /// The format of the folder.
    pub format: Option<u32>,
    /// The adapter that the run was created on, by name.
    pub adapter: Option<String>,
    /// The step of the newest checkpoint, which was not looked into; `None` where there is none.
    pub step: Option<u64>,
    /// The content of `summary.json`, once there is one.
    pub summary: Option<serde_json::Value>,
    /// Whether a living process writes to the run.
    pub running: bool,
    /// Why the run cannot be opened or read in full.
    pub problem: Option<String>,
}

/// Some systems allow names that are no Unicode; one of them must not spoil the whole list.
fn in_unicode<S: serde::Serializer>(dir: &Path, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&dir.to_string_lossy())
}

/// What state a run is in, as far as its folder shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// A living process writes to it.
    Running,
    /// It stands before its end, and can be resumed.
    Stopped,
    /// All is done.
    Finished,
    /// It cannot be opened or read in full.
    Damaged,
}

impl RunSummary {
    /// The state of the run. One that is written to is running, whatever else there is to say.
    pub fn status(&self) -> RunStatus {
        match self {
            Self { running: true, .. } => RunStatus::Running,
            Self { problem: Some(_), .. } => RunStatus::Damaged,
            Self { summary: Some(_), .. } => RunStatus::Finished,
            _ => RunStatus::Stopped,
        }
    }
}

/// The runs in `runs_root`, newest first. A broken one has a [`problem`](RunSummary::problem) and stops
/// nothing; folders that are no runs are passed over; where `runs_root` does not exist there are none.
///
/// # Errors
/// Where `runs_root` itself cannot be read.
pub fn list(runs_root: &Path) -> Result<Vec<RunSummary>, RunError> {
    let unreadable = |reason| RunError::NoRun(FileError::new("read", runs_root, reason));
    let entries = match fs::read_dir(runs_root) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let dir = entry.map_err(unreadable)?.path();
        if dir.is_dir() {
            runs.extend(summarize(dir));
        }
    }
    // The name starts with the date, and stands in where run.json is lost.
    runs.sort_by(|a, b| (&b.started, &b.name).cmp(&(&a.started, &a.name)));
    Ok(runs)
}

/// A run by its folder's name, as it can be [shown].
pub fn run_name(dir: &Path) -> String {
    shown(dir.file_name().map_or(dir, Path::new))
}

/// A single run at a glance; `None` where `dir` is no run or is not there.
pub fn summarize(dir: PathBuf) -> Option<RunSummary> {
    let name = shown(Path::new(dir.file_name()?));
    let mut summary = RunSummary {
        name,
        started: None,
        format: None,
        adapter: None,
        step: None,
        summary: None,
        running: is_locked(&dir),
        problem: None,
        dir,
    };
    match RunView::open(&summary.dir) {
        Err(RunError::NotARun { .. } | RunError::Missing { .. }) => return None,
        // Its checkpoints may still be there to see.
        Err(problem) => {
            summary.problem = Some(problem.to_string());
            let checkpoints = Checkpoints::new(&summary.dir.join(CHECKPOINTS), 1);
            summary.step = checkpoints.steps().ok().and_then(|steps| steps.first().copied());
        }
        Ok(view) => {
            summary.started = Some(view.info().started.clone());
            summary.format = Some(view.info().format);
            summary.adapter = Some(view.info().adapter.clone());
            match view.checkpoint_steps() {
                Ok(steps) => summary.step = steps.first().copied(),
                Err(problem) => summary.problem = Some(problem.to_string()),
            }
            match view.summary() {
                Ok(content) => summary.summary = content,
                Err(problem) => summary.problem = Some(problem.to_string()),
            }
        }
    }
    Some(summary)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{RunFolder, RunInfo};
    use super::RunStatus::{Damaged, Finished, Running, Stopped};
    use super::*;
    use time::macros::datetime;
    use time::{Duration, OffsetDateTime};

    const NOW: OffsetDateTime = datetime!(2026-03-09 01:00 +9);

    fn add(root: &Path, name: &str, hours: i64) -> RunFolder {
        let info = RunInfo::new("cpu", 1, NOW + Duration::hours(hours));
        RunFolder::create(&root.join(name), &info, "").unwrap()
    }

    #[test]
    fn no_folder_and_an_empty_one_hold_no_runs() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(list(root.path()).unwrap(), []);
        assert_eq!(list(&root.path().join("gone")).unwrap(), []);
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(list(&file).unwrap_err().to_string().contains("file"));
    }

    #[test]
    fn runs_are_listed_newest_first_with_state_and_outcome() {
        let root = tempfile::tempdir().unwrap();
        let mut done = add(root.path(), "done", 0);
        let save = |draft: &mut super::super::Draft<'_>| draft.write("w", b"1");
        done.save_checkpoint(40, &(), save).unwrap();
        done.write_summary(&serde_json::json!({"winner": "1 0 1 1"})).unwrap();
        drop(done);
        let _running = add(root.path(), "running", 1);
        fs::create_dir(root.path().join("holiday pictures")).unwrap();
        fs::write(root.path().join("a file"), "").unwrap();

        let runs = list(root.path()).unwrap();
        let names: Vec<_> = runs.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(names, ["running", "done"]);
        assert!(runs.iter().all(|run| run.problem.is_none() && run.format == Some(1)));
        assert_eq!((runs[0].running, runs[1].running), (true, false));
        assert_eq!(runs.iter().map(RunSummary::status).collect::<Vec<_>>(), [Running, Finished]);
        assert_eq!(summarize(root.path().join("done")).as_ref(), Some(&runs[1]));
        assert_eq!(summarize(root.path().join("gone")), None);
        assert_eq!((runs[0].step, runs[1].step), (None, Some(40)));
        assert_eq!(runs[1].summary.as_ref().unwrap()["winner"], "1 0 1 1");
        assert_eq!(runs[1].started.as_deref(), Some("2026-03-08T16:00:00Z"));
    }

    #[test]
    fn a_broken_run_has_a_problem_and_hides_no_other() {
        let root = tempfile::tempdir().unwrap();
        for name in ["good", "no config", "no facts", "newer", "rubbish", "bad outcome"] {
            let mut run = add(root.path(), name, 0);
            run.save_checkpoint::<RunError>(7, &(), |_| Ok(())).unwrap();
        }
        let path = |name: &str| root.path().join(name);
        fs::remove_file(path("no config/config.toml")).unwrap();
        fs::remove_file(path("no facts/run.json")).unwrap();
        fs::write(path("newer/run.json"), r#"{"format": 9}"#).unwrap();
        fs::write(path("rubbish/run.json"), [0xff; 10]).unwrap();
        fs::write(path("bad outcome/summary.json"), "{").unwrap();

        let runs = list(root.path()).unwrap();
        assert_eq!(runs.len(), 6);
        for (name, part) in [
            ("no config", "config.toml missing"),
            ("no facts", "run.json missing"),
            ("newer", "format 9"),
            ("rubbish", "run.json is damaged"),
            ("bad outcome", "summary.json is damaged"),
        ] {
            let run = runs.iter().find(|run| run.name == name).unwrap();
            let problem = run.problem.as_ref().unwrap();
            assert!(problem.contains(part), "{problem}");
            assert_eq!((run.step, run.status()), (Some(7), Damaged), "{name}");
        }
        let good = runs.iter().find(|run| run.name == "good").unwrap();
        assert_eq!((good.problem.as_ref(), good.status()), (None, Stopped));
    }
}
