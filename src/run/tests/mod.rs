//! What the tests of this module share, and those that are about more than one of its files.
#![allow(clippy::unwrap_used)]

mod damage;
mod faults;
mod hands;
#[cfg(target_os = "linux")]
mod memory;
mod places;
mod process;

use super::fs::Fs;
use super::fs::faulty::{After, Faulty, quick_dir};
use super::lock::LOCK;
use super::view::LOG_TXT;
use super::{RunError, RunFolder, RunInfo};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use tempfile::TempDir;
use time::macros::datetime;

pub(super) const CONFIG_TOML: &str = "seed = 1\n";

pub(super) fn info() -> RunInfo {
    RunInfo::new("cpu", 1, datetime!(2026-03-09 12:00 UTC))
}

pub(super) fn new_run() -> (TempDir, PathBuf) {
    let root = quick_dir();
    let dir = root.path().join("a run, größer");
    RunFolder::create_on(quick_disk(), &dir, &info(), CONFIG_TOML).unwrap();
    (root, dir)
}

/// What a small run does at each step; a checkpoint every tenth one.
pub(super) fn work(folder: &mut RunFolder, steps: std::ops::Range<u64>) -> Result<(), RunError> {
    for step in steps {
        folder.events.append(&("event", step))?;
        if step % 3 == 0 {
            folder.write_candidate_picture(step, &step.to_be_bytes())?;
            folder.candidates.append(&("candidate", step))?;
        }
        if step % 5 == 0 {
            folder.write_sample(step, &step.to_le_bytes())?;
        }
        if step % 10 == 0 {
            folder.save_checkpoint(step, &step, |draft| draft.write("weights.bin", &step.to_le_bytes()))?;
        }
    }
    folder.events.flush()?;
    folder.candidates.flush()
}

/// Every file below `dir` with its content, every link with its target, but for those that belong to the process.
pub(super) fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
                let target = fs::read_link(&path).unwrap().into_os_string();
                files.insert(path.strip_prefix(dir).unwrap().to_path_buf(), target.into_encoded_bytes());
            } else if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(LOCK) && !path.ends_with(LOG_TXT) {
                let name = path.strip_prefix(dir).unwrap().to_path_buf();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Says which files differ, not how.
pub(super) fn assert_same(run: &Path, expected: &Path, what: &str) {
    let (run, expected) = (content(run), content(expected));
    assert_eq!(run.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    let differ: Vec<_> = run.keys().filter(|name| run[*name] != expected[*name]).collect();
    assert!(differ.is_empty(), "{what}: {differ:?}");
}

/// A disk without faults that does not wait for the real one.
pub(super) fn quick_disk() -> Arc<dyn Fs> {
    Arc::new(Faulty::new(0, After::Recovers))
}

/// What `act` gives, which must not take longer than a second.
pub(super) fn promptly<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = channel();
    let worker = std::thread::spawn(move || send.send(act()));
    match receive.recv_timeout(Duration::from_secs(1)) {
        Ok(done) => done,
        Err(RecvTimeoutError::Timeout) => panic!("it takes longer than a second"),
        Err(RecvTimeoutError::Disconnected) => std::panic::resume_unwind(worker.join().unwrap_err()),
    }
}

/// The refusal of `act`: in time, and one sentence that ends with what to do.
pub(super) fn refused<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, RunError> + Send + 'static,
) -> RunError {
    let error = promptly(|| act().map(|_| "it succeeded")).unwrap_err();
    let message = error.to_string();
    assert!(!message.contains('\n') && message.contains(": "), "{message}");
    error
}

/// A run of 25 steps, in memory where that can be.
pub(super) fn some_run() -> (TempDir, PathBuf) {
    let (root, dir) = new_run();
    work(&mut RunFolder::open_on(quick_disk(), &dir).unwrap(), 1..26).unwrap();
    (root, dir)
}
