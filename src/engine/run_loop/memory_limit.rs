//! Ends a run at a checkpoint when its process has taken too much memory, so that a new process goes on.
//!
//! Graphics drivers and their compilers keep what they were asked for as long as a process lives, and a run
//! of days asks often.

use burn::tensor::Device;
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

use crate::engine::event::LiveEvent;
use crate::engine::reexec;

/// The memory of this process, and how far it may grow.
pub(super) struct MemoryLimit {
    device: Device,
    growth: Growth,
    /// Whether a new process may take the place of this one now; none where there is nobody to start it.
    ready: Option<Box<dyn Fn() -> bool>>,
}

/// What follows from a look at the memory.
pub(super) enum Verdict {
    /// There is room, or it is no time for a new process.
    Fine,
    /// Too much is taken. There is a sentence on it, and whether a new process can go on.
    Exceeded(String, bool),
}

impl MemoryLimit {
    /// More than `limit` bytes of growth are too much, unless that is zero.
    pub fn new(device: Device, limit: u64) -> Self {
        Self { device, growth: Growth::new(limit), ready: None }
    }

    /// A new process may take the place of this one whenever `ready` agrees.
    pub fn reexec_when(&mut self, ready: impl Fn() -> bool + 'static) {
        self.ready = Some(Box::new(ready));
    }

    /// Gives memory that the GPU's pools hold for nothing back, so that days of training end with what the
    /// first minute took. Returns what they hold.
    pub fn release_unused(&self) -> Option<LiveEvent> {
        self.device.memory_cleanup();
        let usage = self.device.memory_pool_usage()?;
        Some(LiveEvent::Memory { in_use: usage.bytes_in_use, reserved: usage.bytes_reserved })
    }

    /// Looks at the memory at a time when nothing is left to be saved. `is_idle` says whether no command
    /// waits.
    pub fn check(&mut self, is_idle: bool) -> Verdict {
        let Some(ready) = &self.ready else {
            return Verdict::Fine;
        };
        let pools = self.device.memory_pool_usage().map_or(0, |usage| usage.bytes_reserved);
        let Some(grown) = self.growth.measure(pools) else {
            return Verdict::Fine;
        };
        if !is_idle || !ready() {
            return Verdict::Fine;
        }
        let program = reexec::program();
        let next = match &program {
            Ok(_) => "so a new process goes on from this checkpoint".to_owned(),
            Err(reason) => {
                self.growth.reset();
                format!(
                    "and no new process can go on in place of this one ({reason}); stop and resume the run to give the memory back"
                )
            }
        };
        let text = format!("memory has grown by {} MiB, {next}", grown >> 20);
        Verdict::Exceeded(text, program.is_ok())
    }
}

/// How much more memory is taken than was at first.
struct Growth {
    /// Bytes of this process, and of its GPU's pools.
    first: Option<[u64; 2]>,
    limit: u64,
}

impl Growth {
    /// Too much is more than `limit` bytes; nothing is, where that is zero.
    fn new(limit: u64) -> Self {
        Self { first: None, limit }
    }

    /// Measures the memory of this process, with the bytes that the pools of its GPU hold. Returns by how
    /// many bytes the one or the other has grown since the first call, where that is too much.
    fn measure(&mut self, pools: u64) -> Option<u64> {
        // Where the system does not say, the pools alone count.
        self.beyond([resident().unwrap_or(0), pools])
    }

    /// Growth is counted from now on.
    fn reset(&mut self) {
        self.first = None;
    }

    fn beyond(&mut self, now: [u64; 2]) -> Option<u64> {
        let first = *self.first.get_or_insert(now);
        let grown = now[0].saturating_sub(first[0]).max(now[1].saturating_sub(first[1]));
        (self.limit > 0 && grown > self.limit).then_some(grown)
    }
}

/// Bytes of memory that this process has now, as far as the system says.
fn resident() -> Option<u64> {
    let own = get_current_pid().ok()?;
    let mut system = System::new();
    let memory = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, memory);
    Some(system.process(own)?.memory())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn growth_is_counted_from_the_first_measurement_and_too_much_beyond_the_limit() {
        let mut growth = Growth::new(100);
        let measured = [[1000, 50], [1100, 50], [900, 150], [1101, 50], [1000, 151]];
        assert_eq!(measured.map(|now| growth.beyond(now)), [None, None, None, Some(101), Some(101)]);
        growth.reset();
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
