//! The update schedule: the two networks of a GAN are updated one after the other.

use serde::{Deserialize, Serialize};

/// One network of a GAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// It tells real images from made ones.
    Discriminator,
    /// It makes images.
    Generator,
}

impl Network {
    /// Its name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Discriminator => "discriminator",
            Self::Generator => "generator",
        }
    }
}

/// Losses of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Losses {
    /// The discriminator's.
    pub discriminator: f32,
    /// The generator's, in steps that update it.
    pub generator: Option<f32>,
}

/// The losses of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepLosses {
    /// Whole steps before it.
    pub step: u64,
    /// Its losses.
    pub losses: Losses,
}

/// How many updates a GAN had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Updates {
    /// The discriminator's.
    pub discriminator: u64,
    /// The generator's.
    pub generator: u64,
}

/// The place in the alternation. A step is a discriminator update and, in the first of every `n_critic`
/// steps, a generator update.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateSchedule {
    /// Whole steps done.
    step: u64,
    /// The discriminator's loss in a step whose generator update is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    half: Option<f32>,
}

impl UpdateSchedule {
    /// Whole steps done.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Which network is updated next.
    pub fn next(&self) -> Network {
        match self.half {
            None => Network::Discriminator,
            Some(_) => Network::Generator,
        }
    }

    /// Notes the `loss` of the update that was next. Returns the step's losses once it is whole.
    pub fn note(&mut self, loss: f32, n_critic: u64) -> Option<Losses> {
        let losses = match self.half.take() {
            Some(discriminator) => Losses { discriminator, generator: Some(loss) },
            None if self.step.is_multiple_of(n_critic) => {
                self.half = Some(loss);
                return None;
            }
            None => Losses { discriminator: loss, generator: None },
        };
        self.step += 1;
        Some(losses)
    }

    /// Updates done.
    pub fn updates(&self, n_critic: u64) -> Updates {
        Updates {
            discriminator: self.step + u64::from(self.half.is_some()),
            generator: self.step.div_ceil(n_critic),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_generator_follows_the_discriminator_in_every_nth_step() {
        for n_critic in [1, 2, 5] {
            let mut schedule = UpdateSchedule::default();
            let mut generator = 0;
            for step in 0..20 {
                assert_eq!((schedule.step(), schedule.next()), (step, Network::Discriminator));
                let mut losses = schedule.note(1.0, n_critic);
                if step % n_critic == 0 {
                    assert_eq!((losses, schedule.next()), (None, Network::Generator));
                    assert_eq!(schedule.updates(n_critic), Updates { discriminator: step + 1, generator });
                    generator += 1;
                    losses = schedule.note(2.0, n_critic);
                }
                let second = (step % n_critic == 0).then_some(2.0);
                assert_eq!(losses, Some(Losses { discriminator: 1.0, generator: second }));
                assert_eq!(schedule.updates(n_critic), Updates { discriminator: step + 1, generator });
            }
        }
    }

    #[test]
    fn half_a_step_survives_a_checkpoint_and_older_checkpoints_have_none() {
        let mut schedule = UpdateSchedule::default();
        schedule.note(0.1, 1);
        let json = serde_json::to_string(&schedule).unwrap();
        assert_eq!(serde_json::from_str::<UpdateSchedule>(&json).unwrap(), schedule);
        let old: UpdateSchedule = serde_json::from_str(r#"{"step":7}"#).unwrap();
        assert_eq!((old.step(), old.next()), (7, Network::Discriminator));
    }
}
