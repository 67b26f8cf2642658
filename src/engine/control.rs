//! Commands to a run under way.

use serde::{Deserialize, Serialize};

/// A command to a run under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Control {
    /// Wait until `Continue`.
    Pause,
    /// Go on.
    Continue,
    /// Do one step, then wait.
    Step {
        /// How far it goes.
        #[serde(default)]
        stride: Stride,
    },
    /// Save a checkpoint now.
    Checkpoint,
    /// Save a checkpoint and end.
    Stop,
    /// Emit a preview of the images now and then.
    Preview {
        /// Milliseconds between two of them at least; none for no previews.
        every_ms: Option<u64>,
    },
}

/// How far a step goes. It never changes the order of the updates: a run that was stepped through ends
/// like one that was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stride {
    /// To the end of the unit of work: a discriminator update with the generator update that belongs to
    /// it, or an update of the controller.
    #[default]
    Both,
    /// To the next update of the discriminator; where no network is trained, to the end of the unit.
    Discriminator,
    /// To the next update of the generator; where no network is trained, to the end of the unit.
    Generator,
}
