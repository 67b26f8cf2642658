//! Files from outside: never waited for, never read beyond a limit, and their names never printed raw.
//!
//! What a person names or a folder holds may be anything: a pipe that nobody writes into, a device that
//! never ends, a file of a terabyte. Every reader of such files opens them here. Only regular files are
//! opened, and that is looked at before, as opening a pipe waits for its other end.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

mod shown;
mod stand_in;

pub use shown::{beginning, shown};
pub use stand_in::{Markup, START, StandIn};

/// Largest file of settings or of an architecture, in bytes; a long one has 4 KiB.
pub const MOST_TEXT: u64 = 1 << 20;
/// Largest file of weights, in bytes.
pub const MOST_WEIGHTS: u64 = 4 << 30;

/// Opens a regular file and says its length.
///
/// # Errors
///
/// If there is no such file, the operating system refuses, or it is a folder, a pipe, a device or a socket.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    regular(&fs::metadata(path).map_err(|error| missing(path, error))?)?;
    let file = File::open(path)?;
    let length = regular(&file.metadata()?)?;
    Ok((file, length))
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
///
/// As [`open`], or if it is larger, which is known before memory is taken.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("five");
/// std::fs::write(&path, "12345")?;
/// assert_eq!(autogan::input::read(&path, 5)?, b"12345");
/// assert!(autogan::input::read(&path, 4).is_err());
/// assert!(autogan::input::read(folder.path(), 5).is_err(), "it is a folder");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (file, length) = open(path)?;
    let too_large = |length: u64| {
        let why = format!("it has {length} bytes, and at most {limit} are accepted");
        io::Error::new(ErrorKind::FileTooLarge, why)
    };
    if length > limit {
        return Err(too_large(length));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    // It may grow meanwhile, and files of the system have no length.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        length if length > limit => Err(too_large(length)),
        _ => Ok(bytes),
    }
}

/// Reads a regular file of weights, of at most [`MOST_WEIGHTS`] bytes.
///
/// # Errors
///
/// As [`read`].
pub fn read_weights(path: &Path) -> io::Result<Vec<u8>> {
    read(path, MOST_WEIGHTS)
}

/// Reads a regular file of text, of at most [`MOST_TEXT`] bytes.
///
/// # Errors
///
/// As [`read`], or if it is no UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let text = String::from_utf8(read(path, MOST_TEXT)?);
    text.map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no text in UTF-8"))
}

/// The error of a file that is not there in words of this program, as each system has its own; others stay as they are.
fn missing(path: &Path, error: io::Error) -> io::Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    let why = if is_link {
        "it is a link to a file that is not there"
    } else {
        "there is no such file; check the path"
    };
    io::Error::new(ErrorKind::NotFound, why)
}

/// The length of a regular file.
fn regular(metadata: &fs::Metadata) -> io::Result<u64> {
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    let what = if metadata.is_dir() { "a folder" } else { "a pipe, a device or a socket" };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("it is {what}, not a file")))
}

#[cfg(test)]
pub(crate) mod measure;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit_and_a_larger_one_is_refused_unread() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert!(read(&path, 4).unwrap_err().to_string().contains("5 bytes, and at most 4"));
        // A terabyte that takes no space.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let error = read_text(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(read_weights(&path).unwrap_err().to_string().contains("1099511627776 bytes"));
        fs::write(&path, [0xff]).unwrap();
        assert!(read_text(&path).unwrap_err().to_string().contains("UTF-8"));
        assert!(read(dir.path(), 5).unwrap_err().to_string().contains("a folder"));
        let none = read(&dir.path().join("none"), 5).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::NotFound);
        assert_eq!(none.to_string(), "there is no such file; check the path");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_called_one() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
        let dangling = read(&dir.path().join("link"), 5).unwrap_err();
        assert_eq!(dangling.kind(), ErrorKind::NotFound);
        assert_eq!(dangling.to_string(), "it is a link to a file that is not there");
    }

    /// Not a test but the process of the next one: whoever opens the pipe waits for ever.
    #[cfg(unix)]
    #[test]
    fn odd_files_process() {
        measure::in_process(|path| {
            read(Path::new(path), 1 << 20).map_or_else(|error| error.to_string(), |_| "read".into())
        });
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_devices_are_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", dir.path().join("zeros")).unwrap();
        for path in [pipe, dir.path().join("zeros"), "/dev/urandom".into()] {
            let process = measure::process("input::tests::odd_files_process", path.to_str().unwrap());
            assert!(process.outcome.contains("a pipe, a device"), "{}", process.outcome);
        }
    }
}
