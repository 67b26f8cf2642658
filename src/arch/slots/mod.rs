//! The slots of a cell: the list of all that is chosen in it.
//!
//! The first five are AutoGAN's and make the integer vector of its released code. Another slot is one more
//! entry here, behind them, and its meaning where a cell is built. Whatever does not mention a later slot
//! (a vector, a JSON form, settings) takes its first choice, so that it keeps its meaning when a slot is
//! added; and an architecture is written without the later slots that have their first choice.

pub(super) mod table;

use std::ops::{Index, IndexMut};

/// One of the choices of a slot.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The name in JSON, TOML and messages.
    pub name: &'static str,
    /// The label of its toggle in a form.
    pub label: &'static str,
    /// What it does, for a tooltip.
    pub about: &'static str,
    /// How it reads among the words for a cell.
    pub words: &'static str,
}

impl Choice {
    const fn new(name: &'static str, about: &'static str, words: &'static str) -> Choice {
        Choice { name, label: name, about, words }
    }
}

/// How a slot is filled.
#[derive(Debug, Clone, Copy)]
pub enum Choices {
    /// By one of several operators; its token is its place in the list.
    OneOf(&'static [Choice]),
    /// By 0 for off or 1 for on, which are `false` and `true` in JSON and TOML.
    Switch(&'static [Choice]),
    /// By the bit mask of the earlier cells whose skips end in the cell; the first cell has no such slot. Of
    /// the `cell` bits of a cell (from 0), the most significant stands for the first cell and the least
    /// significant for the one just before.
    Skips,
}

/// What there is to know about a slot.
#[derive(Debug)]
pub struct SlotEntry {
    /// The key in TOML and JSON, and the name in messages and tables.
    pub name: &'static str,
    /// The label of its row in a form.
    pub label: &'static str,
    /// What it decides, for a tooltip.
    pub about: &'static str,
    /// What can be chosen.
    pub choices: Choices,
}

/// Makes the enum of the operators that a slot chooses from, and their [`Choice`]s.
macro_rules! operators {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal, $about:literal, $words:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them, in the order of their tokens.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
            const CHOICES: Choices = Choices::OneOf(&[$(Choice::new($text, $about, $words),)+]);
        }

        impl SlotOperator for $name {
            const SLOT: Slot = Slot::$name;

            fn of_token(token: u32) -> Self {
                Self::ALL[token as usize]
            }
        }
    };
}

