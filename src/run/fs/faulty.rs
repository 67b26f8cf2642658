//! A file system that fails at its k-th change.

use super::*;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

/// A folder in memory where the system has such a place: thousands of small files in no time.
pub(crate) fn quick_dir() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).or_else(|_| tempfile::tempdir()).expect("a temporary folder can be made")
}

/// What the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Full,
    Denied,
    ReadOnly,
    /// EIO, which the standard library gives no name.
    Broken,
    Interrupted,
}

impl Fault {
    pub(crate) const ALL: [Self; 5] =
        [Self::Full, Self::Denied, Self::ReadOnly, Self::Broken, Self::Interrupted];

    fn error(self) -> io::Error {
        let kind = match self {
            Self::Full => io::ErrorKind::StorageFull,
            Self::Denied => io::ErrorKind::PermissionDenied,
            Self::ReadOnly => io::ErrorKind::ReadOnlyFilesystem,
            Self::Broken => io::ErrorKind::Other,
            Self::Interrupted => io::ErrorKind::Interrupted,
        };
        io::Error::new(kind, "injected fault")
    }
}

/// What happens after the failing change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// All goes on: a passing fault, such as a full disk that is given space.
    Recovers,
    /// So many changes go well, then one more fails.
    Again(usize),
    /// Nothing succeeds any more: to the disk, a killed process.
    StaysDown,
}

/// How much of a failing write reaches the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Nothing,
    OneByte,
    Half,
    AllButOne,
    All,
}

impl Reach {
    pub(crate) const ALL: [Self; 5] = [Self::Nothing, Self::OneByte, Self::Half, Self::AllButOne, Self::All];

    fn of(self, len: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::OneByte => len.min(1),
            Self::Half => len / 2,
            Self::AllButOne => len.saturating_sub(1),
            Self::All => len,
        }
    }
}

/// Fails the change number `k`, counted from 0 after [`arm`](Faulty::arm).
#[derive(Debug)]
pub(crate) struct Faulty {
    k: usize,
    after: After,
    fault: Fault,
    reach: Reach,
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    armed: bool,
    calls: Vec<&'static str>,
    failed: Vec<PathBuf>,
}

impl Faulty {
    /// The disk is full then, and half of a write reaches it.
    pub(crate) fn new(k: usize, after: After) -> Self {
        let counted = Mutex::default();
        Self { k, after, fault: Fault::Full, reach: Reach::Half, counted }
    }

    /// The same with another reason.
    pub(crate) fn saying(self, fault: Fault) -> Self {
        Self { fault, ..self }
    }

    /// The same with another part of a failing write on the disk.
    pub(crate) fn reaching(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// Starts to count.
    pub(crate) fn arm(&self) {
        self.counted().armed = true;
    }

    /// The changes that were counted, the failing ones too.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.counted().calls.clone()
    }

    /// Whether the fault has happened.
    pub(crate) fn has_failed(&self) -> bool {
        !self.counted().failed.is_empty()
    }

    /// Whether the message is one sentence that names a file that failed, and the reason. Of a scratch
    /// file, whose name means nothing to anyone, it is enough to name the folder.
    pub(crate) fn is_named_by(&self, message: &str) -> bool {
        let named = |failed: &PathBuf| {
            let name = failed.file_name().unwrap_or_default().to_string_lossy();
            let scratch = name.starts_with(".autogan-");
            let path = if scratch { failed.parent().expect("a file lies in a folder") } else { failed };
            message.contains(&*path.to_string_lossy())
        };
        self.counted().failed.iter().any(named)
            && message.contains("(injected fault): ")
            && !message.contains('\n')
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().expect("no test panics while it counts")
    }
}

impl Fs for Faulty {
    fn permit(&self, call: &'static str, path: &Path) -> io::Result<()> {
        let mut counted = self.counted();
        if !counted.armed {
            return Ok(());
        }
        let number = counted.calls.len();
        counted.calls.push(call);
        let fails = match self.after {
            After::Recovers => number == self.k,
            After::Again(later) => number == self.k || number == self.k + 1 + later,
            After::StaysDown => number >= self.k,
        };
        if !fails {
            return Ok(());
        }
        counted.failed.push(path.to_path_buf());
        Err(self.fault.error())
    }

    // Not for real: no test takes the power away, and hundreds of faults would take minutes.
    fn sync(&self, _file: &File, path: &Path) -> io::Result<()> {
        self.permit("sync", path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.permit("sync", dir)
    }

    fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let was_down = self.after == After::StaysDown && self.has_failed();
        if let Err(fault) = self.permit("write", path) {
            if !was_down {
                file.write_all(&bytes[..self.reach.of(bytes.len())])?;
            }
            return Err(fault);
        }
        file.write_all(bytes)
    }
}
