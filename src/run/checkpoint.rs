//! Checkpoints: many files that are saved, verified and found again as one.

mod draft;
mod store;

pub use draft::Draft;
pub use store::{Checkpoints, LatestCheckpoint};

use super::RunError;
use super::error::at;
use super::fs::{open_file, read_at_most};
use super::hash::{self, FileSums, Sum};
use super::info::parse_versioned;
use super::names::is_device;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How many checkpoints of a run stay.
pub(super) const KEEP: usize = 3;

const MANIFEST: &str = "manifest.json";
const MANIFEST_SUM: &str = "manifest.sha256";

/// No manifest is larger: a bound on memory, in bytes.
const MANIFEST_LIMIT: u64 = 16 << 20;

/// Lengths in bytes of the two logs when a checkpoint was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogLengths {
    /// Of `events.jsonl`.
    pub events: u64,
    /// Of `candidates.jsonl`.
    pub candidates: u64,
}

/// A checkpoint on the disk, found whole when it was opened.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    dir: PathBuf,
    manifest: Manifest,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    step: u64,
    logs: LogLengths,
    files: FileSums,
    /// The run's files outside the checkpoints as they were; none in one of a version that did not note them.
    #[serde(default, rename = "beside", skip_serializing_if = "BTreeMap::is_empty")]
    run_files: FileSums,
    meta: serde_json::Value,
}

impl Manifest {
    fn read(dir: &Path) -> Result<Self, RunError> {
        let read = |name| {
            let path = dir.join(name);
            read_at_most(&path, MANIFEST_LIMIT).map_err(unreadable(&path))
        };
        let path = dir.join(MANIFEST);
        let json = read(MANIFEST)?;
        let sum = format!("{}  {MANIFEST}\n", Sum::of(&json).sha256);
        if read(MANIFEST_SUM)? != sum.as_bytes() {
            return Err(damaged(&path, format!("its sum is not that of {MANIFEST_SUM}")));
        }
        let manifest: Self = parse_versioned(&path, &json)?;
        if let Some(name) = manifest.files.keys().find(|name| !is_plain(name)) {
            return Err(damaged(&path, format!("it lists a file named {name:?}")));
        }
        Ok(manifest)
    }
}

impl Checkpoint {
    /// Opens the checkpoint in `dir` and compares every file with its sum.
    ///
    /// # Errors
    /// [`RunError::Damaged`] where something is missing or different, [`RunError::Newer`] where a newer
    /// version wrote it, else [`RunError::Denied`] or [`RunError::Io`].
    pub fn open(dir: &Path) -> Result<Self, RunError> {
        let manifest = Manifest::read(dir)?;
        let checkpoint = Self { dir: dir.to_path_buf(), manifest };
        for name in checkpoint.names() {
            checkpoint.verify(name, &mut io::sink())?;
        }
        Ok(checkpoint)
    }

    /// The step that was saved.
    pub fn step(&self) -> u64 {
        self.manifest.step
    }

    /// How long the logs were.
    pub fn logs(&self) -> LogLengths {
        self.manifest.logs
    }

    /// The run's files outside the checkpoints, as they were when this one was saved.
    pub(super) fn run_files(&self) -> &FileSums {
        &self.manifest.run_files
    }

    /// The folder that holds it.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The names of its files, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.keys().map(String::as_str)
    }

    /// The content of one of its files, compared with its sum again.
    ///
    /// # Errors
    /// [`RunError::Damaged`] where the file is none of the checkpoint or has changed, else
    /// [`RunError::Denied`] or [`RunError::Io`].
    pub fn read(&self, name: &str) -> Result<Vec<u8>, RunError> {
        let mut bytes = Vec::new();
        // All at once, since growing by doubling would take twice as much. Not more than is really there:
        // `verify` compares the length before it reads.
        let found = fs::metadata(self.dir.join(name)).map_or(0, |found| found.len());
        if self.manifest.files.get(name).is_some_and(|sum| sum.bytes == found) {
            let reserved = usize::try_from(found).ok().map(|len| bytes.try_reserve_exact(len));
            if !matches!(reserved, Some(Ok(()))) {
                return Err(damaged(&self.dir.join(name), format!("{found} bytes do not fit in the memory")));
            }
        }
        self.verify(name, &mut bytes)?;
        Ok(bytes)
    }

    /// What the caller gave to [`RunFolder::save_checkpoint`](super::RunFolder::save_checkpoint).
    ///
    /// # Errors
    /// [`RunError::Damaged`] where it is not a `T`.
    pub fn meta<T: DeserializeOwned>(&self) -> Result<T, RunError> {
        serde_json::from_value(self.manifest.meta.clone())
            .map_err(|e| damaged(&self.dir.join(MANIFEST), e.to_string()))
    }

    /// Copies a file into `to` and compares it with its sum. Never takes more than the stated length.
    fn verify(&self, name: &str, to: &mut impl io::Write) -> Result<(), RunError> {
        let path = self.dir.join(name);
        let Some(expected) = self.manifest.files.get(name) else {
            let reason = "it is no part of the checkpoint".to_owned();
            return Err(damaged(&path, reason));
        };
        let mut file = open_file(&path).map_err(unreadable(&path))?;
        let bytes = file.metadata().map_err(unreadable(&path))?.len();
        if bytes != expected.bytes {
            let reason = format!("{bytes} bytes instead of {}", expected.bytes);
            return Err(damaged(&path, reason));
        }
        let mut hasher = Sha256::new();
        let mut chunk = vec![0; hash::CHUNK];
        let mut left = bytes;
        while left > 0 {
            let wanted = left.min(chunk.len() as u64) as usize;
            let part = &mut chunk[..wanted];
            file.read_exact(part).map_err(unreadable(&path))?;
            hasher.update(&*part);
            to.write_all(part).map_err(at("copy", &path))?;
            left -= wanted as u64;
        }
        if hash::hex(hasher) != expected.sha256 {
            return Err(damaged(&path, "its SHA-256 sum differs".to_owned()));
        }
        Ok(())
    }
}

fn damaged(path: &Path, reason: String) -> RunError {
    let path = path.to_path_buf();
    RunError::Damaged { path, reason }
}

/// Distinguishes a file that is itself broken, so that an older checkpoint should be used, from a fault around it
/// (too many open files, missing rights), which would hit the older one as well.
fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> RunError {
    const BAD_SECTOR: i32 = if cfg!(windows) { 23 } else { 5 };
    move |e| match e.kind() {
        ErrorKind::NotFound
        | ErrorKind::UnexpectedEof
        | ErrorKind::InvalidData
        | ErrorKind::IsADirectory
        | ErrorKind::NotADirectory => damaged(path, e.to_string()),
        _ if e.raw_os_error() == Some(BAD_SECTOR) => damaged(path, e.to_string()),
        _ => at("read", path)(e),
    }
}

/// The number that a checkpoint or a sample is named by.
pub(super) fn parse_step(digits: &str) -> Option<u64> {
    let plain = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let reserved = [MANIFEST, MANIFEST_SUM].contains(&name) || is_device(name);
    (1..=100).contains(&name.len())
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !reserved
        && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests;
