//! How long work takes: the rest of a run under way, from its own pieces since it (re)started; and a run that has not
//! begun, from a short measurement of its own networks on its device. Arithmetic alone: nothing is computed, drawn or
//! waited for here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plan::JobSpec;
use crate::arch::{Genotype, Space, SpaceConfig, params};
use crate::config::RunConfig;
use crate::gan::{self, AverageStatistics, GRID, Recipe, TrainConfig};
use crate::metric::extractor::{ExtractorKind, ExtractorRecipe};
use crate::rng::rng;
use crate::search::{Activity, EstimatorKind, RECALIBRATION_BATCHES, WorkItem};

/// Seconds of work before anything is said of the rest.
const GROUND: f64 = 5.0;
/// Seconds of one kind of work after which its own pace counts as much as that of kinds like it.
const HALF_BELIEVED: f64 = 3.0;
/// Architectures that are drawn to find those of usual cost.
const PROBES: u64 = 32;
/// Least and most that work on many architectures takes, as a share of what the measured ones say.
const OF_MANY: [f64; 2] = [0.85, 1.2];
/// The same of work on one architecture that is not known yet, beside what the measured ones differ in.
const OF_ONE: [f64; 2] = [0.9, 1.15];
/// Bytes of a checkpoint that are written in a second, and seconds that each takes besides.
const CHECKPOINT_BYTES: f64 = 150e6;
const CHECKPOINT_SECONDS: f64 = 0.15;
/// Numbers that a checkpoint holds for each parameter: weights, Adam's moments, averages, the best weights.
const CHECKPOINT_COPIES: f64 = 6.0;
/// Bytes of a number.
const NUMBER: f64 = 4.0;

/// What a piece of work mostly is. The same arithmetic takes other times in updates and in scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PieceKind {
    /// An update of a network.
    Update,
    /// Images that are generated and scored.
    Score,
}

impl PieceKind {
    /// What the units of an activity are.
    fn of(activity: Activity) -> Self {
        match activity {
            Activity::Control | Activity::Rank => Self::Score,
            Activity::Shared | Activity::Derive | Activity::Winner => Self::Update,
        }
    }
}

/// What was spent on some work.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    seconds: f64,
    macs: f64,
}

/// How fast each kind of work of a run goes, as measured since it (re)started.
#[derive(Debug, Default)]
pub(super) struct Paces {
    spent: BTreeMap<(PieceKind, Activity, usize), Spent>,
}

impl Paces {
    /// Notes units of an item's work: so many multiply-accumulates in so many seconds.
    pub fn note_units(&mut self, item: &WorkItem, macs: f64, seconds: f64) {
        self.note((PieceKind::of(item.activity), item.activity, item.cells), macs, seconds);
    }

    /// Notes evaluations that an item's training is interrupted for.
    pub fn note_evaluations(&mut self, item: &WorkItem, macs: f64, seconds: f64) {
        self.note((PieceKind::Score, item.activity, item.cells), macs, seconds);
    }

    fn note(&mut self, kind: (PieceKind, Activity, usize), macs: f64, seconds: f64) {
        let spent = self.spent.entry(kind).or_default();
        spent.seconds += seconds;
        spent.macs += macs;
    }

    /// Seconds that the rest of the work takes, of which so many units of each item are done; nothing before there is
    /// ground for a figure.
    pub fn left(&self, work: &[(WorkItem, u64)]) -> Option<f64> {
        let all = self.total(|_| true);
        if all.seconds < GROUND || all.macs <= 0.0 {
            return None;
        }
        let left = work.iter().map(|(item, done)| {
            let units = item.units.saturating_sub(*done);
            let (activity, cells) = (item.activity, item.cells);
            let of_units = units as f64 * item.macs as f64;
            let of_scores = item.evaluations(units) as f64 * item.evaluation_macs as f64;
            of_units * self.pace(PieceKind::of(activity), activity, cells)
                + of_scores * self.pace(PieceKind::Score, activity, cells)
        });
        Some(left.sum())
    }

