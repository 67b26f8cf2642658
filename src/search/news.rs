//! What a search has to tell.

use serde::{Deserialize, Serialize};

use super::board::Candidate;
use super::strategy::Distributions;
use crate::arch::{Genotype, words};
use crate::export::Picture;
use crate::gan::{GanError, Training};
use crate::metric::Score;

/// What a search or a training tells: news, and pictures for whoever keeps them.
#[derive(Clone, Debug)]
pub enum Told {
    /// A fact.
    News(News),
    /// Images of the fixed latents.
    Samples(Shown),
}

/// Images of the fixed latents.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The work that they come from, such as `winner, step 100`.
    pub name: String,
    /// What made them.
    pub genotype: Genotype,
    /// The grid.
    pub picture: Picture,
}

impl Shown {
    /// Those of a training as it is now.
    ///
    /// # Errors
    ///
    /// If they are no numbers.
    pub fn of_training(name: String, training: &Training) -> Result<Self, GanError> {
        let genotype = training.trainer().genotype().clone();
        Ok(Self { name, genotype, picture: training.preview()? })
    }
}

impl From<News> for Told {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

/// One piece of news. In JSON, `event` names the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum News {
    /// Another phase begins.
    Phase {
        /// What is done now.
        activity: Activity,
        /// Cells of the genotypes at hand.
        cells: usize,
        /// The search iteration, from 0.
        iteration: u64,
    },
    /// A value to plot.
    Metric {
        /// What it is, such as `shared/generator_loss`.
        name: String,
        /// Its place on the horizontal axis: a count of its own for each name.
        step: u64,
        /// The value.
        value: f64,
    },
    /// The distributions the strategy draws from.
    Probabilities {
        /// Cells of the genotypes at hand.
        cells: usize,
        /// The search iteration.
        iteration: u64,
        /// `[token][choice]` of the cells that are being chosen.
        distributions: Distributions,
    },
    /// An architecture was estimated.
    Candidate(Candidate),
    /// The best candidates of a ranking, best first.
    Beam {
        /// Their cells.
        cells: usize,
        /// Their numbers on the board.
        candidates: Vec<usize>,
    },
    /// The shared pair was started anew.
    Reset {
        /// The search iteration.
        iteration: u64,
        /// Why.
        reason: String,
    },
    /// Something the user should know.
    Warning {
        /// What.
        text: String,
    },
    /// A training from scratch was evaluated.
    Evaluated {
        /// Which one: `derived 1`, `winner`.
        name: String,
        /// Generator steps.
        step: u64,
        /// Its scores, the deciding one first.
        scores: Vec<Score>,
        /// Whether it is the best of that training so far.
        best: bool,
    },
}

/// What a search is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Training the shared pair.
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

    /// What is done with an architecture now, as the beginning of a line that names it.
    pub fn at_hand(self) -> &'static str {
        match self {
            Self::Shared => "Sampled for shared training:",
            Self::Control | Self::Rank => "Being estimated:",
            Self::Derive | Self::Winner => "Being trained:",
        }
    }

    /// In words with the cells of the genotypes at hand and, where it comes again in each of them, the
    /// iteration, counted from 0: `training the shared GAN, 2 cells, iteration 3`.
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
