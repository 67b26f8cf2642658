//! Sizes of the parts of a drawing.

/// Height of letters that every label is sure to fit its box with, in units of the drawing.
pub const TEXT_SIZE: f32 = 11.0;

/// Around everything.
pub const MARGIN: f32 = 8.0;
/// Between frames, and between the ends and the frames.
pub const GUTTER: f32 = 16.0;
/// From a box to the frame's edge.
pub const PADDING: f32 = 12.0;
/// Height of a frame's heading: from its top edge to the middle of the first box.
pub const HEADING: f32 = 36.0;
/// The middle of the line of inputs, shortcuts and outputs: below the headings.
pub const TOP: f32 = MARGIN + HEADING;
/// From one row of boxes to the next.
pub const PITCH: f32 = 32.0;

/// Height of a box.
pub const BOX: f32 = 22.0;
/// Height of a box with two lines.
pub const TALL: f32 = 40.0;
/// Diameter of a circle where branches are added.
pub const SUM: f32 = 18.0;
/// Diameter of a dot where a line forks.
pub const FORK: f32 = 6.0;
/// Least width of the boxes at either end of a generator.
pub const END: f32 = 84.0;

/// From a cell's left edge to its first block: space for the line down from the line of inputs.
pub const ENTRY: f32 = 24.0;
/// Least width of a box in a block.
pub const COLUMN: f32 = 92.0;
/// Least distance between the blocks of a cell.
pub const BETWEEN: f32 = 24.0;

/// Least width of a shortcut's boxes.
pub const SHORTCUT: f32 = 59.0;
/// Length of the lines between the boxes of a shortcut, and before a skip's box.
pub const ARROW: f32 = 10.0;

/// Least width of a skip's box.
pub const SKIP: f32 = 140.0;
/// Height of a skip's band: a row of boxes and the line below it.
pub const BAND: f32 = 36.0;
