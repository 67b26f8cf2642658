//! Logs of one JSON value a line, written at the end only.

use super::error::at;
use super::fs::Fs;
use super::{RunError, Warning};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest line that is written or read, in bytes: a damaged log must not fill the memory.
const MAX_LINE: usize = 16 << 20;

/// Lines are handed to the system once this many bytes of them wait.
const BUFFER: usize = 64 << 10;

/// A log that grows by one JSON line at a time.
///
/// - [`append`](Self::append) only collects; lines that were never flushed are lost with the process.
/// - After [`flush`](Self::flush) they survive a killed process, after [`sync`](Self::sync) also lost power
///   (as far as the disk keeps its word). A crash in between leaves whole lines and at most one torn
///   one at the end, which readers skip and the next writer cuts off.
/// - A write that fails (disk full) loses nothing: the lines are kept, a torn one is cut off before the
///   next attempt, and a later flush writes them all.
/// - A *sync* that fails closes the log for good, because the system may have dropped the lines while it
///   would report success the next time: every later call fails until the run is resumed.
///
/// Dropping the log flushes it, without a way to report an error: flush first.
#[derive(Debug)]
pub struct LineLog {
    disk: Arc<dyn Fs>,
    path: PathBuf,
    file: File,
    /// Bytes of whole lines in the file.
    written: u64,
    /// Whole lines that are still to be written.
    waiting: Vec<u8>,
    /// A write failed, and the file may end in a part of `waiting`.
    torn: bool,
    /// A sync failed.
    untrusted: bool,
}

impl LineLog {
    /// A new, empty log at `path`, where nothing may be yet.
    pub(super) fn create(disk: Arc<dyn Fs>, path: &Path) -> Result<Self, RunError> {
        disk.create_file(path).map_err(at("create", path))?;
        Self::open(disk, path)
    }

    /// The log at `path`, for writing. A torn last line is left until the first write, and not counted.
    pub(super) fn open(disk: Arc<dyn Fs>, path: &Path) -> Result<Self, RunError> {
        // Appending, so that writes follow the end when the file is cut.
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(at("open", path))?;
        let (written, len) = whole_lines(&file).map_err(at("read", path))?;
        Ok(Self {
            disk,
            path: path.to_path_buf(),
            file,
            written,
            waiting: Vec::new(),
            torn: written < len,
            untrusted: false,
        })
    }

