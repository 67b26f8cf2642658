//! The pictures that a run kept of its training.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::Event;
use crate::run::{RunView, inside};

/// One picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// What made it: `winner, step 500`.
    pub name: String,
    /// The run's unit of work at that time.
    pub step: u64,
    /// The file.
    pub file: PathBuf,
}

/// What is known of a run's pictures.
#[derive(Clone, Debug, PartialEq)]
pub enum History {
    /// They are being looked for.
    Reading,
    /// There are none; why.
    None(String),
    /// Oldest first, at least one.
    Moments {
        /// The moments.
        moments: Arc<Vec<Moment>>,
        /// The run's seed, of which the latents are.
        seed: u64,
    },
}

/// Looks for the pictures of the run in `dir`, which may be no run at all.
pub fn read(dir: &Path) -> History {
    if !dir.is_dir() {
        return History::None("A model file tells nothing of its training; open a run instead".to_owned());
    }
    let read = RunView::open(dir).and_then(|view| Ok((view.info().seed, view.events::<Event>()?)));
    let (seed, events) = match read {
        Ok((seed, events)) => (seed, events.items),
        Err(error) => return History::None(error.to_string()),
    };
    let moments = events.into_iter().filter_map(|event| match event {
        Event::Samples { name, step, file, .. } => Some(Moment { name, step, file: inside(dir, &file)? }),
        _ => None,
    });
    // Who clears a run folder up may have thrown some away.
    let moments: Vec<Moment> = moments.filter(|moment| moment.file.exists()).collect();
    match moments.is_empty() {
        true => History::None("The run has no pictures of its training any more".to_owned()),
        false => History::Moments { moments: Arc::new(moments), seed },
    }
}
