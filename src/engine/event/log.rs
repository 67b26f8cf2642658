//! What the run folder keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::summary::Summary;
use crate::arch::Genotype;
use crate::data::ImageCounts;
use crate::search::{SampleSource, SearchEvent};

/// How many pieces of work a run has done, of any kind, an evaluation or an estimate counted as one. It names
/// checkpoints and pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u64);

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event of the log `events.jsonl`: what another run of the same settings would emit, too. Folders keep it
/// for ever, so what is here can be added to and renamed in the code, and not changed on disk; the format that
/// a folder is written in is in its `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LogEvent {
    /// The images were read: the first event of a run. Runs of 0.1 have none.
    Images {
        /// How many are used, and why the others are not.
        counts: ImageCounts,
    },
    /// Images of the fixed latents were written.
    Samples {
        /// The work that they come from.
        #[serde(rename = "name")]
        source: SampleSource,
        /// What made them; the first versions did not keep it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        genotype: Option<Genotype>,
        /// When they were made, which names the file.
        #[serde(rename = "step")]
        tick: Tick,
        /// The file, relative to the run folder.
        file: String,
    },
    /// The run is done.
    Finished {
        /// What came out.
        summary: Box<Summary>,
    },
    /// What the search or the training itself emits.
    #[serde(untagged)]
    Search(SearchEvent),
}

impl From<SearchEvent> for LogEvent {
    fn from(event: SearchEvent) -> Self {
        Self::Search(event)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{LeftOutCount, Reason};
    use crate::search::{Activity, GeneratorStep, TrainingId};

    #[test]
    fn lines_are_read_and_written_as_earlier_versions_did() {
        let step = Some(GeneratorStep(20));
        let first = "x/a.heic".to_owned();
        let counts = ImageCounts {
            source: "x".to_owned(),
            found: 3,
            used: 2,
            left_out: vec![LeftOutCount { reason: Reason::UnknownFormat, count: 1, first }],
            notes: Vec::new(),
        };
        for (line, event) in [
            (
                r#"{"event":"images","counts":{"source":"x","found":3,"used":2,"left_out":[{"reason":"unknown_format","count":1,"first":"x/a.heic"}]}}"#,
                LogEvent::Images { counts },
            ),
            (
                r#"{"event":"samples","name":"winner, step 20","step":31,"file":"samples/000031.png"}"#,
                LogEvent::Samples {
                    source: SampleSource::Training { training: TrainingId::Winner, step },
                    genotype: None,
                    tick: Tick(31),
                    file: "samples/000031.png".to_owned(),
                },
            ),
            (
                r#"{"event":"phase","activity":"shared","cells":1,"iteration":0}"#,
                SearchEvent::Phase { activity: Activity::Shared, cells: 1, iteration: 0 }.into(),
            ),
        ] {
            assert_eq!(serde_json::from_str::<LogEvent>(line).unwrap(), event);
            assert_eq!(serde_json::to_string(&event).unwrap(), line);
        }
    }
}
