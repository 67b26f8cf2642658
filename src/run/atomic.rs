//! Writing a file so that its name never stands for half of it.

use super::error::at;
use super::fs::{Disk, Fs};
use super::names::is_device;
use super::{FileError, RunError};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes `bytes` to `path`, replacing what is there, or leaves the path exactly as it was.
///
/// The bytes go to a scratch file beside the target (so the rename stays on one disk), which is synced
/// and then takes the target's name.
///
/// - *Error, panic or killed process*, on every system: the path holds the old content or the new,
///   never a part of either. A killed process may leave the scratch file (`.autogan-<pid>-<n>.tmp`);
///   the next one to open the run for writing deletes it.
/// - *Lost power*, on Unix: the same, and once `Ok` is returned the new content stays. On Windows the
///   old content may come back after `Ok`, since there is no way to sync a folder and the system does
///   not promise that a replacing rename is one step.
/// - An error while the folder is synced, after the rename, leaves the new content in place but not
///   known to be safe from lost power.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("settings.json");
/// autogan::run::write_file(&path, b"{}")?;
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The target becomes a new file: a link there is replaced, not followed, and rights are the default
/// ones. For a moment the disk holds both contents.
///
/// # Errors
/// If the system refuses; also, with nothing written, where the target's name is a [device](is_device) to Windows.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    if path.file_name().is_some_and(|name| is_device(&name.to_string_lossy())) {
        let reason = io::Error::new(ErrorKind::InvalidFilename, "Windows takes that name for a device");
        return Err(FileError::new("write", path, reason));
    }
    replace(&Disk, path, bytes)
}

/// [`write_file`] for a file of a run: what is said of an error is for a run that can be resumed.
///
/// # Errors
/// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`], naming the target; [`RunError::BadName`],
/// with nothing written, where that is a [device](is_device) to Windows.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    Ok(write_file(path, bytes)?)
}

/// [`write_atomic`] on the file system given.
pub(super) fn write_atomic_on(disk: &dyn Fs, path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    Ok(replace(disk, path, bytes)?)
}

fn replace(disk: &dyn Fs, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let dir = folder_of(path);
    let failed = |action, path| move |reason| FileError::new(action, path, reason);
    let scratch = write_scratch(disk, dir, bytes).map_err(failed("write", path))?;
    if let Err(reason) = disk.rename(&scratch, path) {
        discard(disk, &scratch);
        return Err(FileError::new("replace", path, reason));
    }
    disk.sync_dir(dir).map_err(failed("sync", dir))
}

/// Deletes the scratch files that killed processes left in `dir`. Only for who holds the run's lock.
pub(super) fn sweep(disk: &dyn Fs, dir: &Path) -> Result<(), RunError> {
    for entry in fs::read_dir(dir).map_err(at("read", dir))? {
        let entry = entry.map_err(at("read", dir))?;
        if is_scratch(&entry.file_name().to_string_lossy()) {
            let path = entry.path();
            disk.remove_file(&path).map_err(at("remove", &path))?;
        }
    }
    Ok(())
}

/// The folder that holds `path`, "." for a bare name.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

fn is_scratch(name: &str) -> bool {
    name.starts_with(".autogan-") && name.ends_with(".tmp")
}

/// A new, synced file in `dir` that holds `bytes`.
fn write_scratch(disk: &dyn Fs, dir: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let (path, mut file) = loop {
        let path = dir.join(scratch_name());
        match disk.create_file(&path) {
            // A process that had our number before was killed here.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            created => break (path, created?),
        }
    };
    let written = disk.write(&mut file, &path, bytes).and_then(|()| disk.sync(&file, &path));
    // Windows renames no open file.
    drop(file);
    match written {
        Ok(()) => Ok(path),
        Err(reason) => {
            discard(disk, &path);
            Err(reason)
        }
    }
}

/// Short whatever the target is called, so that a name of the longest allowed length can be written.
fn scratch_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!(".autogan-{}-{count}.tmp", std::process::id())
}

/// Tidies up after an error that is reported anyway; what it cannot delete, [`sweep`] will.
fn discard(disk: &dyn Fs, scratch: &Path) {
    let _ = disk.remove_file(scratch);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::fs::faulty::{After, Faulty};
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let name = |e: io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        fs::read_dir(dir).unwrap().map(name).collect()
    }

    #[test]
    fn the_new_content_replaces_the_old_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("LATEST");
        for content in [b"old".as_slice(), b"newer", b""] {
            write_atomic(&path, content).unwrap();
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        assert_eq!(names(dir.path()), ["LATEST"]);
    }

    #[test]
    fn a_name_of_the_longest_allowed_length_can_be_written() {
        let dir = tempfile::tempdir().unwrap();
        write_atomic(&dir.path().join("x".repeat(255)), b"long").unwrap();
    }

    #[test]
    fn a_name_that_windows_takes_for_a_device_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["con", "AUX.toml", "com1.png", "nul.tar.gz"] {
            let message = write_atomic(&dir.path().join(name), b"").unwrap_err().to_string();
            assert!(message.contains(name) && message.contains("for a device"), "{message}");
        }
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[test]
    fn a_fault_at_any_step_leaves_the_old_or_the_new_content_and_names_the_file() {
        for after in [After::Recovers, After::StaysDown] {
            let mut faults = 0;
            for k in 0.. {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("run.json");
                fs::write(&path, "old").unwrap();
                let disk = Faulty::new(k, after);
                disk.arm();
                let result = write_atomic_on(&disk, &path, b"brand new");
                if !disk.has_failed() {
                    result.unwrap();
                    break;
                }
                faults += 1;
                let message = result.unwrap_err().to_string();
                assert!(disk.is_named_by(&message), "{message}");
                assert!(message.contains(dir.path().to_str().unwrap()), "{message}");
                let content = fs::read_to_string(&path).unwrap();
                // Create, write, sync and rename come before the new content; the folder's sync after.
                assert_eq!(content, if k < 4 { "old" } else { "brand new" }, "k = {k}");
                sweep(&Disk, dir.path()).unwrap();
                assert_eq!(names(dir.path()), ["run.json"], "k = {k}");
            }
            assert_eq!(faults, 5);
        }
    }

    #[test]
    fn a_target_in_a_folder_that_is_gone_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gone/000001.png");
        let message = write_atomic(&path, b"png").unwrap_err().to_string();
        assert!(message.contains("gone/000001.png"), "{message}");
    }
}
