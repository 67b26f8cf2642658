//! The worker process: commands in on standard input, events out on standard output, one JSON value a
//! line.
//!
//! It works on one run, or serves one generator, and ends with it, which gives all memory of a GPU back.
//! When its input closes it saves a checkpoint and stops, because nobody is left who knows of it; unless it
//! was told to detach.

use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use super::command::{Command, Control};
use super::engine::Engine;
use super::event::Event;
use super::launch::{self, Going};
use super::lines::{beginning, texts};
use super::outbox::Outbox;
use super::studio;

/// How long a worker that ends before its run began waits until its last words are read.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Whether the run is under way: before that, there is nothing to save and stopping is at once.
static UNDER_WAY: AtomicBool = AtomicBool::new(false);
/// Whether somebody listens and can answer.
static ATTENDED: AtomicBool = AtomicBool::new(true);

/// Does what `input` says and tells it on `output` until the run has ended.
///
/// # Errors
///
/// If there is no command, or it cannot be done or not to the end. The error was told as an event then.
pub fn serve(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
) -> anyhow::Result<()> {
    let (outbox, writer) = Outbox::new(output);
    let worked = follow(input, &outbox);
    outbox.close();
    // Its panic was told on standard error, and nobody is left to tell it to.
    let _ = writer.join();
    worked
}

fn follow(input: impl BufRead + Send + 'static, outbox: &Outbox) -> anyhow::Result<()> {
    let mut tell = |event: &Event| outbox.tell(event);
    let (starts, controls) = listen(input, outbox.clone());
    let worked = starts
        .recv()
        .context("nothing was said to do")
        .and_then(|command| work(command, &starts, &controls, &mut tell));
    if let Err(error) = &worked {
        // What ended a run that was under way was told where it happened.
        if !UNDER_WAY.load(Ordering::SeqCst) {
            tell(&Event::Failed { text: format!("{error:#}") });
        }
    }
    worked
}

fn work(
    command: Command,
    further: &Receiver<Command>,
    controls: &Receiver<Control>,
    tell: &mut dyn FnMut(&Event),
) -> anyhow::Result<()> {
    let engine: Engine = match command {
        Command::Start { job, config, dir } => launch::begin(job, *config, &dir, tell)?,
        Command::Resume { dir } => match launch::resume(&dir, |_| Ok(()), tell)? {
            Going::On(engine) => *engine,
            Going::Over(summary) => {
                tell(&Event::Finished { summary });
                return Ok(());
            }
        },
        Command::Load { model, device } => {
            return studio::serve(&model, device.as_deref(), further, tell);
        }
        Command::Generate { .. } => anyhow::bail!("no generator was loaded that could make images"),
        Command::Detach | Command::Control(_) => unreachable!("they are listened to apart"),
    };
    UNDER_WAY.store(true, Ordering::SeqCst);
    engine.attended(&ATTENDED).run(controls, tell).map(drop)
}

/// Reads commands as they come: what begins a run, and what a run is told.
fn listen(input: impl BufRead + Send + 'static, outbox: Outbox) -> (Receiver<Command>, Receiver<Control>) {
    let (send_start, starts) = channel();
    let (send_control, controls) = channel();
    thread::spawn(move || {
        let mut detached = false;
        for line in texts(input, "who tells the worker what to do") {
            match serde_json::from_str(&line) {
                Ok(Command::Detach) => {
                    detached = true;
                    ATTENDED.store(false, Ordering::SeqCst);
                }
                Ok(Command::Control(control)) => hand_on(control, &send_control, &outbox),
                // After the first, only a studio takes more.
                Ok(start) => drop(send_start.send(start)),
                Err(error) => {
                    tracing::warn!("a command was not understood ({error}): {}", beginning(&line));
                }
            }
        }
        if !detached {
            hand_on(Control::Stop, &send_control, &outbox);
        }
        drop(send_start);
        // A paused run would take the end of the channel for the end of all who could go on with it;
        // through its folder it can still be told to.
        loop {
            thread::park();
        }
    });
    (starts, controls)
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
