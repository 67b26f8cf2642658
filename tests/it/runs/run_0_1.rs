//! Run folders that version 0.1 wrote: they open, compare, export and resume.
//!
//! `fixtures/run-0.1/` has a search and a training, as that version left them when Ctrl-C stopped them: the search
//! in the training of its winner. Some pictures were taken out, and the checkpoint of the beginning.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use autogan::engine::{LogEvent, Summary};
use autogan::ipc::Follower;
use autogan::run::RunView;
use autogan::search::{Candidate, SearchEvent, TrainingId};

use crate::folders;

const KINDS: [&str; 2] = ["search", "train"];

/// A copy of one of the folders.
fn copy(kind: &str, to: &Path) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-0.1").join(kind);
    let to = to.join(kind);
    folders::copy(&from, &to);
    to
}

fn autogan(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_autogan")).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_line_of_their_logs_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let dir = copy(kind, folder.path());
        let lines = fs::read_to_string(dir.join("events.jsonl")).unwrap();
        let read = Follower::new(&dir).unwrap().poll().events;
        assert_eq!(read.len(), lines.lines().count());
        for (event, line) in read.iter().zip(lines.lines()) {
            assert_eq!(serde_json::to_string(event).unwrap(), line, "it is written as it was");
        }
        let training = if kind == "search" { TrainingId::Winner } else { TrainingId::Single };
        let is_last = |event: &LogEvent| matches!(event, LogEvent::Search(SearchEvent::Evaluated { training: own, .. }) if *own == training);
        assert!(read.iter().any(is_last));
    }
    let view = RunView::open(&folder.path().join("search")).unwrap();
    let board = view.candidates::<Candidate>().unwrap().items;
    assert_eq!((board.len(), board.iter().filter(|candidate| candidate.is_trained()).count()), (10, 2));
}

#[test]
fn they_are_listed_compared_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let [search, train] = KINDS.map(|kind| copy(kind, folder.path()).display().to_string());
    let listed = autogan(&["runs", "list", folder.path().to_str().unwrap(), "--json"]);
    assert!(listed.contains(&search) && listed.contains(&train), "{listed}");
    let compared = autogan(&["runs", "compare", &search, &train, "--json"]);
    let compared: serde_json::Value = serde_json::from_str(&compared).unwrap();
    for run in compared["runs"].as_array().unwrap() {
        assert!(run["warning"].is_null(), "{run}");
        assert!(!run["outcome"]["scores"].as_array().unwrap().is_empty(), "{run}");
    }
    for run in [&search, &train] {
        let to = format!("{run}-exported");
        autogan(&["export", run, "--to", &to]);
        for file in ["winner.safetensors", "generator.py", "curves.csv", "config.toml", "architecture.svg"] {
            assert!(Path::new(&to).join(file).exists(), "{file}");
        }
    }
}

#[test]
fn they_are_gone_on_with_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, trained) in [("search", 2), ("train", 1)] {
        let dir = copy(kind, folder.path());
        let before = fs::read_to_string(dir.join("events.jsonl")).unwrap();
        autogan(&[kind, "--resume", dir.to_str().unwrap(), "--json"]);
        let after = fs::read_to_string(dir.join("events.jsonl")).unwrap();
        assert!(after.starts_with(&before) && after.len() > before.len());
        let summary = RunView::open(&dir).unwrap().summary().unwrap().unwrap();
        let summary: Summary = serde_json::from_value(summary).unwrap();
        assert_eq!(summary.trained.len(), trained);
        assert_eq!(summary.trained[0].steps, 60);
    }
}