    /// Seconds for a multiply-accumulate of some work: its own pace as far as enough of it was done, else that of work
    /// like it, so that a few pieces never make the figure jump.
    fn pace(&self, kind: PieceKind, activity: Activity, cells: usize) -> f64 {
        let levels = [
            self.total(|_| true),
            self.total(|of| of.0 == kind),
            self.total(|of| of.0 == kind && of.2 == cells),
            self.total(|of| *of == (kind, activity, cells)),
        ];
        levels.into_iter().filter(|spent| spent.macs > 0.0).fold(0.0, |coarse, spent| {
            let own = spent.seconds / spent.macs;
            let weight = if coarse > 0.0 { spent.seconds / (spent.seconds + HALF_BELIEVED) } else { 1.0 };
            weight * own + (1.0 - weight) * coarse
        })
    }

    fn total(&self, counts: impl Fn(&(PieceKind, Activity, usize)) -> bool) -> Spent {
        self.spent.iter().filter(|(kind, _)| counts(kind)).fold(Spent::default(), |sum, (_, spent)| Spent {
            seconds: sum.seconds + spent.seconds,
            macs: sum.macs + spent.macs,
        })
    }
}

/// Networks of a run whose speed is to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetworkSize {
    /// Cells of the generator.
    pub cells: usize,
    /// Whether they have the sizes of what is trained from scratch, where those are not the search's.
    pub is_derived: bool,
}

/// Seconds that the pieces of a run's work take with one architecture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PieceTimes {
    /// An update of the discriminator.
    pub discriminator: f64,
    /// An update of the generator.
    pub generator: f64,
    /// An image that is generated.
    pub image: f64,
    /// An image that is scored.
    pub score: f64,
}

/// What was measured of networks of one size: some architectures, those of middling cost first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredNetworks {
    /// The networks.
    pub size: NetworkSize,
    /// Their times.
    pub times: Vec<PieceTimes>,
}

/// What was measured of the networks of a run on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSpeed {
    /// The device, by name.
    pub device: String,
    /// The networks, those that are trained longest first.
    pub networks: Vec<MeasuredNetworks>,
    /// Seconds of a step in which an extractor is trained on new pictures, where the run may need one.
    pub extractor_step: Option<f64>,
}

/// A time that is not known exactly, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeRange {
    /// It takes hardly less.
    pub least: f64,
    /// It takes hardly more.
    pub most: f64,
}

/// The networks that a run trains, those from scratch first.
pub fn network_sizes(spec: &JobSpec, config: &RunConfig) -> Vec<NetworkSize> {
    let is_derived = config.derived_model() != config.model;
    match spec {
        JobSpec::Train(genotype) => vec![NetworkSize { cells: genotype.cells.len(), is_derived }],
        JobSpec::Search => {
            let all = config.space.cells;
            let stages = (1..=all).rev().filter(|&cells| iterations_with(config, cells) > 0);
            let shared = stages.map(|cells| NetworkSize { cells, is_derived: false });
            let mut sizes = vec![NetworkSize { cells: all, is_derived }];
            sizes.extend(shared.filter(|size| *size != sizes[0]).collect::<Vec<_>>());
            sizes
        }
    }
}

/// Architectures of networks of a size that cost as much as a run's usually do: one in the middle, then a cheap and a
/// dear one; of a training its own.
///
/// # Errors
///
/// If there is no such search space.
pub fn usual_architectures(
    spec: &JobSpec,
    config: &RunConfig,
    size: NetworkSize,
) -> anyhow::Result<Vec<Genotype>> {
    if let JobSpec::Train(genotype) = spec {
        return Ok(vec![genotype.clone()]);
    }
    let space = Space::new(config.space.clone(), config.model.net_shape())?;
    let probe = |probe| space.sample(&mut rng(config.seed, "plan", probe)).prefix(size.cells);
    let mut probes: Vec<Genotype> = (0..PROBES).map(probe).collect();
    probes.sort_by_cached_key(|genotype| config.recipe.training_macs(genotype, &config.model));
    let mut usual: Vec<Genotype> = Vec::new();
    for place in [2, 1, 3].map(|quarter| probes.len() * quarter / 4) {
        if !usual.contains(&probes[place]) {
            usual.push(probes[place].clone());
        }
    }
    Ok(usual)
}

