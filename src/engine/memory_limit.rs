//! Giving memory back that this process has taken and does not let go of: a new process of the same program
//! takes its place at a checkpoint.
//!
//! Graphics drivers and their compilers keep what they were asked for as long as a process lives, and a run
//! of days asks often.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// How much more memory is taken than was at first.
pub(super) struct Growth {
    /// Bytes of this process, and of its GPU's pools.
    first: Option<[u64; 2]>,
    limit: u64,
}

impl Growth {
    /// Too much is more than `limit` bytes; nothing is, where that is zero.
    pub fn new(limit: u64) -> Self {
        Self { first: None, limit }
    }

    /// Looks at the memory of this process, beside the bytes that the pools of its GPU hold. Returns by how
    /// many bytes the one or the other has grown since the first look, where that is too much.
    pub fn look(&mut self, pools: u64) -> Option<u64> {
        // Where the system does not tell, the pools alone are looked at.
        self.beyond([resident().unwrap_or(0), pools])
    }

    /// Growth is counted from now on.
    pub fn forgive(&mut self) {
        self.first = None;
    }

    fn beyond(&mut self, now: [u64; 2]) -> Option<u64> {
        let first = *self.first.get_or_insert(now);
        let grown = now[0].saturating_sub(first[0]).max(now[1].saturating_sub(first[1]));
        (self.limit > 0 && grown > self.limit).then_some(grown)
    }
}

/// Bytes of memory that this process has now, as far as the system tells.
fn resident() -> Option<u64> {
    let own = get_current_pid().ok()?;
    let mut system = System::new();
    let memory = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, memory);
    Some(system.process(own)?.memory())
}

/// The program that a new process runs.
///
/// # Errors
///
/// Why there can be none, as a part of a sentence.
pub(super) fn program() -> Result<PathBuf, String> {
    if !cfg!(unix) {
        return Err("this system replaces no process by another".to_owned());
    }
    let program = std::env::current_exe().map_err(|error| format!("the program is not found: {error}"))?;
    match program.is_file() {
        true => Ok(program),
        false => Err(format!("the program was moved or replaced: {}", program.display())),
    }
}

/// Has a new process of this program take the place of this one, with its number and its pipes. Comes back
/// only where that cannot be done.
pub fn renew(arguments: &[OsString]) -> io::Error {
    let program = match program() {
        Ok(program) => program,
        Err(reason) => return io::Error::other(reason),
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments);
    #[cfg(unix)]
    return std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    return io::ErrorKind::Unsupported.into();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn growth_is_counted_from_the_first_look_and_too_much_beyond_the_limit() {
        let mut growth = Growth::new(100);
        let looks = [[1000, 50], [1100, 50], [900, 150], [1101, 50], [1000, 151]];
        assert_eq!(looks.map(|now| growth.beyond(now)), [None, None, None, Some(101), Some(101)]);
        growth.forgive();
        assert_eq!([[1101, 0], [1201, 0], [1202, 0]].map(|now| growth.beyond(now)), [None, None, Some(101)]);
        let mut never = Growth::new(0);
        assert_eq!([[0, 0], [u64::MAX, 0]].map(|now| never.beyond(now)), [None, None]);
    }

    #[test]
    fn what_this_process_takes_is_seen() {
        let is_seen = || {
            let before = resident().unwrap();
            // Ones, because pages of zeros are not taken before they are written to.
            let _taken = std::hint::black_box(vec![1u8; 128 << 20]);
            resident().unwrap() > before + (64 << 20)
        };
        // Other tests may give memory back meanwhile.
        assert!((0..20).any(|_| is_seen()));
    }
}
