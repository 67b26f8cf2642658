//! One writer for each run folder.

use super::RunError;
use super::atomic::folder_of;
use super::error::at;
use super::fs::{is_at, open_file};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The name of the file that is locked.
pub(super) const LOCK: &str = "lock";

/// The right to write to a run folder, held until dropped.
///
/// It is a lock of the operating system on the file `lock`, not the file's existence: the system takes
/// it back when the process ends, however it ends, so a killed run never locks anyone out.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of the run in `dir` and writes this process's number into it, for the message
    /// that others get.
    pub(super) fn take(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(LOCK);
        // `is_locked` holds the lock for an instant when runs are listed; that must not refuse a start.
        let mut patience = 10;
        let mut file = loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(at("open", &path))?;
            match file.try_lock() {
                // A run that could not begin after all may have been cleared away since we opened the file.
                Ok(()) if is_at(&file, &path).map_err(at("find", &path))? => break file,
                Ok(()) | Err(TryLockError::WouldBlock) if patience > 0 => {
                    patience -= 1;
                    thread::sleep(Duration::from_millis(10));
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {
                    return Err(RunError::Locked { dir: dir.to_path_buf(), holder: holder(&mut file) });
                }
                Err(TryLockError::Error(reason)) => return Err(at("lock", &path)(reason)),
            }
        };
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.write_all(std::process::id().to_string().as_bytes())
        };
        if let Err(reason) = write(&mut file) {
            // An empty one says nothing, and may stand in a folder that is not to have anything.
            let _ = fs::remove_file(&path);
            return Err(at("write", &path)(reason));
        }
        Ok(Self { file, path })
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

/// Whether a living process holds the lock of the run in `dir`. Changes nothing.
pub(super) fn is_locked(dir: &Path) -> bool {
    open_file(&dir.join(LOCK))
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Who holds the lock, in words. Windows does not let others read a locked file.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(32).read_to_string(&mut text));
    match (read, text.trim().parse::<u32>()) {
        (Ok(_), Ok(pid)) => format!("process {pid}"),
        _ => "another process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
}
