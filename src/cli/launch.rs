//! Begins or resumes a run and shows it until it ends: what `search` and `train` have in common.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use anyhow::Context as _;

use super::args::RUNS;
use super::settings;
use super::terminal::Terminal;
use crate::config::RunConfig;
use crate::run::{default_dir, now};
use crate::worker::{self, Control, End, Engine, Going, Job};

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
        None => default_dir(Path::new(RUNS), &config.name, now()),
    };
    let mut terminal = Terminal::new(json);
    let controls = listen()?;
    let engine = worker::begin(job, config, &dir, &mut |event| terminal.show(event))?;
    drive(engine, &dir, &controls, terminal)
}

/// Goes on with the run in `dir`, with the settings in `sets` changed.
///
/// # Errors
///
/// If the run cannot be resumed or does not come to its end.
pub(super) fn resume(dir: &Path, sets: &[String], device: Option<&str>, json: bool) -> anyhow::Result<()> {
    let mut terminal = Terminal::new(json);
    let controls = listen()?;
    let change = |config: &mut RunConfig| settings::apply(config, sets, device);
    match worker::resume(dir, change, &mut |event| terminal.show(event))? {
        Going::On(engine) => drive(*engine, dir, &controls, terminal),
        Going::Over(summary) => {
            terminal.finish(&dir.display().to_string(), &summary);
            Ok(())
        }
    }
}

fn drive(
    mut engine: Engine,
    dir: &Path,
    controls: &Receiver<Control>,
    mut terminal: Terminal,
) -> anyhow::Result<()> {
    let end = engine.run(controls, &mut |event| terminal.show(event));
    terminal.clear();
    match end? {
        End::Finished(summary) => terminal.finish(&dir.display().to_string(), &summary),
        End::Stopped => {
            let (dir, command) = (dir.display(), engine.job().command());
            terminal.say(&format!("Stopped with a checkpoint. Go on with: autogan {command} --resume {dir}"));
        }
    }
    Ok(())
}

/// Ctrl-C once: save a checkpoint and stop; twice: stop now.
fn listen() -> anyhow::Result<Receiver<Control>> {
    let (send, receive) = channel();
    let mut pressed = false;
    ctrlc::set_handler(move || {
        if pressed || send.send(Control::Stop).is_err() {
            std::process::exit(INTERRUPTED);
        }
        pressed = true;
        eprintln!("\nSaving a checkpoint, then stopping; Ctrl-C again stops now.");
    })
    .context("Ctrl-C cannot be listened to")?;
    Ok(receive)
}
