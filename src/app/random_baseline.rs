//! Trains a given architecture and random ones alike, to see what a search was worth.
//!
//! The baseline that every search must beat: uniform draws from the same space, each trained for the
//! same budget from the same seeds, with the same data, latents and scorer.

use serde::{Deserialize, Serialize};

use crate::arch::{Genotype, Space};
use crate::engine::Plan;
use crate::gan::{TrainConfig, Trainer, Training, TrainingNews};
use crate::metric::Score;
use crate::rng::rng;

/// Who trains against whom, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct ContestConfig {
    /// Random architectures.
    pub random: usize,
    /// Seeds, each of which trains every architecture once.
    pub seeds: u64,
    /// Generator steps of each training.
    pub steps: u64,
}

/// One training of one architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The architecture.
    pub genotype: Genotype,
    /// Whether it is the one that was searched.
    pub searched: bool,
    /// The seed of its training.
    pub seed: u64,
    /// Its scores after the last step, the deciding one first.
    pub scores: Vec<Score>,
}

/// Trains `searched` and random members of the plan's space, telling each result.
///
/// # Errors
///
/// If a training cannot be run or does not stay finite.
pub fn contest(
    plan: &Plan,
    searched: &Genotype,
    contest: &ContestConfig,
    tell: &mut dyn FnMut(&Entry),
) -> anyhow::Result<()> {
    let config = &plan.config;
    let space = Space::new(config.space.clone(), config.model.net_shape())?;
    space.check(searched)?;
    let side = config.model.side(searched.cells.len());
    let arenas = plan.arenas(&[side], &mut |_| {})?;
    let random =
        (0..contest.random as u64).map(|draw| (space.sample(&mut rng(config.seed, "contest", draw)), false));
    let contestants: Vec<(Genotype, bool)> =
        std::iter::once((searched.clone(), true)).chain(random).collect();
    let train = TrainConfig {
        steps: contest.steps,
        evaluate_every: contest.steps,
        samples_every: contest.steps,
        ..config.winner
    };
    for seed in (0..contest.seeds).map(|offset| config.seed + offset) {
        for (genotype, searched) in &contestants {
            let trainer = Trainer::new(
                genotype.clone(),
                &config.derived_model(),
                config.recipe,
                train,
                &arenas[0].images,
                &plan.device,
                seed,
                "contest",
            )?;
            // Every training is scored from the same latents, so that all scores are comparable.
            let mut training = Training::new(trainer, arenas[0].clone(), train, config.score, config.seed);
            while !training.finished() {
                if let Some(TrainingNews::Evaluated { scores, .. }) = training.advance()? {
                    tell(&Entry { genotype: genotype.clone(), searched: *searched, seed, scores });
                }
            }
        }
    }
    Ok(())
}
