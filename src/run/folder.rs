//! A run folder that is written to.

mod begin;

use super::atomic::{sweep, write_atomic_on};
use super::checkpoint::KEEP;
use super::error::at;
use super::fs::{Disk, Fs};
use super::info::RUN_JSON;
use super::lock::Lock;
use super::view::{
    CANDIDATE_PICTURES, CANDIDATES, CHECKPOINTS, EVENTS, EXPORT, LOG_TXT, RunView, SAMPLES, SUMMARY,
};
use super::{
    Checkpoint, Checkpoints, Draft, LineLog, LogLengths, RunError, RunInfo, Warning, manifest_check,
};
use crate::input::shown;
use begin::{clear, fill, missing, refuse_deep, refuse_foreign, refuse_taken, remove_empty};
use serde::Serialize;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run folder for writing: this process holds its lock as long as the value lives.
///
/// What fails for a reason that passes, such as a [full](RunError::Full) disk, can be done again on the
/// same value: each of its methods, and those of the logs as [`LineLog`] says. Once all has succeeded, the
/// run holds the same bytes as if nothing had failed. [`save_checkpoint`](Self::save_checkpoint) then calls
/// `files` again. When the folder was [replaced](RunError::Replaced), nothing is written any more but lines
/// of the logs, which go where the folder is now.
///
/// ```
/// use autogan::run::{RunFolder, RunInfo, now};
///
/// let root = tempfile::tempdir()?;
/// let dir = root.path().join("run");
/// let mut run = RunFolder::create(&dir, &RunInfo::new("cpu", 1, now()), "seed = 1\n")?;
/// run.events.append(&"begun")?;
/// run.save_checkpoint(10, &"ten", |draft| draft.write("weights.bin", b"1234"))?;
/// run.events.append(&"lost when the process is killed here")?;
/// drop(run);
///
/// let resumed = RunFolder::resume(&dir)?;
/// let checkpoint = resumed.checkpoint.expect("one was saved");
/// assert_eq!((checkpoint.step(), checkpoint.read("weights.bin")?), (10, b"1234".to_vec()));
/// assert_eq!(resumed.folder.view().events::<String>()?.items, ["begun"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RunFolder {
    /// `events.jsonl`.
    pub events: LineLog,
    /// `candidates.jsonl`.
    pub candidates: LineLog,
    checkpoints: Checkpoints,
    view: RunView,
    disk: Arc<dyn Fs>,
    /// The folders that were made to create the run, the innermost first: none where it was there, empty.
    made: Vec<PathBuf>,
    /// Dropped last: the logs are flushed under the lock.
    lock: Lock,
}

/// A run that goes on: what [`RunFolder::resume`] gives.
#[derive(Debug)]
pub struct Resumed {
    /// The folder, cut back to the checkpoint.
    pub folder: RunFolder,
    /// Where to go on; `None` where the run was killed before its first checkpoint and so starts again.
    pub checkpoint: Option<Checkpoint>,
    /// What the user should know, such as a damaged checkpoint that was passed over.
    pub warnings: Vec<Warning>,
}

impl RunFolder {
    /// Makes a new run in `dir`, which must be empty or not exist yet, and takes its lock.
    ///
    /// `run.json` is written last: a folder that has it is whole. When this fails, what it made is
    /// deleted; when the process is killed meanwhile, a folder stays that no one takes for a run.
    ///
    /// # Errors
    /// [`RunError::AlreadyARun`] or [`RunError::NotEmpty`], with nothing touched; [`RunError::NoRun`],
    /// [`RunError::Denied`] or [`RunError::BadName`].
    pub fn create(dir: &Path, info: &RunInfo, config_toml: &str) -> Result<Self, RunError> {
        Self::create_on(Arc::new(Disk), dir, info, config_toml).map_err(RunError::of_a_beginning)
    }

    /// Deletes a run that was just created and could not begin after all; what was there before stays.
    pub fn discard(self) {
        let (dir, made) = (self.dir().to_path_buf(), self.made.clone());
        // The lock is let go first: some systems delete no open file.
        drop(self);
        clear(&dir, &made);
    }

    /// Opens the run in `dir` for writing as it is, to add to it, and takes its lock. To let a run go
    /// on, [`resume`](Self::resume) it.
    ///
    /// What killed processes left (scratch files, a torn last line) is tidied up.
    ///
    /// # Errors
    /// Those of [`RunView::open`]; [`RunError::Locked`] where a living process writes to it;
    /// [`RunError::Foreign`] where a part of it is a link or no file or folder;
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
    pub fn open(dir: &Path) -> Result<Self, RunError> {
        Self::open_on(Arc::new(Disk), dir)
    }