/// How long a run takes that has not begun, on the device that `speed` was measured on. `images` are those that were
/// found to learn from.
pub fn expected_time(
    spec: &JobSpec,
    config: &RunConfig,
    speed: &RunSpeed,
    images: Option<usize>,
) -> Option<TimeRange> {
    let sizes = network_sizes(spec, config);
    let scratch = speed.of(*sizes.first()?)?;
    let mut time = TimeRange { least: 0.0, most: 0.0 };
    let cells = sizes[0].cells;
    match spec {
        JobSpec::Train(_) => time.add_one(scratch, |times| training(config, config.winner, 0, times)),
        JobSpec::Search => {
            for cells in 1..=cells {
                let iterations = iterations_with(config, cells);
                if iterations > 0 {
                    let stage = speed.of(NetworkSize { cells, is_derived: false })?;
                    time.add_stage(config, cells, iterations, stage);
                }
            }
            let top_k = config.search.top_k as f64;
            time.add_many(scratch, |times| top_k * training(config, config.derive, 0, times));
            let winner = |times: &PieceTimes| training(config, config.winner, config.derive.steps, times);
            time.add_one(scratch, winner);
        }
    }
    time.add_checkpoints(config, cells);
    time.add_preparation(config, speed, scratch.first()?, images);
    Some(time)
}

impl RunSpeed {
    fn of(&self, size: NetworkSize) -> Option<&[PieceTimes]> {
        let networks = self.networks.iter().find(|networks| networks.size == size)?;
        Some(&networks.times).filter(|times| !times.is_empty()).map(Vec::as_slice)
    }
}

impl TimeRange {
    /// Work that is done with many architectures.
    fn add_many(&mut self, times: &[PieceTimes], seconds: impl Fn(&PieceTimes) -> f64) {
        let mean = times.iter().map(seconds).sum::<f64>() / times.len() as f64;
        self.least += mean * OF_MANY[0];
        self.most += mean * OF_MANY[1];
    }

    /// Work that is done with one architecture, whichever it will be.
    fn add_one(&mut self, times: &[PieceTimes], seconds: impl Fn(&PieceTimes) -> f64) {
        let all: Vec<f64> = times.iter().map(seconds).collect();
        self.least += all.iter().copied().fold(f64::INFINITY, f64::min) * OF_ONE[0];
        self.most += all.iter().copied().fold(0.0, f64::max) * OF_ONE[1];
    }

    /// The iterations of a search with so many cells, and the ranking at their end.
    fn add_stage(&mut self, config: &RunConfig, cells: usize, iterations: u64, times: &[PieceTimes]) {
        let search = &config.search;
        let shared = (iterations * search.shared_steps) as f64 / config.recipe.n_critic.max(1) as f64;
        self.add_many(times, |times| shared * generator_step(&config.recipe, times));
        // What was estimated before with the same weights is remembered; a strategy that has made up its mind proposes
        // little else.
        let asked = iterations as f64 * search.controller.steps as f64;
        let fresh = if search.fixed_noise {
            iterations as f64 * distinct(space_size(config, cells), search.controller.steps as f64)
        } else {
            asked
        };
        let candidates = search.candidates as f64;
        let mut estimates = Self { least: 0.0, most: 0.0 };
        estimates.add_many(times, |times| estimate(config, times));
        self.least += estimates.least * (fresh / 2.0 + candidates / 2.0);
        self.most += estimates.most * (fresh + candidates);
    }

    /// Checkpoints, which come at intervals.
    fn add_checkpoints(&mut self, config: &RunConfig, cells: usize) {
        let model = config.derived_model();
        let generator = Space::new(config.space.clone(), model.net_shape())
            .map_or(0, |space| params(&space.largest(), &model.net_shape()));
        let parameters = (generator + model.discriminator_graph(cells).cost().params) as f64;
        let bytes = NUMBER * CHECKPOINT_COPIES * parameters;
        let each = CHECKPOINT_SECONDS + bytes / CHECKPOINT_BYTES;
        let share = each / config.checkpoint.every_seconds.max(1) as f64;
        self.least += self.least * share / 2.0;
        self.most += self.most * share;
    }

