//! The run folder: what a run leaves on the disk, and how it comes back from there.
//!
//! ```text
//! runs/2026-11-24-toys/
//!   config.toml        what was asked for
//!   run.json           RunInfo: versions, adapter, seed; written last, so a folder with it is whole
//!   events.jsonl       one event a line          candidates.jsonl   one candidate a line
//!   samples/000123.png pictures, named by step   checkpoints/000123/, checkpoints/LATEST
//!   summary.json       the outcome, once there is one
//!   export/            log.txt                   lock
//! ```
//!
//! The room knows plain values only: bytes, paths, and whatever serde can write. What an event or a
//! configuration is, the caller decides.
//!
//! # What survives
//!
//! Each write keeps the guarantees of its own file ([`write_atomic`], [`LineLog`], [`Checkpoints`]).
//! Together they give: after a killed process or, on Unix, lost power, [`RunFolder::resume`] finds the
//! newest whole checkpoint and cuts logs and samples back to it, so at most the work since that
//! checkpoint is done again. What changed meanwhile in the logs, in `config.toml` or in `run.json` is said.
//! A call that failed for a reason that passes can be made again. `lock` and `log.txt` tell of the process,
//! not of the run, and are left as they are.

mod atomic;
mod beside;
mod checkpoint;
mod error;
mod folder;
mod fs;
mod hash;
mod info;
mod inside;
mod list;
mod live;
mod lock;
mod log;
mod names;
mod space;
mod view;

pub use atomic::write_atomic;
pub use checkpoint::{Checkpoint, Checkpoints, Draft, Found, LogLengths};
pub use error::{RunError, Warning};
pub use folder::{Resumed, RunFolder};
pub use info::{FORMAT, RunInfo, default_dir, now, on_the_wall};
pub use inside::inside;
pub use list::{RunSummary, Standing, list, look, name};
pub use live::{Live, seen, tell};
pub use log::{LineLog, Lines, read_lines};
pub use names::{is_device, safe_name, shown};
pub use space::free_space;
pub use view::{CONFIG, RunView};

#[cfg(test)]
mod tests;
