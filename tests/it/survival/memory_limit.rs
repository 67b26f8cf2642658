//! Memory that a process does not give back: a new process takes its place, and nobody but the system notices.

use std::fs;
use std::path::Path;

use autogan::engine::{Control, Event, JobSpec, LiveEvent, LogEvent};
use autogan::ipc::{WorkerCommand, WorkerMessage};

use super::Run;
use crate::runs::resume::{assert_same_outcome, run};
use crate::runs::worker::Worker;
use crate::small::{small_config, small_search, with_settings};

/// What is trained from scratch takes many MiB more than what the search trains, and long enough for some checkpoints,
/// where memory is looked at: a new process is due then.
const GROWING: [&str; 7] = [
    "model.bottom_width=8",
    "derived_model.generator_channels=64",
    "derived_model.discriminator_channels=64",
    "checkpoint.memory_growth_mib=16",
    "winner.steps=100",
    "winner.evaluate_every=50",
    "winner.samples_every=50",
];

fn growing_search(dir: &Path) -> Vec<String> {
    with_settings(small_search(dir), &GROWING)
}

fn straight(dir: &Path) {
    let never = ["--set", "checkpoint.memory_growth_mib=0"].map(str::to_owned);
    run(&[growing_search(dir), never.to_vec()].concat());
}

fn goes_on(event: &Event) -> bool {
    matches!(event, Event::Live(LiveEvent::Started { resumed: true, .. }))
}

/// What the process with this number was called with.
fn called(pid: u32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ")
}

#[test]
fn a_search_whose_process_is_replaced_ends_like_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let (unbroken, replaced) = (folder.path().join("unbroken"), folder.path().join("-replaced ü"));
    straight(&unbroken);
    let mut search = Run::of(&growing_search(&replaced));
    let notice =
        search.until("a new process", |event| matches!(event, Event::Live(LiveEvent::Notice { .. })));
    assert!(
        matches!(&notice, Event::Live(LiveEvent::Notice { text }) if text.contains("a new process goes on")),
        "{notice:?}"
    );
    search.until("it goes on", goes_on);
    assert!(called(search.process.id()).contains("--after-reexec"), "{}", called(search.process.id()));
    let (_, status) = search.end();
    assert!(status.success(), "{status}");
    assert_same_outcome(&unbroken, &replaced);
    assert_eq!(super::half_written(&replaced), [""; 0]);
}

#[test]
fn a_worker_that_is_replaced_keeps_its_number_and_receives_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let (unbroken, replaced) = (folder.path().join("unbroken"), folder.path().join("replaced"));
    straight(&unbroken);
    let mut config = Box::new(small_config());
    GROWING.iter().for_each(|setting| config.apply(setting).unwrap());
    let mut worker =
        Worker::new(WorkerCommand::Start { job: JobSpec::Search, config, dir: replaced.clone() });
    worker.send(Control::Preview { every_ms: Some(1000) });
    worker.until(goes_on);
    let pid = worker.child.id();
    assert!(called(pid).contains("worker --first"), "{}", called(pid));
    // The command came before the new process did.
    worker.until(|event| matches!(event, Event::Live(LiveEvent::Preview { .. })));
    worker.send(Control::Pause);
    worker.until(|event| *event == Event::Live(LiveEvent::Paused { paused: true }));
    autogan::run::send_message(&replaced, &Control::Continue).unwrap();
    worker.until(|event| *event == Event::Live(LiveEvent::Paused { paused: false }));
    // Let go, it works to the end.
    let Worker { child, messages } = worker;
    child.detach().unwrap();
    let messages: Vec<WorkerMessage> = messages.iter().collect();
    let finished = |notice: &WorkerMessage| {
        matches!(notice, WorkerMessage::Event(Event::Log(LogEvent::Finished { .. })))
    };
    assert!(messages.iter().any(finished), "{:?}", &messages[messages.len().saturating_sub(9)..]);
    assert_same_outcome(&unbroken, &replaced);
}
