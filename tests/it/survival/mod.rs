//! What survives: runs that are killed, starved, find_non_finite and lied to. The short forms run with all tests,
//! the long ones with
//!
//! ```sh
//! cargo test --release --test it -- survival:: --include-ignored --nocapture
//! ```
#![cfg(target_os = "linux")]

mod disk;
mod kills;
mod memory_limit;
mod numbers;
mod pipe;
mod signals;
mod soak;

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use autogan::engine::Event;

/// A search or training on the command line, whose events are read as they come.
struct Run {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Run {
    fn start(mut command: Command) -> Self {
        let mut process = command
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    fn of(arguments: &[String]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
        command.args(arguments);
        Self::start(command)
    }

    /// The next event, passing over what is none; nothing at the end.
    fn event(&mut self) -> Option<Event> {
        loop {
            let line = self.lines.next()?.unwrap();
            if let Ok(event) = serde_json::from_str(&line) {
                return Some(event);
            }
            // Who stands behind it waits to be looked at, and says no more.
            if line.starts_with(r#"{"ended""#) {
                return None;
            }
        }
    }

    /// Reads up to the first event that is wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) -> Event {
        let mut last = None;
        while let Some(event) = self.event() {
            if wanted(&event) {
                return event;
            }
            last = Some(event);
        }
        // Or what it says would never end either.
        drop(self.process.kill());
        panic!("it ended before {what}; the last word was {last:?}, {}", self.said());
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// What it said on standard error, once it has ended.
    fn said(&mut self) -> String {
        let mut said = String::new();
        let mut errors = self.process.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut errors, &mut said).unwrap();
        said
    }

    /// All further events and how it ended.
    fn end(mut self) -> (Vec<Event>, ExitStatus) {
        let events = std::iter::from_fn(|| self.event()).collect();
        (events, self.process.wait().unwrap())
    }
}

fn resume(dir: &Path) -> Vec<String> {
    ["search", "--resume", dir.to_str().unwrap()].map(str::to_owned).to_vec()
}

/// Names of what is half written anywhere in a run folder.
fn half_written(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "tmp") {
            found.push(path.display().to_string());
        }
        if path.is_dir() {
            found.extend(half_written(&path));
        }
    }
    found
}
