//! Compiles and tunes a training's kernels before it begins.
//!
//! In a dry run kernels are compiled and tuned, but beside the tuning none is executed: what is read
//! back is whatever its memory holds.

use burn::cubecl::dry_run::DryRun;

use super::GanError;
use super::config::{Recipe, TrainConfig};
use super::training::Training;

/// Pieces of work in which a training of one step is trained, pictured and begins to be scored.
pub const PIECES: usize = 4;

/// The shortest training that needs all kernels of one like `recipe` and `config` say: each step
/// contains both networks' updates, and it ends after one.
pub fn one_step(recipe: Recipe, config: TrainConfig) -> (Recipe, TrainConfig) {
    let config = TrainConfig { steps: 1, evaluate_every: 1, samples_every: 1, ..config };
    (Recipe { n_critic: 1, ..recipe }, config)
}

/// Does `work` in a dry run. An error that `is_divergence` knows is none there.
///
/// # Errors
///
/// Any other error of `work`.
pub fn dry_run<E>(
    work: impl FnOnce() -> Result<(), E>,
    is_divergence: impl FnOnce(&E) -> bool,
) -> Result<(), E> {
    let _dry_run = DryRun::new();
    match work() {
        Err(error) if !is_divergence(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Compiles and tunes the kernels of `training`, which was made as [`one_step`] says.
///
/// # Errors
///
/// If the networks cannot be trained or scored on the images there are.
pub fn warm_up(training: &mut Training) -> Result<(), GanError> {
    let work = || (0..PIECES).try_for_each(|_| training.advance().map(drop));
    dry_run(work, GanError::is_divergence)
}
