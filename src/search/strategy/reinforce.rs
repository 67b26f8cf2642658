//! AutoGAN's strategy: a recurrent controller trained by REINFORCE (Williams 1992).

use burn::tensor::{Device, Tensor};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::random::extend;
use super::{Distributions, Proposal, Reading, Strategy, StrategyError};
use crate::arch::{Genotype, Space};
use crate::gan::{Adam, AdamConfig, Divergence, non_finite_weights};
use crate::model::{Controller, Hidden, NamedTensors, add_prefix, host, strip_prefix};
use crate::rng::rng;
use crate::search::config::{Baseline, ControllerConfig};

/// Draws from the controller before a genotype outside the bounds is replaced by a uniform one.
const ATTEMPTS: u32 = 64;
/// Rollouts over which [`Strategy::distributions`] averages.
const ROLLOUTS: u64 = 16;

/// Where a stage's controller may start: an architecture of the stage before and the hidden state
/// with which it was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ControllerStart {
    /// `None` in the first stage, which starts from no cells.
    genotype: Option<Genotype>,
    hidden: Hidden,
}

impl ControllerStart {
    /// The cells that the start has.
    fn prefix(&self) -> Genotype {
        self.genotype.clone().unwrap_or_default()
    }
}

/// The part of the state that is no tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plain {
    /// Cells of the genotypes it proposes; it chooses those that its starts do not have.
    cells: usize,
    /// At least one.
    starts: Vec<ControllerStart>,
    /// `None` before the first reward; a number for each token with [`Baseline::AsReleased`].
    baseline: Option<Vec<f32>>,
}

/// The controller with its optimiser and its beam.
pub struct Reinforce {
    config: ControllerConfig,
    adam_config: AdamConfig,
    seed: u64,
    device: Device,
    plain: Plain,
    controller: Controller,
    adam: Adam,
}

impl Reinforce {
    /// A fresh controller whose first stage has `cells` cells. `adam` is the search's; the released
    /// code shares the betas with the networks' optimisers.
    pub fn new(config: ControllerConfig, adam: AdamConfig, space: &Space, cells: usize, seed: u64) -> Self {
        // Small matrices and one row: the CPU is the fastest place, and the same everywhere.
        let device = Device::flex().autodiff();
        let first = ControllerStart { genotype: None, hidden: Hidden::zero(config.hidden) };
        Self {
            plain: Plain { cells, starts: vec![first], baseline: None },
            controller: controller(&config, space, 0..cells, seed, &device),
            adam: Adam::new(adam),
            adam_config: adam,
            config,
            seed,
            device,
        }
    }

    /// The controller outside of autodiff. Rollouts that no loss follows would stay in burn's graph, and
    /// each backward pass of any network takes time with the square of what is in there.
    fn plain_controller(&self) -> Controller {
        self.controller.without_autodiff()
    }

    /// The cells this stage's controller chooses.
    fn chosen_cells(&self) -> std::ops::Range<usize> {
        self.plain.starts[0].prefix().cells.len()..self.plain.cells
    }

    fn start(&self, proposal: &Proposal) -> &ControllerStart {
        &self.plain.starts[proposal.parent.unwrap_or(0)]
    }

    /// The choices a proposal made after its start; `None` if the space does not have them.
    fn actions(&self, space: &Space, proposal: &Proposal) -> Option<Vec<usize>> {
        let mut actions = Vec::new();
        for cell in self.chosen_cells() {
            actions.extend(space.actions_of(cell, &proposal.genotype.cells[cell])?);
        }
        Some(actions)
    }

    fn genotype(&self, space: &Space, start: Genotype, mut actions: &[usize]) -> Genotype {
        self.chosen_cells().fold(start, |genotype, cell| {
            let (own, rest) = actions.split_at(space.tokens(cell).len());
            actions = rest;
            genotype.extended(space.cell_from_actions(cell, own))
        })
    }
}

