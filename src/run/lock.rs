//! One writer for each run folder.

use super::RunError;
use super::error::at;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
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
    _file: File,
}

impl Lock {
    /// Takes the lock of the run in `dir` and writes this process's number into it, for the message
    /// that others get.
    pub(super) fn take(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(at("open", &path))?;
        // `is_locked` holds the lock for an instant when runs are listed; that must not refuse a start.
        let mut patience = 10;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if patience > 0 => {
                    patience -= 1;
                    thread::sleep(Duration::from_millis(10));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(RunError::Locked { dir: dir.to_path_buf(), holder: holder(&mut file) });
                }
                Err(TryLockError::Error(reason)) => return Err(at("lock", &path)(reason)),
            }
        }
        file.set_len(0)
            .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()))
            .map_err(at("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// Whether a living process holds the lock of the run in `dir`. Changes nothing.
pub(super) fn is_locked(dir: &Path) -> bool {
    File::open(dir.join(LOCK))
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
    fn the_number_of_a_process_that_died_locks_no_one_out() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LOCK), "4294967295 and rubbish").unwrap();
        Lock::take(dir.path()).unwrap();
        let now = std::fs::read_to_string(dir.path().join(LOCK)).unwrap();
        assert_eq!(now, std::process::id().to_string());
    }
}
