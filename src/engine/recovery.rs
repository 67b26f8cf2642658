//! What a run does when something goes wrong that need not be its end: a disk that takes no more, numbers
//! that break off.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::control::Control;
use super::event::Event;
use crate::run::{RunError, shown};
use crate::search::SearchError;

/// Setbacks in a row after which a run does not go on by itself.
pub(super) const SETBACKS: u32 = 3;
/// Free space is short when it holds fewer checkpoints than this.
pub(super) const SPARE_CHECKPOINTS: u64 = 3;
/// Pieces of work after the place of a setback with which it counts as passed: more than it takes until
/// weights that broke there are noticed.
const PASSED_AFTER: u64 = 4 * crate::gan::WEIGHTS_EVERY;
/// Time between two attempts to do what could not be done.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Who a run talks with.
pub(super) struct Talk<'a> {
    /// What it is told.
    pub controls: &'a Receiver<Control>,
    /// What it tells.
    pub tell: &'a mut dyn FnMut(&Event),
}

impl Talk<'_> {
    pub fn tell(&mut self, event: &Event) {
        (self.tell)(event);
    }
}

/// How often a run was taken back because its numbers broke off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Setbacks {
    in_a_row: u32,
    in_all: u64,
    /// Where the last one was.
    at: u64,
}

impl Setbacks {
    /// One more, after so many pieces of work. Whether the run may go on by itself.
    pub fn add(&mut self, tick: u64) -> bool {
        self.in_a_row += 1;
        self.in_all += 1;
        self.at = self.at.max(tick);
        self.in_a_row <= SETBACKS
    }

    /// The run has come to `tick`: one that lies well behind it is over.
    pub fn passed(&mut self, tick: u64) {
        if tick > self.at + PASSED_AFTER {
            self.in_a_row = 0;
        }
    }

    /// Somebody says that it shall go on.
    pub fn forgive(&mut self) {
        self.in_a_row = 0;
    }

    /// Since the run began.
    pub fn in_all(&self) -> u64 {
        self.in_all
    }
}

/// What holds a run up, in words, where `error` is one that may not come again: always a full disk, and where
/// somebody can see to it any other refusal of the file system, too.
pub(super) fn obstacle(error: &anyhow::Error, attended: bool) -> Option<String> {
    match error.downcast_ref::<RunError>()? {
        RunError::Full { action, path, reason } => {
            let place = shown(path);
            Some(format!(
                "no space left to {action} {place} ({reason}); the run waits and goes on by itself when there is space"
            ))
        }
        RunError::Denied { action, path, reason } | RunError::Io { action, path, reason } if attended => {
            let place = shown(path);
            Some(format!(
                "cannot {action} {place} ({reason}); the run waits and goes on by itself when it can, or stop it and resume it from its last checkpoint"
            ))
        }
        RunError::Replaced { dir } if attended => {
            let place = shown(dir);
            Some(format!(
                "the run folder {place} was moved, deleted or replaced; put it back in its place and the run goes on by itself, or stop the run"
            ))
        }
        _ => None,
    }
}

/// Whether numbers broke off.
pub(super) fn is_no_number(error: &anyhow::Error) -> bool {
    error.downcast_ref::<SearchError>().is_some_and(SearchError::is_no_number)
}

/// That space runs short, in words. `free` and `size` are bytes.
pub(super) fn short_of_space(dir: &Path, free: u64, size: u64) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    format!(
        "only {:.1} MiB are free at {}, less than {SPARE_CHECKPOINTS} checkpoints of {:.1} MiB; when the disk is full the run waits, so make space",
        mib(free),
        dir.display(),
        mib(size)
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::{Error, ErrorKind};

    #[test]
    fn three_setbacks_in_a_row_are_forgiven_and_those_that_lie_behind_are_forgotten() {
        let mut setbacks = Setbacks::default();
        assert!((0..SETBACKS).all(|_| setbacks.add(10)));
        assert!(!setbacks.add(9));
        setbacks.passed(10 + PASSED_AFTER);
        assert!(!setbacks.add(10));
        setbacks.passed(11 + PASSED_AFTER);
        assert!(setbacks.add(11 + PASSED_AFTER));
        assert_eq!(setbacks.in_all(), 6, "each has other random numbers");
        assert!(!(0..9).all(|_| setbacks.add(0)));
        setbacks.forgive();
        assert!(setbacks.add(0));
    }

    #[test]
    fn a_full_disk_is_waited_for_and_others_only_where_somebody_can_say_that_they_are_over() {
        let (action, path) = ("write", std::path::PathBuf::from("/runs/a b/LATEST"));
        let reason = || Error::from(ErrorKind::StorageFull);
        let full = || anyhow::Error::from(RunError::Full { action, path: path.clone(), reason: reason() });
        let io = || anyhow::Error::from(RunError::Io { action, path: path.clone(), reason: reason() });
        for attended in [false, true] {
            assert!(obstacle(&full(), attended).unwrap().contains("write /runs/a b/LATEST"));
            assert_eq!(obstacle(&io(), attended).is_some(), attended);
            assert_eq!(obstacle(&anyhow::anyhow!("another"), attended), None);
        }
        // A wrapped one is the same one.
        assert!(obstacle(&full().context("the checkpoint"), false).is_some());
    }
}
