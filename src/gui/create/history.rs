//! The pictures that a run kept of its training.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::{LogEvent, Tick};
use crate::run::{RunView, safe_join};
use crate::search::SampleSource;

/// One picture of the training.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The work that it comes from.
    pub source: SampleSource,
    /// When it was made.
    pub tick: Tick,
    /// The file.
    pub file: PathBuf,
}

/// The pictures that a run kept of its training, as far as they are known.
#[derive(Clone, Debug, PartialEq)]
pub enum History {
    /// They are being looked for.
    Reading,
    /// There are none; why.
    None(String),
    /// Oldest first, at least one.
    Snapshots {
        /// The pictures.
        snapshots: Arc<Vec<Snapshot>>,
        /// The run's seed, of which the latents are.
        seed: u64,
    },
}

/// Looks for the pictures of the run in `dir`, which may be no run at all.
pub fn read(dir: &Path) -> History {
    if !dir.is_dir() {
        return History::None("A model file says nothing of its training; open a run instead".to_owned());
    }
    let read = RunView::open(dir).and_then(|view| Ok((view.info().seed, view.events::<LogEvent>()?)));
    let (seed, events) = match read {
        Ok((seed, events)) => (seed, events.items),
        Err(error) => return History::None(error.to_string()),
    };
    let snapshots = events.into_iter().filter_map(|event| match event {
        LogEvent::Samples { source, tick, file, .. } => {
            Some(Snapshot { source, tick, file: safe_join(dir, &file)? })
        }
        _ => None,
    });
    // Who clears a run folder up may have thrown some away.
    let snapshots: Vec<Snapshot> = snapshots.filter(|snapshot| snapshot.file.exists()).collect();
    if snapshots.is_empty() {
        History::None("The run has no pictures of its training any more".to_owned())
    } else {
        History::Snapshots { snapshots: Arc::new(snapshots), seed }
    }
}
