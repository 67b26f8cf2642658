//! One writer for each run folder.

use super::RunError;
use super::atomic::folder_of;
use super::error::at;
use super::fs::{is_at, open_file, read_at_most};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The name of the file that is locked.
pub(super) const LOCK: &str = "lock";

/// How long [`Lock::take`] waits between two attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// The pauses that [`Lock::take`] makes before it gives up, if processes only look at the lock meanwhile.
const PATIENCE: u32 = 1000;

/// The pauses that one counts for during which a writer holds the lock. Some are granted to the lock of a
/// killed process, which goes once no child of its own stands between fork and exec any more.
const WRITER: u32 = 100;

/// The right to write to a run folder, held until dropped.
///
/// It is a lock of the operating system on the file `lock`, not the file's existence: the system takes
/// it back when the process ends, however it ends, so a killed run never locks anyone out.
///
/// Dropping it unlocks the file explicitly. Closing the descriptor would not be enough: on Unix the lock
/// belongs to the open file description (flock(2)), and any child that another thread is just starting
/// has a copy of the descriptor until it calls exec. On Windows a lock that is left to the closing handle
/// goes at some later time (LockFileEx).
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of the run in `dir` and writes this process's number into it, for the message
    /// that others get.
    ///
    /// # Errors
    /// [`RunError::Locked`] where another writer holds it, or where the file cannot be made, locked or
    /// written.
    pub(super) fn take(dir: &Path) -> Result<Self, RunError> {
        Self::take_with(dir, || thread::sleep(PAUSE))
    }

    /// [`take`](Self::take) with a function that is called between two attempts.
    fn take_with(dir: &Path, mut pause: impl FnMut()) -> Result<Self, RunError> {
        let path = dir.join(LOCK);
        let mut patience = PATIENCE;
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(at("open", &path))?;
            let cost = match file.try_lock() {
                Ok(()) => {
                    let mut lock = Self { file, path: path.clone() };
                    // A run that could not begin after all may have been cleared away since we opened
                    // the file.
                    if is_at(&lock.file, &path).map_err(at("find", &path))? {
                        lock.write_holder()?;
                        return Ok(lock);
                    }
                    WRITER
                }
                Err(TryLockError::WouldBlock) if has_writer(&file) => WRITER,
                // `is_locked` holds the lock for an instant, or longer on a busy machine.
                Err(TryLockError::WouldBlock) => 1,
                Err(TryLockError::Error(reason)) => return Err(at("lock", &path)(reason)),
            };
            if patience < cost {
                return Err(RunError::Locked { dir: dir.to_path_buf(), holder: holder(&path) });
            }
            patience -= cost;
            pause();
        }
    }

    /// Writes this process's number into the file.
    fn write_holder(&mut self) -> Result<(), RunError> {
        let written = self
            .file
            .set_len(0)
            .and_then(|()| self.file.write_all(std::process::id().to_string().as_bytes()));
        written.map_err(|reason| {
            // An empty one says nothing, and may stand in a folder that is not to have anything.
            let _ = fs::remove_file(&self.path);
            at("write", &self.path)(reason)
        })
    }

    /// Whether the run is still the one that was locked, and nobody else can have taken its lock.
    ///
    /// # Errors
    /// [`RunError::Replaced`], or where the lock cannot be looked at.
    pub(super) fn check(&self) -> Result<(), RunError> {
        let dir = folder_of(&self.path);
        let ours = is_at(&self.file, &self.path).map_err(at("find", &self.path))?;
        if ours && (cfg!(unix) || is_locked(dir)) {
            return Ok(());
        }
        Err(RunError::Replaced { dir: dir.to_path_buf() })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Where even this fails, closing the file is what is left.
        let _ = self.file.unlock();
    }
}

/// Whether a living process holds the lock of the run in `dir`. Changes nothing.
pub(super) fn is_locked(dir: &Path) -> bool {
    open_file(&dir.join(LOCK)).is_ok_and(|file| has_writer(&file))
}

