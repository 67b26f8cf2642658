//! What a search or a training emits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::board::Candidate;
use super::curve::{Curve, DiscriminatorStep, GanId, GeneratorStep, TrainingId};
use super::strategy::Distributions;
use crate::arch::{Genotype, words};
use crate::export::{Picture, Tiles};
use crate::gan::{ALIKE, GanError, Losses, Network, StepLosses, Training, TrainingNews};
use crate::metric::Score;

/// What a piece of work emits: facts, and pictures for whoever keeps them.
#[derive(Clone, Debug)]
pub enum Emitted {
    /// A fact.
    Event(SearchEvent),
    /// An architecture came to the board, with its first images where they shall be kept.
    Candidate(Candidate, Option<Tiles>),
    /// Images of the fixed latents.
    Samples(SampleGrid),
}

impl From<SearchEvent> for Emitted {
    fn from(event: SearchEvent) -> Self {
        Self::Event(event)
    }
}

/// Images of the fixed latents, with what made them.
#[derive(Clone, Debug)]
pub struct SampleGrid {
    /// The work that they come from.
    pub source: SampleSource,
    /// The generator's architecture.
    pub genotype: Genotype,
    /// The grid.
    pub picture: Picture,
}

impl SampleGrid {
    /// The images of a training as it is now.
    ///
    /// # Errors
    ///
    /// If they are not finite.
    pub fn of_training(training: TrainingId, state: &Training) -> Result<Self, GanError> {
        let source = SampleSource::Training { training, step: None };
        let genotype = state.trainer().genotype().clone();
        Ok(Self { source, genotype, picture: state.preview()? })
    }
}

/// The work that images come from. The texts are part of the log's format: `shared, iteration 3`,
/// `winner, step 100`, `derived 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum SampleSource {
    /// The shared generator, as a candidate of this iteration, from 0.
    Shared {
        /// The search iteration.
        iteration: u64,
    },
    /// A training from scratch.
    Training {
        /// Which one.
        training: TrainingId,
        /// How far it was; none where it is still under way.
        step: Option<GeneratorStep>,
    },
}

impl fmt::Display for SampleSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared { iteration } => write!(f, "shared, iteration {}", iteration + 1),
            Self::Training { training, step: None } => write!(f, "{training}"),
            Self::Training { training, step: Some(step) } => write!(f, "{training}, step {step}"),
        }
    }
}

impl FromStr for SampleSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("{text:?} names no work that images come from");
        if let Some(number) = text.strip_prefix("shared, iteration ") {
            let number: u64 = number.parse().map_err(|_| unknown())?;
            return Ok(Self::Shared { iteration: number.checked_sub(1).ok_or_else(unknown)? });
        }
        let (training, step) = match text.split_once(", step ") {
            Some((training, step)) => (training, Some(GeneratorStep(step.parse().map_err(|_| unknown())?))),
            None => (text, None),
        };
        Ok(Self::Training { training: training.parse()?, step })
    }
}

impl From<SampleSource> for String {
    fn from(source: SampleSource) -> Self {
        source.to_string()
    }
}

impl TryFrom<String> for SampleSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// One fact. In JSON, `event` names the kind. A run folder keeps these for ever, so the names and texts here
/// are a format: what is renamed in the code keeps its name there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SearchEvent {
    /// Another phase begins.
    Phase {
        /// What is done now.
        activity: Activity,
        /// Number of cells of the genotypes that it is done with.
        cells: usize,
        /// The search iteration, from 0.
        iteration: u64,
    },
    /// A value to plot.
    Metric {
        /// The curve that it belongs to.
        #[serde(rename = "name")]
        curve: Curve,
        /// Its place on the curve's own axis: see [`Curve::axis`].
        step: u64,
        /// The value.
        value: f64,
    },
    /// The distributions the strategy draws from.
    Probabilities {
        /// Number of cells of the genotypes that are drawn.
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
        /// Their number of cells.
        cells: usize,
        /// Their numbers on the board.
        candidates: Vec<usize>,
    },
    /// The shared GAN was started anew.
    Reset {
        /// The search iteration.
        iteration: u64,
        /// Why.
        reason: String,
    },
    /// Something the user should know.
    Warning {
        /// A sentence on it.
        text: String,
    },
    /// A training from scratch was evaluated.
    Evaluated {
        /// Which one.
        #[serde(rename = "name")]
        training: TrainingId,
        /// How far it was.
        step: GeneratorStep,
        /// Its scores, the deciding one first.
        scores: Vec<Score>,
        /// Whether it is the best of that training so far.
        best: bool,
    },
}

