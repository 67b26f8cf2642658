//! The choices of one cell, and their numbers in the reference code.

use serde::{Deserialize, Serialize};

/// An enum of operators whose discriminant is the reference's token value.
macro_rules! operators {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All values, in the order of their tokens.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The name in JSON, TOML and messages.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The token in the reference's integer vector.
            pub fn token(self) -> u32 {
                self as u32
            }
        }
    };
}

operators! {
    /// Where a block's activation and norm stand; one choice for both blocks of a cell.
    Conv {
        /// Upsample, convolution, norm, ReLU.
        Post = "post",
        /// Norm, ReLU, upsample, convolution.
        Pre = "pre",
    }
}

operators! {
    /// The norm of both blocks of a cell.
    Norm {
        /// No norm.
        None = "none",
        /// Batch norm with scale and shift.
        Batch = "batch",
        /// Instance norm without parameters.
        Instance = "instance",
    }
}

operators! {
    /// How a cell doubles the side: in its first block, its shortcut and its skips.
    Up {
        /// Bilinear with half-pixel centres.
        Bilinear = "bilinear",
        /// Nearest neighbour.
        Nearest = "nearest",
        /// Transposed convolution, kernel 2, stride 2.
        Deconv = "deconv",
    }
}

/// A place in a cell's token list. The controller has one head for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// [`Conv`].
    Conv,
    /// [`Norm`].
    Norm,
    /// [`Up`].
    Up,
    /// The shortcut inside the cell: 0 off, 1 on.
    Shortcut,
    /// Bit mask of skips from earlier cells; not in the first cell.
    Skips,
}

impl TokenKind {
    const ALL: [TokenKind; 5] =
        [TokenKind::Conv, TokenKind::Norm, TokenKind::Up, TokenKind::Shortcut, TokenKind::Skips];

    /// The tokens of a cell in the reference's order: 4 in the first cell, 5 in the others.
    pub fn of_cell(cell: usize) -> &'static [TokenKind] {
        &Self::ALL[..if cell == 0 { 4 } else { 5 }]
    }

    /// The name in messages and tables, equal to the key in TOML.
    pub fn name(self) -> &'static str {
        match self {
            TokenKind::Conv => "conv",
            TokenKind::Norm => "norm",
            TokenKind::Up => "up",
            TokenKind::Shortcut => "shortcut",
            TokenKind::Skips => "skips",
        }
    }

    /// Number of values in the full search space; they are `0..values(cell)`.
    pub fn values(self, cell: usize) -> u32 {
        match self {
            TokenKind::Conv => Conv::ALL.len() as u32,
            TokenKind::Norm => Norm::ALL.len() as u32,
            TokenKind::Up => Up::ALL.len() as u32,
            TokenKind::Shortcut => 2,
            TokenKind::Skips => 1 << cell,
        }
    }

    /// A value of [`TokenKind::values`] in words, such as `bilinear`, `on` or `cells 1 and 2`.
    ///
    /// # Panics
    /// If the full search space does not have the value.
    pub fn value_name(self, cell: usize, value: u32) -> String {
        match self {
            TokenKind::Conv => Conv::ALL[value as usize].name().to_owned(),
            TokenKind::Norm => Norm::ALL[value as usize].name().to_owned(),
            TokenKind::Up => Up::ALL[value as usize].name().to_owned(),
            TokenKind::Shortcut => on_off(value == 1).to_owned(),
            TokenKind::Skips => cells_in_words(&sources(value, cell)),
        }
    }
}

/// `on` or `off`.
pub(super) fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

/// The choices of one cell. Which bits `skips` may have depends on the cell's place in the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellGene {
    /// Kind of both blocks.
    pub conv: Conv,
    /// Norm of both blocks.
    pub norm: Norm,
    /// Upsampling of the first block, the shortcut and the skips.
    pub up: Up,
    /// Whether the cell's upsampled input is added to its output through a 1x1 convolution.
    pub shortcut: bool,
    /// The reference's bit mask of skips: of the `cell` bits of a cell (from 0), the most significant
    /// stands for the first cell and the least significant for the one just before.
    pub skips: u32,
}

impl CellGene {
    /// The cells (from 0, ascending) whose skips end in this one, which is cell `cell` (from 0).
    pub fn skips_from(&self, cell: usize) -> Vec<usize> {
        sources(self.skips, cell)
    }

    /// Whether this cell, which is cell `cell` (from 0), takes the skip from cell `source` (from 0).
    pub fn has_skip(&self, cell: usize, source: usize) -> bool {
        source < cell && self.skips & skip_bit(cell, source) != 0
    }

