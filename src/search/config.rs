//! What a search does and for how long.

use serde::{Deserialize, Serialize};

use crate::gan::HealthConfig;
use crate::metric::Reward;

/// How the generator's cells are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Levels {
    /// Cell by cell: the generator grows, each stage has a controller of its own and a beam.
    #[default]
    Multi,
    /// All cells at once with one controller, at the full size from the start.
    Single,
}

/// The optimisation algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrategyKind {
    /// The recurrent controller, trained by REINFORCE.
    #[default]
    Reinforce,
    /// Uniform draws from the space.
    Random,
}

/// The proxy task: what a candidate is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EstimatorKind {
    /// Scored with the shared GAN's weights.
    #[default]
    Shared,
    /// Trained for a few steps from scratch, then scored.
    Scratch,
}

/// How the controller turns rewards into a loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// Kept over the whole stage, without the newest reward; the entropy is a bonus of its own.
    #[default]
    Persistent,
    /// Starts anew in each iteration and contains the newest reward; the entropy is part of the
    /// reward, with gradient; rewards and log-probabilities are summed over the tokens before they
    /// are multiplied, as the released code does.
    AsReleased,
}

/// The controller and its training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControllerConfig {
    /// Size of the LSTM's state and of the embeddings.
    pub hidden: usize,
    /// Learning rate.
    #[serde(alias = "rate")]
    pub learning_rate: f64,
    /// REINFORCE steps in an iteration.
    pub steps: u64,
    /// Share of the old baseline that is kept at each step.
    pub baseline_decay: f64,
    /// Weight of the entropy.
    pub entropy: f64,
    /// How rewards become a loss.
    pub baseline: Baseline,
}

impl Default for ControllerConfig {
    fn default() -> Self {
        Self {
            hidden: 100,
            learning_rate: 3.5e-4,
            steps: 30,
            baseline_decay: 0.9,
            entropy: 1e-3,
            baseline: Baseline::Persistent,
        }
    }
}

/// The search. Defaults are `exps/autogan_search.sh` with the corrected switches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// Cell by cell or all at once.
    pub levels: Levels,
    /// The optimisation algorithm.
    pub strategy: StrategyKind,
    /// The proxy task.
    pub estimator: EstimatorKind,
    /// Iterations at each stage, one number for each cell (multi-level) or their sum is taken
    /// (single-level).
    pub iterations: Vec<u64>,
    /// Discriminator steps of shared training in an iteration.
    pub shared_steps: u64,
    /// The controller.
    pub controller: ControllerConfig,
    /// Candidates that are ranked when the generator grows, and at the end.
    pub candidates: usize,
    /// How many of them the beam keeps and, at the end, are trained from scratch.
    pub top_k: usize,
    /// Rank each architecture once only. The released code keeps duplicates.
    #[serde(alias = "distinct")]
    pub deduplicate: bool,
    /// What the controller is rewarded for.
    pub reward: Reward,
    /// Images that a candidate generates to be scored.
    pub reward_samples: usize,
    /// Splits of the reward's inception score.
    pub reward_splits: usize,
    /// Score all candidates from the same latents and remember the results until the shared weights
    /// change. The released code draws fresh ones each time.
    pub fixed_noise: bool,
    /// Measure batch norm statistics anew for each candidate. The released code uses the shared
    /// generator's, which mix all architectures.
    pub recalibrate: bool,
    /// When the shared pair is started anew.
    pub reset: HealthConfig,
    /// Generator steps of the proxy task that trains from scratch.
    pub scratch_steps: u64,
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self {
            levels: Levels::Multi,
            strategy: StrategyKind::Reinforce,
            estimator: EstimatorKind::Shared,
            iterations: vec![15, 20, 30],
            // 15 epochs of CIFAR-10's 781 full batches of 64.
            shared_steps: 11_715,
            controller: ControllerConfig::default(),
            candidates: 10,
            top_k: 5,
            deduplicate: true,
            reward: Reward::default(),
            reward_samples: 5_000,
            reward_splits: 10,
            fixed_noise: true,
            recalibrate: true,
            reset: HealthConfig::default(),
            scratch_steps: 200,
        }
    }
}

impl SearchConfig {
    /// Iterations in all.
    pub fn total_iterations(&self) -> u64 {
        self.iterations.iter().sum()
    }

    /// Cells of the genotypes that iteration `iteration` (from 0) works on.
    pub fn cells_at(&self, iteration: u64, cells: usize) -> usize {
        match self.levels {
            Levels::Single => cells,
            Levels::Multi => {
                let mut end = 0;
                let stages = self.iterations.iter().take_while(|&&count| {
                    end += count;
                    end <= iteration
                });
                (stages.count() + 1).min(cells)
            }
        }
    }
}
