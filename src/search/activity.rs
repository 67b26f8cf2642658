//! What a search is doing, phase by phase.

use serde::{Deserialize, Serialize};

use crate::arch::words;

/// What a search is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Training the shared GAN.
    Shared,
    /// Training the strategy.
    Control,
    /// Ranking candidates, to grow or to end.
    Rank,
    /// Training the best candidates from scratch.
    Derive,
    /// Training the winner to the end.
    Winner,
}

impl Activity {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Shared => "training the shared GAN",
            Self::Control => "training the controller",
            Self::Rank => "ranking candidates",
            Self::Derive => "training the best from scratch",
            Self::Winner => "training the winner",
        }
    }

    /// What is done with the current architecture, as the beginning of a line that names it.
    pub fn of_current(self) -> &'static str {
        match self {
            Self::Shared => "Sampled for shared training:",
            Self::Control | Self::Rank => "Being estimated:",
            Self::Derive | Self::Winner => "Being trained:",
        }
    }

    /// In words with the cells of the genotypes that it is done with and, where it comes again with each of
    /// them, the iteration, counted from 0: `training the shared GAN, 2 cells, iteration 3`.
    pub fn described(self, cells: usize, iteration: u64) -> String {
        let words = format!("{}, {}", self.words(), words::cells(cells));
        match self {
            Self::Shared | Self::Control => format!("{words}, iteration {}", iteration + 1),
            Self::Rank | Self::Derive | Self::Winner => words,
        }
    }

    /// What is counted of it.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Shared => "discriminator steps",
            Self::Control | Self::Rank => "estimates",
            Self::Derive | Self::Winner => "generator steps",
        }
    }
}
