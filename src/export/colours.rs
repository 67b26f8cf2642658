//! The colours of a network's drawing.

use crate::arch::diagram::{LineKind, PartKind, Style};

/// `0xrrggbb`.
pub(super) type Colour = u32;

// Each colour for a light surrounding, and for a dark one.
const BACKGROUND: [Colour; 2] = [0xff_ff_ff, 0x1f_21_26];
/// Inside a frame.
const FRAME: [Colour; 2] = [0xf6_f7_f9, 0x25_27_2d];
/// Around frames and boxes.
const BORDER: [Colour; 2] = [0xd5_d8_de, 0x44_48_52];
/// A box without weights.
pub(super) const PLAIN: [Colour; 2] = [0xff_ff_ff, 0x2e_31_38];
const TEXT: [Colour; 2] = [0x22_26_2c, 0xdc_df_e4];
/// Headings and the flow.
const WEAK: [Colour; 2] = [0x5d_65_70, 0x98_9e_a8];
/// The generator's purple, also of a box with weights.
pub(super) const ACCENT: [Colour; 2] = [0x7a_45_c9, 0xb3_92_f0];
const ON_ACCENT: [Colour; 2] = [0xff_ff_ff, 0x1b_15_26];
/// A box that enlarges.
pub(super) const TINT: [Colour; 2] = [0xec_e3_f9, 0x3d_33_55];

/// The colour behind all shapes.
pub(super) fn background(dark: bool) -> Colour {
    BACKGROUND[usize::from(dark)]
}

/// The colours of a shape's inside, of its border, and of text and lines.
pub(super) fn colours(style: Style, dark: bool) -> [Colour; 3] {
    let colours = match style {
        Style::Part(PartKind::Frame) => [FRAME, BORDER, WEAK],
        Style::Part(PartKind::Weighted) => [ACCENT, ACCENT, ON_ACCENT],
        Style::Part(PartKind::Upsampling | PartKind::Skip | PartKind::End) => [TINT, ACCENT, TEXT],
        Style::Part(PartKind::Plain) => [PLAIN, BORDER, TEXT],
        Style::Part(PartKind::Sum) => [PLAIN, ACCENT, ACCENT],
        Style::Part(PartKind::Fork) | Style::Line(LineKind::Flow) => [WEAK; 3],
        Style::Line(LineKind::Shortcut | LineKind::Skip) => [ACCENT; 3],
    };
    colours.map(|colour| colour[usize::from(dark)])
}
