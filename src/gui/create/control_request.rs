//! What the controls ask of the screen.

use super::choices::Mode;
use super::exports::Export;

/// What the controls ask for beyond a changed choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRequest {
    /// Show something else.
    Mode(Mode),
    /// Copy the recipe of the chosen image.
    Copy,
    /// Write something.
    Export(Export),
}