/// Makes [`Slot`] and its entries.
macro_rules! slots {
    ($($(#[$doc:meta])* $slot:ident = $entry:expr,)+) => {
        /// A choice that is made in each cell: the controller has a head for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Slot { $($(#[$doc])* $slot,)+ }

        impl Slot {
            /// All of them, in the order of a cell's tokens.
            pub const ALL: &'static [Slot] = &[$(Slot::$slot,)+];
            const ENTRIES: &'static [SlotEntry] = &[$($entry,)+];
        }
    };
}

slots! {
    /// [`ConvBlock`].
    ConvBlock = SlotEntry {
        name: "conv",
        label: "Block",
        about: "Where norm and activation stand: after the convolution, or before it",
        choices: ConvBlock::CHOICES,
    },
    /// [`Norm`].
    Norm = SlotEntry {
        name: "norm",
        label: "Norm",
        about: "What brings the values of a feature map to a common scale",
        choices: Norm::CHOICES,
    },
    /// [`Up`].
    Up = SlotEntry {
        name: "up",
        label: "Upsampling",
        about: "How a cell doubles the side",
        choices: Up::CHOICES,
    },
    /// Whether the cell's upsampled input is added to its output through a 1x1 convolution.
    Shortcut = SlotEntry {
        name: "shortcut",
        label: "Shortcut",
        about: "A way around the two blocks of a cell",
        choices: Choices::Switch(&[
            Choice { label: "without", ..Choice::new("off", "Both blocks in a row only", "no shortcut") },
            Choice { label: "with", ..Choice::new("on", "The input is added to the output", "shortcut") },
        ]),
    },
    /// The skips from earlier cells.
    Skips = SlotEntry {
        name: "skips",
        label: "Skips",
        about: "Whether earlier cells feed later ones, past those between",
        choices: Choices::Skips,
    },
}

operators! {
    /// Where norm and activation stand in both blocks of a cell.
    ConvBlock {
        /// Upsample, convolution, norm, ReLU.
        Post = "post", "Upsample, convolution, norm, ReLU", "post-activation";
        /// Norm, ReLU, upsample, convolution.
        Pre = "pre", "Norm, ReLU, upsample, convolution", "pre-activation";
    }
}

operators! {
    /// The norm of both blocks of a cell.
    Norm {
        /// No norm.
        None = "none", "Nothing", "no norm";
        /// Batch norm with scale and shift.
        Batch = "batch", "Over the batch: the usual one", "batch norm";
        /// Instance norm without parameters.
        Instance = "instance", "Over each image alone", "instance norm";
    }
}

operators! {
    /// How a cell doubles the side: in its first block, its shortcut and its skips.
    Up {
        /// Bilinear with half-pixel centres.
        Bilinear = "bilinear", "Smooth, without parameters", "bilinear";
        /// Nearest neighbour.
        Nearest = "nearest", "Repeats pixels, without parameters", "nearest";
        /// Transposed convolution, kernel 2, stride 2.
        Deconv = "deconv", "A transposed convolution, which learns", "transposed convolution";
    }
}

/// Operators of which a slot chooses one.
pub trait SlotOperator: Copy {
    /// The slot that chooses it.
    const SLOT: Slot;

    /// The operator that a token stands for.
    ///
    /// # Panics
    /// If none has this token.
    fn of_token(token: u32) -> Self;
}

impl Slot {
    /// The slots that cell `cell` (from 0) has.
    ///
    /// ```
    /// use autogan::arch::Slot;
    ///
    /// let names: Vec<&str> = Slot::of_cell(1).map(Slot::name).collect();
    /// assert_eq!(names[..5], ["conv", "norm", "up", "shortcut", "skips"]);
    /// assert!(Slot::of_cell(0).all(|slot| slot != Slot::Skips), "nothing comes before the first cell");
    /// assert_eq!(Slot::Up.value_name(0, 2), "deconv");
    /// assert_eq!(Slot::Skips.value_name(2, 0b10), "cell 1", "the most significant bit is the earliest cell");
    /// ```
    pub fn of_cell(cell: usize) -> impl Iterator<Item = Slot> {
        let has = move |slot: &Slot| cell > 0 || !matches!(slot.entry().choices, Choices::Skips);
        Self::ALL.iter().copied().filter(has)
    }

    /// The slots that AutoGAN does not have.
    pub fn later() -> impl Iterator<Item = Slot> {
        Self::ALL.iter().copied().filter(|slot| !slot.is_released())
    }

    /// The slot with this name.
    pub fn named(name: &str) -> Option<Slot> {
        Self::ALL.iter().copied().find(|slot| slot.name() == name)
    }

    /// What there is to know about it.
    pub fn entry(self) -> &'static SlotEntry {
        &Self::ENTRIES[self as usize]
    }

    /// The key in TOML and JSON, and the name in messages and tables.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Whether it is one of AutoGAN's, which make the integer vector.
    pub fn is_released(self) -> bool {
        self <= Slot::Skips
    }

    /// Number of values in the full search space; they are `0..values(cell)`.
    pub fn values(self, cell: usize) -> u32 {
        match self.entry().choices {
            Choices::OneOf(choices) | Choices::Switch(choices) => choices.len() as u32,
            Choices::Skips => 1 << cell,
        }
    }

    /// A value of [`Slot::values`] by name, such as `bilinear`, `on` or `cells 1 and 2`.
    ///
    /// # Panics
    /// If the full search space does not have the value.
    pub fn value_name(self, cell: usize, value: u32) -> String {
        match self.entry().choices {
            Choices::OneOf(choices) | Choices::Switch(choices) => choices[value as usize].name.to_owned(),
            Choices::Skips => cells_in_words(&sources(value, cell)),
        }
    }

    /// A value of [`Slot::values`] as it reads among the words for a cell, such as `no norm` or `skip from
    /// cell 1`.
    ///
    /// # Panics
    /// If the full search space does not have the value.
    pub fn words(self, cell: usize, value: u32) -> String {
        match self.entry().choices {
            Choices::OneOf(choices) | Choices::Switch(choices) => choices[value as usize].words.to_owned(),
            Choices::Skips => {
                let from = sources(value, cell);
                match from.len() {
                    0 => "no skip".to_owned(),
                    1 => format!("skip from {}", cells_in_words(&from)),
                    _ => format!("skips from {}", cells_in_words(&from)),
                }
            }
        }
    }
}

/// A value for each slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BySlot<T>([T; Slot::ALL.len()]);

impl<T> BySlot<T> {
    /// What the function gives for each slot.
    pub fn from_fn(of: impl Fn(Slot) -> T) -> Self {
        Self(std::array::from_fn(|place| of(Slot::ALL[place])))
    }
}

impl<T> Index<Slot> for BySlot<T> {
    type Output = T;

    fn index(&self, slot: Slot) -> &T {
        &self.0[slot as usize]
    }
}

impl<T> IndexMut<Slot> for BySlot<T> {
    fn index_mut(&mut self, slot: Slot) -> &mut T {
        &mut self.0[slot as usize]
    }
}

/// The bit that stands for the skip from cell `source` into cell `cell`, both from 0.
pub(super) fn skip_bit(cell: usize, source: usize) -> u32 {
    1 << (cell - 1 - source)
}

/// The sources (from 0, ascending) in the bit mask of cell `cell` (from 0).
pub(super) fn sources(mask: u32, cell: usize) -> Vec<usize> {
    (0..cell).filter(|&source| mask & skip_bit(cell, source) != 0).collect()
}

/// `none`, `cell 1`, `cells 1 and 2`, `cells 1, 2 and 3`; the argument counts from 0.
pub(super) fn cells_in_words(cells: &[usize]) -> String {
    let numbers: Vec<String> = cells.iter().map(|cell| (cell + 1).to_string()).collect();
    match numbers.as_slice() {
        [] => "none".to_owned(),
        [one] => format!("cell {one}"),
        [most @ .., last] => format!("cells {} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_places_in_the_lists_and_names_lead_back() {
        fn check<T: SlotOperator + PartialEq + std::fmt::Debug>(all: &[T], names: &[&str]) {
            assert_eq!(T::SLOT.values(0), all.len() as u32);
            for (token, (&operator, name)) in (0..).zip(all.iter().zip(names)) {
                assert_eq!(T::of_token(token), operator);
                assert_eq!(T::SLOT.value_name(0, token), *name);
            }
        }
        check(ConvBlock::ALL, &["post", "pre"]);
        check(Norm::ALL, &["none", "batch", "instance"]);
        check(Up::ALL, &["bilinear", "nearest", "deconv"]);
        for &slot in Slot::ALL {
            assert_eq!(Slot::named(slot.name()), Some(slot));
        }
    }

    #[test]
    fn the_released_slots_make_the_integer_vector() {
        let released = |cell| Slot::of_cell(cell).filter(|slot| slot.is_released()).collect::<Vec<_>>();
        assert_eq!(released(0), [Slot::ConvBlock, Slot::Norm, Slot::Up, Slot::Shortcut]);
        assert_eq!(released(1), [Slot::ConvBlock, Slot::Norm, Slot::Up, Slot::Shortcut, Slot::Skips]);
    }

    #[test]
    fn the_most_significant_skip_bit_is_the_earliest_cell() {
        assert_eq!(sources(1, 1), [0]);
        assert_eq!(sources(1, 2), [1]);
        assert_eq!(sources(2, 2), [0]);
        assert_eq!(sources(3, 2), [0, 1]);
        assert_eq!(sources(0b10010, 5), [0, 3]);
        assert_eq!(Slot::Skips.value_name(3, 7), "cells 1, 2 and 3");
        assert_eq!(Slot::Skips.value_name(3, 0), "none");
    }
}