    /// Adds `value` as one line.
    ///
    /// # Errors
    /// [`RunError::Unstorable`] where `value` has no JSON form or one over 16 MiB, and those of
    /// [`flush`](Self::flush) when enough lines wait to be written. The line then waits, too.
    pub fn append(&mut self, value: &impl Serialize) -> Result<(), RunError> {
        let mut line = serde_json::to_vec(value).map_err(|e| self.unstorable(e.to_string()))?;
        line.push(b'\n');
        if line.len() > MAX_LINE {
            return Err(self.unstorable(format!("{} bytes, over {MAX_LINE}", line.len())));
        }
        self.waiting.extend_from_slice(&line);
        if self.waiting.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands all lines to the operating system: they survive this process.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`]; the lines wait for the next flush.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.trusted()?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.mend()?;
        self.torn = true;
        self.disk.write(&mut self.file, &self.path, &self.waiting).map_err(at("write", &self.path))?;
        self.torn = false;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Flushes and waits until the lines are on the disk.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush); after a failed sync the log takes nothing more. [`RunError::Io`],
    /// too, where another file or none is by now at the log's path: the system would let us write to a
    /// deleted file for ever.
    pub fn sync(&mut self) -> Result<(), RunError> {
        self.flush()?;
        self.sync_file()?;
        let found = fs::metadata(&self.path).map_err(at("find", &self.path))?;
        if found.len() < self.written {
            let reason = io::Error::other("another file has taken its place");
            return Err(at("find", &self.path)(reason));
        }
        Ok(())
    }

    /// The length of the log in bytes, waiting lines included.
    pub fn len(&self) -> u64 {
        self.written + self.waiting.len() as u64
    }

    /// Whether the log has no line.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the log lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets all after the first `len` bytes, on the disk too.
    ///
    /// # Errors
    /// [`RunError::Damaged`] where no line of the file ends at `len`; then nothing is cut.
    pub fn cut_to(&mut self, len: u64) -> Result<(), RunError> {
        self.ends_line(len)?;
        self.trusted()?;
        self.waiting.clear();
        self.disk.cut(&self.file, &self.path, len).map_err(at("cut", &self.path))?;
        self.written = len;
        self.torn = false;
        self.sync_file()
    }

    /// Fails where the file has no line that ends after `len` bytes.
    pub(super) fn ends_line(&self, len: u64) -> Result<(), RunError> {
        let damaged = |reason| RunError::Damaged { path: self.path.clone(), reason };
        if len > self.written {
            let reason = format!("{} bytes where {len} had been saved", self.written);
            return Err(damaged(reason));
        }
        if len > 0 {
            let last = byte_at(&self.file, len - 1).map_err(at("read", &self.path))?;
            if last != b'\n' {
                return Err(damaged(format!("no line ends at byte {len}")));
            }
        }
        Ok(())
    }

    /// Cuts off what a failed write, or a process killed while writing, left of a line.
    fn mend(&mut self) -> Result<(), RunError> {
        if self.torn {
            self.disk.cut(&self.file, &self.path, self.written).map_err(at("cut", &self.path))?;
            self.torn = false;
        }
        Ok(())
    }

    fn sync_file(&mut self) -> Result<(), RunError> {
        let synced = self.disk.sync(&self.file, &self.path);
        self.untrusted |= synced.is_err();
        synced.map_err(at("sync", &self.path))
    }

    fn trusted(&self) -> Result<(), RunError> {
        if self.untrusted {
            let reason = io::Error::other("an earlier sync failed, so lines may be lost");
            return Err(at("write", &self.path)(reason));
        }
        Ok(())
    }

    fn unstorable(&self, reason: String) -> RunError {
        RunError::Unstorable { what: "a line".to_owned(), path: self.path.clone(), reason }
    }
}

impl Drop for LineLog {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// What [`read_lines`] found.
#[derive(Debug)]
pub struct Lines<T> {
    /// The values of the good lines, in order.
    pub items: Vec<T>,
    /// How many bytes those lines take.
    pub good: u64,
    /// What stopped the reading before the end, if something did.
    pub warning: Option<Warning>,
}

/// Reads a log up to its end or to the first line that is torn or damaged, whichever comes first.
///
/// A torn last line is what a killed or still writing process leaves; it is no error. Memory is bounded
/// by the good lines and one more of at most 16 MiB.
///
/// # Errors
/// Only where the file cannot be read at all.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Lines<T>, RunError> {
    let mut reader = BufReader::new(File::open(path).map_err(at("open", path))?);
    let mut lines = Lines { items: Vec::new(), good: 0, warning: None };
    let mut line = Vec::new();
    loop {
        line.clear();
        let read =
            (&mut reader).take(MAX_LINE as u64).read_until(b'\n', &mut line).map_err(at("read", path))?;
        if read == 0 {
            return Ok(lines);
        }
        let problem = match (line.ends_with(b"\n"), serde_json::from_slice(&line)) {
            (true, Ok(item)) => {
                lines.items.push(item);
                lines.good += read as u64;
                continue;
            }
            (false, _) if read == MAX_LINE => format!("is longer than {MAX_LINE} bytes"),
            (false, _) => "is torn".to_owned(),
            (true, Err(e)) => format!("cannot be read ({e})"),
        };
        let number = lines.items.len() + 1;
        let (path, good) = (path.display(), lines.good);
        let text = format!("{path}: line {number} {problem}; it was read up to byte {good}");
        lines.warning = Some(Warning(text));
        return Ok(lines);
    }
}

/// Bytes up to the end of the last whole line, and bytes of the file.
fn whole_lines(file: &File) -> io::Result<(u64, u64)> {
    let (mut whole, mut len) = (0, 0);
    let mut reader = BufReader::with_capacity(BUFFER, file);
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok((whole, len));
        }
        if let Some(end) = chunk.iter().rposition(|&byte| byte == b'\n') {
            whole = len + end as u64 + 1;
        }
        let read = chunk.len();
        len += read as u64;
        reader.consume(read);
    }
}

fn byte_at(mut file: &File, position: u64) -> io::Result<u8> {
    use std::io::{Seek, SeekFrom};
    let mut byte = [0];
    // The file is in append mode, so moving the position does not move where lines go.
    file.seek(SeekFrom::Start(position))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::fs::Disk;
    use super::super::fs::faulty::{After, Faulty};
    use super::*;

    fn numbers(path: &Path) -> Vec<u32> {
        let lines = read_lines(path).unwrap();
        assert_eq!(lines.warning, None);
        assert_eq!(lines.good, fs::metadata(path).unwrap().len());
        lines.items
    }

    #[test]
    fn lines_come_back_in_order_and_the_length_is_that_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut log = LineLog::create(Arc::new(Disk), &path).unwrap();
        assert!(log.is_empty());
        log.append(&"two\nlines").unwrap();
        log.append(&"ü").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0, "they wait");
        log.flush().unwrap();
        assert_eq!(log.len(), fs::metadata(&path).unwrap().len());
        drop(log);
        let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
        log.append(&"three").unwrap();
        drop(log);
        let lines = read_lines::<String>(&path).unwrap();
        assert_eq!(lines.items, ["two\nlines", "ü", "three"]);
    }

    #[test]
    fn many_lines_are_written_before_anyone_flushes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut log = LineLog::create(Arc::new(Disk), &path).unwrap();
        log.append(&"x".repeat(BUFFER)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), log.len());
    }

    #[test]
    fn a_torn_last_line_is_skipped_by_readers_and_cut_by_the_next_writer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        for torn in ["3", "{\"a", "\u{0}\u{0}"] {
            fs::write(&path, format!("1\n2\n{torn}")).unwrap();
            let lines = read_lines::<u32>(&path).unwrap();
            assert_eq!((lines.items, lines.good), (vec![1, 2], 4));
            let warning = lines.warning.unwrap().to_string();
            assert!(warning.contains("line 3 is torn"), "{warning}");
            let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
            assert_eq!(log.len(), 4);
            log.append(&4).unwrap();
            log.flush().unwrap();
            assert_eq!(numbers(&path), [1, 2, 4]);
        }
    }

    #[test]
    fn a_damaged_line_stops_the_reading_and_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        fs::write(&path, b"1\n\xff\n3\n").unwrap();
        let lines = read_lines::<u32>(&path).unwrap();
        assert_eq!((lines.items, lines.good), (vec![1], 2));
        let warning = lines.warning.unwrap().to_string();
        assert!(warning.contains("line 2 cannot be read"), "{warning}");
    }

    #[test]
    fn a_line_without_end_is_given_up_at_the_limit_and_never_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        File::create(&path).unwrap().set_len(3 * MAX_LINE as u64).unwrap();
        let warning = read_lines::<u32>(&path).unwrap().warning.unwrap();
        assert!(warning.0.contains("line 1 is longer"), "{warning}");

        let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
        let error = log.append(&"x".repeat(MAX_LINE)).unwrap_err();
        assert!(matches!(error, RunError::Unstorable { .. }), "{error}");
        assert!(log.is_empty());
    }

    #[test]
    fn cutting_keeps_whole_lines_and_refuses_any_other_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        fs::write(&path, "10\n20\n30\n").unwrap();
        let mut log = LineLog::open(Arc::new(Disk), &path).unwrap();
        log.append(&40).unwrap();
        for bad in [1, 4, 10, 12] {
            let error = log.cut_to(bad).unwrap_err();
            assert!(matches!(error, RunError::Damaged { .. }), "{error}");
        }
        assert_eq!(log.len(), 12, "nothing was cut");
        log.cut_to(6).unwrap();
        log.append(&50).unwrap();
        log.sync().unwrap();
        assert_eq!(numbers(&path), [10, 20, 50]);
        log.cut_to(0).unwrap();
        assert_eq!(numbers(&path), [0; 0]);
    }

    #[test]
    fn a_fault_at_any_step_leaves_whole_lines_and_a_passing_one_loses_none() {
        for after in [After::Recovers, After::StaysDown] {
            let mut faults = 0;
            for k in 0.. {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("events.jsonl");
                fs::write(&path, "1\n2\n\"torn").unwrap();
                let disk = Arc::new(Faulty::new(k, after));
                let mut log = LineLog::open(disk.clone(), &path).unwrap();
                disk.arm();
                log.append(&345_678).unwrap();
                let result = log.sync();
                if !disk.has_failed() {
                    result.unwrap();
                    break;
                }
                faults += 1;
                let message = result.unwrap_err().to_string();
                assert!(message.contains(path.to_str().unwrap()), "{message}");
                assert!(message.contains("injected fault"), "{message}");
                let synced = k == 2;
                if after == After::Recovers {
                    // The cut and the write can be tried again, a failed sync is final.
                    assert_eq!(log.sync().is_ok(), !synced, "k = {k}");
                }
                drop(log);
                let items = read_lines::<u32>(&path).unwrap().items;
                let whole = after == After::Recovers || synced;
                let expected = if whole { [1, 2, 345_678].as_slice() } else { &[1, 2] };
                assert_eq!(items, expected, "k = {k}, {after:?}");
            }
            assert_eq!(faults, 3, "cut, write and sync");
        }
    }
}