/// Whether a writer holds the lock of an open `lock` file. Other readers do not count.
fn has_writer(file: &File) -> bool {
    let refused = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    // Explicitly, for the same reason as in a `Lock`.
    let _ = file.unlock();
    refused
}

/// Who holds the lock, in words. Windows does not let others read a locked file.
fn holder(path: &Path) -> String {
    let pid = read_at_most(path, 32)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse::<u32>().ok());
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_second_handle_is_refused_with_the_holders_number_until_the_first_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_locked(dir.path()), "there is no lock yet");
        let lock = Lock::take(dir.path()).unwrap();
        assert!(is_locked(dir.path()));
        let message = Lock::take(dir.path()).unwrap_err().to_string();
        let holder = format!("in use by process {}", std::process::id());
        assert!(message.contains(&holder), "{message}");
        drop(lock);
        assert!(!is_locked(dir.path()));
        Lock::take(dir.path()).unwrap();
    }

    #[test]
    fn a_lock_that_is_deleted_or_replaced_holds_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        lock.check().unwrap();
        std::fs::remove_file(dir.path().join(LOCK)).unwrap();
        let message = lock.check().unwrap_err().to_string();
        assert!(message.contains("was moved, deleted or replaced"), "{message}");
        let other = Lock::take(dir.path()).unwrap();
        assert_eq!((lock.check().is_ok(), other.check().is_ok()), (false, true));
    }

    #[test]
    fn the_number_of_a_process_that_died_locks_no_one_out() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LOCK), "4294967295 and rubbish").unwrap();
        Lock::take(dir.path()).unwrap();
        let now = std::fs::read_to_string(dir.path().join(LOCK)).unwrap();
        assert_eq!(now, std::process::id().to_string());
    }

    #[test]
    fn a_child_that_has_not_called_exec_yet_keeps_no_lock_of_its_parent() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        // What such a child has: another descriptor of the same open file.
        let inherited = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(!is_locked(dir.path()));
        let never = || panic!("there is nothing to wait for");
        drop(Lock::take_with(dir.path(), never).unwrap());
        drop(inherited);
        // The same for one that only looks.
        let file = open_file(&dir.path().join(LOCK)).unwrap();
        let inherited = file.try_clone().unwrap();
        assert!(!has_writer(&file));
        drop(file);
        Lock::take_with(dir.path(), never).unwrap();
        drop(inherited);
    }

    #[test]
    fn a_lock_is_free_at_once_while_other_threads_start_processes() {
        let dir = tempfile::tempdir().unwrap();
        let done = AtomicBool::new(false);
        let nowhere = dir.path().join("no program");
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        // The child ends where it would begin to be another program.
                        std::process::Command::new(&nowhere).spawn().unwrap_err();
                    }
                });
            }
            let refused = (0..2000).filter(|_| {
                drop(Lock::take_with(dir.path(), || ()));
                is_locked(dir.path())
            });
            let refused = refused.count();
            done.store(true, Ordering::Relaxed);
            assert_eq!(refused, 0);
        });
    }

    #[test]
    fn one_who_looks_delays_a_writer_and_never_refuses_it() {
        let dir = tempfile::tempdir().unwrap();
        drop(Lock::take(dir.path()).unwrap());
        let reader = open_file(&dir.path().join(LOCK)).unwrap();
        reader.try_lock_shared().unwrap();
        let mut pauses = 0;
        let lock = Lock::take_with(dir.path(), || {
            pauses += 1;
            if pauses == PATIENCE {
                reader.unlock().unwrap();
            }
        });
        lock.unwrap();
        assert_eq!(pauses, PATIENCE);
    }

    #[test]
    fn another_writer_is_waited_for_a_few_times_only() {
        let dir = tempfile::tempdir().unwrap();
        let _lock = Lock::take(dir.path()).unwrap();
        let mut pauses = 0;
        Lock::take_with(dir.path(), || pauses += 1).unwrap_err();
        assert_eq!(pauses, PATIENCE / WRITER);
    }
}
