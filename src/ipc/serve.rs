//! The worker process: commands in on standard input, events out on standard output, one JSON value a
//! line.
//!
//! It works on one run, or serves one generator, and ends with it, which gives all memory of a GPU back.
//! When its input closes it saves a checkpoint and stops, because nobody is left who knows of it; unless a
//! command detached it. Where it takes too much memory, a new process goes on in its place, with its number
//! and its pipes, so that whoever is at their other ends does not notice.

use std::any::Any;
use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;

use super::command::WorkerCommand;
use super::event_writer::EventWriter;
use super::stdin_reader::{self, InputLock, Pipe};
use crate::engine::{self, Control, End, Event, LiveEvent, Reopened, SampleRequest};

/// How long a worker that ends before its run began waits until its last events are read.
const LAST_EVENTS: Duration = Duration::from_secs(1);
/// How long a worker that a new one could take the place of waits until all its events are read. Where they
/// are not, there is another time for it.
const READ_WITHIN: Duration = Duration::from_millis(500);
/// Bytes of stack of the thread that works: what a program's first thread has.
const STACK: usize = 8 << 20;

/// What both threads of a worker know of it.
#[derive(Default)]
struct WorkerStatus {
    /// Whether the run is under way: before that, there is nothing to save and stopping is at once.
    under_way: AtomicBool,
    /// Whether nobody is at the other end of the pipes any more.
    detached: Arc<AtomicBool>,
}

/// What a worker process ends with.
enum Outcome {
    /// A command stopped it before its run was under way. The thread that works is in the middle of something.
    StoppedEarly,
    /// The work has ended; an error is a panic.
    Worked(Result<(Inbox, anyhow::Result<Next>), Box<dyn Any + Send>>),
}

/// What follows the work.
enum Next {
    Nothing,
    /// A new process goes on with the run in this folder.
    Reexec(PathBuf),
}

/// Commands as they come.
struct Inbox {
    /// What begins a run, and requests for images.
    starts: Receiver<WorkerCommand>,
    /// Commands to a run under way.
    controls: Receiver<Control>,
    /// The last command on previews.
    previews: Arc<Mutex<Option<Control>>>,
    lock: InputLock,
}

/// Does what `first` and then `input` say and writes events to `output` until the run has ended.
///
/// # Errors
///
/// If there is no command, or it cannot be done or not to the end. The error was emitted as an event then.
pub fn serve(
    first: Vec<WorkerCommand>,
    input: impl Pipe,
    output: impl Write + Send + 'static,
) -> anyhow::Result<()> {
    let (events, writer) = EventWriter::new(output);
    let status = Arc::<WorkerStatus>::default();
    let (end, outcome) = channel();
    let inbox = receive(first, input, status.clone(), end.clone());
    let (own_events, own_status) = (events.clone(), status.clone());
    let work = move || {
        let worked = work(&inbox, &own_events, &own_status);
        (inbox, worked)
    };
    // Apart from this thread, so that one that is in the middle of something can be left behind.
    thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || drop(end.send(Outcome::Worked(catch_unwind(AssertUnwindSafe(work))))))
        .context("the worker cannot begin")?;
    match outcome.recv().context("the worker was lost")? {
        Outcome::StoppedEarly => {
            events.emit(&LiveEvent::Stopped.into());
            events.close();
            events.drained(LAST_EVENTS);
            Ok(())
        }
        Outcome::Worked(Err(panic)) => resume_unwind(panic),
        Outcome::Worked(Ok((inbox, worked))) => {
            events.close();
            // Its panic was printed on standard error, and nobody is left to say it to.
            let _ = writer.join();
            match worked? {
                Next::Nothing => Ok(()),
                Next::Reexec(dir) => Err(inbox.hand_over(dir, &status)),
            }
        }
    }
}

fn work(inbox: &Inbox, events: &EventWriter, status: &WorkerStatus) -> anyhow::Result<Next> {
    let mut emit = |event: &Event| events.emit(event);
    let command = inbox.starts.recv().context("no command came");
    let worked = command.and_then(|command| follow(command, inbox, events, status, &mut emit));
    if let Err(error) = &worked {
        // What ended a run that was under way was emitted where it happened.
        if !status.under_way.load(Ordering::SeqCst) {
            emit(&LiveEvent::Failed { text: format!("{error:#}") }.into());
        }
    }
    worked
}

