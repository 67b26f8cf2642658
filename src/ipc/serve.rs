//! The worker process: commands in on standard input, events out on standard output, one JSON value a
//! line.
//!
//! It works on one run, or serves one generator, and ends with it, which gives all memory of a GPU back.
//! When its input closes it saves a checkpoint and stops, because nobody is left who knows of it; unless it
//! was told to detach. Where it takes too much memory, a new process goes on in its place, with its number
//! and its pipes, so that whoever talks with it does not notice.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use super::command::Command;
use super::event_writer::Outbox;
use super::stdin_reader::{self, Gate, Pipe};
use crate::engine::{self, Control, End, Event, Going, SampleRequest};

/// How long a worker that ends before its run began waits until its last words are read.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a worker that a new one could take the place of waits until all that it told is read. Where it is
/// not, there is another time for it.
const READ_WITHIN: Duration = Duration::from_millis(500);

/// Whether the run is under way: before that, there is nothing to save and stopping is at once.
static UNDER_WAY: AtomicBool = AtomicBool::new(false);
/// Whether somebody listens and can answer.
static ATTENDED: AtomicBool = AtomicBool::new(true);

/// What follows the work.
enum Next {
    Nothing,
    /// A new process goes on with the run in this folder.
    Renewal(PathBuf),
}

/// What a worker is told, and how it is listened to.
struct Told {
    /// What begins a run, and what a studio is asked for.
    starts: Receiver<Command>,
    /// What a run under way is told.
    controls: Receiver<Control>,
    /// The last word on previews.
    previews: Arc<Mutex<Option<Control>>>,
    gate: Gate,
}

/// Does what `first` and then `input` say and tells it on `output` until the run has ended.
///
/// # Errors
///
/// If there is no command, or it cannot be done or not to the end. The error was told as an event then.
pub fn serve(
    first: Vec<Command>,
    input: impl Pipe,
    output: impl Write + Send + 'static,
) -> anyhow::Result<()> {
    let (outbox, writer) = Outbox::new(output);
    let told = listen(first, input, outbox.clone());
    let worked = work(&told, &outbox);
    outbox.close();
    // Its panic was told on standard error, and nobody is left to tell it to.
    let _ = writer.join();
    match worked? {
        Next::Nothing => Ok(()),
        Next::Renewal(dir) => Err(told.hand_over(dir)),
    }
}

fn work(told: &Told, outbox: &Outbox) -> anyhow::Result<Next> {
    let mut tell = |event: &Event| outbox.tell(event);
    let command = told.starts.recv().context("nothing was said to do");
    let worked = command.and_then(|command| follow(command, told, outbox, &mut tell));
    if let Err(error) = &worked {
        // What ended a run that was under way was told where it happened.
        if !UNDER_WAY.load(Ordering::SeqCst) {
            tell(&Event::Failed { text: format!("{error:#}") });
        }
    }
    worked
}

fn follow(
    command: Command,
    told: &Told,
    outbox: &Outbox,
    tell: &mut dyn FnMut(&Event),
) -> anyhow::Result<Next> {
    let (run, dir) = match command {
        Command::Start { job, config, dir } => (engine::begin(job, *config, &dir, tell)?, dir),
        Command::Resume { dir, renewed } => match engine::resume(&dir, renewed, |_| Ok(()), tell)? {
            Going::On(run) => (*run, dir),
            Going::Over(summary) => {
                tell(&Event::Finished { summary });
                return Ok(Next::Nothing);
            }
        },
        Command::Load { model, device } => {
            engine::serve_samples(&model, device.as_deref(), || told.newest_request(), tell)?;
            return Ok(Next::Nothing);
        }
        Command::Generate(_) => anyhow::bail!("no generator was loaded that could make images"),
        Command::Detach | Command::Control(_) => unreachable!("they are listened to apart"),
    };
    UNDER_WAY.store(true, Ordering::SeqCst);
    let outbox = outbox.clone();
    let mut run = run.attended(&ATTENDED).renewable(move || outbox.drained(READ_WITHIN));
    Ok(match run.run(&told.controls, tell)? {
        End::Finished(_) | End::Stopped => Next::Nothing,
        End::Outgrown => Next::Renewal(dir),
    })
}

/// Reads commands as they come: what begins a run, and what a run is told.
fn listen(first: Vec<Command>, input: impl Pipe, outbox: Outbox) -> Told {
    let (send_start, starts) = channel();
    let (send_control, controls) = channel();
    let told = Told { starts, controls, previews: Arc::default(), gate: Gate::default() };
    let (previews, gate) = (told.previews.clone(), told.gate.clone());
    thread::spawn(move || {
        let take = |command| match command {
            Command::Detach => ATTENDED.store(false, Ordering::SeqCst),
            Command::Control(control) => {
                if matches!(control, Control::Live { .. }) {
                    *previews.lock().unwrap_or_else(PoisonError::into_inner) = Some(control);
                }
                hand_on(control, &send_control, &outbox);
            }
            // After the first, only a studio takes more.
            start => drop(send_start.send(start)),
        };
        // What the process before was told and did not do.
        first.into_iter().for_each(&take);
        stdin_reader::commands(input, &gate, &take);
        if ATTENDED.load(Ordering::SeqCst) {
            hand_on(Control::Stop, &send_control, &outbox);
        }
        drop(send_start);
        // A paused run would take the end of the channel for the end of all who could go on with it;
        // through its folder it can still be told to.
        loop {
            thread::park();
        }
    });
    told
}

impl Told {
    /// The newest of the requests for images that wait, or the next one; none when no more can come. Whoever
    /// drags through latent space wants to see where they are, not where they were.
    fn newest_request(&self) -> Option<SampleRequest> {
        loop {
            let first = self.starts.recv().ok()?;
            if let Command::Generate(request) = self.starts.try_iter().last().unwrap_or(first) {
                return Some(request);
            }
        }
    }

    /// Has a new process go on with the run in `dir` and hear all that this one did not. Comes back only where
    /// that cannot be done.
    fn hand_over(self, dir: PathBuf) -> anyhow::Error {
        // Until the new process is there, what is told waits in the pipe.
        let _closed = self.gate.close();
        let resume = format!("it can be gone on with from {}", dir.display());
        let mut first = vec![Command::Resume { dir, renewed: true }];
        first.extend(self.previews.lock().unwrap_or_else(PoisonError::into_inner).map(Command::from));
        first.extend(self.controls.try_iter().map(Command::from));
        if !ATTENDED.load(Ordering::SeqCst) {
            first.push(Command::Detach);
        }
        let mut arguments = vec![OsString::from("worker")];
        for command in first {
            // A path that is no Unicode has no JSON form.
            match serde_json::to_string(&command) {
                Ok(line) => arguments.extend(["--first".into(), line.into()]),
                Err(error) => return anyhow::Error::new(error).context(resume),
            }
        }
        anyhow::Error::new(engine::renew(&arguments)).context(resume)
    }
}

fn hand_on(control: Control, send: &Sender<Control>, outbox: &Outbox) {
    if control == Control::Stop && !UNDER_WAY.load(Ordering::SeqCst) {
        // Images may take minutes to be read, and so may kernels to be tuned. What is there already is a
        // run without a checkpoint, which resumes from its beginning.
        outbox.tell(&Event::Stopped);
        outbox.close();
        outbox.drained(LAST_WORDS);
        std::process::exit(0);
    }
    // The run may just have ended.
    let _ = send.send(control);
}
