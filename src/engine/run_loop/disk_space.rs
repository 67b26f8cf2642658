//! Warns before the disk is full.

use std::path::Path;

use crate::engine::event::LiveEvent;
use crate::run::free_space;

/// Free space is short when it holds fewer checkpoints than this.
const SPARE_CHECKPOINTS: u64 = 3;

/// Whether the disk of a run runs short of space.
#[derive(Default)]
pub(super) struct DiskSpace {
    is_short: bool,
}

impl DiskSpace {
    /// To be asked before a file is written, because it may be the one that the disk does not take any more.
    /// Returns a warning when the disk will soon take no more checkpoints of `size` bytes, once.
    pub fn check(&mut self, dir: &Path, size: u64) -> Option<LiveEvent> {
        // Where the system does not say, a disk that is full will be noticed when it is.
        let free = free_space(dir).ok()?;
        let was_short = std::mem::replace(&mut self.is_short, free < SPARE_CHECKPOINTS * size);
        let is_new = self.is_short && !was_short;
        is_new.then(|| LiveEvent::Notice { text: warning(dir, free, size) })
    }
}

/// That space runs short, in words. `free` and `size` are bytes.
fn warning(dir: &Path, free: u64, size: u64) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    format!(
        "only {:.1} MiB are free at {}, less than {SPARE_CHECKPOINTS} checkpoints of {:.1} MiB; when the disk is full the run waits, so make space",
        mib(free),
        dir.display(),
        mib(size)
    )
}
