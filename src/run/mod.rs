//! The run folder: what a run leaves on the disk, and how it comes back from there.
//!
//! ```text
//! runs/2026-11-24-toys/
//!   config.toml        what was asked for
//!   run.json           RunInfo: versions, adapter, seed; written last, so a folder with it is whole
//!   events.jsonl       one event a line          candidates.jsonl   one candidate a line
//!   samples/000123.png pictures, named by step   candidates/000123.png  those of candidates
//!   checkpoints/000123/, checkpoints/LATEST
//!   summary.json       the outcome, once there is one
//!   export/            log.txt                   lock
//! ```
//!
//! This module knows plain values only: bytes, paths, and whatever serde can write. What an event or a
//! configuration is, the caller decides.
//!
//! # What survives
//!
//! Each write keeps the guarantees of its own file ([`write_atomic`], [`LineLog`], [`Checkpoints`]).
//! Together they give: after a killed process or, on Unix, lost power, [`RunFolder::resume`] finds the
//! newest whole checkpoint and cuts logs and pictures back to it, so at most the work since that
//! checkpoint is done again. What changed meanwhile in the logs, in `config.toml` or in `run.json` is said.
//! A call that failed for a reason that passes can be made again. `lock` and `log.txt` belong to the
//! process, not to the run, and are left as they are.

mod atomic;
mod checkpoint;
mod error;
mod folder;
mod fs;
mod hash;
mod info;
mod list;
mod live_status;
mod lock;
mod log;
mod manifest_check;
mod names;
mod view;

pub use atomic::{write_atomic, write_file};
pub use checkpoint::{Checkpoint, Checkpoints, Draft, LatestCheckpoint, LogLengths};
pub use error::{FileError, RunError, Warning};
pub use folder::{Resumed, RunFolder};
pub use fs::free_space;
pub use info::{FORMAT, RunInfo, default_dir, local_clock, local_time, now};
pub use list::{RunStatus, RunSummary, list, run_name, summarize};
pub use live_status::{LiveStatus, live_status, send_message};
pub use log::{LineLog, Lines, read_lines};
pub use names::{is_device, natural_order, safe_join, safe_name};
pub use view::{CONFIG, RunView};

#[cfg(test)]
mod tests;
