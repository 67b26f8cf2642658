//! Does one thing in a process of its own, for tests: how much memory it takes, and whether it ends.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// What a process is given, and the mark before its answer.
const GIVEN: &str = "AUTOGAN_TEST_GIVEN";
const ANSWER: &str = "the answer:";
/// A process that takes longer hangs: a hundred times what any takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a process did.
#[derive(Debug)]
pub(crate) struct Process {
    /// What it said.
    pub outcome: String,
    /// Memory that it had at most, beyond what it had before, in KiB; nothing where the system does not tell.
    pub extra: Option<u64>,
    pub seconds: f64,
}

impl Process {
    /// Fails where it took more than so many MiB.
    pub(crate) fn within(&self, mebibytes: u64) -> &Self {
        let extra = self.extra.unwrap_or_default();
        assert!(extra <= mebibytes << 10, "{extra} KiB over {mebibytes} MiB: {}", self.outcome);
        self
    }
}

/// Runs the test `name` of this binary as a process that does its work on `given`.
pub(crate) fn process(name: &str, given: &str) -> Process {
    let begun = Instant::now();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(GIVEN, given)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        let _ = send.send(text);
    });
    let text = receive.recv_timeout(PATIENCE);
    let _ = child.kill();
    let status = child.wait().unwrap();
    let text = text.unwrap_or_else(|_| panic!("{name} hangs on {given}"));
    let answer =
        text.split_once(ANSWER).unwrap_or_else(|| panic!("{name} died on {given}: {status}: {text}"));
    let (extra, outcome) = answer.1.lines().next().unwrap().split_once(' ').unwrap();
    Process { outcome: outcome.to_owned(), extra: extra.parse().ok(), seconds: begun.elapsed().as_secs_f64() }
}

/// In the process: does the work and prints the result. In an ordinary run of the tests: nothing.
pub(crate) fn in_process(work: impl FnOnce(&str) -> String) {
    let Ok(given) = std::env::var(GIVEN) else {
        return;
    };
    let before = kibibytes("VmRSS:");
    let outcome = work(&given).replace('\n', " ");
    // The peak may be older than the work: then this is too much and never too little.
    let extra = kibibytes("VmHWM:").zip(before).map(|(after, before)| after.saturating_sub(before));
    println!("{ANSWER}{} {outcome}", extra.map_or("?".into(), |extra| extra.to_string()));
}

fn kibibytes(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
