//! What the controls ask of the screen.

use super::choices::CreateMode;
use super::exports::ExportForm;

/// What the controls ask for beyond a changed choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRequest {
    /// Show something else.
    Mode(CreateMode),
    /// Load the run's newest weights.
    Newest,
    /// Copy the recipe of the chosen image.
    Copy,
    /// Write something.
    Export(ExportForm),
    /// Make and save many images of new seeds.
    Many,
    /// Save no more of them.
    CancelMany,
}