/// A controller with one head for each token of `cells`, with its initial weights.
fn controller(
    config: &ControllerConfig,
    space: &Space,
    cells: std::ops::Range<usize>,
    seed: u64,
    device: &Device,
) -> Controller {
    let stream = format!("init/controller/{}", cells.start);
    let tokens = cells.flat_map(|cell| space.tokens(cell));
    let choices: Vec<usize> = tokens.map(|token| token.values.len()).collect();
    Controller::new(&choices, config.hidden, device, seed, &stream)
}

/// An index drawn from a distribution.
fn draw(distribution: &[f32], generator: &mut impl Rng) -> usize {
    let mut left: f32 = generator.random();
    for (index, &probability) in distribution.iter().enumerate() {
        left -= probability;
        if left < 0.0 {
            return index;
        }
    }
    // Rounding can leave the sum of the distribution a little below the random number.
    distribution.len() - 1
}

impl Strategy for Reinforce {
    fn name(&self) -> &'static str {
        "reinforce"
    }

    fn propose(&self, space: &Space, stream: &str, counter: u64) -> Proposal {
        let generator = &mut rng(self.seed, &format!("strategy/{stream}"), counter);
        let (starts, controller) = (&self.plain.starts, self.plain_controller());
        for _ in 0..ATTEMPTS {
            let parent = generator.random_range(0..starts.len());
            let start = &starts[parent];
            let rollout = controller.unroll(&start.hidden, |_, distribution| draw(distribution, generator));
            let genotype = self.genotype(space, start.prefix(), &rollout.actions);
            if space.admissible(&genotype) {
                let parent = Some(parent);
                return Proposal { genotype, parent };
            }
        }
        let beam: Vec<Genotype> = starts.iter().filter_map(|start| start.genotype.clone()).collect();
        extend(space, &beam, self.plain.cells, generator)
    }

    fn begin_iteration(&mut self) {
        if self.config.baseline == Baseline::AsReleased {
            self.plain.baseline = None;
        }
    }

    fn learn(
        &mut self,
        space: &Space,
        proposal: &Proposal,
        reward: f64,
        step: u64,
    ) -> Result<Vec<Reading>, Divergence> {
        let Some(actions) = self.actions(space, proposal) else {
            return Ok(Vec::new());
        };
        let rollout = self.controller.unroll(&self.start(proposal).hidden, |token, _| actions[token]);
        let entropy: f32 = rollout.entropies.clone().mean().into_scalar();
        let old = self.plain.baseline.as_deref();
        let lesson = reinforce_loss(&self.config, rollout.log_probs, rollout.entropies, reward, old);
        let gradients = lesson.loss.backward();
        self.adam.step(&mut self.controller.weights, gradients, self.config.learning_rate);
        let baseline = mean(&lesson.baseline);
        self.plain.baseline = Some(lesson.baseline);
        let value: f32 = lesson.loss.into_scalar();
        if !value.is_finite() {
            return Err(Divergence::Loss { network: "controller", value, step });
        }
        // Small, and on the CPU.
        if let Some(what) = non_finite_weights(&self.controller.weights) {
            return Err(Divergence::Weights { what, step });
        }
        Ok(vec![
            ("reward", reward),
            ("baseline", baseline),
            ("advantage", lesson.advantage),
            ("entropy", f64::from(entropy)),
            ("loss", f64::from(value)),
        ])
    }

    fn grow(&mut self, space: &Space, beam: &[Proposal], cells: usize) {
        let grown = self.plain_controller();
        let start = |proposal: &Proposal| {
            // A proposal that came from the uniform fallback has actions like any other.
            let actions = self.actions(space, proposal)?;
            let from = &self.start(proposal).hidden;
            let rollout = grown.unroll(from, |token, _| actions[token]);
            Some(ControllerStart { genotype: Some(proposal.genotype.clone()), hidden: rollout.hidden })
        };
        let starts: Vec<ControllerStart> = beam.iter().filter_map(start).collect();
        if !starts.is_empty() {
            self.plain.starts = starts;
        }
        self.plain.cells = cells;
        self.plain.baseline = None;
        self.controller = controller(&self.config, space, self.chosen_cells(), self.seed, &self.device);
        self.adam = Adam::new(self.adam_config);
    }

    fn distributions(&self, _space: &Space) -> Distributions {
        let (starts, controller) = (&self.plain.starts, self.plain_controller());
        let mut sum: Distributions = Vec::new();
        for counter in 0..ROLLOUTS {
            let generator = &mut rng(self.seed, "strategy/distributions", counter);
            let start = &starts[counter as usize % starts.len()];
            let rollout = controller.unroll(&start.hidden, |_, distribution| draw(distribution, generator));
            if sum.is_empty() {
                sum = rollout.probabilities.iter().map(|p| vec![0.0; p.len()]).collect();
            }
            for (sum, new) in sum.iter_mut().flatten().zip(rollout.probabilities.iter().flatten()) {
                *sum += new / ROLLOUTS as f32;
            }
        }
        sum
    }

    fn state(&self) -> (serde_json::Value, NamedTensors) {
        let mut tensors = add_prefix("controller", self.controller.weights.state_dict());
        tensors.extend(add_prefix("controller_adam", self.adam.state_dict()));
        (serde_json::json!(self.plain), tensors)
    }

    fn load_state(
        &mut self,
        space: &Space,
        state: serde_json::Value,
        tensors: &NamedTensors,
    ) -> Result<(), StrategyError> {
        self.plain = serde_json::from_value(state)?;
        self.controller = controller(&self.config, space, self.chosen_cells(), self.seed, &self.device);
        self.controller.weights.load_state_dict(&strip_prefix("controller", tensors))?;
        self.adam.load_state_dict(&strip_prefix("controller_adam", tensors), &self.device)?;
        Ok(())
    }
}

