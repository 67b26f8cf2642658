//! Logs of one JSON value a line, written at the end only.

use super::error::at;
use super::fs::{Fs, is_at, open_file};
use super::hash;
use super::hash::Sum;
use super::{RunError, Warning};
use crate::input::shown;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest line that is written or read, in bytes: a damaged log must not fill the memory.
pub(super) const MAX_LINE: usize = 16 << 20;

/// Lines are handed to the system once this many bytes of them wait.
pub(super) const BUFFER: usize = 64 << 10;

/// A log that grows by one JSON line at a time.
///
/// - [`append`](Self::append) only collects; lines that were never flushed are lost with the process.
/// - After [`flush`](Self::flush) they survive a killed process, after [`sync`](Self::sync) also lost power
///   (as far as the disk keeps its word). A crash in between leaves whole lines and at most one torn
///   one at the end, which readers skip and the next writer cuts off.
/// - Whatever fails can be called again, and once it succeeds the log is as if it had never failed. A
///   failed append takes nothing of its line, so it is the *append* that must be tried again; a failed
///   flush or sync loses no line, so it is *that* which must be, and no line a second time.
/// - After a *sync* that failed, the system may have dropped lines, while it would report success the next
///   time. So they are read back, compared with the sum of what was appended, and written in place once
///   more. Where they are not what was appended, every later call fails until the run is resumed.
///
/// Dropping the log flushes it, without a way to report an error: flush first.
#[derive(Debug)]
pub struct LineLog {
    disk: Arc<dyn Fs>,
    path: PathBuf,
    file: File,
    /// What the file holds in whole lines.
    written: Mark,
    /// How much of it is on the disk.
    synced: Mark,
    /// Whole lines that are still to be written.
    waiting: Vec<u8>,
    /// A write failed, and the file may end in a part of `waiting`.
    torn: bool,
    /// A sync failed, and what follows `synced` must be written again.
    untrusted: bool,
}

/// A length of the log and the running sum of what was written up to there.
#[derive(Debug, Clone, Default)]
struct Mark {
    len: u64,
    hasher: Sha256,
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
            torn: written.len < len,
            // What is there was found there: nothing tells how it came to the disk.
            synced: written.clone(),
            written,
            waiting: Vec::new(),
            untrusted: false,
        })
    }

    /// Adds `value` as one line.
    ///
    /// # Errors
    /// [`RunError::Unstorable`] where `value` has no JSON form or one over 16 MiB, and those of
    /// [`flush`](Self::flush) when enough lines wait to be written. The line is not taken then, and those
    /// before it wait.
    pub fn append(&mut self, value: &impl Serialize) -> Result<(), RunError> {
        let mut line = serde_json::to_vec(value).map_err(|e| self.unstorable(e.to_string()))?;
        line.push(b'\n');
        if line.len() > MAX_LINE {
            return Err(self.unstorable(format!("{} bytes, over {MAX_LINE}", line.len())));
        }
        let before = self.waiting.len();
        self.waiting.extend_from_slice(&line);
        if self.waiting.len() < BUFFER {
            return Ok(());
        }
        let flushed = self.flush();
        if flushed.is_err() {
            self.waiting.truncate(before);
        }
        flushed
    }

    /// Hands all lines to the operating system: they survive this process.
    ///
    /// # Errors
    /// [`RunError::Full`], [`RunError::Denied`] or [`RunError::Io`]; the lines wait for the next flush.
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.rewrite()?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.mend()?;
        self.torn = true;
        self.disk.write(&mut self.file, &self.path, &self.waiting).map_err(at("write", &self.path))?;
        self.torn = false;
        self.written.len += self.waiting.len() as u64;
        self.written.hasher.update(&self.waiting);
        self.waiting.clear();
        Ok(())
    }

    /// Flushes and waits until the lines are on the disk.
    ///
    /// # Errors
    /// Those of [`flush`](Self::flush). [`RunError::Io`], too, where another file or none is by now at the
    /// log's path: the system would let us write to a deleted file for ever.
    pub fn sync(&mut self) -> Result<(), RunError> {
        self.flush()?;
        self.sync_file()?;
        if !is_at(&self.file, &self.path).map_err(at("find", &self.path))? {
            let reason = io::Error::other("another file has taken its place");
            return Err(at("find", &self.path)(reason));
        }
        Ok(())
    }

    /// The length of the log in bytes, waiting lines included.
    pub fn len(&self) -> u64 {
        self.written.len + self.waiting.len() as u64
    }

    /// Length and sum of what was flushed.
    pub(super) fn sum(&self) -> Sum {
        Sum { sha256: hash::hex(self.written.hasher.clone()), bytes: self.written.len }
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
        if len > self.synced.len {
            self.rewrite()?;
        }
        let left = self.mark(len).map_err(at("read", &self.path))?;
        self.disk.cut(&self.file, &self.path, len).map_err(at("cut", &self.path))?;
        self.waiting.clear();
        self.written = left;
        self.torn = false;
        if len <= self.synced.len {
            self.synced = self.written.clone();
            self.untrusted = false;
        }
        self.sync_file()
    }

    /// Fails where the file has no line that ends after `len` bytes.
    pub(super) fn ends_line(&self, len: u64) -> Result<(), RunError> {
        let damaged = |reason| RunError::Damaged { path: self.path.clone(), reason };
        if len > self.written.len {
            let reason = format!("{} bytes where {len} had been saved", self.written.len);
            return Err(damaged(reason));
        }
        if len > 0 {
            let mut last = [0];
            read_at(&self.file, len - 1, &mut last).map_err(at("read", &self.path))?;
            if last != [b'\n'] {
                return Err(damaged(format!("no line ends at byte {len}")));
            }
        }
        Ok(())
    }

    /// Cuts off what a failed write, or a process killed while writing, left of a line.
    fn mend(&mut self) -> Result<(), RunError> {
        if self.torn {
            self.disk.cut(&self.file, &self.path, self.written.len).map_err(at("cut", &self.path))?;
            self.torn = false;
        }
        Ok(())
    }

    fn sync_file(&mut self) -> Result<(), RunError> {
        let synced = self.disk.sync(&self.file, &self.path);
        self.untrusted = synced.is_err();
        synced.map_err(at("sync", &self.path))?;
        self.synced = self.written.clone();
        Ok(())
    }

    /// After a failed sync: writes once more what may not have come to the disk, if it is still there to
    /// read.
    fn rewrite(&mut self) -> Result<(), RunError> {
        if !self.untrusted {
            return Ok(());
        }
        let failed = || at("write", &self.path);
        // Not appending, to write in place.
        let mut place = OpenOptions::new().write(true).open(&self.path).map_err(failed())?;
        if !is_at(&self.file, &self.path).map_err(failed())? {
            return Err(failed()(io::Error::other("another file has taken its place")));
        }
        let mut found = self.synced.clone();
        let mut chunk = vec![0; hash::CHUNK];
        while found.len < self.written.len {
            let wanted = (self.written.len - found.len).min(hash::CHUNK as u64) as usize;
            let part = &mut chunk[..wanted];
            read_at(&self.file, found.len, part).map_err(failed())?;
            place.seek(SeekFrom::Start(found.len)).map_err(failed())?;
            self.disk.write(&mut place, &self.path, part).map_err(failed())?;
            found.hasher.update(&*part);
            found.len += wanted as u64;
        }
        if hash::hex(found.hasher) != hash::hex(self.written.hasher.clone()) {
            return Err(failed()(io::Error::other("an earlier sync failed, and lines were lost")));
        }
        self.untrusted = false;
        Ok(())
    }

    /// The mark after `len` bytes, at most those written.
    fn mark(&self, len: u64) -> io::Result<Mark> {
        if len == self.written.len {
            return Ok(self.written.clone());
        }
        let (mut hasher, mut file) = (Sha256::new(), &self.file);
        file.seek(SeekFrom::Start(0))?;
        hash::add(&mut hasher, file, len)?;
        Ok(Mark { len, hasher })
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
    /// How many bytes were read, up to the end of the last whole line.
    pub good: u64,
    /// What was left out, or stopped the reading before the end, if something did.
    pub warning: Option<Warning>,
}

