//! The few calls by which a run folder changes the disk.
//!
//! They go through a trait for one reason: a test can make the k-th of them fail, for every k, and
//! see what is left. Reading needs no such door.

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

/// Reads a whole file, but refuses one over `limit` bytes before any memory is set aside for it.
pub(super) fn read_at_most(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let reason = format!("larger than the {limit} bytes allowed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(bytes)
}

/// A file system that fails at its k-th change.
#[cfg(test)]
pub(crate) mod faulty {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// What happens after the failing change.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum After {
        /// All goes on: a passing fault, such as a full disk that is given space.
        Recovers,
        /// Nothing succeeds any more: to the disk, a killed process.
        StaysDown,
    }

    /// Fails the change number `k`, counted from 0 after [`arm`](Faulty::arm); half of a failing write
    /// reaches the disk.
    #[derive(Debug)]
    pub(crate) struct Faulty {
        countdown: AtomicUsize,
        k: usize,
        after: After,
    }

    const UNARMED: usize = usize::MAX;

    impl Faulty {
        pub(crate) fn new(k: usize, after: After) -> Self {
            let countdown = AtomicUsize::new(UNARMED);
            Self { countdown, k, after }
        }

        /// Starts to count.
        pub(crate) fn arm(&self) {
            self.countdown.store(self.k + 1, Ordering::SeqCst);
        }

        /// Whether the fault has happened.
        pub(crate) fn has_failed(&self) -> bool {
            self.countdown.load(Ordering::SeqCst) == 0
        }

        fn fault(&self) -> io::Error {
            io::Error::new(io::ErrorKind::StorageFull, "injected fault")
        }
    }

    impl Fs for Faulty {
        fn permit(&self, _call: &'static str, _path: &Path) -> io::Result<()> {
            match self.countdown.load(Ordering::SeqCst) {
                UNARMED => Ok(()),
                0 if self.after == After::StaysDown => Err(self.fault()),
                0 => Ok(()),
                left => {
                    self.countdown.store(left - 1, Ordering::SeqCst);
                    if left == 1 { Err(self.fault()) } else { Ok(()) }
                }
            }
        }

        // Not for real: no test takes the power away, and hundreds of faults would take minutes.
        fn sync(&self, _file: &File, path: &Path) -> io::Result<()> {
            self.permit("sync", path)
        }

        fn sync_dir(&self, dir: &Path) -> io::Result<()> {
            self.permit("sync", dir)
        }

        fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
            let was_down = self.has_failed();
            if let Err(fault) = self.permit("write", path) {
                if !was_down {
                    file.write_all(&bytes[..bytes.len() / 2])?;
                }
                return Err(fault);
            }
            file.write_all(bytes)
        }
    }
}
