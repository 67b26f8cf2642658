//! Begins a run, or goes on with one: what the command line and the worker process have in common.

use std::path::Path;

use anyhow::Context as _;

use super::event::{Event, Summary};
use super::plan::{Job, Plan};
use super::run_loop::Engine;
use crate::config::RunConfig;
use crate::device::{self, Choice};
use crate::run::{CONFIG, RunFolder, RunView, write_atomic};

/// The plan for a job: opens the device that the settings name.
///
/// # Errors
///
/// If there is no such device.
pub fn plan(job: Job, config: RunConfig, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<Plan> {
    let Ok(choice) = config.device.parse::<Choice>();
    let opened = device::open(&choice)?;
    if choice == Choice::Auto {
        tell(&Event::Device { name: opened.name.clone(), reason: opened.reason });
    }
    Ok(Plan {
        job,
        config,
        device: opened.device,
        device_name: opened.name,
        is_gpu: opened.is_gpu,
        cache: device::cache_dir()?,
    })
}

/// Begins a run in the new folder `dir`.
///
/// # Errors
///
/// If the settings cannot work, there is no such device, or as [`Engine::start`].
pub fn begin(
    job: Job,
    config: RunConfig,
    dir: &Path,
    tell: &mut dyn FnMut(&Event),
) -> anyhow::Result<Engine> {
    validate(&job, &config)?;
    Engine::start(plan(job, config, tell)?, dir, tell)
}

/// A run that is gone on with.
pub enum Going {
    /// It is under way.
    On(Box<Engine>),
    /// It had come to its end before.
    Over(Box<Summary>),
}

/// Goes on with the run in `dir`, with the settings that `change` makes of its own. A process that is
/// `renewed` hears what was told to the one whose place it took.
///
/// # Errors
///
/// If the folder is no run that can be written to, if `change` fails or the settings cannot work then,
/// or as [`Engine::resume`].
pub fn resume(
    dir: &Path,
    renewed: bool,
    change: impl FnOnce(&mut RunConfig) -> anyhow::Result<()>,
    tell: &mut dyn FnMut(&Event),
) -> anyhow::Result<Going> {
    let view = RunView::open(dir)?;
    let path = dir.join(CONFIG);
    let kept = RunConfig::from_toml(&view.config()?, &path.display().to_string())?;
    let mut config = kept.clone();
    change(&mut config)?;
    let job = job(&view)?;
    validate(&job, &config)?;
    if let Some(summary) = view.summary()? {
        let summary = serde_json::from_value(summary).context("summary.json cannot be read")?;
        return Ok(Going::Over(Box::new(summary)));
    }
    let resumed = RunFolder::resume(dir)?;
    // The next resume goes on with the changed settings, too. The device is a matter of the moment.
    let lasting = RunConfig { device: kept.device.clone(), ..config.clone() };
    if lasting != kept {
        write_atomic(&path, lasting.to_toml()?.as_bytes())?;
    }
    for warning in &resumed.warnings {
        tell(&Event::Notice { text: warning.0.clone() });
    }
    let plan = plan(job, config, tell)?;
    let engine = Engine::resume(plan, resumed.folder, resumed.checkpoint, renewed, tell)?;
    Ok(Going::On(Box::new(engine)))
}

/// What the run in a folder is for.
///
/// # Errors
///
/// If `run.json` does not say it.
fn job(view: &RunView) -> anyhow::Result<Job> {
    let job = view
        .info()
        .extra
        .get("job")
        .context("the run does not say what it was for; its run.json is of another program")?;
    serde_json::from_value(job.clone()).context("run.json names an unknown kind of run")
}

fn validate(job: &Job, config: &RunConfig) -> anyhow::Result<()> {
    match job {
        Job::Search => config.validate_search()?,
        Job::Train(_) => config.validate()?,
    }
    Ok(())
}