    /// Opens the run in `dir` and takes it back to its newest whole checkpoint: both logs are cut to the
    /// lengths they had, pictures of later steps are deleted, and so are damaged checkpoints of later
    /// steps. From there a run that does the same again ends with the same bytes as one that was never
    /// interrupted. May itself be killed at any moment and done again.
    ///
    /// A checkpoint counts as damaged, too, where a log is shorter than it says. Where the text of a log, the
    /// settings or `run.json` are not what they were when it was saved, a warning says so, with the line or
    /// the bytes; the run goes on, since its state does not depend on them.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`Checkpoints::latest`]; then nothing was cut.
    pub fn resume(dir: &Path) -> Result<Resumed, RunError> {
        Self::resume_on(Arc::new(Disk), dir)
    }

    /// Takes a run that is open back to one of its checkpoints, as [`resume`](Self::resume) does.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`]; [`RunError::Damaged`] where a log is
    /// shorter than the checkpoint says.
    pub fn return_to(&mut self, good: &Checkpoint) -> Result<(), RunError> {
        self.lock.check()?;
        self.lines_are_there(good)?;
        // First the checkpoints: if we are killed here, none is left that speaks of lines cut away.
        self.checkpoints.return_to(good)?;
        self.cut_back(good.logs(), Some(good.step()))
    }

    /// Saves a checkpoint of `step`: syncs both logs, lets `files` write the files, notes the lengths of
    /// the logs and `meta`, and publishes all that as one (see [`Checkpoints`] for what holds when it
    /// fails). Steps count through the whole run, whatever its phase.
    ///
    /// # Errors
    /// Those of `files` and of [`LineLog::sync`]; [`RunError::Unstorable`] where `meta` has no JSON form or one
    /// too large; [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
    pub fn save_checkpoint<E: From<RunError>>(
        &mut self,
        step: u64,
        meta: &impl Serialize,
        files: impl FnOnce(&mut Draft<'_>) -> Result<(), E>,
    ) -> Result<Checkpoint, E> {
        self.lock.check()?;
        // The manifest must not speak of lines that lost power could take away.
        self.events.sync()?;
        self.candidates.sync()?;
        let logs = LogLengths { events: self.events.len(), candidates: self.candidates.len() };
        let run_files = manifest_check::sums(self.dir(), &self.events, &self.candidates);
        let mut draft = self.checkpoints.begin(step)?;
        files(&mut draft)?;
        Ok(draft.commit(logs, run_files, meta)?)
    }

    /// The newest whole checkpoint of this open run: see [`Checkpoints::latest`].
    ///
    /// # Errors
    /// Those of [`Checkpoints::latest`].
    pub fn latest_checkpoint(&self) -> Result<super::LatestCheckpoint, RunError> {
        self.checkpoints.latest()
    }

    /// Writes the picture of `step`, `samples/000123.png`, as [`write_atomic`](super::write_atomic) does.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
    pub fn write_sample(&self, step: u64, png: &[u8]) -> Result<PathBuf, RunError> {
        self.write_picture(SAMPLES, step, png)
    }

    /// Writes the picture of the candidate that was put on the board at `step`, `candidates/000123.png`, as
    /// [`write_atomic`](super::write_atomic) does.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
    pub fn write_candidate_picture(&self, step: u64, png: &[u8]) -> Result<PathBuf, RunError> {
        self.write_picture(CANDIDATE_PICTURES, step, png)
    }

    /// Writes the outcome, `summary.json`, as [`write_atomic`](super::write_atomic) does.
    ///
    /// # Errors
    /// [`RunError::Unstorable`] where `summary` has no JSON form; [`RunError::Full`],
    /// [`RunError::Denied`] or [`RunError::Io`].
    pub fn write_summary(&self, summary: &impl Serialize) -> Result<(), RunError> {
        self.lock.check()?;
        let path = self.dir().join(SUMMARY);
        write_json(self.disk.as_ref(), &path, summary)
    }

    /// Adds a line to `log.txt`, which people read and no program.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`]; a part of the line may be there then.
    pub fn write_log_txt(&self, line: &str) -> Result<(), RunError> {
        self.lock.check()?;
        let path = self.dir().join(LOG_TXT);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| self.disk.write(&mut file, &path, format!("{line}\n").as_bytes()))
            .map_err(at("write", &path))
    }

    /// The run folder.
    pub fn dir(&self) -> &Path {
        self.view.dir()
    }

    /// The same run for reading.
    pub fn view(&self) -> &RunView {
        &self.view
    }

