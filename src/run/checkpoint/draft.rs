//! A checkpoint in the making.

use super::{
    Checkpoint, Checkpoints, LogLengths, MANIFEST, MANIFEST_LIMIT, MANIFEST_SUM, Manifest, is_plain,
};
use crate::run::error::at;
use crate::run::hash::{FileSums, Sum};
use crate::run::{FORMAT, RunError};
use serde::Serialize;
use std::path::PathBuf;

/// A checkpoint that is being written. Dropped before it is committed, it is deleted.
#[derive(Debug)]
pub struct Draft<'a> {
    checkpoints: &'a Checkpoints,
    step: u64,
    dir: PathBuf,
    files: FileSums,
    published: bool,
}

impl Checkpoints {
    /// Starts the checkpoint of `step`. Nothing of it counts before it is committed. What a save that
    /// failed could not tidy up is deleted, so there can be one draft at a time.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
    pub fn begin(&self, step: u64) -> Result<Draft<'_>, RunError> {
        self.sweep()?;
        let dir = self.path(step, ".tmp");
        self.remove(&dir)?;
        self.disk.create_dir(&dir).map_err(at("create", &dir))?;
        Ok(Draft { checkpoints: self, step, dir, files: FileSums::new(), published: false })
    }
}

impl Draft<'_> {
    /// Writes one file of the checkpoint and syncs it. Files may be made and written one after the
    /// other, so they need not all be in memory.
    ///
    /// # Errors
    /// [`RunError::Unstorable`] where `name` is not a plain file name (letters, digits, `-`, `_`, `.`, not
    /// first) or was written already; [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        if !is_plain(name) || self.files.contains_key(name) {
            return Err(RunError::Unstorable {
                what: format!("a file named {name:?}"),
                path: self.dir.clone(),
                reason: "the name is taken or not a plain one".to_owned(),
            });
        }
        self.write_synced(name, bytes)?;
        self.files.insert(name.to_owned(), Sum::of(bytes));
        Ok(())
    }

    /// Makes the checkpoint count: see [`Checkpoints`] for what holds when this fails half-way.
    ///
    /// `logs` says how long the logs are, which must be synced up to there already; `run_files` are the
    /// sums of the run's files outside the checkpoints; `meta` is what the caller wants back from
    /// [`Checkpoint::meta`].
    ///
    /// When it fails, the step can be begun and saved again, whatever was done of it by then.
    ///
    /// # Errors
    /// [`RunError::Unstorable`] where `meta` has no JSON form or one too large; [`RunError::Full`],
    /// [`RunError::Denied`] or [`RunError::Io`].
    pub(in crate::run) fn commit(
        mut self,
        logs: LogLengths,
        run_files: FileSums,
        meta: &impl Serialize,
    ) -> Result<Checkpoint, RunError> {
        let manifest = self.write_manifest(logs, run_files, meta)?;
        let Checkpoints { disk, dir, .. } = self.checkpoints;
        disk.sync_dir(&self.dir).map_err(at("sync", &self.dir))?;

        let target = self.checkpoints.path(self.step, "");
        if target.exists() {
            let old = self.checkpoints.path(self.step, ".old");
            self.checkpoints.remove(&old)?;
            disk.rename(&target, &old).map_err(at("rename", &target))?;
        }
        disk.rename(&self.dir, &target).map_err(at("rename", &self.dir))?;
        self.published = true;
        disk.sync_dir(dir).map_err(at("sync", dir))?;

        self.checkpoints.write_latest(self.step)?;
        self.checkpoints.prune()?;
        Ok(Checkpoint { dir: target, manifest })
    }

    fn write_manifest(
        &self,
        logs: LogLengths,
        run_files: FileSums,
        meta: &impl Serialize,
    ) -> Result<Manifest, RunError> {
        let unstorable = |reason: String| RunError::Unstorable {
            what: "the manifest".to_owned(),
            path: self.dir.clone(),
            reason,
        };
        let manifest = Manifest {
            format: FORMAT,
            step: self.step,
            logs,
            files: self.files.clone(),
            run_files,
            meta: serde_json::to_value(meta).map_err(|e| unstorable(e.to_string()))?,
        };
        let json = serde_json::to_vec_pretty(&manifest).map_err(|e| unstorable(e.to_string()))?;
        if json.len() as u64 > MANIFEST_LIMIT {
            return Err(unstorable(format!("it has {} bytes", json.len())));
        }
        self.write_synced(MANIFEST, &json)?;
        let sum = Sum::of(&json).sha256;
        self.write_synced(MANIFEST_SUM, format!("{sum}  {MANIFEST}\n").as_bytes())?;
        Ok(manifest)
    }

    fn write_synced(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let disk = &self.checkpoints.disk;
        let path = self.dir.join(name);
        let mut file = disk.create_file(&path).map_err(at("create", &path))?;
        disk.write(&mut file, &path, bytes).map_err(at("write", &path))?;
        disk.sync(&file, &path).map_err(at("sync", &path))
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.published {
            // The error that led here is reported; what cannot be deleted now, the next writer deletes.
            let _ = self.checkpoints.disk.remove_dir(&self.dir);
        }
    }
}
