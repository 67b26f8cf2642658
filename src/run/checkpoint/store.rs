//! The folder of checkpoints: which there are, which is the newest whole one, which may go.

use super::{Checkpoint, Manifest, damaged, parse_step};
use crate::input::shown;
use crate::run::atomic::{sweep, write_atomic_on};
use crate::run::error::at;
use crate::run::fs::{Disk, Fs, read_at_most};
use crate::run::hash::FileSums;
use crate::run::{RunError, Warning};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) const LATEST: &str = "LATEST";

/// The folder `checkpoints/` of a run.
///
/// A checkpoint is a folder named by its step, `000123/`. It is built as `000123.tmp/`: each file is
/// written and synced, then `manifest.json` (length and SHA-256 of each file, lengths of the logs, and
/// length and SHA-256 of the run's logs, settings and `run.json`) and
/// `manifest.sha256` (which `sha256sum -c` understands), then the folder is synced, renamed to
/// `000123/`, and the folder above synced. Only then `LATEST` gets the new name and older checkpoints
/// than the newest few are deleted. So:
///
/// - *Error, panic or killed process* at any moment, on every system: all checkpoints that were whole
///   before still are, except those already due for deletion with the new one in place. What was being
///   built is a `.tmp` folder, which nobody reads and the next writer deletes.
/// - *Lost power*, on Unix: the same, and a checkpoint whose save returned `Ok` stays. If the disk lies
///   about syncing, the sums find it out, and the checkpoint before is used.
/// - *Lost power*, on Windows: the files are synced but the names are not (there is no call for it), so
///   the newest checkpoint may be missing or damaged; the one before is used.
/// - A step that is saved *again* never passes through a moment without a checkpoint: the old one is
///   called `000123.old/` until the new one has its name, and is found under that name, too.
/// - An error *after* the rename (syncing the folder, `LATEST`, deleting old ones) is reported though the
///   new checkpoint is in place and will be used.
///
/// `LATEST` is for people and scripts, and distinguishes a run that lost its checkpoints from one that
/// never had any. What is loaded is the newest folder that is whole, whatever `LATEST` says.
#[derive(Debug)]
pub struct Checkpoints {
    pub(super) disk: Arc<dyn Fs>,
    pub(super) dir: PathBuf,
    keep: usize,
}

/// What [`Checkpoints::latest`] found.
#[derive(Debug)]
pub struct LatestCheckpoint {
    /// The newest whole checkpoint; `None` where the run was never saved.
    pub checkpoint: Option<Checkpoint>,
    /// One for each newer checkpoint that is damaged or missing.
    pub warnings: Vec<Warning>,
}

impl Checkpoints {
    /// The checkpoints in `dir`, of which the newest `keep` (at least 1) stay when one is saved.
    pub fn new(dir: &Path, keep: usize) -> Self {
        Self::on(Arc::new(Disk), dir, keep)
    }

    /// [`new`](Self::new) on the file system given.
    pub(in crate::run) fn on(disk: Arc<dyn Fs>, dir: &Path, keep: usize) -> Self {
        Self { disk, dir: dir.to_path_buf(), keep: keep.max(1) }
    }

    /// The newest whole checkpoint, with every file read and compared with its sum.
    ///
    /// # Errors
    /// [`RunError::NoGoodCheckpoint`] where there were some and none is whole; [`RunError::Newer`] where
    /// the newest was written by a newer version; [`RunError::Denied`] or [`RunError::Io`] where one
    /// cannot be read for a reason that is not its own damage.
    pub fn latest(&self) -> Result<LatestCheckpoint, RunError> {
        self.newest_where(|_| Ok(()))
    }

