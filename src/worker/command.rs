//! What an engine, and the process it works in, can be told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::setup::Job;
use super::studio::Weights;
use crate::config::RunConfig;
use crate::rng::Latent;

/// What a worker process is told, one a line. In JSON, `command` names the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Begin a run.
    Start {
        /// What it is for.
        job: Job,
        /// Its settings.
        config: Box<RunConfig>,
        /// A new or empty folder.
        dir: PathBuf,
    },
    /// Go on with a run.
    Resume {
        /// Its folder.
        dir: PathBuf,
        /// Whether this process has taken the place of another that worked on it, and hears what that one
        /// was told.
        #[serde(default)]
        renewed: bool,
    },
    /// Serve a generator. Nothing but `Generate` can follow.
    Load {
        /// The folder of a run, or a model file.
        model: PathBuf,
        /// By name; none for the run's own, else the best.
        device: Option<String>,
    },
    /// Make images. While some are made, of those that wait only the newest are.
    Generate {
        /// Names the answer.
        id: u64,
        /// One for each image.
        latents: Vec<Latent>,
        /// The largest number in a latent; none for no truncation.
        truncation: Option<f64>,
        /// Of which weights.
        weights: Weights,
    },
    /// Go on when standard input closes, where the worker stops otherwise.
    Detach,
    /// What is told to the run under way.
    #[serde(untagged)]
    Control(Control),
}

/// What a run under way can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Control {
    /// Wait until `Continue`.
    Pause,
    /// Go on.
    Continue,
    /// Do one step, then wait.
    Step {
        /// How far it goes.
        #[serde(default)]
        stride: Stride,
    },
    /// Save a checkpoint now.
    Checkpoint,
    /// Save a checkpoint and end.
    Stop,
    /// Tell a preview of the images now and then.
    Live {
        /// Milliseconds between two of them at least; none for no previews.
        every_ms: Option<u64>,
    },
}

/// How far a step goes. It never changes the order of the updates: a run that was stepped through ends
/// like one that was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stride {
    /// To the end of the unit of work: a discriminator update with the generator update that belongs to
    /// it, or an update of the controller.
    #[default]
    Both,
    /// To the next update of the discriminator; where no network is trained, to the end of the unit.
    Discriminator,
    /// To the next update of the generator; where no network is trained, to the end of the unit.
    Generator,
}

impl From<Control> for Command {
    fn from(control: Control) -> Self {
        Self::Control(control)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn commands_survive_the_pipe() {
        for command in [
            Command::Start { job: Job::Search, config: Box::default(), dir: "runs/a b".into() },
            Command::Resume { dir: "runs/ü".into(), renewed: true },
            Command::Detach,
            Command::Load { model: "a run".into(), device: None },
            Command::Generate {
                id: 1,
                latents: vec![Latent::Seed { seed: 3 }, Latent::Plane { seed: 3, x: 0.5, y: -1.0 }],
                truncation: Some(0.7),
                weights: Weights::Raw,
            },
            Control::Pause.into(),
            Control::Step { stride: Stride::Generator }.into(),
            Control::Live { every_ms: Some(500) }.into(),
            Control::Live { every_ms: None }.into(),
        ] {
            let line = serde_json::to_string(&command).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<Command>(&line).unwrap(), command, "{line}");
        }
        let stop: Command = serde_json::from_str(r#"{"command":"stop"}"#).unwrap();
        assert_eq!(stop, Command::Control(Control::Stop));
        let resume: Command = serde_json::from_str(r#"{"command":"resume","dir":"a"}"#).unwrap();
        assert_eq!(resume, Command::Resume { dir: "a".into(), renewed: false });
        let step: Command = serde_json::from_str(r#"{"command":"step"}"#).unwrap();
        assert_eq!(step, Command::Control(Control::Step { stride: Stride::Both }));
    }
}
