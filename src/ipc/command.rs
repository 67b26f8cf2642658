//! Commands to a worker process.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::RunConfig;
use crate::engine::{Control, JobSpec, SampleRequest};

/// A command to a worker process, one a line. In JSON, `command` names the kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum WorkerCommand {
    /// Begin a run.
    Start {
        /// What it is for.
        job: JobSpec,
        /// Its settings.
        config: Box<RunConfig>,
        /// A new or empty folder.
        dir: PathBuf,
    },
    /// Go on with a run.
    Resume {
        /// Its folder.
        dir: PathBuf,
        /// Whether this process has taken the place of another that worked on it, and receives the commands
        /// that that one did not do.
        #[serde(default)]
        after_reexec: bool,
    },
    /// Serve a generator. Nothing but `Generate` can follow.
    Load {
        /// The folder of a run, or a model file.
        model: PathBuf,
        /// By name; none for the run's own, else the best.
        device: Option<String>,
    },
    /// Make images. While some are made, of those that wait only the newest are.
    Generate(SampleRequest),
    /// Go on when standard input closes, where the worker stops otherwise.
    Detach,
    /// A command to the run under way.
    #[serde(untagged)]
    Control(Control),
}

impl From<Control> for WorkerCommand {
    fn from(control: Control) -> Self {
        Self::Control(control)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::{SampleWeights, Stride};
    use crate::rng::Latent;

    #[test]
    fn commands_survive_the_pipe() {
        for command in [
            WorkerCommand::Start { job: JobSpec::Search, config: Box::default(), dir: "runs/a b".into() },
            WorkerCommand::Resume { dir: "runs/ü".into(), after_reexec: true },
            WorkerCommand::Detach,
            WorkerCommand::Load { model: "a run".into(), device: None },
            WorkerCommand::Generate(SampleRequest {
                id: 1,
                latents: vec![Latent::Seed { seed: 3 }, Latent::Plane { seed: 3, x: 0.5, y: -1.0 }],
                truncation: Some(0.7),
                offset: vec![0.25, -1.5],
                weights: SampleWeights::Raw,
            }),
            Control::Pause.into(),
            Control::Step { stride: Stride::Generator }.into(),
            Control::Preview { every_ms: Some(500) }.into(),
            Control::Preview { every_ms: None }.into(),
        ] {
            let line = serde_json::to_string(&command).unwrap();
            assert!(!line.contains('\n'));
            assert_eq!(serde_json::from_str::<WorkerCommand>(&line).unwrap(), command, "{line}");
        }
        let stop: WorkerCommand = serde_json::from_str(r#"{"command":"stop"}"#).unwrap();
        assert_eq!(stop, WorkerCommand::Control(Control::Stop));
        let resume: WorkerCommand = serde_json::from_str(r#"{"command":"resume","dir":"a"}"#).unwrap();
        assert_eq!(resume, WorkerCommand::Resume { dir: "a".into(), after_reexec: false });
        let step: WorkerCommand = serde_json::from_str(r#"{"command":"step"}"#).unwrap();
        assert_eq!(step, WorkerCommand::Control(Control::Step { stride: Stride::Both }));
    }
}