    /// The tokens of the cell in the reference's order, `TokenKind::of_cell(cell)`.
    pub fn tokens(&self, cell: usize) -> Vec<u32> {
        TokenKind::of_cell(cell)
            .iter()
            .map(|kind| match kind {
                TokenKind::Conv => self.conv.token(),
                TokenKind::Norm => self.norm.token(),
                TokenKind::Up => self.up.token(),
                TokenKind::Shortcut => u32::from(self.shortcut),
                TokenKind::Skips => self.skips,
            })
            .collect()
    }

    /// The cell with these tokens. Callers have checked that there are 4 or 5, each in its range.
    pub(super) fn from_tokens(tokens: &[u32]) -> CellGene {
        CellGene {
            conv: Conv::ALL[tokens[0] as usize],
            norm: Norm::ALL[tokens[1] as usize],
            up: Up::ALL[tokens[2] as usize],
            shortcut: tokens[3] == 1,
            skips: tokens.get(4).copied().unwrap_or(0),
        }
    }

    /// The choices in words, for a cell that is cell `cell` (from 0):
    /// `pre-activation, no norm, nearest, shortcut, skip from cell 1`.
    pub fn describe(&self, cell: usize) -> String {
        let norm = match self.norm {
            Norm::None => "no norm",
            Norm::Batch => "batch norm",
            Norm::Instance => "instance norm",
        };
        let up = match self.up {
            Up::Deconv => "transposed convolution",
            up => up.name(),
        };
        let shortcut = if self.shortcut { "shortcut" } else { "no shortcut" };
        let mut words = format!("{}-activation, {norm}, {up}, {shortcut}", self.conv.name());
        if cell > 0 {
            let from = self.skips_from(cell);
            words += match from.len() {
                0 => ", no skip",
                1 => ", skip from ",
                _ => ", skips from ",
            };
            if !from.is_empty() {
                words += &cells_in_words(&from);
            }
        }
        words
    }
}

/// The bit that stands for the skip from cell `source` into cell `cell`, both from 0.
pub(super) fn skip_bit(cell: usize, source: usize) -> u32 {
    1 << (cell - 1 - source)
}

/// The sources (from 0, ascending) in the bit mask of cell `cell` (from 0).
fn sources(mask: u32, cell: usize) -> Vec<usize> {
    (0..cell).filter(|&source| mask & skip_bit(cell, source) != 0).collect()
}

/// `none`, `cell 1`, `cells 1 and 2`, `cells 1, 2 and 3`; the argument counts from 0.
fn cells_in_words(cells: &[usize]) -> String {
    let numbers: Vec<String> = cells.iter().map(|cell| (cell + 1).to_string()).collect();
    match numbers.as_slice() {
        [] => "none".to_owned(),
        [one] => format!("cell {one}"),
        [most @ .., last] => format!("cells {} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PLAIN: CellGene =
        CellGene { conv: Conv::Pre, norm: Norm::None, up: Up::Nearest, shortcut: true, skips: 0 };

    #[test]
    fn names_are_the_serde_names_and_tokens_the_places() {
        fn check<T: Serialize + Copy>(all: &[T], name: fn(T) -> &'static str, token: fn(T) -> u32) {
            for (place, &value) in all.iter().enumerate() {
                assert_eq!(serde_json::to_value(value).unwrap(), name(value));
                assert_eq!(token(value), place as u32);
            }
        }
        check(Conv::ALL, Conv::name, Conv::token);
        check(Norm::ALL, Norm::name, Norm::token);
        check(Up::ALL, Up::name, Up::token);
        check(&TokenKind::ALL, TokenKind::name, |kind| kind as u32);
    }

    #[test]
    fn the_most_significant_skip_bit_is_the_earliest_cell() {
        let from = |cell, skips| CellGene { skips, ..PLAIN }.skips_from(cell);
        assert_eq!(from(1, 1), [0]);
        assert_eq!(from(2, 1), [1]);
        assert_eq!(from(2, 2), [0]);
        assert_eq!(from(2, 3), [0, 1]);
        assert_eq!(from(5, 0b10010), [0, 3]);
        let gene = CellGene { skips: 2, ..PLAIN };
        assert!(gene.has_skip(2, 0) && !gene.has_skip(2, 1));
        assert!(!gene.has_skip(2, 2), "a cell is no source of its own");
    }

    #[test]
    fn cells_read_like_sentences() {
        assert_eq!(
            CellGene { skips: 3, ..PLAIN }.describe(2),
            "pre-activation, no norm, nearest, shortcut, skips from cells 1 and 2"
        );
        assert_eq!(PLAIN.describe(0), "pre-activation, no norm, nearest, shortcut");
        assert_eq!(TokenKind::Skips.value_name(3, 7), "cells 1, 2 and 3");
        assert_eq!(TokenKind::Skips.value_name(3, 0), "none");
    }
}
