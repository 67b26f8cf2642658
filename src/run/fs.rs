//! The few calls by which a run folder changes the disk, and how much more it takes.
//!
//! They go through a trait for one reason: a test can make the k-th of them fail, for every k, and
//! see what is left. Reading needs no such door.

use super::RunError;
use super::error::at;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// The file system as the run folder changes it. Each call is real unless [`permit`](Fs::permit) refuses.
pub(crate) trait Fs: fmt::Debug + Send + Sync {
    /// Asked before each change; an error here is what the change returns.
    fn permit(&self, _call: &'static str, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    /// Creates a folder in one that exists.
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.permit("create", path)?;
        fs::create_dir(path)
    }

    /// Creates a folder and those above it, as far as they are not there.
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.permit("create", path)?;
        fs::create_dir_all(path)
    }

    /// Creates a file that must not exist yet, for writing. Never follows a link planted there.
    fn create_file(&self, path: &Path) -> io::Result<File> {
        self.permit("create", path)?;
        File::create_new(path)
    }

    /// Writes all the bytes at the file's position; on an error some of them may have been written.
    fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.permit("write", path)?;
        file.write_all(bytes)
    }

    /// Returns once the file's content is on the disk.
    fn sync(&self, file: &File, path: &Path) -> io::Result<()> {
        self.permit("sync", path)?;
        file.sync_all()
    }

    /// Returns once the names in a folder are on the disk. Does nothing on Windows, which has no such
    /// call, and on file systems that refuse it (some network and FUSE ones).
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.permit("sync", dir)?;
        #[cfg(unix)]
        match File::open(dir)?.sync_all() {
            Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {}
            other => return other,
        }
        Ok(())
    }

    /// Gives a file or folder another name on the same disk.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.permit("rename", from)?;
        fs::rename(from, to)
    }

    /// Shortens a file.
    fn cut(&self, file: &File, path: &Path, len: u64) -> io::Result<()> {
        self.permit("cut", path)?;
        file.set_len(len)
    }

    /// Deletes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.permit("remove", path)?;
        fs::remove_file(path)
    }

    /// Deletes a folder with all that is in it.
    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.permit("remove", path)?;
        fs::remove_dir_all(path)
    }
}

/// The file system as it is.
#[derive(Debug)]
pub(crate) struct Disk;

impl Fs for Disk {}

/// Opens a file for reading. Whatever else can stand at a path, such as a pipe, could keep us for ever.
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    match fs::metadata(path)? {
        found if found.is_file() => File::open(path),
        found if found.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file")),
    }
}

/// Whether a file that was opened is still the one at its path. On Windows, where nothing stable tells one
/// file from another, whether there is one that is not shorter.
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let found = match fs::symlink_metadata(path) {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(false);
        }
        found => found?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let ours = file.metadata()?;
        Ok((found.dev(), found.ino()) == (ours.dev(), ours.ino()))
    }
    #[cfg(not(unix))]
    Ok(found.is_file() && found.len() >= file.metadata()?.len())
}

/// Reads a whole file, but refuses one over `limit` bytes before any memory is set aside for it.
pub(super) fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let reason = format!("larger than the {limit} bytes allowed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(bytes)
}

/// Bytes that may still be written where `dir` lies, by whoever this process belongs to. Quotas that the
/// file system keeps to itself are not in it.
///
/// # Errors
/// [`RunError::Denied`] or [`RunError::Io`] where the system does not tell.
pub fn free_space(dir: &Path) -> Result<u64, RunError> {
    fs4::available_space(dir).map_err(at("measure the free space of", dir))
}

#[cfg(test)]
pub(crate) mod faulty;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_has_some_space_and_one_that_is_gone_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free_space(dir.path()).unwrap() > 0);
        let gone = dir.path().join("gone");
        assert!(free_space(&gone).unwrap_err().to_string().contains("gone"));
    }
}
