//! How a run under way is seen and told from another process: `live.json` and the folder `inbox/`.
//!
//! Both belong to the process that writes the run, not to the run: they are deleted when it begins and
//! when it ends, and losing them costs nothing. Only a process that takes the place of another finds what
//! that one has left.

use super::RunError;
use super::error::at;
use super::fs::read_at_most;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) const LIVE: &str = "live.json";
pub(super) const LIVE_DRAFT: &str = "live.json.tmp";
pub(super) const INBOX: &str = "inbox";
/// No state or message is larger: a bound on memory, in bytes.
const LIMIT: u64 = 64 << 10;

/// The writing process's side.
#[derive(Debug)]
pub struct Live {
    state: PathBuf,
    inbox: PathBuf,
    /// Another process goes on with what is there.
    handed_over: bool,
}

impl Live {
    /// Begins with nothing to see and nothing told, whatever an earlier process left.
    pub fn begin(run: &Path) -> Self {
        let live = Self::take_over(run);
        live.clear();
        live
    }

    /// Goes on with what the process before was told and did not hear.
    pub fn take_over(run: &Path) -> Self {
        Self { state: run.join(LIVE), inbox: run.join(INBOX), handed_over: false }
    }

    /// Leaves all there for a process that [takes over](Self::take_over).
    pub fn hand_over(&mut self) {
        self.handed_over = true;
    }

    /// Shows `state` to whoever looks, in place of the one before. Others see the old or the new one,
    /// whole.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`]; the run itself is not harmed.
    pub fn show(&self, state: &impl Serialize) -> Result<(), RunError> {
        let draft = self.state.with_file_name(LIVE_DRAFT);
        let bytes = serde_json::to_vec(state)
            .map_err(|e| at("write", &self.state)(std::io::Error::other(e.to_string())))?;
        // Not synced: it means nothing after a crash.
        fs::write(&draft, bytes).map_err(at("write", &draft))?;
        fs::rename(&draft, &self.state).map_err(at("write", &self.state))
    }

    /// What was [told](tell) since the last call, oldest first. What cannot be read is dropped.
    pub fn told<T: DeserializeOwned>(&self) -> Vec<T> {
        // Mostly there is no such folder, which costs one call to the system.
        let Ok(entries) = fs::read_dir(&self.inbox) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort_unstable_by_key(|path| (time_of(path), path.clone()));
        let read = |path: PathBuf| {
            let bytes = read_at_most(&path, LIMIT).ok();
            // One that stayed would be told for ever.
            fs::remove_file(&path).ok()?;
            serde_json::from_slice(&bytes?).ok()
        };
        files.into_iter().filter_map(read).collect()
    }

    fn clear(&self) {
        // Where there is nothing, there is nothing to do.
        let _ = fs::remove_file(&self.state);
        let _ = fs::remove_dir_all(&self.inbox);
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if !self.handed_over {
            self.clear();
        }
    }
}

/// What the process that writes the run in `dir` showed last; `None` where it shows nothing.
pub fn seen<T: DeserializeOwned>(dir: &Path) -> Option<T> {
    let bytes = read_at_most(&dir.join(LIVE), LIMIT).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Tells something to the process that writes the run in `dir`. It looks a few times a second.
///
/// # Errors
/// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
pub fn tell(dir: &Path, message: &impl Serialize) -> Result<(), RunError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    tell_at(dir, message, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

/// [`tell`] by a clock that says `now`, in nanoseconds.
fn tell_at(dir: &Path, message: &impl Serialize, now: u64) -> Result<(), RunError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let inbox = dir.join(INBOX);
    match fs::create_dir(&inbox) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(at("create", &inbox)(e)),
        // What stands there may lead out of the run.
        Err(_) if !fs::symlink_metadata(&inbox).is_ok_and(|found| found.is_dir()) => {
            return Err(RunError::Foreign { path: inbox, found: "no folder", expected: "folder" });
        }
        _ => {}
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = inbox.join(format!("{:020}-{}-{number:06}.json", after_all(&inbox, now), std::process::id()));
    let bytes =
        serde_json::to_vec(message).map_err(|e| at("write", &path)(std::io::Error::other(e.to_string())))?;
    let draft = path.with_extension("tmp");
    fs::write(&draft, bytes).map_err(at("write", &draft))?;
    fs::rename(&draft, &path).map_err(at("write", &path))
}

/// A time for a message that puts it behind those that wait, even where the clock was set back.
fn after_all(inbox: &Path, now: u64) -> u64 {
    let waiting = fs::read_dir(inbox).into_iter().flatten();
    let last = waiting.filter_map(|entry| time_of(&entry.ok()?.path())).max();
    last.map_or(now, |last| now.max(last.saturating_add(1)))
}

/// The time that a message's name begins with.
fn time_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn messages_come_once_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::begin(dir.path());
        assert!(live.told::<u32>().is_empty());
        for number in 0..5u32 {
            tell(dir.path(), &number).unwrap();
        }
        tell(dir.path(), &"no number").unwrap();
        assert_eq!(live.told::<u32>(), [0, 1, 2, 3, 4]);
        assert!(live.told::<u32>().is_empty(), "what cannot be read is gone, too");
    }

    #[test]
    fn a_clock_that_is_set_back_or_stands_changes_no_order_and_loses_no_message() {
        let dir = tempfile::tempdir().unwrap();
        let live = Live::begin(dir.path());
        for (number, now) in [900, 100, 100, 0, 901, 901, u64::MAX, 5, 7].into_iter().enumerate() {
            tell_at(dir.path(), &number, now).unwrap();
        }
        assert_eq!(live.told::<usize>(), (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn a_process_that_takes_over_hears_what_was_told_to_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Live::begin(dir.path());
        first.show(&1).unwrap();
        tell(dir.path(), &2).unwrap();
        first.hand_over();
        drop(first);
        tell(dir.path(), &3).unwrap();
        assert_eq!(seen::<u32>(dir.path()), Some(1));
        let second = Live::take_over(dir.path());
        assert_eq!(second.told::<u32>(), [2, 3]);
        drop(second);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_newest_state_is_seen_and_nothing_stays_behind() {
        let dir = tempfile::tempdir().unwrap();
        tell(dir.path(), &1).unwrap();
        let live = Live::begin(dir.path());
        assert!(live.told::<u32>().is_empty(), "it was told to a process before");
        assert_eq!(seen::<u32>(dir.path()), None);
        live.show(&1).unwrap();
        live.show(&2).unwrap();
        tell(dir.path(), &3).unwrap();
        assert_eq!(seen::<u32>(dir.path()), Some(2));
        drop(live);
        assert_eq!(seen::<u32>(dir.path()), None);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
