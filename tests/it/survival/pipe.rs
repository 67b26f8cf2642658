//! A worker that dies, hangs or writes nonsense, and a window that does not read.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use autogan::engine::{Control, Event, JobSpec, LiveEvent};
use autogan::ipc::{Child, WorkerCommand, WorkerMessage};
use egui_kittest::kittest::Queryable;

use crate::small::small_config;
use crate::window::{PATIENCE, Window};

/// A worker that writes what the script does.
fn fake(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("fake");
    fs::write(&path, format!("#!/bin/bash\n{script}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn spawn(program: &Path) -> (Child, Receiver<WorkerMessage>) {
    let (send, messages) = channel();
    (Child::spawn(program, move |notice| drop(send.send(notice))).unwrap(), messages)
}

#[test]
fn nonsense_on_the_pipe_is_passed_over_and_what_is_sense_is_received() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        printf '\xff\xfe\x00 no text\n'
        head -c 10485760 /dev/zero | tr '\0' x; echo
        head -c 100000000 /dev/zero | tr '\0' x; echo
        echo '{"event":"no such event"}'
        echo '[[[[[[[['
        echo '{"event":"paused","paused":true}'
        echo '{"event":"progress","done":1e999}'
        head -c 10485760 /dev/zero | tr '\0' y >&2
        printf '{"event":"paused","pau'
        exit 3"#;
    let (_child, messages) = spawn(&fake(folder.path(), script));
    let messages: Vec<WorkerMessage> = messages.iter().collect();
    let [WorkerMessage::Event(event), WorkerMessage::Gone(death)] = messages.as_slice() else {
        panic!("{messages:?}")
    };
    assert_eq!(*event, Event::Live(LiveEvent::Paused { paused: true }));
    assert!(!death.orderly && death.text.contains("exit status: 3"), "{death:?}");
    assert!(death.details.len() < 1000, "{}", death.details.len());
}

#[test]
fn a_worker_that_closes_its_pipe_and_lives_on_can_be_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, messages) = spawn(&fake(folder.path(), "exec >&- 2>&-; exec sleep 1000"));
    child.kill();
    let gone = messages.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(&gone, WorkerMessage::Gone(death) if death.text.contains("killed")), "{gone:?}");
}

#[test]
fn a_worker_passes_over_nonsense_on_its_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::new(env!("CARGO_BIN_EXE_autogan"))
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let config = Box::new(small_config());
    let start = WorkerCommand::Start { job: JobSpec::Search, config, dir: folder.path().join("run") };
    input.write_all(b"\xff\xfe\0\n{\"command\":\"fly\"}\n[[[[\n").unwrap();
    input.write_all(&[b'x'; 10 << 20]).unwrap();
    writeln!(input, "\n{}", serde_json::json!(start)).unwrap();
    input.write_all(&[b'y'; 10 << 20]).unwrap();
    writeln!(input, "\n{}", serde_json::json!(WorkerCommand::Detach)).unwrap();
    drop(input);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains(r#""event":"finished""#));
}

#[test]
fn a_worker_that_is_aborted_is_reported_in_plain_words_and_its_run_goes_on() {
    for (signal, words) in [("-ABRT", "it gave up after an error"), ("-SEGV", "a memory fault")] {
        let mut window = Window::new();
        window.long_search();
        let worker = window.harness.state().session().unwrap().worker().unwrap().to_string();
        window.until("the worker's death is shown", |harness| {
            // Again and again: Rust's own handler passes over the first memory fault that no fault stands behind,
            // and two signals that come at once are one.
            drop(Process::new("kill").args([signal, &worker]).stderr(Stdio::null()).status());
            harness.query_by_label("Worker died").is_some()
        });
        assert!(window.harness.query_by_label_contains(words).is_some(), "{signal}");
        window.click("Resume");
        window.until_usable("Pause");
        window.click("Stop");
        window.until_label("Stopped");
    }
}

fn send(window: &Window, signal: &str) {
    let worker = window.harness.state().session().unwrap().worker().unwrap();
    assert!(Process::new("kill").args([signal, &worker.to_string()]).status().unwrap().success());
}

