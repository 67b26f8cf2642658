//! Reads the events of a run that another process writes, or wrote, from its folder.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::engine::{LiveEvent, LogEvent};
use crate::run::{RunError, RunView, live_status};

/// The most that is read at a time, in bytes.
const CHUNK: u64 = 8 << 20;

/// What is new in a run folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    /// The log was cut back: what was read before is void, and `events` begin anew.
    pub anew: bool,
    /// Events, oldest first.
    pub events: Vec<LogEvent>,
    /// Whether the log has more that can be read at once.
    pub more: bool,
    /// What the writing process shows of itself now.
    pub seen: Vec<LiveEvent>,
    /// Whether a living process writes to the run.
    pub running: bool,
}

/// Follows one run folder.
pub struct Follower {
    view: RunView,
    path: PathBuf,
    /// Bytes of whole lines that were read, and the last of them.
    read: u64,
    tail: Vec<u8>,
}

impl Follower {
    /// Begins to follow the run in `dir`, at its first event.
    ///
    /// # Errors
    ///
    /// If it is no run.
    pub fn new(dir: &Path) -> Result<Self, RunError> {
        let view = RunView::open(dir)?;
        Ok(Self { path: view.events_path(), view, read: 0, tail: Vec::new() })
    }

    /// The run.
    pub fn view(&self) -> &RunView {
        &self.view
    }

    /// What is new since the last call. Reads at most 8 MiB of events, so a long log takes several.
    pub fn poll(&mut self) -> Update {
        let mut update = Update { running: self.view.is_running(), ..Update::default() };
        if update.running {
            update.seen = live_status(self.view.dir()).unwrap_or_default();
        }
        // What cannot be read now may be readable the next time.
        let _ = self.read_on(&mut update);
        update
    }

    fn read_on(&mut self, update: &mut Update) -> std::io::Result<()> {
        let mut file = File::open(&self.path)?;
        if !self.continues(&mut file)? {
            (self.read, self.tail) = (0, Vec::new());
            update.anew = true;
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.take(CHUNK).read_to_end(&mut bytes)?;
        update.more = bytes.len() as u64 == CHUNK;
        // A torn last line is one that is still being written.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        for line in bytes[..whole].split_inclusive(|&byte| byte == b'\n') {
            update.events.extend(serde_json::from_slice(line).ok());
            self.tail = line.to_vec();
        }
        self.read += whole as u64;
        // A line that fills all that is read at a time is no event, and must not be read again for ever.
        if whole == 0 && bytes.len() as u64 == CHUNK {
            (self.read, self.tail) = (self.read + CHUNK, Vec::new());
        }
        Ok(())
    }

    /// Whether the log still has the line that was read last, where it was.
    fn continues(&self, file: &mut File) -> std::io::Result<bool> {
        if file.metadata()?.len() < self.read {
            return Ok(false);
        }
        let mut there = vec![0; self.tail.len()];
        file.seek(SeekFrom::Start(self.read - self.tail.len() as u64))?;
        file.read_exact(&mut there)?;
        Ok(there == self.tail)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::{RunFolder, RunInfo};
    use crate::search::{Curve, SearchEvent};

    fn event(step: u64) -> LogEvent {
        SearchEvent::Metric { curve: Curve::from("x".to_owned()), step, value: 0.5 }.into()
    }

    #[test]
    fn a_growing_log_is_read_once_and_a_cut_one_anew() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        let info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
        let mut folder = RunFolder::create(&dir, &info, "").unwrap();
        let mut follower = Follower::new(&dir).unwrap();
        assert_eq!(follower.poll(), Update { running: true, ..Update::default() });
        for step in 0..3 {
            folder.events.append(&event(step)).unwrap();
        }
        folder.events.flush().unwrap();
        assert_eq!(follower.poll().events, [event(0), event(1), event(2)]);
        let len = folder.events.len();
        folder.events.append(&event(3)).unwrap();
        folder.events.flush().unwrap();
        let update = follower.poll();
        assert_eq!((update.anew, update.events), (false, vec![event(3)]));
        folder.events.cut_to(len).unwrap();
        // As long as before, but another line.
        folder.events.append(&event(4)).unwrap();
        drop(folder);
        let update = follower.poll();
        assert_eq!((update.anew, update.running), (true, false));
        assert_eq!(update.events, [event(0), event(1), event(2), event(4)]);
    }

    #[test]
    fn a_line_that_is_longer_than_any_event_is_passed_over() {
        use std::io::Write;
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        let info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
        drop(RunFolder::create(&dir, &info, "").unwrap());
        let mut follower = Follower::new(&dir).unwrap();
        let mut file = File::options().append(true).open(follower.view().events_path()).unwrap();
        writeln!(file, "{}", "x".repeat(2 * CHUNK as usize + 10)).unwrap();
        writeln!(file, "{}", serde_json::to_string(&event(1)).unwrap()).unwrap();
        let found: Vec<LogEvent> = (0..4).flat_map(|_| follower.poll().events).collect();
        assert_eq!(found, [event(1)]);
    }

    #[test]
    fn a_line_that_is_being_written_is_read_when_it_is_whole() {
        use std::io::Write;
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        let info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
        drop(RunFolder::create(&dir, &info, "").unwrap());
        let mut follower = Follower::new(&dir).unwrap();
        let line = serde_json::to_string(&event(7)).unwrap();
        let mut file = File::options().append(true).open(follower.view().events_path()).unwrap();
        write!(file, "{}", &line[..9]).unwrap();
        assert_eq!(follower.poll().events, []);
        writeln!(file, "{}", &line[9..]).unwrap();
        assert_eq!(follower.poll().events, [event(7)]);
    }
}
