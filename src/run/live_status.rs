//! How another process sees the state of a run under way, `live.json`, and sends it messages, `inbox/`.
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

/// The file that shows the state of a run under way.
pub(super) const LIVE: &str = "live.json";
/// The same while it is being written.
pub(super) const LIVE_DRAFT: &str = "live.json.tmp";
/// The folder of messages that wait to be received.
pub(super) const INBOX: &str = "inbox";
/// No state or message is larger: a bound on memory, in bytes.
const LIMIT: u64 = 64 << 10;

/// The side of the process that writes the run: it publishes its state and receives messages.
#[derive(Debug)]
pub struct LiveStatus {
    state: PathBuf,
    inbox: PathBuf,
    /// Another process goes on with what is there.
    handed_over: bool,
}

impl LiveStatus {
    /// Begins without a state and without messages, whatever an earlier process left.
    pub fn begin(run: &Path) -> Self {
        let live = Self::take_over(run);
        live.clear();
        live
    }

    /// Goes on with the messages that the process before was sent and did not receive.
    pub fn take_over(run: &Path) -> Self {
        Self { state: run.join(LIVE), inbox: run.join(INBOX), handed_over: false }
    }

    /// Leaves all there for a process that [takes over](Self::take_over).
    pub fn hand_over(&mut self) {
        self.handed_over = true;
    }

    /// Publishes `state` in place of the one before. Other processes read the old or the new one, whole.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`]; the run itself is not harmed.
    pub fn publish(&self, state: &impl Serialize) -> Result<(), RunError> {
        let draft = self.state.with_file_name(LIVE_DRAFT);
        let bytes = serde_json::to_vec(state)
            .map_err(|e| at("write", &self.state)(std::io::Error::other(e.to_string())))?;
        // Not synced: it means nothing after a crash.
        fs::write(&draft, bytes).map_err(at("write", &draft))?;
        fs::rename(&draft, &self.state).map_err(at("write", &self.state))
    }

    /// The messages that were [sent](send_message) since the last call, oldest first. What cannot be read
    /// is dropped.
    pub fn receive<T: DeserializeOwned>(&self) -> Vec<T> {
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
            // One that stayed would be received for ever.
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

impl Drop for LiveStatus {
    fn drop(&mut self) {
        if !self.handed_over {
            self.clear();
        }
    }
}

/// The state that the process that writes the run in `dir` published last; `None` where there is none.
pub fn live_status<T: DeserializeOwned>(dir: &Path) -> Option<T> {
    let bytes = read_at_most(&dir.join(LIVE), LIMIT).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Sends a message to the process that writes the run in `dir`, which looks a few times a second.
///
/// # Errors
/// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`].
pub fn send_message(dir: &Path, message: &impl Serialize) -> Result<(), RunError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    send_message_at(dir, message, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

/// [`send_message`] by a clock that says `now`, in nanoseconds.
fn send_message_at(dir: &Path, message: &impl Serialize, now: u64) -> Result<(), RunError> {
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
        let live = LiveStatus::begin(dir.path());
        assert!(live.receive::<u32>().is_empty());
        for number in 0..5u32 {
            send_message(dir.path(), &number).unwrap();
        }
        send_message(dir.path(), &"no number").unwrap();
        assert_eq!(live.receive::<u32>(), [0, 1, 2, 3, 4]);
        assert!(live.receive::<u32>().is_empty(), "what cannot be read is gone, too");
    }

    #[test]
    fn a_clock_that_is_set_back_or_stands_changes_no_order_and_loses_no_message() {
        let dir = tempfile::tempdir().unwrap();
        let live = LiveStatus::begin(dir.path());
        for (number, now) in [900, 100, 100, 0, 901, 901, u64::MAX, 5, 7].into_iter().enumerate() {
            send_message_at(dir.path(), &number, now).unwrap();
        }
        assert_eq!(live.receive::<usize>(), (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn a_process_that_takes_over_receives_what_was_sent_to_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = LiveStatus::begin(dir.path());
        first.publish(&1).unwrap();
        send_message(dir.path(), &2).unwrap();
        first.hand_over();
        drop(first);
        send_message(dir.path(), &3).unwrap();
        assert_eq!(live_status::<u32>(dir.path()), Some(1));
        let second = LiveStatus::take_over(dir.path());
        assert_eq!(second.receive::<u32>(), [2, 3]);
        drop(second);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_newest_state_is_read_and_nothing_stays_behind() {
        let dir = tempfile::tempdir().unwrap();
        send_message(dir.path(), &1).unwrap();
        let live = LiveStatus::begin(dir.path());
        assert!(live.receive::<u32>().is_empty(), "it was sent to a process before");
        assert_eq!(live_status::<u32>(dir.path()), None);
        live.publish(&1).unwrap();
        live.publish(&2).unwrap();
        send_message(dir.path(), &3).unwrap();
        assert_eq!(live_status::<u32>(dir.path()), Some(2));
        drop(live);
        assert_eq!(live_status::<u32>(dir.path()), None);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
