//! Trains a given architecture and random ones alike, to see what a search was worth.
//!
//! The baseline that every search must beat: uniform draws from the same space, each trained for the
//! same budget from the same seeds, with the same data, latents and evaluator.

use serde::{Deserialize, Serialize};

use crate::arch::{Genotype, Space};
use crate::engine::Plan;
use crate::gan::{TrainConfig, TrainingNews, TrainingSetup};
use crate::metric::Score;
use crate::rng::rng;

/// Stream of the draws and of the trainings. Its name is part of what makes the numbers, so it stays.
const STREAM: &str = "contest";

/// How many architectures are trained, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineConfig {
    /// Random architectures.
    pub random: usize,
    /// Seeds, each of which trains every architecture once.
    pub seeds: u64,
    /// Generator steps of each training.
    pub steps: u64,
}

/// One training of one architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BaselineEntry {
    /// The architecture.
    pub genotype: Genotype,
    /// Whether it is the one that was searched.
    pub searched: bool,
    /// The seed of its training.
    pub seed: u64,
    /// Its scores after the last step, the deciding one first.
    pub scores: Vec<Score>,
}

/// Trains `searched` and random members of the plan's space, and calls `emit` with each result.
///
/// # Errors
///
/// If a training cannot be run or does not stay finite.
pub fn random_baseline(
    plan: &Plan,
    searched: &Genotype,
    baseline: &BaselineConfig,
    emit: &mut dyn FnMut(&BaselineEntry),
) -> anyhow::Result<()> {
    let config = &plan.config;
    let space = Space::new(config.space.clone(), config.model.net_shape())?;
    space.check(searched)?;
    let side = config.model.side(searched.cells.len());
    let training_data = plan.training_data(&[side], &mut |_| {})?;
    let random =
        (0..baseline.random as u64).map(|draw| (space.sample(&mut rng(config.seed, STREAM, draw)), false));
    let architectures: Vec<(Genotype, bool)> =
        std::iter::once((searched.clone(), true)).chain(random).collect();
    let train = TrainConfig {
        steps: baseline.steps,
        evaluate_every: baseline.steps,
        samples_every: baseline.steps,
        ..config.winner
    };
    for seed in (0..baseline.seeds).map(|offset| config.seed + offset) {
        // Every training is scored from the same latents, so that all scores are comparable.
        let setup = TrainingSetup { seed, ..plan.training_setup() };
        for (genotype, searched) in &architectures {
            let mut training = setup.training(genotype, &training_data[0], train, STREAM)?;
            while !training.finished() {
                match training.advance()? {
                    Some(TrainingNews::Evaluated { scores, .. }) => {
                        emit(&BaselineEntry {
                            genotype: genotype.clone(),
                            searched: *searched,
                            seed,
                            scores,
                        });
                    }
                    Some(TrainingNews::Warning(text)) => tracing::warn!("{text}"),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}
