//! Names of the things that a run measures: its trainings, its curves and the clocks that they are drawn over.
//!
//! Each has a text form, which is how a run folder keeps it; the texts are those of the first version.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::gan::Network;

/// How many discriminator steps a GAN has done. A generator step belongs to every `n_critic` of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DiscriminatorStep(pub u64);

/// How many generator steps a training has done: what its length, its evaluations and its pictures are
/// counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GeneratorStep(pub u64);

impl fmt::Display for GeneratorStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A training from scratch. Its text form is `derived 1`, `winner` or `train`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum TrainingId {
    /// The first part of the training of a finalist of the search, counted from 1.
    Finalist(usize),
    /// The training of the best finalist to its end.
    Winner,
    /// The one training of a run that searches nothing.
    Single,
}

impl TrainingId {
    /// Whether it is a run's last training, whose generator is the run's outcome.
    pub fn is_last(self) -> bool {
        matches!(self, Self::Winner | Self::Single)
    }
}

impl fmt::Display for TrainingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finalist(number) => write!(f, "derived {number}"),
            Self::Winner => f.write_str("winner"),
            Self::Single => f.write_str("train"),
        }
    }
}

impl FromStr for TrainingId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("{text:?} names no training; there are `derived 1`, `winner` and `train`");
        match text {
            "winner" => Ok(Self::Winner),
            "train" => Ok(Self::Single),
            _ => {
                let number = text.strip_prefix("derived ").and_then(|number| number.parse().ok());
                number.map(Self::Finalist).filter(|id| id.to_string() == text).ok_or_else(unknown)
            }
        }
    }
}

impl From<TrainingId> for String {
    fn from(id: TrainingId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for TrainingId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A GAN that a run trains. Its text form is `shared` or that of the training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GanId {
    /// The one whose weights all candidates share.
    Shared,
    /// One that is trained from scratch.
    Training(TrainingId),
}

impl From<TrainingId> for GanId {
    fn from(training: TrainingId) -> Self {
        Self::Training(training)
    }
}

impl fmt::Display for GanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared => f.write_str("shared"),
            Self::Training(training) => training.fmt(f),
        }
    }
}

impl FromStr for GanId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "shared" => Ok(Self::Shared),
            training => training.parse().map(Self::Training),
        }
    }
}

/// What a score calls its metric. A name of its own, since serde takes a plain reference for borrowed input.
type MetricLabel = &'static str;

/// What a curve of a run shows. The log keeps losses, diversities and a strategy's readings by their text
/// forms; scores, learning rates and the speed follow from other events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Curve {
    /// The loss of one network: `winner/generator_loss`.
    Loss {
        /// The network's GAN.
        gan: GanId,
        /// Which network.
        network: Network,
    },
    /// How much the images of a training differ: `winner/diversity`.
    Diversity(TrainingId),
    /// What a strategy says of what it learns: `controller/entropy`.
    Controller(String),
    /// A score of a training: `winner/fid`.
    Score {
        /// The training.
        training: TrainingId,
        /// The metric as its score is labelled, such as `FID`.
        label: MetricLabel,
    },
    /// The learning rate of one network.
    LearningRate {
        /// The network's GAN.
        gan: GanId,
        /// Which network.
        network: Network,
    },
    /// Steps a second.
    Speed,
    /// A curve of another version of the program.
    Other(String),
}

/// What is counted on the horizontal axis of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Discriminator steps of the curve's GAN.
    DiscriminatorSteps,
    /// Generator steps of the curve's training.
    GeneratorSteps,
    /// Estimates that the strategy has learnt from.
    Estimates,
    /// Events that the run has kept.
    Events,
    /// A count of its own.
    Steps,
}

impl Axis {
    /// A label for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::DiscriminatorSteps => "Discriminator step",
            Self::GeneratorSteps => "Generator step",
            Self::Estimates => "Estimate",
            Self::Events => "Event",
            Self::Steps => "Step",
        }
    }
}