    /// The steps that have a checkpoint, whole or not, newest first.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn steps(&self) -> Result<Vec<u64>, RunError> {
        let mut steps: Vec<u64> = self.scan()?.iter().map(|entry| entry.step).collect();
        steps.dedup();
        Ok(steps)
    }

    /// [`latest`](Self::latest) among those that `usable` does not call [`RunError::Damaged`].
    pub(in crate::run) fn newest_where(
        &self,
        usable: impl Fn(&Checkpoint) -> Result<(), RunError>,
    ) -> Result<LatestCheckpoint, RunError> {
        let entries = self.scan()?;
        let latest = self.latest_step();
        let mut problems = Vec::new();
        if let Some(step) = latest
            && entries.first().is_none_or(|newest| newest.step < step)
        {
            problems.push(format!("checkpoint {step:06}, named by LATEST, is missing"));
        }
        for entry in entries {
            match Checkpoint::open(&entry.path).and_then(|it| usable(&it).map(|()| it)) {
                Ok(checkpoint) => {
                    let used = format!("checkpoint {:06} is used instead", checkpoint.step());
                    let warning = |problem| Warning(format!("{problem}; {used}"));
                    return Ok(LatestCheckpoint {
                        checkpoint: Some(checkpoint),
                        warnings: problems.into_iter().map(warning).collect(),
                    });
                }
                Err(RunError::Damaged { path, reason }) => problems.push(format!(
                    "checkpoint {:06} cannot be used: {} is damaged ({reason})",
                    entry.step,
                    shown(&path)
                )),
                Err(other) => return Err(other),
            }
        }
        if problems.is_empty() {
            return Ok(LatestCheckpoint { checkpoint: None, warnings: Vec::new() });
        }
        Err(RunError::NoGoodCheckpoint { dir: self.dir.clone(), reasons: problems.join("; ") })
    }

    /// The run's files outside the checkpoints as they were when those before `step` were saved, newest
    /// first. Only their manifests are read, and none that is damaged.
    pub(in crate::run) fn run_files_before(&self, step: u64) -> Vec<FileSums> {
        let entries = self.scan().unwrap_or_default().into_iter().filter(|entry| entry.step < step);
        entries.filter_map(|entry| Some(Manifest::read(&entry.path).ok()?.run_files)).collect()
    }

    /// Deletes what killed processes left. Only for who holds the run's lock.
    pub(in crate::run) fn sweep(&self) -> Result<(), RunError> {
        for name in self.folders()? {
            if name.strip_suffix(".tmp").and_then(parse_step).is_some() {
                self.remove(&self.dir.join(name))?;
            }
        }
        sweep(self.disk.as_ref(), &self.dir)
    }

    /// Deletes every checkpoint but `good` and those before it, and makes `LATEST` name `good`: the run
    /// goes on from there, and what comes later in the old order of things is no part of it.
    ///
    /// # Errors
    /// [`RunError::Damaged`] where `good` is not there any more, with nothing deleted;
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
    pub fn return_to(&self, good: &Checkpoint) -> Result<(), RunError> {
        let entries = self.scan()?;
        let Some(newer) = entries.iter().position(|entry| entry.path == good.dir) else {
            return Err(damaged(&good.dir, "it is not there any more".to_owned()));
        };
        for entry in &entries[..newer] {
            self.discard(&entry.path)?;
        }
        if self.latest_step() != Some(good.step()) {
            self.write_latest(good.step())?;
        }
        // A save that was killed after it published may not have come to this.
        self.prune()
    }

    pub(super) fn write_latest(&self, step: u64) -> Result<(), RunError> {
        let line = format!("{step:06}\n");
        write_atomic_on(self.disk.as_ref(), &self.dir.join(LATEST), line.as_bytes())
    }

    /// The step that `LATEST` names. It is a hint, so where it cannot be read there is none.
    fn latest_step(&self) -> Option<u64> {
        let bytes = read_at_most(&self.dir.join(LATEST), 64).ok()?;
        parse_step(String::from_utf8(bytes).ok()?.trim_end())
    }

    /// Deletes what is older than the newest `keep` steps, and what a step saved again has replaced.
    pub(super) fn prune(&self) -> Result<(), RunError> {
        let latest = self.latest_step();
        let (mut steps, mut last) = (0, None);
        for entry in self.scan()? {
            let replaced = last == Some(entry.step);
            if !replaced {
                steps += 1;
                last = Some(entry.step);
            }
            if replaced || (steps > self.keep && latest != Some(entry.step)) {
                self.discard(&entry.path)?;
            }
        }
        Ok(())
    }

    /// Deletes a checkpoint. It loses its name first, so that a crash leaves no half of it in the row.
    fn discard(&self, dir: &Path) -> Result<(), RunError> {
        let doomed = dir.with_extension("tmp");
        self.remove(&doomed)?;
        self.disk.rename(dir, &doomed).map_err(at("remove", dir))?;
        self.remove(&doomed)
    }

    /// Deletes a folder if it is there.
    pub(super) fn remove(&self, dir: &Path) -> Result<(), RunError> {
        match fs::symlink_metadata(dir) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            _ => self.disk.remove_dir(dir).map_err(at("remove", dir)),
        }
    }

    /// What bears the name of a checkpoint, newest first; a replaced one after the one that replaced it.
    fn scan(&self) -> Result<Vec<Entry>, RunError> {
        let mut entries: Vec<Entry> = self
            .folders()?
            .into_iter()
            .filter_map(|name| {
                let current = name.strip_suffix(".old").is_none();
                let step = parse_step(name.strip_suffix(".old").unwrap_or(&name))?;
                let path = self.dir.join(name);
                Some(Entry { step, current, path })
            })
            .collect();
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse((entry.step, entry.current)));
        Ok(entries)
    }

    fn folders(&self) -> Result<Vec<String>, RunError> {
        let failed = || at("read", &self.dir);
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            if entry.file_type().map_err(failed())?.is_dir() {
                names.extend(entry.file_name().into_string().ok());
            }
        }
        Ok(names)
    }

    pub(super) fn path(&self, step: u64, suffix: &str) -> PathBuf {
        self.dir.join(format!("{step:06}{suffix}"))
    }
}

struct Entry {
    step: u64,
    /// Not replaced by another save of the same step.
    current: bool,
    path: PathBuf,
}