#[test]
fn a_worker_that_hangs_is_noticed_within_seconds_and_can_come_back_or_be_ended() {
    let mut window = Window::new();
    window.long_search();
    let silent = |window: &mut Window, wanted: bool| {
        let begun = Instant::now();
        window.until("a notice of the silence", |harness| {
            harness.query_by_label_contains("has not answered for").is_some() == wanted
        });
        begun.elapsed()
    };
    send(&window, "-STOP");
    let noticed = silent(&mut window, true);
    assert!(noticed > Duration::from_secs(3) && noticed < Duration::from_secs(8), "{noticed:?}");
    send(&window, "-CONT");
    silent(&mut window, false);
    assert!(window.harness.query_by_label("Pause").is_some(), "it came back by itself");
    send(&window, "-STOP");
    silent(&mut window, true);
    window.click("End the worker");
    window.until_label("Worker died");
    window.click("Resume");
    window.until_usable("Pause");
    window.click("Stop");
    window.until_label("Stopped");
    eprintln!("a hang was noticed after {noticed:?}");
}

/// A worker on a long run whose window can stop to listen.
struct Stalling {
    child: Child,
    run: tempfile::TempDir,
    /// Held while nobody listens.
    ear: Arc<Mutex<()>>,
}

impl Stalling {
    fn new() -> Self {
        let run = tempfile::tempdir().unwrap();
        let ear = Arc::new(Mutex::new(()));
        let (send, messages) = channel();
        let listening = ear.clone();
        let program = Path::new(env!("CARGO_BIN_EXE_autogan"));
        let mut child = Child::spawn(program, move |notice| {
            drop(listening.lock().unwrap());
            drop(send.send(notice));
        })
        .unwrap();
        let mut config = Box::new(small_config());
        config.apply("search.shared_steps=1000000").unwrap();
        // Nothing else that takes its time now and then.
        config.apply("checkpoint.every_seconds=10000").unwrap();
        let dir = run.path().join("run");
        child.send(&WorkerCommand::Start { job: JobSpec::Search, config, dir }).unwrap();
        child.send(&Control::Preview { every_ms: Some(100) }.into()).unwrap();
        let begun = messages
            .iter()
            .find(|notice| matches!(notice, WorkerMessage::Event(Event::Live(LiveEvent::Preview { .. }))));
        assert!(begun.is_some());
        Self { child, run, ear }
    }

    /// The events in the run folder.
    fn logged(&self) -> Vec<u8> {
        fs::read(self.run.path().join("run/events.jsonl")).unwrap()
    }

    /// Steps that are done in so much time. Twice as many lines are written.
    fn steps(&self, time: Duration) -> u64 {
        let lines = || self.logged().iter().filter(|&&byte| byte == b'\n').count() as u64;
        let before = lines();
        std::thread::sleep(time);
        (lines() - before) / 2
    }

    /// Bytes of memory that the worker has.
    fn memory(&self) -> u64 {
        super::soak::resident(self.child.id())
    }

    /// Speed of a worker whose window does not listen, as a share of that of one whose window does, and
    /// the bytes of memory that it takes more.
    fn stall(&self, time: Duration) -> (f64, i64) {
        let before = self.steps(time);
        let memory = self.memory();
        let deaf = self.ear.lock().unwrap();
        let during = self.steps(time);
        let grown = self.memory() as i64 - memory as i64;
        drop(deaf);
        let after = self.steps(time);
        (2.0 * during as f64 / (before + after) as f64, grown)
    }
}

#[test]
fn a_window_that_stalls_does_not_hold_its_worker_up() {
    let stalling = Stalling::new();
    let memory = stalling.memory();
    let deaf = stalling.ear.lock().unwrap();
    // What it logs goes into the pipe, too, which holds 64 KiB: a worker that waits for room in it logs no more
    // than that. How fast it works says nothing while other tests run.
    let (before, begun) = (stalling.logged().len(), Instant::now());
    while stalling.logged().len() < before + (192 << 10) {
        assert!(begun.elapsed() < PATIENCE, "it waits: {} bytes", stalling.logged().len() - before);
        std::thread::sleep(Duration::from_millis(100));
    }
    let grown = stalling.memory() as i64 - memory as i64;
    drop(deaf);
    assert!(grown < 16 << 20, "{grown}");
}

#[test]
#[ignore = "a measurement of speed, for a machine that does nothing else: two and a half minutes"]
fn a_window_that_stalls_for_ten_seconds_costs_less_than_a_twentieth() {
    let stalling = Stalling::new();
    let mut stalls: Vec<(f64, i64)> = (0..5).map(|_| stalling.stall(Duration::from_secs(10))).collect();
    stalls.sort_by(|a, b| a.0.total_cmp(&b.0));
    eprintln!("speed while the window stalls, and bytes of memory: {stalls:?}");
    assert!(stalls[2].0 > 0.95, "{stalls:?}");
    assert!(stalls.iter().all(|(_, grown)| *grown < 16 << 20), "{stalls:?}");
}