/// Curves that are drawn together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CurveGroup {
    /// Losses of a GAN, and its diversity.
    Losses(GanId),
    /// What a strategy says of what it learns.
    Controller,
    /// One metric of all trainings, as it is labelled.
    Score(&'static str),
    /// Learning rates.
    LearningRates,
    /// Steps a second.
    Speed,
    /// Curves of another version of the program, by what stands before the last slash of their names.
    Other(String),
}

impl Curve {
    /// What it is drawn over.
    pub fn axis(&self) -> Axis {
        match self {
            Self::Loss { .. } | Self::LearningRate { .. } => Axis::DiscriminatorSteps,
            Self::Diversity(_) | Self::Score { .. } => Axis::GeneratorSteps,
            Self::Controller(_) => Axis::Estimates,
            Self::Speed => Axis::Events,
            Self::Other(_) => Axis::Steps,
        }
    }

    /// The curves that it is drawn with.
    pub fn group(&self) -> CurveGroup {
        match self {
            Self::Loss { gan, .. } => CurveGroup::Losses(*gan),
            Self::Diversity(training) => CurveGroup::Losses(GanId::Training(*training)),
            Self::Controller(_) => CurveGroup::Controller,
            Self::Score { label, .. } => CurveGroup::Score(label),
            Self::LearningRate { .. } => CurveGroup::LearningRates,
            Self::Speed => CurveGroup::Speed,
            Self::Other(name) => {
                CurveGroup::Other(name.rsplit_once('/').map_or(name.as_str(), |(group, _)| group).to_owned())
            }
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loss { gan, network } => write!(f, "{gan}/{}_loss", network.words()),
            Self::Diversity(training) => write!(f, "{training}/diversity"),
            Self::Controller(reading) => write!(f, "controller/{reading}"),
            Self::Score { training, label } => write!(f, "{training}/{}", label.to_lowercase()),
            Self::LearningRate { gan, network } => write!(f, "learning rate/{gan} {}", network.words()),
            Self::Speed => f.write_str("speed"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

impl From<String> for Curve {
    fn from(text: String) -> Self {
        let known = || {
            let (group, name) = text.rsplit_once('/')?;
            if group == "controller" {
                return Some(Self::Controller(name.to_owned()));
            }
            let gan: GanId = group.parse().ok()?;
            match (gan, name) {
                (_, "discriminator_loss") => Some(Self::Loss { gan, network: Network::Discriminator }),
                (_, "generator_loss") => Some(Self::Loss { gan, network: Network::Generator }),
                (GanId::Training(training), "diversity") => Some(Self::Diversity(training)),
                _ => None,
            }
        };
        known().unwrap_or(Self::Other(text))
    }
}

impl From<Curve> for String {
    fn from(curve: Curve) -> Self {
        curve.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trainings_are_read_by_the_texts_that_they_are_written_as() {
        for (id, text) in [
            (TrainingId::Finalist(1), "derived 1"),
            (TrainingId::Finalist(12), "derived 12"),
            (TrainingId::Winner, "winner"),
            (TrainingId::Single, "train"),
        ] {
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse(), Ok(id));
        }
        for text in ["", "derived", "derived 01", "derived +1", "Winner", "shared"] {
            assert!(text.parse::<TrainingId>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_text_is_a_curve_and_is_kept_as_it_is() {
        let loss = |gan| Curve::Loss { gan, network: Network::Generator };
        for (text, curve) in [
            ("shared/generator_loss", loss(GanId::Shared)),
            ("derived 2/generator_loss", loss(TrainingId::Finalist(2).into())),
            ("train/diversity", Curve::Diversity(TrainingId::Single)),
            ("controller/entropy", Curve::Controller("entropy".to_owned())),
            ("a/later/curve", Curve::Other("a/later/curve".to_owned())),
            ("derived 01/diversity", Curve::Other("derived 01/diversity".to_owned())),
            ("", Curve::Other(String::new())),
        ] {
            assert_eq!(Curve::from(text.to_owned()), curve);
            assert_eq!(curve.to_string(), text);
        }
    }
}