fn follow(
    command: WorkerCommand,
    inbox: &Inbox,
    events: &EventWriter,
    status: &WorkerStatus,
    emit: &mut dyn FnMut(&Event),
) -> anyhow::Result<Next> {
    let (run, dir) = match command {
        WorkerCommand::Start { job, config, dir } => (engine::begin(job, *config, &dir, emit)?, dir),
        WorkerCommand::Resume { dir, after_reexec } => {
            match engine::resume(&dir, after_reexec, |_| Ok(()), emit)? {
                Reopened::Unfinished(run) => (*run, dir),
                Reopened::Finished(summary) => {
                    emit(&engine::LogEvent::Finished { summary }.into());
                    return Ok(Next::Nothing);
                }
            }
        }
        WorkerCommand::Load { model, device } => {
            engine::serve_samples(&model, device.as_deref(), || inbox.newest_request(), emit)?;
            return Ok(Next::Nothing);
        }
        WorkerCommand::Generate(_) => anyhow::bail!("no generator was loaded that could make images"),
        WorkerCommand::Detach | WorkerCommand::Control(_) => unreachable!("they are received apart"),
    };
    status.under_way.store(true, Ordering::SeqCst);
    let (events, detached) = (events.clone(), status.detached.clone());
    let mut run = run
        .attended(move || !detached.load(Ordering::SeqCst))
        .reexec_when(move || events.drained(READ_WITHIN));
    Ok(match run.run(&inbox.controls, emit)? {
        End::Finished(_) | End::Stopped => Next::Nothing,
        End::MemoryLimit => Next::Reexec(dir),
    })
}

/// Reads commands as they come, on a thread of its own, and sorts them.
fn receive(
    first: Vec<WorkerCommand>,
    input: impl Pipe,
    status: Arc<WorkerStatus>,
    end: Sender<Outcome>,
) -> Inbox {
    let (send_start, starts) = channel();
    let (send_control, controls) = channel();
    let inbox = Inbox { starts, controls, previews: Arc::default(), lock: InputLock::default() };
    let (previews, lock) = (inbox.previews.clone(), inbox.lock.clone());
    thread::spawn(move || {
        let control = |control: Control| {
            if control == Control::Stop && !status.under_way.load(Ordering::SeqCst) {
                // Images may take minutes to be read, and so may kernels to be tuned. What is there already is
                // a run without a checkpoint, which resumes from its beginning.
                drop(end.send(Outcome::StoppedEarly));
            }
            // The run may just have ended.
            let _ = send_control.send(control);
        };
        let take = |command| match command {
            WorkerCommand::Detach => status.detached.store(true, Ordering::SeqCst),
            WorkerCommand::Control(command) => {
                if matches!(command, Control::Preview { .. }) {
                    *previews.lock().unwrap_or_else(PoisonError::into_inner) = Some(command);
                }
                control(command);
            }
            // After the first, only a server of samples takes more.
            start => drop(send_start.send(start)),
        };
        // What the process before received and did not do.
        first.into_iter().for_each(&take);
        stdin_reader::commands(input, &lock, &take);
        if !status.detached.load(Ordering::SeqCst) {
            control(Control::Stop);
        }
        drop(send_start);
        // A paused run would take the end of the channel for the end of all who could go on with it;
        // through its folder commands can still come.
        loop {
            thread::park();
        }
    });
    inbox
}

impl Inbox {
    /// The newest of the requests for images that wait, or the next one; none when no more can come. Whoever
    /// drags through latent space wants to see where they are, not where they were.
    fn newest_request(&self) -> Option<SampleRequest> {
        loop {
            let first = self.starts.recv().ok()?;
            if let WorkerCommand::Generate(request) = self.starts.try_iter().last().unwrap_or(first) {
                return Some(request);
            }
        }
    }

    /// Has a new process go on with the run in `dir` and receive all commands that this one did not do. Comes
    /// back only where that cannot be done.
    fn hand_over(self, dir: PathBuf, status: &WorkerStatus) -> anyhow::Error {
        // Until the new process is there, commands wait in the pipe.
        let _closed = self.lock.close();
        let resume = format!("it can be gone on with from {}", dir.display());
        let mut first = vec![WorkerCommand::Resume { dir, after_reexec: true }];
        first.extend(self.previews.lock().unwrap_or_else(PoisonError::into_inner).map(WorkerCommand::from));
        first.extend(self.controls.try_iter().map(WorkerCommand::from));
        if status.detached.load(Ordering::SeqCst) {
            first.push(WorkerCommand::Detach);
        }
        let mut arguments = vec![OsString::from("worker")];
        for command in first {
            // A path that is no Unicode has no JSON form.
            match serde_json::to_string(&command) {
                Ok(line) => arguments.extend(["--first".into(), line.into()]),
                Err(error) => return anyhow::Error::new(error).context(resume),
            }
        }
        anyhow::Error::new(engine::reexec(&arguments, &[])).context(resume)
    }
}
