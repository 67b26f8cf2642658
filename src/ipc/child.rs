//! A worker process and who watches it.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{self, ChildStdin, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::command::WorkerCommand;
use super::lines::{InputLine, beginning, lines};
use crate::engine::{Event, LiveEvent};

/// Lines of standard error that are remembered to describe a death with.
const REMEMBERED: usize = 20;

/// Time between two looks at a process whose output is closed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a worker whose graphics device failed died of.
const LOST_GPU: &str = "the worker process died because the graphics device failed: its driver crashed or was reset, or its memory ran out; if it comes again, take smaller networks or batches, or the device `cpu`";

/// What comes from a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerMessage {
    /// It has emitted an event.
    Event(Event),
    /// It is gone. The last message.
    Gone(Death),
}

/// How a worker ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    /// Whether it ended by itself with its work done or stopped, or with an error that it emitted.
    pub orderly: bool,
    /// In plain words.
    pub text: String,
    /// The last lines of its standard error.
    pub details: String,
}

/// A worker process. Dropping it closes its input, so that it saves a checkpoint and stops.
pub struct Child {
    process: Arc<Mutex<process::Child>>,
    id: u32,
    input: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts `program worker` and calls `receive` on a thread of its own with all its events, and with its
    /// end.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn spawn(
        program: &Path,
        mut receive: impl FnMut(WorkerMessage) + Send + 'static,
    ) -> io::Result<Self> {
        let mut command = process::Command::new(program);
        command.arg("worker").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C in the terminal that the window was started from ends the window; the worker then finds
        // its input closed and saves a checkpoint, or goes on where it was let go.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn()?;
        let (input, output, errors) = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(output), Some(errors)) = (output, errors) else {
            unreachable!("they were asked for above");
        };
        let errors = thread::spawn(move || last_lines(BufReader::new(errors)));
        let id = process.id();
        let process = Arc::new(Mutex::new(process));
        let watched = process.clone();
        let reader = thread::spawn(move || {
            let mut failed = None;
            for line in lines(BufReader::new(output)).filter_map(|line| line.text("the worker")) {
                match serde_json::from_str(&line) {
                    Ok(event) => {
                        if let Event::Live(LiveEvent::Failed { text }) = &event {
                            failed = Some(text.clone());
                        }
                        receive(WorkerMessage::Event(event));
                    }
                    // A library that prints must not end the run.
                    Err(error) => {
                        tracing::warn!("the worker wrote what is no event ({error}): {}", beginning(&line));
                    }
                }
            }
            // Its output closes when it dies, however it dies.
            let status = ended(&watched);
            let details = errors.join().unwrap_or_default();
            receive(WorkerMessage::Gone(death(status, failed, details)));
        });
        Ok(Self { process, id, input, reader: Some(reader) })
    }

    /// Its number in the operating system.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Sends it a command.
    ///
    /// # Errors
    ///
    /// If it is gone.
    pub fn send(&mut self, command: &WorkerCommand) -> io::Result<()> {
        let input = self.input.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        // A path that is no Unicode has no JSON form.
        writeln!(input, "{}", serde_json::to_string(command)?)?;
        input.flush()
    }

    /// Lets it go on by itself, without this process.
    ///
    /// # Errors
    ///
    /// If it is gone.
    pub fn detach(mut self) -> io::Result<()> {
        self.send(&WorkerCommand::Detach)?;
        self.input = None;
        self.reader = None;
        Ok(())
    }

    /// Ends it at once; what it did since its last checkpoint is lost.
    pub fn kill(&mut self) {
        // An error means that it is gone already. Its input stays open, or it would save a checkpoint first.
        let _ = lock(&self.process).kill();
    }

    /// Waits until it is gone and all its events were received.
    pub fn wait(mut self) {
        if let Some(reader) = self.reader.take() {
            // Its panic was the receiver's, who has printed it.
            let _ = reader.join();
        }
    }
}

fn lock(process: &Mutex<process::Child>) -> std::sync::MutexGuard<'_, process::Child> {
    process.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the process ended, once it has. One that has closed its output and still lives can be killed
/// meanwhile, so nobody is kept from it.
fn ended(process: &Mutex<process::Child>) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = lock(process).try_wait()? {
            return Ok(status);
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn last_lines(errors: impl BufRead) -> String {
    let mut lines = VecDeque::new();
    for line in self::lines(errors) {
        let line = match line {
            InputLine::Text(line) => beginning(&line),
            InputLine::TooLong(bytes) => format!("a line of {bytes} bytes"),
        };
        if lines.len() == REMEMBERED {
            lines.pop_front();
        }
        lines.push_back(line);
    }
    Vec::from(lines).join("\n")
}

fn death(status: io::Result<ExitStatus>, failed: Option<String>, details: String) -> Death {
    let (orderly, text) = match (status, failed) {
        (Ok(status), _) if status.success() => (true, "the worker ended".to_owned()),
        (_, Some(text)) => (true, text),
        (Ok(_), None) if is_of_the_gpu(&details) => (false, LOST_GPU.to_owned()),
        (Ok(status), None) => (false, format!("the worker process died ({})", how(status))),
        (Err(error), None) => (false, format!("the worker process was lost ({error})")),
    };
    Death { orderly, text, details }
}

/// Whether the last words of a worker that panicked are those of wgpu or of what stands on it.
fn is_of_the_gpu(details: &str) -> bool {
    let marks = [
        "wgpu",
        "In Queue::",
        "In Device::",
        "Error while reading data",
        "DevicePoisoned",
        "evice is lost",
        // With a backtrace, only this is left of what cubecl says.
        "ManagedMemoryId",
    ];
    marks.iter().any(|mark| details.contains(mark))
}

#[cfg(unix)]
fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        Some(9) => "it was killed, by a person or for want of memory".to_owned(),
        Some(6) => "it gave up after an error that it could not handle".to_owned(),
        Some(11) => "a memory fault, often in a graphics driver".to_owned(),
        Some(signal) => format!("signal {signal}"),
        None => status.to_string(),
    }
}

#[cfg(not(unix))]
fn how(status: ExitStatus) -> String {
    status.to_string()
}