/// What the controller learns from one reward.
pub struct ReinforceLoss {
    /// To be minimised, `[1]`.
    pub loss: Tensor<1>,
    /// The baseline from now on.
    pub baseline: Vec<f32>,
    /// Reward minus baseline, averaged over the tokens.
    pub advantage: f64,
}

/// The controller's loss for one rollout: `log_probs` and `entropies` are `[tokens]` with gradient,
/// `baseline` is what the reward before left.
pub fn reinforce_loss(
    config: &ControllerConfig,
    log_probs: Tensor<1>,
    entropies: Tensor<1>,
    reward: f64,
    baseline: Option<&[f32]>,
) -> ReinforceLoss {
    match config.baseline {
        Baseline::Persistent => corrected_loss(config, log_probs, entropies, reward, baseline),
        Baseline::AsReleased => released_loss(config, log_probs, entropies, reward, baseline),
    }
}

/// `-(reward - b) sum(log p) - c sum(H)`, where the baseline `b` does not yet contain the reward.
fn corrected_loss(
    config: &ControllerConfig,
    log_probs: Tensor<1>,
    entropies: Tensor<1>,
    reward: f64,
    baseline: Option<&[f32]>,
) -> ReinforceLoss {
    let old = baseline.map_or(reward, mean);
    let advantage = reward - old;
    let decay = config.baseline_decay;
    ReinforceLoss {
        loss: -(log_probs.sum() * advantage) - entropies.sum() * config.entropy,
        baseline: vec![(old * decay + reward * (1.0 - decay)) as f32],
        advantage,
    }
}

/// The released code's loss: `-sum(log p) sum(R - b)` with one `R = reward + c H` and one baseline
/// for each token, the newest `R` already in the baseline, and the entropy's gradient flowing.
fn released_loss(
    config: &ControllerConfig,
    log_probs: Tensor<1>,
    entropies: Tensor<1>,
    reward: f64,
    baseline: Option<&[f32]>,
) -> ReinforceLoss {
    let rewards = entropies * config.entropy + reward;
    let decay = config.baseline_decay;
    let new = match baseline {
        None => rewards.clone(),
        Some(old) => {
            let old = Tensor::<1>::from_floats(old, &rewards.device());
            old * decay + rewards.clone() * (1.0 - decay)
        }
    };
    let advantages = rewards - new.clone();
    let advantage: f32 = advantages.clone().mean().into_scalar();
    ReinforceLoss {
        loss: -(log_probs.sum() * advantages.sum()),
        baseline: host(new),
        advantage: f64::from(advantage),
    }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&x| f64::from(x)).sum::<f64>() / values.len().max(1) as f64
}