    /// What comes before the first step, where it was not kept from an earlier run: an extractor that is trained on the
    /// pictures, and the scores of real images.
    fn add_preparation(
        &mut self,
        config: &RunConfig,
        speed: &RunSpeed,
        times: &PieceTimes,
        images: Option<usize>,
    ) {
        let there = images.unwrap_or(usize::MAX);
        let reference = if config.score.reference == 0 { there } else { config.score.reference.min(there) };
        if reference < usize::MAX {
            self.most += reference as f64 * times.score * config.space.cells as f64;
        }
        if let (ExtractorKind::Builtin, Some(step), Some(images)) =
            (config.score.extractor, speed.extractor_step, images)
        {
            self.most += step * ExtractorRecipe::default().steps(images) as f64;
        }
    }
}

/// Search iterations that work on so many cells.
fn iterations_with(config: &RunConfig, cells: usize) -> u64 {
    let search = &config.search;
    let all = (0..search.total_iterations()).map(|iteration| search.cells_at(iteration, config.space.cells));
    all.filter(|&own| own == cells).count() as u64
}

/// Architectures of so many cells; infinity where they cannot be counted.
fn space_size(config: &RunConfig, cells: usize) -> f64 {
    let mut space = SpaceConfig { cells, ..config.space.clone() };
    space.cell.retain(|own| own.number <= cells);
    Space::new(space, config.model.net_shape()).map_or(f64::INFINITY, |space| space.size() as f64)
}

/// How many different ones there are among so many draws of `of`, on average.
fn distinct(of: f64, draws: f64) -> f64 {
    if of.is_finite() && of > 0.0 { of * (1.0 - (1.0 - 1.0 / of).powf(draws)) } else { draws }
}

/// Seconds of a generator step, with the discriminator steps that come with it.
fn generator_step(recipe: &Recipe, times: &PieceTimes) -> f64 {
    times.generator + recipe.n_critic as f64 * times.discriminator
}

/// Seconds in which so many images are generated and scored, in whole batches.
fn scored(config: &RunConfig, samples: usize, times: &PieceTimes) -> f64 {
    let batch = config.score.batch.max(1);
    (samples.div_ceil(batch) * batch) as f64 * (times.image + times.score)
}

/// Seconds of an estimate of a candidate.
fn estimate(config: &RunConfig, times: &PieceTimes) -> f64 {
    let search = &config.search;
    let scored = scored(config, search.reward_samples, times);
    match search.estimator {
        EstimatorKind::Scratch => {
            scored + search.scratch_steps as f64 * generator_step(&config.recipe, times)
        }
        EstimatorKind::Shared => {
            let batches = if search.recalibrate { RECALIBRATION_BATCHES } else { 0 };
            scored + (batches * config.recipe.generator_batch as u64) as f64 * times.image
        }
    }
}

/// Seconds of a training from scratch, of which so many steps are done, with its scores and pictures.
fn training(config: &RunConfig, train: TrainConfig, done: u64, times: &PieceTimes) -> f64 {
    let steps = train.steps.saturating_sub(done);
    let batches = match train.average_statistics {
        AverageStatistics::Recalibrated => gan::RECALIBRATION_BATCHES,
        AverageStatistics::Raw => 0,
    };
    let averaged = (batches * config.recipe.generator_batch as u64) as f64 * times.image;
    let scores = steps.div_ceil(train.evaluate_every.max(1)) as f64;
    let pictures = steps.div_ceil(train.samples_every.max(1)) as f64;
    let fixed = (GRID * GRID) as f64 * times.image;
    steps as f64 * generator_step(&config.recipe, times)
        + scores * (scored(config, config.score.samples, times) + averaged + fixed)
        + pictures * (averaged + fixed)
}

#[cfg(test)]
mod tests;
