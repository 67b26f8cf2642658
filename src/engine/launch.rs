//! Begins a run, or goes on with one: what the command line and the worker process have in common.

use std::path::Path;

use anyhow::Context as _;

use super::event::{Event, LiveEvent, Summary};
use super::plan::{JobSpec, Plan};
use super::run_loop::Engine;
use crate::config::RunConfig;
use crate::device::{self, DeviceChoice};
use crate::run::{CONFIG, RunFolder, RunView, write_atomic};

/// The plan for a job: opens the device that the settings name.
///
/// # Errors
///
/// If there is no such device.
pub fn plan(spec: JobSpec, config: RunConfig, emit: &mut dyn FnMut(&Event)) -> anyhow::Result<Plan> {
    let Ok(choice) = config.device.parse::<DeviceChoice>();
    let opened = device::open(&choice)?;
    if choice == DeviceChoice::Auto {
        emit(&LiveEvent::Device { name: opened.name.clone(), reason: opened.reason }.into());
    }
    Ok(Plan {
        spec,
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
    spec: JobSpec,
    config: RunConfig,
    dir: &Path,
    emit: &mut dyn FnMut(&Event),
) -> anyhow::Result<Engine> {
    validate(&spec, &config)?;
    Engine::start(plan(spec, config, emit)?, dir, emit)
}

/// A run that was opened again.
pub enum Reopened {
    /// It is under way.
    Unfinished(Box<Engine>),
    /// It had come to its end before.
    Finished(Box<Summary>),
}

/// Goes on with the run in `dir`, with the settings that `change` makes of its own. A process that comes
/// `after_reexec` receives the commands that the one before did not do.
///
/// # Errors
///
/// If the folder is no run that can be written to, if `change` fails or the settings cannot work then,
/// or as [`Engine::resume`].
pub fn resume(
    dir: &Path,
    after_reexec: bool,
    change: impl FnOnce(&mut RunConfig) -> anyhow::Result<()>,
    emit: &mut dyn FnMut(&Event),
) -> anyhow::Result<Reopened> {
    let view = RunView::open(dir)?;
    let path = dir.join(CONFIG);
    let kept = RunConfig::from_toml(&view.config()?, &path.display().to_string())?;
    let mut config = kept.clone();
    change(&mut config)?;
    let spec = spec(&view)?;
    validate(&spec, &config)?;
    if let Some(summary) = view.summary()? {
        let summary = serde_json::from_value(summary).context("summary.json cannot be read")?;
        return Ok(Reopened::Finished(Box::new(summary)));
    }
    let resumed = RunFolder::resume(dir)?;
    // The next resume goes on with the changed settings, too. The device is a matter of the moment.
    let lasting = RunConfig { device: kept.device.clone(), ..config.clone() };
    if lasting != kept {
        write_atomic(&path, lasting.to_toml()?.as_bytes())?;
    }
    for warning in &resumed.warnings {
        emit(&LiveEvent::Notice { text: warning.0.clone() }.into());
    }
    let plan = plan(spec, config, emit)?;
    let engine = Engine::resume(plan, resumed.folder, resumed.checkpoint, after_reexec, emit)?;
    Ok(Reopened::Unfinished(Box::new(engine)))
}

/// What the run in a folder is for.
///
/// # Errors
///
/// If `run.json` does not say it.
fn spec(view: &RunView) -> anyhow::Result<JobSpec> {
    let job = view
        .info()
        .extra
        .get("job")
        .context("the run does not say what it was for; its run.json is of another program")?;
    serde_json::from_value(job.clone()).context("run.json names an unknown kind of run")
}

fn validate(spec: &JobSpec, config: &RunConfig) -> anyhow::Result<()> {
    match spec {
        JobSpec::Search => config.validate_search()?,
        JobSpec::Train(_) => config.validate()?,
    }
    Ok(())
}
