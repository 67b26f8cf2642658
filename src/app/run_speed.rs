//! A short measurement of a run's own networks on its device, before it begins: some updates, some images made and
//! scored. The images are noise.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use burn::tensor::{Device, Tensor};

use super::step_bench::noise;
use crate::arch::Genotype;
use crate::config::RunConfig;
use crate::device::{self, DeviceChoice};
use crate::engine::{
    JobSpec, MeasuredNetworks, NetworkSize, PieceTimes, RunSpeed, network_sizes, usual_architectures,
};
use crate::gan::{LrDecay, Recipe, TrainConfig, Trainer, latents};
use crate::metric::Extractor;
use crate::metric::extractor::inception::InceptionWeights;
use crate::metric::extractor::{BATCH, ExtractorKind, ExtractorRecipe, Task, train};

/// Stream of weights and latents.
const STREAM: &str = "speed";
/// Most updates of each network that are timed with an architecture, and the time after which no more are: small
/// networks take some tens of updates until they are as fast as they stay.
const ROUNDS: usize = 60;
const ROUNDS_FOR: Duration = Duration::from_millis(1000);
/// Updates of each network that a GPU is given without waiting for any.
const TOGETHER: usize = 6;
/// A first update that takes so long is no longer due to what comes once only.
const LONG: Duration = Duration::from_secs(3);
/// After so long, networks are measured with one architecture each.
const PATIENCE: Duration = Duration::from_secs(15);
/// Multiply-accumulates that scoring is timed with at most.
const SCORED_MACS: u64 = 30_000_000_000;
/// Steps that the training of an extractor is timed with.
const EXTRACTOR_STEPS: usize = 4;

/// Measures the networks of a run on the device of its settings.
///
/// # Errors
///
/// If the device cannot be opened, the sizes cannot be, or the Inception network's weights are needed and not here.
pub fn run_speed(spec: &JobSpec, config: &RunConfig) -> anyhow::Result<RunSpeed> {
    let begun = Instant::now();
    let opened = device::open(&config.device.parse::<DeviceChoice>()?)?;
    let extractor = match config.score.extractor {
        ExtractorKind::Builtin => Extractor::builtin_toys(&opened.device)?,
        ExtractorKind::Inception => {
            let weights = InceptionWeights::cached(&device::cache_dir()?)?;
            Extractor::inception(&weights, config.score.preprocessing, &opened.device)
        }
    };
    let bench = SpeedBench { config, device: &opened.device, is_gpu: opened.is_gpu, extractor };
    let mut networks = Vec::new();
    for size in network_sizes(spec, config) {
        let mut times = Vec::new();
        for genotype in usual_architectures(spec, config, size)? {
            if times.is_empty() || begun.elapsed() < PATIENCE {
                times.push(bench.pieces(&genotype, size)?);
            }
        }
        networks.push(MeasuredNetworks { size, times });
    }
    let trains =
        config.score.extractor == ExtractorKind::Builtin && Extractor::is_trained_on(&config.data.source);
    let extractor_step = trains.then(extractor_step).transpose()?;
    Ok(RunSpeed { device: opened.name, networks, extractor_step })
}

/// What all measurements share.
struct SpeedBench<'a> {
    config: &'a RunConfig,
    device: &'a Device,
    is_gpu: bool,
    extractor: Extractor,
}

