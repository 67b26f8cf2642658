//! A run folder that is only looked at.

use super::checkpoint::{KEEP, parse_step};
use super::error::at;
use super::fs::read_at_most;
use super::info::RUN_JSON;
use super::lock::is_locked;
use super::{Checkpoints, LatestCheckpoint, Lines, RunError, RunInfo, read_lines};
use serde::de::DeserializeOwned;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file with the settings of a run.
pub const CONFIG: &str = "config.toml";
pub(super) const EVENTS: &str = "events.jsonl";
pub(super) const CANDIDATES: &str = "candidates.jsonl";
pub(super) const CHECKPOINTS: &str = "checkpoints";
pub(super) const SAMPLES: &str = "samples";
/// The folder with the pictures of candidates.
pub(super) const CANDIDATE_PICTURES: &str = "candidates";
pub(super) const EXPORT: &str = "export";
pub(super) const LOG_TXT: &str = "log.txt";
pub(super) const SUMMARY: &str = "summary.json";

/// Without one of these a run is half deleted. Pictures and exports may be thrown away.
const ESSENTIAL: [&str; 5] = [RUN_JSON, CONFIG, EVENTS, CANDIDATES, CHECKPOINTS];

/// No configuration or summary is larger: a bound on memory, in bytes.
pub(super) const LIMIT: u64 = 1 << 20;

/// A run folder for reading: takes no lock, changes nothing, works while another process writes.
#[derive(Debug, Clone)]
pub struct RunView {
    dir: PathBuf,
    info: RunInfo,
}

impl RunView {
    /// Looks at the run in `dir`.
    ///
    /// # Errors
    /// [`RunError::Missing`], [`RunError::NotARun`], [`RunError::HalfDeleted`], [`RunError::Newer`], or
    /// [`RunError::Damaged`] where `run.json` is, or where a part is neither file nor folder as it must be.
    pub fn open(dir: &Path) -> Result<Self, RunError> {
        match fs::metadata(dir) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                let dir = dir.to_path_buf();
                return Err(RunError::Missing { dir });
            }
            Err(e) => return Err(at("read", dir)(e)),
            Ok(found) if !found.is_dir() => {
                let dir = dir.to_path_buf();
                return Err(RunError::NotARun { dir });
            }
            Ok(_) => {}
        }
        let mut missing = Vec::new();
        for name in ESSENTIAL {
            let path = dir.join(name);
            match fs::metadata(&path) {
                Err(e) if e.kind() == ErrorKind::NotFound => missing.push(name),
                found => {
                    let found = found.map_err(at("read", &path))?;
                    // A pipe, say, would keep for ever who reads it.
                    let (fits, reason) = match name {
                        CHECKPOINTS => (found.is_dir(), "it is no folder".to_owned()),
                        _ => (found.is_file(), "it is no file".to_owned()),
                    };
                    if !fits {
                        return Err(RunError::Damaged { path, reason });
                    }
                }
            }
        }
        if missing.contains(&RUN_JSON) {
            // A config.toml alone may be anyone's.
            let is_ours = |name| [EVENTS, CANDIDATES, CHECKPOINTS].contains(name);
            if missing.iter().filter(|name| is_ours(name)).count() == 3 {
                let dir = dir.to_path_buf();
                return Err(RunError::NotARun { dir });
            }
            return Err(half_deleted(dir, &missing));
        }
        // Read before the rest is missed: a newer format may consist of other parts.
        let info = RunInfo::read(dir)?;
        if !missing.is_empty() {
            return Err(half_deleted(dir, &missing));
        }
        Ok(Self { dir: dir.to_path_buf(), info })
    }

    /// The run folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the run was made with.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// The text of `config.toml`.
    ///
    /// # Errors
    /// Where it cannot be read, is over 1 MiB or is not UTF-8.
    pub fn config(&self) -> Result<String, RunError> {
        let path = self.dir.join(CONFIG);
        let bytes = read_at_most(&path, LIMIT).map_err(at("read", &path))?;
        String::from_utf8(bytes).map_err(|e| RunError::Damaged { path, reason: e.to_string() })
    }

    /// All events, as far as the log is whole.
    ///
    /// # Errors
    /// Where the log cannot be read at all.
    pub fn events<T: DeserializeOwned>(&self) -> Result<Lines<T>, RunError> {
        read_lines(&self.dir.join(EVENTS))
    }

    /// All candidates, as far as the log is whole.
    ///
    /// # Errors
    /// Where the log cannot be read at all.
    pub fn candidates<T: DeserializeOwned>(&self) -> Result<Lines<T>, RunError> {
        read_lines(&self.dir.join(CANDIDATES))
    }

    /// The newest whole checkpoint: see [`Checkpoints::latest`].
    ///
    /// # Errors
    /// Those of [`Checkpoints::latest`].
    pub fn latest_checkpoint(&self) -> Result<LatestCheckpoint, RunError> {
        self.checkpoints().latest()
    }

    /// The steps that have a checkpoint, newest first, without a look inside.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn checkpoint_steps(&self) -> Result<Vec<u64>, RunError> {
        self.checkpoints().steps()
    }

    /// The pictures in `samples/` with their steps, oldest first; none where the folder was deleted.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn samples(&self) -> Result<Vec<(u64, PathBuf)>, RunError> {
        self.pictures(SAMPLES)
    }

    /// The pictures in `candidates/` with their steps, oldest first; none where the folder was deleted.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn candidate_pictures(&self) -> Result<Vec<(u64, PathBuf)>, RunError> {
        self.pictures(CANDIDATE_PICTURES)
    }

    /// The files in a folder of the run whose names begin with a step.
    fn pictures(&self, folder: &str) -> Result<Vec<(u64, PathBuf)>, RunError> {
        let dir = self.dir.join(folder);
        let failed = || at("read", &dir);
        let entries = match fs::read_dir(&dir) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed())?,
        };
        let mut pictures = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed())?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let digits = name.bytes().take_while(u8::is_ascii_digit).count();
            pictures.extend(parse_step(&name[..digits]).map(|step| (step, entry.path())));
        }
        pictures.sort_unstable();
        Ok(pictures)
    }

    /// The content of `summary.json`, `None` before there is one.
    ///
    /// # Errors
    /// [`RunError::Damaged`] where it is not JSON, or where it cannot be read.
    pub fn summary(&self) -> Result<Option<serde_json::Value>, RunError> {
        let path = self.dir.join(SUMMARY);
        let bytes = match read_at_most(&path, LIMIT) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(at("read", &path))?,
        };
        let value =
            serde_json::from_slice(&bytes).map_err(|e| RunError::Damaged { path, reason: e.to_string() })?;
        Ok(Some(value))
    }

    /// Whether a living process writes to the run.
    pub fn is_running(&self) -> bool {
        is_locked(&self.dir)
    }

    /// Where `events.jsonl` lies, for who follows it as it grows.
    pub fn events_path(&self) -> PathBuf {
        self.dir.join(EVENTS)
    }

    fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(&self.dir.join(CHECKPOINTS), KEEP)
    }
}

fn half_deleted(dir: &Path, missing: &[&str]) -> RunError {
    RunError::HalfDeleted { dir: dir.to_path_buf(), missing: missing.join(", ") }
}
