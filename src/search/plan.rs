//! The settings of a search, and how much work they make.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::config::{EstimatorKind, SearchConfig};
use crate::arch::{Genotype, Space, macs};
use crate::gan::{Recipe, TrainConfig};
use crate::metric::ScoreConfig;
use crate::model::ModelConfig;
use crate::rng::rng;

/// Random architectures over which costs are averaged.
const PROBES: u64 = 32;

/// The settings of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchPlan {
    /// The search itself.
    pub search: SearchConfig,
    /// Training of each of the best from scratch.
    pub derive: TrainConfig,
    /// Training of the winner, which goes on from its derived state.
    pub winner: TrainConfig,
    /// How generators are evaluated.
    pub score: ScoreConfig,
    /// Sizes of the networks that are trained from scratch; the shared ones may be smaller.
    pub derived_model: ModelConfig,
}

/// Work of one kind: all of an activity at one number of cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkItem {
    /// What is done.
    pub activity: Activity,
    /// Cells of the genotypes it is done with.
    pub cells: usize,
    /// Units in all: steps of shared training, estimates, generator steps.
    pub units: u64,
    /// Multiply-accumulates of a unit, averaged over the space.
    pub macs: u64,
    /// Units after which the work is interrupted for an evaluation, which is no part of them; 0 for never.
    pub evaluate_every: u64,
    /// Multiply-accumulates of such an evaluation.
    pub evaluation_macs: u64,
}

impl WorkItem {
    /// Evaluations that come with so many units.
    pub fn evaluations(&self, units: u64) -> u64 {
        if self.evaluate_every == 0 { 0 } else { units.div_ceil(self.evaluate_every) }
    }

    /// Multiply-accumulates of so many units with their evaluations.
    pub fn cost(&self, units: u64) -> f64 {
        units as f64 * self.macs as f64 + self.evaluations(units) as f64 * self.evaluation_macs as f64
    }
}

/// What decides the cost of a piece of work; known before images are read or networks made.
#[derive(Clone, Copy)]
pub struct CostFactors<'a> {
    /// Seed of the run, by which architectures are drawn for averages.
    pub seed: u64,
    /// The search space.
    pub space: &'a Space,
    /// Sizes of the shared networks.
    pub model: &'a ModelConfig,
    /// The adversarial recipe.
    pub recipe: &'a Recipe,
    /// Multiply-accumulates of the extractor for an image.
    pub extractor_macs: u64,
}

impl CostFactors<'_> {
    /// Multiply-accumulates of `steps` generator steps with the discriminator steps between them.
    pub fn training_macs(&self, genotype: &Genotype, steps: u64) -> u64 {
        steps * self.recipe.training_macs(genotype, self.model)
    }

    /// Multiply-accumulates of generating and scoring `samples` images.
    pub fn scoring_macs(&self, genotype: &Genotype, samples: usize) -> u64 {
        samples as u64 * (macs(genotype, self.space.shape()) + self.extractor_macs)
    }
}

/// The work of a whole search, in order of first appearance.
pub fn work_items(costs: CostFactors<'_>, plan: &SearchPlan) -> Vec<WorkItem> {
    let config = &plan.search;
    let all = costs.space.cells();
    let probes: Vec<Genotype> =
        (0..PROBES).map(|probe| costs.space.sample(&mut rng(costs.seed, "plan", probe))).collect();
    let average = |cells: usize, cost: &dyn Fn(&Genotype) -> u64| {
        probes.iter().map(|genotype| cost(&genotype.prefix(cells)) / PROBES).sum::<u64>()
    };
    let estimate = |cells| match config.estimator {
        EstimatorKind::Shared => average(cells, &|g| costs.scoring_macs(g, config.reward_samples)),
        EstimatorKind::Scratch => average(cells, &|g| {
            costs.training_macs(g, config.scratch_steps) + costs.scoring_macs(g, config.reward_samples)
        }),
    };
    let shared = |cells| average(cells, &|g| costs.training_macs(g, 1) / costs.recipe.n_critic.max(1));
    let training = average(all, &|g| costs.recipe.training_macs(g, &plan.derived_model));
    let mut items: Vec<WorkItem> = Vec::new();
    for cells in 1..=all {
        let of_stage = |&iteration: &u64| config.cells_at(iteration, all) == cells;
        let iterations = (0..config.total_iterations()).filter(of_stage).count() as u64;
        if iterations == 0 {
            continue;
        }
        let mut item = |activity, units, macs| {
            items.push(WorkItem { activity, cells, units, macs, evaluate_every: 0, evaluation_macs: 0 });
        };
        item(Activity::Shared, iterations * config.shared_steps, shared(cells));
        item(Activity::Control, iterations * config.controller.steps, estimate(cells));
        item(Activity::Rank, config.candidates as u64, estimate(cells));
    }
    let evaluation_macs = average(all, &|g| {
        let generator = macs(g, &plan.derived_model.net_shape());
        plan.score.samples as u64 * (generator + costs.extractor_macs)
    });
    let mut item = |activity, units, train: TrainConfig| {
        // Each of the best is evaluated at its end, too.
        let evaluate_every = train.evaluate_every.min(train.steps).max(1);
        items.push(WorkItem { activity, cells: all, units, macs: training, evaluate_every, evaluation_macs });
    };
    item(Activity::Derive, config.top_k as u64 * plan.derive.steps, plan.derive);
    item(Activity::Winner, plan.winner.steps.saturating_sub(plan.derive.steps), plan.winner);
    items
}
