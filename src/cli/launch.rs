//! Begins or resumes a run and shows it until it ends: what `search` and `train` have in common.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::args::{RUNS, RunArgs};
use super::layers;
use super::terminal::Terminal;
use crate::config::RunConfig;
use crate::engine::{self, Control, End, Engine, JobSpec, Reopened};
use crate::run::{RunView, default_dir, now};

/// Exit code of a run that was stopped by a second Ctrl-C.
const INTERRUPTED: i32 = 130;
/// Signals to stop that come within this time of the first one are the same one: `timeout` sends it to the process
/// and to its group.
const SAME_SIGNAL: Duration = Duration::from_secs(2);

/// Begins a run where `args` say, or in a new folder under `runs/`.
///
/// # Errors
///
/// If the run cannot be begun or does not come to its end.
pub(super) fn begin(spec: JobSpec, config: RunConfig, args: &RunArgs) -> anyhow::Result<()> {
    let dir = match &args.out {
        Some(dir) => dir.clone(),
        None => default_dir(Path::new(RUNS), &config.name, now()),
    };
    let mut terminal = Terminal::new(args.json);
    let controls = handle_ctrl_c()?;
    let engine = engine::begin(spec, config, &dir, &mut |event| terminal.show(event))?;
    drive(engine, &dir, &controls, terminal, args)
}

/// Goes on with the run in `dir`, with the settings that `args` change.
///
/// # Errors
///
/// If the run cannot be resumed or does not come to its end.
pub(super) fn resume(dir: &Path, args: &RunArgs) -> anyhow::Result<()> {
    let mut terminal = Terminal::new(args.json);
    let controls = handle_ctrl_c()?;
    // A run that took the place of another process has warned before.
    if !args.after_reexec {
        let kept = RunView::open(dir).and_then(|view| view.config()).unwrap_or_default();
        layers::warn_of_former_names(&kept, &args.set);
    }
    let change = |config: &mut RunConfig| layers::apply(config, &args.set, args.device.as_deref());
    match engine::resume(dir, args.after_reexec, change, &mut |event| terminal.show(event))? {
        Reopened::Unfinished(engine) => drive(*engine, dir, &controls, terminal, args),
        Reopened::Finished(summary) => {
            terminal.finish(&dir.display().to_string(), &summary);
            Ok(())
        }
    }
}

fn drive(
    engine: Engine,
    dir: &Path,
    controls: &Receiver<Control>,
    mut terminal: Terminal,
    args: &RunArgs,
) -> anyhow::Result<()> {
    let mut engine = engine.reexec_when(|| true);
    let end = engine.run(controls, &mut |event| terminal.show(event));
    terminal.clear();
    let (end, command) = (end?, engine.spec().command());
    // The run's folder is let go of: another process may go on with it.
    drop(engine);
    match end {
        End::Finished(summary) => terminal.finish(&dir.display().to_string(), &summary),
        End::MemoryLimit if controls.try_recv().is_err() => return Err(reexec(command, dir, args)),
        End::MemoryLimit | End::Stopped => {
            let dir = dir.display();
            terminal.say(&format!("Stopped with a checkpoint. Go on with: autogan {command} --resume {dir}"));
        }
    }
    Ok(())
}

/// Has a new process go on with the run in `dir`. Comes back only where that cannot be done.
fn reexec(command: &str, dir: &Path, args: &RunArgs) -> anyhow::Error {
    let mut resume = OsString::from("--resume=");
    resume.push(dir);
    let mut arguments = vec![command.into(), resume, "--after-reexec".into()];
    // Other settings are in the run by now.
    arguments.extend(args.device.iter().map(|device| format!("--device={device}").into()));
    arguments.extend(args.json.then(|| "--json".into()));
    let go_on =
        format!("no new process could go on; do so with: autogan {command} --resume {}", dir.display());
    anyhow::Error::new(engine::reexec(&arguments, &[])).context(go_on)
}

/// Ctrl-C, or a signal to end, once: save a checkpoint and stop; again: stop now.
fn handle_ctrl_c() -> anyhow::Result<Receiver<Control>> {
    let (send, receive) = channel();
    let mut signals = StopSignals::default();
    ctrlc::set_handler(move || match signals.receive(Instant::now()) {
        StopAction::Checkpoint if send.send(Control::Stop).is_ok() => {
            // Where standard error is closed, there is nobody to say it to.
            let _ = writeln!(
                std::io::stderr(),
                "\nSaving a checkpoint, then stopping; Ctrl-C after {} seconds stops without waiting for it.",
                SAME_SIGNAL.as_secs()
            );
        }
        StopAction::Same => {}
        StopAction::Checkpoint | StopAction::Exit => std::process::exit(INTERRUPTED),
    })
    .context("Ctrl-C cannot be handled")?;
    Ok(receive)
}

/// What a signal to stop asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StopAction {
    /// A checkpoint, and the end.
    Checkpoint,
    /// Nothing more: it belongs to the first one.
    Same,
    /// The end, without waiting.
    Exit,
}

/// The signals to stop that a run has received.
#[derive(Debug, Default)]
struct StopSignals {
    first: Option<Instant>,
}

impl StopSignals {
    /// What one that comes `now` asks for.
    fn receive(&mut self, now: Instant) -> StopAction {
        match self.first {
            None => {
                self.first = Some(now);
                StopAction::Checkpoint
            }
            Some(first) if now.saturating_duration_since(first) < SAME_SIGNAL => StopAction::Same,
            Some(_) => StopAction::Exit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_follows_at_once_is_the_same_one_and_a_later_one_ends_the_process() {
        let (mut signals, begun) = (StopSignals::default(), Instant::now());
        let mut at = |millis| signals.receive(begun + Duration::from_millis(millis));
        assert_eq!(at(0), StopAction::Checkpoint);
        // As `timeout` and a shell's group of processes send it twice.
        assert_eq!([at(0), at(1), at(1_999)], [StopAction::Same; 3]);
        assert_eq!([at(2_000), at(9_000)], [StopAction::Exit; 2]);
    }
}
