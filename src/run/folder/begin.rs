//! What a run folder begins with: what must not be there, what is made, and what goes again if it fails.

use super::write_json;
use crate::run::atomic::{folder_of, write_atomic_on};
use crate::run::error::at;
use crate::run::fs::Fs;
use crate::run::info::RUN_JSON;
use crate::run::live_status::{INBOX, LIVE, LIVE_DRAFT};
use crate::run::lock::LOCK;
use crate::run::view::{
    CANDIDATE_PICTURES, CANDIDATES, CHECKPOINTS, CONFIG, EVENTS, EXPORT, LOG_TXT, SAMPLES, SUMMARY,
};
use crate::run::{LineLog, RunError, RunInfo};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An error where anything is in `dir`.
pub(super) fn refuse_taken(dir: &Path) -> Result<(), RunError> {
    let mut entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(at("use", dir))?,
    };
    let owned = dir.to_path_buf();
    if dir.join(RUN_JSON).exists() {
        return Err(RunError::AlreadyARun { dir: owned });
    }
    match entries.next() {
        Some(_) => Err(RunError::NotEmpty { dir: owned }),
        None => Ok(()),
    }
}

/// An error where the system knows no paths as long as some in this run will be: better now than at the
/// first checkpoint.
pub(super) fn refuse_deep(dir: &Path) -> Result<(), RunError> {
    let deepest = dir.join(CHECKPOINTS).join(format!("{}.tmp", u64::MAX)).join("x".repeat(100));
    match fs::symlink_metadata(deepest) {
        Err(e) if matches!(e.kind(), ErrorKind::InvalidFilename | ErrorKind::InvalidInput) => {
            Err(at("create", dir)(e))
        }
        _ => Ok(()),
    }
}

/// An error where a part of the run is a link or otherwise none of its own: who writes there may write to
/// any place, which the run may have been made for. A link to the run folder itself is the user's.
pub(super) fn refuse_foreign(dir: &Path) -> Result<(), RunError> {
    let files = [LOCK, RUN_JSON, CONFIG, EVENTS, CANDIDATES, LOG_TXT, SUMMARY, LIVE, LIVE_DRAFT];
    let folders = [CHECKPOINTS, SAMPLES, CANDIDATE_PICTURES, EXPORT, INBOX];
    let parts = files.map(|name| (name, "file")).into_iter().chain(folders.map(|name| (name, "folder")));
    for (name, expected) in parts {
        let path = dir.join(name);
        let found = match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            found => found.map_err(at("read", &path))?.file_type(),
        };
        let found = match expected {
            _ if found.is_symlink() => "a link",
            "file" if !found.is_file() => "no file",
            "folder" if !found.is_dir() => "no folder",
            _ => continue,
        };
        return Err(RunError::Foreign { path, found, expected });
    }
    Ok(())
}

/// `dir` and the folders above it that are not there, the innermost first.
pub(super) fn missing(dir: &Path) -> Vec<PathBuf> {
    let named = dir.ancestors().filter(|above| !above.as_os_str().is_empty());
    named.take_while(|above| above.symlink_metadata().is_err()).map(Path::to_path_buf).collect()
}

/// Writes what a new run consists of.
pub(super) fn fill(
    disk: &Arc<dyn Fs>,
    dir: &Path,
    made: &[PathBuf],
    info: &RunInfo,
    config_toml: &str,
) -> Result<(), RunError> {
    for name in [SAMPLES, CANDIDATE_PICTURES, CHECKPOINTS, EXPORT] {
        let path = dir.join(name);
        disk.create_dir_all(&path).map_err(at("create", &path))?;
    }
    LineLog::create(disk.clone(), &dir.join(EVENTS))?;
    LineLog::create(disk.clone(), &dir.join(CANDIDATES))?;
    let log_txt = dir.join(LOG_TXT);
    disk.create_file(&log_txt).map_err(at("create", &log_txt))?;
    write_atomic_on(disk.as_ref(), &dir.join(CONFIG), config_toml.as_bytes())?;
    write_json(disk.as_ref(), &dir.join(RUN_JSON), info)?;
    // Of an empty folder that was there, only what is in it is new.
    made.iter().try_for_each(|dir| {
        let parent = folder_of(dir);
        disk.sync_dir(parent).map_err(at("sync", parent))
    })
}

/// Deletes what a [`create`](super::RunFolder::create) that failed has made, and nothing else. Says nothing
/// of its own errors: the one that led here tells more.
pub(super) fn clear(dir: &Path, made: &[PathBuf]) {
    for name in [SAMPLES, CANDIDATE_PICTURES, CHECKPOINTS, EXPORT] {
        let _ = fs::remove_dir_all(dir.join(name));
    }
    for name in [RUN_JSON, CONFIG, EVENTS, CANDIDATES, LOG_TXT, LOCK] {
        let _ = fs::remove_file(dir.join(name));
    }
    remove_empty(made);
}

/// Deletes folders that hold nothing, in this order.
pub(super) fn remove_empty(folders: &[PathBuf]) {
    for folder in folders {
        let _ = fs::remove_dir(folder);
    }
}