    pub(super) fn create_on(
        disk: Arc<dyn Fs>,
        dir: &Path,
        info: &RunInfo,
        config_toml: &str,
    ) -> Result<Self, RunError> {
        refuse_taken(dir)?;
        refuse_deep(dir)?;
        let made = missing(dir);
        let lock = disk
            .create_dir_all(dir)
            .map_err(at("create", dir))
            .and_then(|()| Lock::take(dir))
            // Where another process makes a run there, it stays.
            .inspect_err(|_| remove_empty(&made))?;
        // Another process may have made a run there since we looked.
        if dir.join(RUN_JSON).exists() {
            let dir = dir.to_path_buf();
            return Err(RunError::AlreadyARun { dir });
        }
        fill(&disk, dir, &made, info, config_toml)
            .and_then(|()| Self::with_lock(disk, dir, lock))
            .map(|folder| Self { made: made.clone(), ..folder })
            .inspect_err(|_| clear(dir, &made))
    }

    pub(super) fn open_on(disk: Arc<dyn Fs>, dir: &Path) -> Result<Self, RunError> {
        // Looked at before the lock file is made, so that nothing appears in a folder that is no run.
        RunView::open(dir)?;
        refuse_foreign(dir)?;
        let lock = Lock::take(dir)?;
        Self::with_lock(disk, dir, lock)
    }

    pub(super) fn resume_on(disk: Arc<dyn Fs>, dir: &Path) -> Result<Resumed, RunError> {
        let mut folder = Self::open_on(disk, dir)?;
        let found = folder.checkpoints.newest_where(|checkpoint| folder.lines_are_there(checkpoint))?;
        let (checkpoint, mut warnings) = (found.checkpoint, found.warnings);
        match &checkpoint {
            Some(good) => {
                warnings.extend(manifest_check::changes(folder.dir(), good, &folder.checkpoints)?);
                folder.return_to(good)?;
            }
            None => {
                folder.cut_back(LogLengths::default(), None)?;
                let dir = shown(dir);
                let text = format!("{dir} has no checkpoint yet, so the run starts from its beginning");
                warnings.push(Warning(text));
            }
        }
        Ok(Resumed { folder, checkpoint, warnings })
    }

    fn with_lock(disk: Arc<dyn Fs>, dir: &Path, lock: Lock) -> Result<Self, RunError> {
        let view = RunView::open(dir)?;
        for name in [SAMPLES, CANDIDATE_PICTURES, EXPORT] {
            let path = dir.join(name);
            disk.create_dir_all(&path).map_err(at("create", &path))?;
            sweep(disk.as_ref(), &path)?;
        }
        sweep(disk.as_ref(), dir)?;
        let checkpoints = Checkpoints::on(disk.clone(), &dir.join(CHECKPOINTS), KEEP);
        checkpoints.sweep()?;
        Ok(Self {
            events: LineLog::open(disk.clone(), &dir.join(EVENTS))?,
            candidates: LineLog::open(disk.clone(), &dir.join(CANDIDATES))?,
            checkpoints,
            view,
            disk,
            made: Vec::new(),
            lock,
        })
    }

    fn write_picture(&self, folder: &str, step: u64, png: &[u8]) -> Result<PathBuf, RunError> {
        self.lock.check()?;
        let path = self.dir().join(folder).join(format!("{step:06}.png"));
        write_atomic_on(self.disk.as_ref(), &path, png)?;
        Ok(path)
    }

    /// Fails where a log does not reach to where the checkpoint says.
    fn lines_are_there(&self, checkpoint: &Checkpoint) -> Result<(), RunError> {
        self.events.ends_line(checkpoint.logs().events)?;
        self.candidates.ends_line(checkpoint.logs().candidates)
    }

    fn cut_back(&mut self, logs: LogLengths, step: Option<u64>) -> Result<(), RunError> {
        self.events.cut_to(logs.events)?;
        self.candidates.cut_to(logs.candidates)?;
        let pictures = self.view.samples()?.into_iter().chain(self.view.candidate_pictures()?);
        for (made, path) in pictures {
            if step.is_none_or(|step| made > step) {
                self.disk.remove_file(&path).map_err(at("remove", &path))?;
            }
        }
        Ok(())
    }
}

fn write_json(disk: &dyn Fs, path: &Path, value: &impl Serialize) -> Result<(), RunError> {
    let mut json = serde_json::to_vec_pretty(value).map_err(|e| RunError::Unstorable {
        what: "a value".to_owned(),
        path: path.to_path_buf(),
        reason: e.to_string(),
    })?;
    json.push(b'\n');
    write_atomic_on(disk, path, &json)
}

#[cfg(test)]
mod tests;
