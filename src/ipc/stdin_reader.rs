//! Reads commands from standard input, a line at a time, so that another process can take over between two
//! lines and none is lost.

use std::io::{BufReader, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::command::WorkerCommand;
use super::lines::{beginning, lines};

/// A pipe that is read.
pub trait Pipe: Read + Send + 'static {
    /// Waits until there is something to read, or the end, and takes nothing.
    fn wait(&self);
}

#[cfg(unix)]
impl<T: Read + std::os::fd::AsFd + Send + 'static> Pipe for T {
    fn wait(&self) {
        use rustix::event::{PollFd, PollFlags, poll};
        // What is wrong with the pipe is met when it is read.
        let _ = rustix::io::retry_on_intr(|| poll(&mut [PollFd::new(self, PollFlags::IN)], None));
    }
}

/// Where no process takes the place of another, reading may as well begin before there is something.
#[cfg(not(unix))]
impl<T: Read + Send + 'static> Pipe for T {
    fn wait(&self) {}
}

/// A lock on the input, which is held while a line is being read.
#[derive(Clone, Default)]
pub(super) struct InputLock(Arc<Mutex<()>>);

impl InputLock {
    /// Waits until no line is being read; as long as the guard is held, nothing is taken from the pipe.
    pub fn close(&self) -> MutexGuard<'_, ()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls `take` with each command that comes out of the pipe until it is closed. What is no command is
/// logged.
pub(super) fn commands(pipe: impl Pipe, lock: &InputLock, mut take: impl FnMut(WorkerCommand)) {
    let mut lines = lines(BufReader::new(pipe));
    loop {
        lines.input().get_ref().wait();
        let closed = lock.close();
        // A pipe gives more than a line at once.
        loop {
            let Some(line) = lines.next() else { return };
            if let Some(line) = line.text("standard input") {
                match serde_json::from_str(&line) {
                    Ok(command) => take(command),
                    Err(error) => {
                        tracing::warn!("a command was not understood ({error}): {}", beginning(&line));
                    }
                }
            }
            if lines.input().buffer().is_empty() {
                break;
            }
        }
        drop(closed);
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::Control;
    use std::io::{Write, pipe};
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    const LATE: Duration = Duration::from_secs(60);

    #[test]
    fn all_that_comes_in_pieces_or_at_once_is_taken_in_order() {
        let (from, mut to) = pipe().unwrap();
        let (send, taken) = channel();
        let reader = thread::spawn(move || {
            commands(from, &InputLock::default(), |command| send.send(command).unwrap())
        });
        for piece in [
            "{\"command\":\"pa",
            "use\"}\n{\"command\":\"continue\"}\nnonsense\n\n",
            "{\"command\":\"stop\"}",
        ] {
            to.write_all(piece.as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(20));
        }
        drop(to);
        reader.join().unwrap();
        let taken: Vec<WorkerCommand> = taken.iter().collect();
        assert_eq!(taken, [Control::Pause, Control::Continue, Control::Stop].map(WorkerCommand::from));
    }

    #[test]
    fn what_comes_while_the_lock_is_held_stays_in_the_pipe_for_who_comes_next() {
        let (from, mut to) = pipe().unwrap();
        let mut next = from.try_clone().unwrap();
        let (send, taken) = channel();
        let lock = InputLock::default();
        let own = lock.clone();
        thread::spawn(move || commands(from, &own, |command| drop(send.send(command))));
        writeln!(to, "{}", serde_json::json!(WorkerCommand::from(Control::Pause))).unwrap();
        assert_eq!(taken.recv_timeout(LATE), Ok(Control::Pause.into()));
        let closed = lock.close();
        let line = serde_json::json!(WorkerCommand::from(Control::Stop)).to_string();
        writeln!(to, "{line}").unwrap();
        assert!(taken.recv_timeout(Duration::from_millis(200)).is_err());
        let mut there = vec![0; line.len()];
        next.read_exact(&mut there).unwrap();
        assert_eq!(there, line.as_bytes());
        drop(closed);
    }
}
