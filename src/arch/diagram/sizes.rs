//! Sizes of the parts of a drawing.

/// Around everything.
pub const MARGIN: f32 = 8.0;
/// Between frames, and between the ends and the frames.
pub const GUTTER: f32 = 16.0;
/// From a box to the frame's edge.
pub const PADDING: f32 = 12.0;
/// The middle of the line of inputs, shortcuts and outputs: below the headings.
pub const TOP: f32 = MARGIN + 36.0;
/// From one row of boxes to the next.
pub const PITCH: f32 = 32.0;

/// Height of a box.
pub const BOX: f32 = 22.0;
/// Height of a box with two lines.
pub const TALL: f32 = 40.0;
/// Diameter of a circle where branches are added.
pub const ADD: f32 = 18.0;
/// Diameter of a dot where the way forks.
pub const FORK: f32 = 6.0;

/// Width of the boxes at the left end.
pub const START: f32 = 84.0;
/// Width of the frame at the right end, and of its boxes.
pub const HEAD: f32 = 104.0;
pub const HEAD_BOX: f32 = 84.0;

/// From a cell's left edge to its first block: room for the way down from the line of inputs.
pub const ENTRY: f32 = 24.0;
/// Width of a box in a block.
pub const COLUMN: f32 = 92.0;
/// Between the blocks of a cell.
pub const BETWEEN: f32 = 24.0;
/// Width of a cell.
pub const CELL: f32 = ENTRY + COLUMN + BETWEEN + COLUMN + PADDING;

/// Widths of the boxes of a shortcut.
pub const SHORTCUT_UP: f32 = 73.0;
pub const SHORTCUT_CONV: f32 = 59.0;
/// Length of the lines between the boxes of a shortcut, and before a skip's box.
pub const ARROW: f32 = 10.0;

/// Width of a skip's box.
pub const SKIP: f32 = 140.0;
/// Height of a skip's band: a row of boxes and the line below it.
pub const BAND: f32 = 36.0;

/// The left edge of a cell, or of what comes behind the last.
pub fn cell_left(cell: usize) -> f32 {
    MARGIN + START + GUTTER + cell as f32 * (CELL + GUTTER)
}
