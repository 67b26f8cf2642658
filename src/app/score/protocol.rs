//! What is measured, and how.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::origin::{Generation, Levels, Opened};
use crate::arch::words::thousands;
use crate::data::Split;
use crate::metric::KidConfig;
use crate::metric::extractor::inception::Preprocessing;
use crate::metric::extractor::{Extractor, Kind};

/// Neighbours that decide how large a neighbourhood is, as StudioGAN has it.
const NEIGHBOURS: NonZeroUsize = NonZeroUsize::new(5).unwrap();

/// What is measured. Its text forms are `is`, `fid`, `kid`, `prdc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// The inception score of the generated images.
    Is,
    /// The Fréchet distance.
    Fid,
    /// The kernel distance.
    Kid,
    /// Precision, recall, density and coverage.
    Prdc,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Is, Self::Fid, Self::Kid, Self::Prdc];

    /// Whether it needs all features of both sides at once.
    fn needs_features(self) -> bool {
        matches!(self, Self::Kid | Self::Prdc)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Is => "is",
            Self::Fid => "fid",
            Self::Kid => "kid",
            Self::Prdc => "prdc",
        })
    }
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|measure| measure.to_string() == text.trim());
        found.ok_or_else(|| format!("there is only {}", Self::ALL.map(|m| m.to_string()).join(", ")))
    }
}

/// What is to be measured, and how.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// What.
    pub measures: BTreeSet<Measure>,
    /// Whose features.
    pub extractor: Kind,
    /// How images come to the Inception network.
    pub preprocessing: Preprocessing,
    /// Which part of a public data set the real images are.
    pub real_split: Split,
    /// How images are generated.
    pub generation: Generation,
    /// Splits of the inception score.
    pub splits: usize,
    /// Neighbours that decide how large a neighbourhood is.
    pub neighbours: NonZeroUsize,
    /// Subsets of the kernel distance.
    pub kid: KidConfig,
}

impl Default for Protocol {
    /// That of the field: 50,000 images, 10 splits, 100 subsets of 1,000, 5 neighbours.
    fn default() -> Self {
        Self {
            measures: [Measure::Is, Measure::Fid].into(),
            extractor: Kind::Builtin,
            preprocessing: Preprocessing::default(),
            real_split: Split::Train,
            generation: Generation { arch: None, count: 50_000, seed: 0, levels: Levels::Rounded },
            splits: 10,
            neighbours: NEIGHBOURS,
            kid: KidConfig::default(),
        }
    }
}

impl Protocol {
    /// What needs the features of all images at once, by name.
    pub(super) fn keeps_features(&self) -> Vec<String> {
        let measures = self.measures.iter().filter(|measure| measure.needs_features());
        measures.map(ToString::to_string).collect()
    }

    /// What decides the numbers beside the images, a sentence each.
    pub(super) fn assumptions(&self, extractor: &Extractor, sides: [&Option<Opened>; 2]) -> Vec<String> {
        let mut said = vec![format!("features: {}", extractor.name())];
        if self.extractor == Kind::Inception {
            said.push(format!("preprocessing {}: {}", self.preprocessing, self.preprocessing.words()));
        }
        if self.measures.contains(&Measure::Is) {
            let bias = if self.extractor == Kind::Inception { ", logits without bias" } else { "" };
            said.push(format!("inception score: {} splits of consecutive images{bias}", self.splits));
        }
        for (side, what) in sides.into_iter().zip(["real", "generated"]) {
            match side {
                Some(Opened::Model { generation, .. }) => said.push(format!(
                    "{what}: {} images of seed {}, levels {}",
                    thousands(generation.count as u64),
                    generation.seed,
                    match generation.levels {
                        Levels::Rounded => "rounded to 8 bits",
                        Levels::Truncated => "truncated to 8 bits",
                    }
                )),
                Some(side) => {
                    said.push(format!("{what}: {} images in their own size", thousands(side.len() as u64)))
                }
                None => said.push(format!("{what}: statistics of a file")),
            }
        }
        said
    }
}
