//! Memory that a process does not give back: a new process takes its place, and nobody but the system notices.

use std::fs;
use std::path::Path;

use autogan::engine::{Control, Event, Job};
use autogan::ipc::{Command, Notice};

use super::Run;
use crate::resume::{assert_same_outcome, run};
use crate::small::{small_config, small_search};
use crate::worker::Worker;

/// What is trained from scratch takes many MiB more than what the search trains: a new process is due then.
const GROWING: [&str; 4] = [
    "model.bottom_width=8",
    "derived_model.generator_channels=32",
    "derived_model.discriminator_channels=32",
    "checkpoint.renew_after_mib=8",
];

fn growing_search(dir: &Path) -> Vec<String> {
    let settings = GROWING.iter().flat_map(|setting| ["--set", *setting]);
    small_search(dir).into_iter().chain(settings.map(str::to_owned)).collect()
}

fn straight(dir: &Path) {
    let never = ["--set", "checkpoint.renew_after_mib=0"].map(str::to_owned);
    run(&[growing_search(dir), never.to_vec()].concat());
}

fn goes_on(event: &Event) -> bool {
    matches!(event, Event::Started { resumed: true, .. })
}

/// What the process with this number was called with.
fn called(pid: u32) -> String {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ")
}

#[test]
fn a_search_whose_process_is_renewed_ends_like_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let (unbroken, renewed) = (folder.path().join("unbroken"), folder.path().join("-renewed ü"));
    straight(&unbroken);
    let mut search = Run::of(&growing_search(&renewed));
    let notice = search.until("a new process", |event| matches!(event, Event::Notice { .. }));
    assert!(
        matches!(&notice, Event::Notice { text } if text.contains("a new process goes on")),
        "{notice:?}"
    );
    search.until("it goes on", goes_on);
    assert!(called(search.process.id()).contains("--renewed"), "{}", called(search.process.id()));
    let (_, status) = search.end();
    assert!(status.success(), "{status}");
    assert_same_outcome(&unbroken, &renewed);
    assert_eq!(super::half_written(&renewed), [""; 0]);
}

#[test]
fn a_worker_that_is_renewed_keeps_its_number_and_hears_all_that_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (unbroken, renewed) = (folder.path().join("unbroken"), folder.path().join("renewed"));
    straight(&unbroken);
    let mut config = Box::new(small_config());
    GROWING.iter().for_each(|setting| config.apply(setting).unwrap());
    let mut worker = Worker::new(Command::Start { job: Job::Search, config, dir: renewed.clone() });
    worker.tell(Control::Live { every_ms: Some(1000) });
    worker.until(goes_on);
    let pid = worker.child.id();
    assert!(called(pid).contains("worker --first"), "{}", called(pid));
    // It was told to before the new process came.
    worker.until(|event| matches!(event, Event::Preview { .. }));
    worker.tell(Control::Pause);
    worker.until(|event| *event == Event::Paused { paused: true });
    autogan::run::tell(&renewed, &Control::Continue).unwrap();
    worker.until(|event| *event == Event::Paused { paused: false });
    // Let go, it works to the end.
    let Worker { child, heard } = worker;
    child.detach().unwrap();
    let heard: Vec<Notice> = heard.iter().collect();
    let finished = |notice: &Notice| matches!(notice, Notice::Event(Event::Finished { .. }));
    assert!(heard.iter().any(finished), "{:?}", &heard[heard.len().saturating_sub(9)..]);
    assert_same_outcome(&unbroken, &renewed);
}
