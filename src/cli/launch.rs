//! Begins or resumes a run and shows it until it ends: what `search` and `train` have in common.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use anyhow::Context as _;

use super::args::RUNS;
use super::settings;
use super::terminal::Terminal;
use crate::config::RunConfig;
use crate::device::{self, Choice};
use crate::run::{CONFIG, RunFolder, RunView, default_dir, write_atomic};
use crate::search::News;
use crate::worker::{Command, End, Engine, Job, Plan};

/// Exit code of a run that was stopped by a second Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Begins a run in `out`, or in a new folder under `runs/`.
///
/// # Errors
///
/// If the run cannot be begun or does not come to its end.
pub(super) fn begin(job: Job, config: RunConfig, out: Option<&Path>, json: bool) -> anyhow::Result<()> {
    let dir = match out {
        Some(dir) => dir.to_owned(),
        None => default_dir(Path::new(RUNS), &config.name, time::OffsetDateTime::now_utc()),
    };
    let mut terminal = Terminal::new(json);
    let command = command(&job);
    let plan = plan(job, config, &mut terminal)?;
    let commands = listen()?;
    let engine = Engine::start(plan, &dir, &mut |event| terminal.show(event))?;
    drive(engine, command, &dir, &commands, terminal)
}

/// Goes on with the run in `dir`, with the settings in `sets` changed.
///
/// # Errors
///
/// If the run cannot be resumed or does not come to its end.
pub(super) fn resume(dir: &Path, sets: &[String], device: Option<&str>, json: bool) -> anyhow::Result<()> {
    let view = RunView::open(dir)?;
    let path = dir.join(CONFIG);
    let mut config = RunConfig::from_toml(&view.config()?, &path.display().to_string())?;
    settings::apply(&mut config, sets, device)?;
    let job = view
        .info()
        .extra
        .get("job")
        .context("the run does not say what it was for; its run.json is of another program")?;
    let job: Job = serde_json::from_value(job.clone()).context("run.json names an unknown kind of run")?;
    if job == Job::Search {
        config.validate_search()?;
    }
    if let Some(summary) = view.summary()? {
        let terminal = Terminal::new(json);
        let summary = serde_json::from_value(summary).context("summary.json cannot be read")?;
        terminal.finish(&dir.display().to_string(), &summary);
        return Ok(());
    }
    let resumed = RunFolder::resume(dir)?;
    if !sets.is_empty() {
        // The next resume goes on with the changed settings, too.
        write_atomic(&path, config.to_toml()?.as_bytes())?;
    }
    let mut terminal = Terminal::new(json);
    for warning in &resumed.warnings {
        terminal.show(&News::Warning { text: warning.0.clone() }.into());
    }
    let command = command(&job);
    let plan = plan(job, config, &mut terminal)?;
    let commands = listen()?;
    let engine = Engine::resume(plan, resumed.folder, resumed.checkpoint, &mut |event| terminal.show(event))?;
    drive(engine, command, dir, &commands, terminal)
}

/// The plan for a job: opens the device that the settings name.
///
/// # Errors
///
/// If there is no such device.
pub(super) fn plan(job: Job, config: RunConfig, terminal: &mut Terminal) -> anyhow::Result<Plan> {
    let Ok(choice) = config.device.parse::<Choice>();
    let opened = device::open(&choice)?;
    if choice == Choice::Auto {
        terminal.say(&format!("Device: {} ({})", opened.name, opened.reason));
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

/// The subcommand that a job belongs to.
fn command(job: &Job) -> &'static str {
    match job {
        Job::Search => "search",
        Job::Train(_) => "train",
    }
}

fn drive(
    mut engine: Engine,
    command: &str,
    dir: &Path,
    commands: &Receiver<Command>,
    mut terminal: Terminal,
) -> anyhow::Result<()> {
    let end = engine.run(commands, &mut |event| terminal.show(event));
    terminal.clear();
    match end? {
        End::Finished(summary) => terminal.finish(&dir.display().to_string(), &summary),
        End::Stopped => {
            let dir = dir.display();
            terminal.say(&format!("Stopped with a checkpoint. Go on with: autogan {command} --resume {dir}"));
        }
    }
    Ok(())
}

/// Ctrl-C once: save a checkpoint and stop; twice: stop now.
fn listen() -> anyhow::Result<Receiver<Command>> {
    let (send, receive) = channel();
    let mut pressed = false;
    ctrlc::set_handler(move || {
        if pressed || send.send(Command::Stop).is_err() {
            std::process::exit(INTERRUPTED);
        }
        pressed = true;
        eprintln!("\nSaving a checkpoint, then stopping; Ctrl-C again stops now.");
    })
    .context("Ctrl-C cannot be listened to")?;
    Ok(receive)
}
