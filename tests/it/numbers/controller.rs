//! The controller and its losses against PyTorch.

use autogan::arch::{NetShape, Space, SpaceConfig};
use autogan::gan::{Adam, AdamConfig};
use autogan::model::{Controller, Hidden, host};
use autogan::search::{Baseline, ControllerConfig, Reinforce, Strategy, reinforce_loss};
use burn::tensor::{Device, Tensor};

use crate::numbers::fixtures::{Fixture, assert_close, index, values};

const TOLERANCE: f64 = 1e-4;

struct Stage {
    fixture: Fixture,
    prefix: String,
    choices: Vec<usize>,
    hidden: usize,
}

fn stages() -> impl Iterator<Item = Stage> {
    let described = index("controller");
    let hidden = described["hidden"].as_u64().unwrap() as usize;
    (0..3).map(move |stage| {
        let mut choices = vec![2, 3, 3, 2];
        if stage > 0 {
            choices.push(1 << stage);
        }
        Stage { fixture: Fixture::open("controller"), prefix: format!("s{stage}."), choices, hidden }
    })
}

impl Stage {
    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn values(&self, name: &str) -> Vec<f32> {
        self.fixture.values(&self.name(name))
    }

    fn controller(&self) -> Controller {
        let device = Device::flex().autodiff();
        let mut controller = Controller::new(&self.choices, self.hidden, &device, 1, "test");
        controller.weights.load_state_dict(&self.fixture.under(&self.name("w."))).unwrap();
        controller
    }

    fn row(&self, name: &str, row: usize, width: usize) -> Vec<f32> {
        self.values(name)[row * width..(row + 1) * width].to_vec()
    }

    fn start(&self, sample: usize) -> Hidden {
        Hidden { h: self.row("hx0", sample, self.hidden), c: self.row("cx0", sample, self.hidden) }
    }

    fn actions(&self, sample: usize) -> Vec<usize> {
        let actions = self.row("actions", sample, self.choices.len());
        actions.iter().map(|&action| action as usize).collect()
    }
}

#[test]
fn forced_actions_have_pytorchs_log_probabilities_entropies_and_hidden_state() {
    for stage in stages() {
        let controller = stage.controller();
        let tokens = stage.choices.len();
        for sample in 0..4 {
            let actions = stage.actions(sample);
            let walk = controller.unroll(&stage.start(sample), |token, _| actions[token]);
            assert_eq!(walk.actions, actions);
            let check = |name: &str, found: &[f32], width| {
                assert_close(&stage.name(name), found, &stage.row(name, sample, width), TOLERANCE);
            };
            check("log_probs", &host(walk.log_probs), tokens);
            check("entropies", &host(walk.entropies), tokens);
            check("hx", &walk.hidden.h, stage.hidden);
            check("cx", &walk.hidden.c, stage.hidden);
        }
    }
}

#[test]
fn both_reinforce_losses_their_gradients_and_one_adam_step_are_pytorchs() {
    let described = index("controller");
    for stage in stages() {
        for (kind, baseline) in [("released", Baseline::AsReleased), ("sound", Baseline::Persistent)] {
            let config = ControllerConfig {
                hidden: stage.hidden,
                entropy: described["entropy_coeff"].as_f64().unwrap(),
                baseline_decay: described["baseline_decay"].as_f64().unwrap(),
                baseline,
                ..ControllerConfig::default()
            };
            let mut controller = stage.controller();
            let actions = stage.actions(0);
            let walk = controller.unroll(&stage.start(0), |token, _| actions[token]);
            let reward = f64::from(stage.values("reward")[0]);
            let old = match baseline {
                Baseline::AsReleased => stage.values("released.baseline0"),
                Baseline::Persistent => stage.values("sound.baseline"),
            };
            let outcome = reinforce_loss(&config, walk.log_probs, walk.entropies, reward, Some(&old));
            let gradients = outcome.loss.backward();
            let named = |name: &str| stage.name(&format!("{kind}.{name}"));
            let close = |name: String, found: &[f32]| {
                assert_close(&name, found, &stage.fixture.values(&name), TOLERANCE);
            };
            close(named("loss"), &host(outcome.loss));
            if baseline == Baseline::AsReleased {
                close(named("baseline"), &outcome.baseline);
            }
            let wanted = stage.fixture.under(&named("grad."));
            let found = controller.weights.gradients(&gradients);
            assert_eq!(found.len(), wanted.len());
            for (name, gradient) in &found {
                close(named(&format!("grad.{name}")), &values(gradient));
            }
            let mut adam = Adam::new(AdamConfig::default());
            adam.step(&mut controller.weights, gradients, config.learning_rate);
            for (name, weight) in controller.weights.state_dict() {
                close(named(&format!("after.{name}")), &values(&weight));
            }
        }
    }
}

/// burn scans all that is left in its graph after each backward pass of any network: with these walks
/// left in there, one takes minutes.
#[test]
fn proposals_leave_nothing_behind_that_slows_training_down() {
    let space = Space::new(SpaceConfig::default(), NetShape::default()).unwrap();
    let controller = Reinforce::new(ControllerConfig::default(), AdamConfig::default(), &space, 3, 1);
    for counter in 0..300 {
        controller.propose(&space, "test", counter);
    }
    let x = Tensor::<1>::ones([1], &Device::flex().autodiff()).require_grad();
    let begun = std::time::Instant::now();
    x.sum().backward();
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_secs(1), "a sum's backward pass took {took:?}");
}