/// Reads a log up to its end, without the lines that are damaged.
///
/// A torn last line is what a killed or still writing process leaves; it is no error. Memory is bounded
/// by the good lines and one more of at most 16 MiB; at a longer one the reading stops.
///
/// # Errors
/// Only where the file cannot be read at all.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Lines<T>, RunError> {
    let mut reader = BufReader::new(open_file(path).map_err(at("open", path))?);
    let mut lines = Lines { items: Vec::new(), good: 0, warning: None };
    let (mut line, mut number, mut skipped) = (Vec::new(), 0, 0);
    let mut first = None;
    loop {
        line.clear();
        let read =
            (&mut reader).take(MAX_LINE as u64).read_until(b'\n', &mut line).map_err(at("read", path))?;
        if read == 0 {
            break;
        }
        number += 1;
        let whole = line.ends_with(b"\n");
        let problem = match serde_json::from_slice(&line) {
            Ok(item) if whole => {
                lines.items.push(item);
                lines.good += read as u64;
                continue;
            }
            Err(e) if whole => format!("cannot be read ({e})"),
            _ if read == MAX_LINE => format!("is longer than {MAX_LINE} bytes"),
            _ => "is torn".to_owned(),
        };
        first.get_or_insert_with(|| format!("line {number} {problem}"));
        if !whole {
            break;
        }
        lines.good += read as u64;
        skipped += 1;
    }
    lines.warning = first.map(|what| {
        let (path, good) = (shown(path), lines.good);
        Warning(match skipped {
            0 => format!("{path}: {what}; it was read up to byte {good}"),
            _ => format!("{path}: {what}; of {number} lines, {} were left out", number - lines.items.len()),
        })
    });
    Ok(lines)
}

/// What there is up to the end of the last whole line, and the bytes of the file.
fn whole_lines(file: &File) -> io::Result<(Mark, u64)> {
    let (mut whole, mut all) = (Mark::default(), Mark::default());
    let mut reader = BufReader::with_capacity(BUFFER, file);
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok((whole, all.len));
        }
        let read = chunk.len();
        let end = chunk.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        all.hasher.update(&chunk[..end]);
        if end > 0 {
            whole = Mark { len: all.len + end as u64, hasher: all.hasher.clone() };
        }
        all.hasher.update(&chunk[end..]);
        all.len += read as u64;
        reader.consume(read);
    }
}

fn read_at(mut file: &File, position: u64, bytes: &mut [u8]) -> io::Result<()> {
    // The file is in append mode, so moving the position does not move where lines go.
    file.seek(SeekFrom::Start(position))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests;