impl SearchEvent {
    /// The losses of a whole step of the shared GAN or of a training, at the discriminator step `step`; none of a step
    /// without an update of the generator.
    pub(super) fn losses(gan: GanId, step: DiscriminatorStep, losses: Losses) -> Vec<Self> {
        let Some(generator) = losses.generator else { return Vec::new() };
        let both = [(Network::Discriminator, losses.discriminator), (Network::Generator, generator)];
        let event = |(network, value)| {
            let curve = Curve::Loss { gan, network };
            Self::Metric { curve, step: step.0, value: f64::from(value) }
        };
        both.map(event).into()
    }
}

/// That the best `count` candidates of a ranking are kept, in words: `Kept the best 2 architectures with 1 cell`.
pub fn beam_words(count: usize, cells: usize) -> String {
    let best =
        if count == 1 { "best architecture".to_owned() } else { format!("best {count} architectures") };
    format!("Kept the {best} with {}", words::cells(cells))
}

/// What a training reports, as a run emits it.
pub fn training_events(training: TrainingId, news: TrainingNews) -> Vec<Emitted> {
    match news {
        TrainingNews::Losses(losses) => {
            // A training counts its steps from 1.
            let of = |StepLosses { step, losses }| {
                SearchEvent::losses(training.into(), DiscriminatorStep(step + 1), losses)
            };
            losses.into_iter().flat_map(of).map(Emitted::from).collect()
        }
        TrainingNews::Evaluated { step, scores, best, diversity } => {
            let evaluated = SearchEvent::Evaluated { training, step: GeneratorStep(step), scores, best };
            let metric = SearchEvent::Metric { curve: Curve::Diversity(training), step, value: diversity };
            let collapse = (diversity < ALIKE).then(|| SearchEvent::Warning {
                text: format!(
                    "{training}, step {step}: the generator's images are all alike (diversity {diversity:.3}); it has collapsed"
                ),
            });
            [evaluated, metric].into_iter().chain(collapse).map(Emitted::from).collect()
        }
        TrainingNews::Samples { step, genotype, picture } => {
            let source = SampleSource::Training { training, step: Some(GeneratorStep(step)) };
            vec![Emitted::Samples(SampleGrid { source, genotype, picture })]
        }
        TrainingNews::Warning(text) => {
            vec![SearchEvent::Warning { text: format!("{training}: {text}") }.into()]
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sources_of_images_are_read_by_the_texts_that_they_are_written_as() {
        let step = Some(GeneratorStep(100));
        for (source, text) in [
            (SampleSource::Shared { iteration: 2 }, "shared, iteration 3"),
            (SampleSource::Training { training: TrainingId::Winner, step }, "winner, step 100"),
            (SampleSource::Training { training: TrainingId::Finalist(1), step: None }, "derived 1"),
        ] {
            assert_eq!(source.to_string(), text);
            assert_eq!(text.parse(), Ok(source));
        }
        for text in ["", "shared, iteration 0", "winner, step x", "another"] {
            assert!(text.parse::<SampleSource>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_ranking_keeps_is_counted_in_architectures() {
        assert_eq!(beam_words(2, 1), "Kept the best 2 architectures with 1 cell");
        assert_eq!(beam_words(1, 3), "Kept the best architecture with 3 cells");
    }

    #[test]
    fn what_a_training_warns_of_is_said_with_its_name() {
        let events = training_events(TrainingId::Winner, TrainingNews::Warning("no".to_owned()));
        let [Emitted::Event(SearchEvent::Warning { text })] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(text, "winner: no");
    }

    #[test]
    fn events_have_the_form_that_the_first_version_wrote() {
        let evaluated = SearchEvent::Evaluated {
            training: TrainingId::Finalist(2),
            step: GeneratorStep(7),
            scores: Vec::new(),
            best: true,
        };
        let loss = Curve::Loss { gan: GanId::Shared, network: Network::Generator };
        let metric = SearchEvent::Metric { curve: loss, step: 3, value: 0.5 };
        for (event, line) in [
            (evaluated, r#"{"event":"evaluated","name":"derived 2","step":7,"scores":[],"best":true}"#),
            (metric, r#"{"event":"metric","name":"shared/generator_loss","step":3,"value":0.5}"#),
        ] {
            assert_eq!(serde_json::to_string(&event).unwrap(), line);
            assert_eq!(serde_json::from_str::<SearchEvent>(line).unwrap(), event);
        }
    }
}