impl SpeedBench<'_> {
    /// The times of one architecture.
    fn pieces(&self, genotype: &Genotype, size: NetworkSize) -> anyhow::Result<PieceTimes> {
        let Self { config, device, .. } = *self;
        let model = if size.is_derived { config.derived_model() } else { config.model.clone() };
        // An update of each, one after the other.
        let recipe = Recipe { n_critic: 1, ..config.recipe };
        let train = TrainConfig { lr_decay: LrDecay::None, capture: false, ..config.winner };
        let images = noise(recipe.batch, model.side(size.cells))?;
        let (genotype, seed) = (genotype.clone(), config.seed);
        let mut trainer = Trainer::new(genotype, &model, recipe, train, &images, device, seed, STREAM)?;
        let mut update = || -> anyhow::Result<Duration> {
            let begun = Instant::now();
            trainer.advance(&images)?;
            self.wait()?;
            Ok(begun.elapsed())
        };
        // The first of each is slower, but where it takes long that hardly counts.
        let mut pairs = vec![[update()?, update()?]];
        let begun = Instant::now();
        while pairs.len() == 1 && pairs[0].iter().sum::<Duration>() < LONG
            || (2..=ROUNDS).contains(&pairs.len()) && begun.elapsed() < ROUNDS_FOR
        {
            pairs.push([update()?, update()?]);
        }
        // The later half.
        let timed = &pairs[pairs.len() / 2..];
        let [mut discriminator, mut generator] = [0, 1].map(|network| {
            let mut times: Vec<f64> = timed.iter().map(|pair| pair[network].as_secs_f64()).collect();
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        });
        if self.is_gpu {
            // A run does not wait for each update.
            let begun = Instant::now();
            for _ in 0..2 * TOGETHER {
                trainer.advance(&images)?;
            }
            self.wait()?;
            let together = begun.elapsed().as_secs_f64() / TOGETHER as f64;
            let share = (together / (discriminator + generator)).min(1.0);
            (discriminator, generator) = (discriminator * share, generator * share);
        }
        let [image, score] = self.scores(&trainer, model.latent_dim)?;
        Ok(PieceTimes { discriminator, generator, image, score })
    }

    /// Seconds in which an image is generated, and in which it is scored.
    fn scores(&self, trainer: &Trainer, latent: usize) -> anyhow::Result<[f64; 2]> {
        let generator = trainer.generator();
        let affordable = (SCORED_MACS / self.extractor.macs().max(1)).max(1) as usize;
        let batch = self.config.score.batch.clamp(1, affordable.min(BATCH));
        let once = |counter: u64| -> anyhow::Result<[f64; 2]> {
            let begun = Instant::now();
            let z = latents(self.config.seed, STREAM, counter, batch, latent, generator.device());
            let images: Tensor<4> = generator.generate(z);
            self.wait()?;
            let made = begun.elapsed().as_secs_f64();
            self.extractor.outputs(images, 0)?;
            Ok([made, begun.elapsed().as_secs_f64() - made])
        };
        let first = once(0)?;
        let seconds = if first[0] + first[1] < LONG.as_secs_f64() { once(1)? } else { first };
        Ok(seconds.map(|seconds| seconds / batch as f64))
    }

    /// Waits until the device has done all.
    fn wait(&self) -> anyhow::Result<()> {
        self.device.sync().context("the device does not answer")
    }
}

/// Seconds of a step in which an extractor is trained.
fn extractor_step() -> anyhow::Result<f64> {
    let recipe = ExtractorRecipe::default();
    let images = noise(recipe.batch, 32)?;
    let timed = |steps: usize| -> anyhow::Result<f64> {
        let short = ExtractorRecipe { steps: [steps; 2], ..recipe.clone() };
        let begun = Instant::now();
        train(&images, &images, Task::Rotations, &short, &mut |_, _| {})?;
        Ok(begun.elapsed().as_secs_f64())
    };
    // Without what comes before the first step and after the last.
    let (one, more) = (timed(1)?, timed(1 + EXTRACTOR_STEPS)?);
    Ok((more - one).max(0.0) / EXTRACTOR_STEPS as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::TINY;

    #[test]
    fn every_network_of_a_run_is_measured() {
        let mut config = RunConfig::preset("quick").unwrap();
        TINY.iter()
            .chain(&["device=cpu", "data.source=/pictures"])
            .for_each(|set| config.apply(set).unwrap());
        let speed = run_speed(&JobSpec::Search, &config).unwrap();
        let sizes: Vec<NetworkSize> = speed.networks.iter().map(|networks| networks.size).collect();
        assert_eq!(sizes, network_sizes(&JobSpec::Search, &config));
        for times in speed.networks.iter().flat_map(|networks| &networks.times) {
            let all = [times.discriminator, times.generator, times.image, times.score];
            assert!(all.iter().all(|&seconds| seconds > 0.0 && seconds < 60.0), "{times:?}");
        }
        assert!(speed.extractor_step.is_some_and(|seconds| seconds > 0.0), "own pictures need one");
        config.apply("data.source=toys").unwrap();
        let genotype = "1 0 1 1 1 0 0 1 1".parse().unwrap();
        let speed = run_speed(&JobSpec::Train(genotype), &config).unwrap();
        assert_eq!((speed.networks.len(), speed.networks[0].times.len(), speed.extractor_step), (1, 1, None));
    }
}
