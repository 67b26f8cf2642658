//! Whether a run's files outside the checkpoints are still those that the manifest of one noted.
//!
//! The state of a run does not depend on the text of its logs, so a bit that flips there stops nothing. But
//! it must not pass for what the run wrote.

use super::error::at;
use super::fs::{open_file, read_at_most};
use super::hash::{self, FileSums, Sum};
use super::info::RUN_JSON;
use super::view::{CANDIDATES, CONFIG, EVENTS, LIMIT};
use super::{Checkpoint, Checkpoints, LineLog, RunError, Warning};
use crate::input::shown;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The sums of the files in the run folder `dir` that no checkpoint holds. What cannot be read is left out:
/// a run that does its work must not end because somebody deleted its settings.
pub(super) fn sums(dir: &Path, events: &LineLog, candidates: &LineLog) -> FileSums {
    let small = [CONFIG, RUN_JSON].into_iter().filter_map(|name| {
        let bytes = read_at_most(&dir.join(name), LIMIT).ok()?;
        Some((name.to_owned(), Sum::of(&bytes)))
    });
    let logs = [(EVENTS, events), (CANDIDATES, candidates)];
    small.chain(logs.map(|(name, log)| (name.to_owned(), log.sum()))).collect()
}

/// One warning for each file in `dir` that is not what it was when `good` was saved. Checkpoints of versions
/// that did not note it give none.
pub(super) fn changes(
    dir: &Path,
    good: &Checkpoint,
    checkpoints: &Checkpoints,
) -> Result<Vec<Warning>, RunError> {
    let mut warnings = Vec::new();
    for (name, sum) in good.run_files() {
        let path = dir.join(name);
        let changed = match name.as_str() {
            EVENTS | CANDIDATES => log_change(&path, sum, &older(name, good, checkpoints))?,
            CONFIG | RUN_JSON => {
                let bytes = read_at_most(&path, LIMIT).map_err(at("read", &path))?;
                let same = Sum::of(&bytes) == *sum;
                (!same).then(|| "the run goes on with what it says now".to_owned())
            }
            // A later version may note more.
            _ => None,
        };
        let (path, step) = (shown(&path), good.step());
        let said =
            changed.map(|what| format!("{path} was changed after checkpoint {step:06} was saved: {what}"));
        warnings.extend(said.map(Warning));
    }
    Ok(warnings)
}

/// The sums of the same log at earlier lengths, as older checkpoints noted them, the longest first.
fn older(name: &str, good: &Checkpoint, checkpoints: &Checkpoints) -> Vec<Sum> {
    let before = checkpoints.run_files_before(good.step());
    before.into_iter().filter_map(|files| files.get(name).cloned()).collect()
}

/// What is to be said of a log whose beginning has another sum.
fn log_change(path: &Path, sum: &Sum, older: &[Sum]) -> Result<Option<String>, RunError> {
    let same = |sum: &Sum| -> Result<bool, RunError> {
        let mut hasher = Sha256::new();
        let read = hash::add(&mut hasher, open_file(path).map_err(at("open", path))?, sum.bytes);
        read.map_err(at("read", path))?;
        Ok(hash::hex(hasher) == sum.sha256)
    };
    if same(sum)? {
        return Ok(None);
    }
    let (mut from, mut to) = (0, sum.bytes);
    for sum in older {
        if same(sum)? {
            from = sum.bytes;
            break;
        }
        to = sum.bytes;
    }
    let place = match unreadable_line(path, from, to).map_err(at("read", path))? {
        Some((line, byte)) => format!("line {line}, at byte {byte}, cannot be read"),
        None => format!("it differs between byte {from} and byte {to}"),
    };
    Ok(Some(format!("{place}; the run goes on all the same, but its history is wrong there")))
}

/// Number and first byte of the first line after `from` and before `to` that is no JSON.
fn unreadable_line(path: &Path, from: u64, to: u64) -> std::io::Result<Option<(u64, u64)>> {
    let mut reader = BufReader::new(open_file(path)?);
    let (mut number, mut byte, mut line) = (0, 0, Vec::new());
    while byte < to {
        line.clear();
        // No whole line is longer than a log's, and a longer one is none.
        let read = (&mut reader).take(super::log::MAX_LINE as u64).read_until(b'\n', &mut line)?;
        number += 1;
        if read == 0 || byte >= from && serde_json::from_slice::<IgnoredAny>(&line).is_err() {
            return Ok(Some((number, byte)));
        }
        byte += read as u64;
    }
    Ok(None)
}
