//! The worker process: what it does on commands, when it is killed, and when it is left.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use autogan::engine::{Control, Event, JobSpec, LiveEvent, LogEvent, Stride};
use autogan::ipc::{Child, Death, WorkerCommand, WorkerMessage};
use autogan::run::RunView;

use crate::runs::resume::{assert_same_outcome, run};
use crate::small::{small_config, small_search};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A worker process, and its messages.
pub struct Worker {
    pub child: Child,
    pub messages: Receiver<WorkerMessage>,
}

impl Worker {
    pub fn new(command: WorkerCommand) -> Self {
        let (send, messages) = channel();
        let program = Path::new(env!("CARGO_BIN_EXE_autogan"));
        let mut child = Child::spawn(program, move |notice| drop(send.send(notice))).unwrap();
        child.send(&command).unwrap();
        Self { child, messages }
    }

    fn start(dir: &Path) -> Self {
        let config = Box::new(small_config());
        Self::new(WorkerCommand::Start { job: JobSpec::Search, config, dir: dir.to_owned() })
    }

    pub fn send(&mut self, control: Control) {
        self.child.send(&control.into()).unwrap();
    }

    /// Listens up to the first event that is wanted, and returns all.
    pub fn until(&self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match self.messages.recv_timeout(PATIENCE).unwrap() {
                WorkerMessage::Event(event) => events.push(event),
                WorkerMessage::Gone(death) => panic!("{death:?} after {events:?}"),
            }
            if wanted(events.last().unwrap()) {
                return events;
            }
        }
    }

    /// All messages up to its end.
    fn end(&self) -> (Vec<Event>, Death) {
        let mut events = Vec::new();
        loop {
            match self.messages.recv_timeout(PATIENCE).unwrap() {
                WorkerMessage::Event(event) => events.push(event),
                WorkerMessage::Gone(death) => return (events, death),
            }
        }
    }
}

fn progress(event: &Event) -> bool {
    matches!(event, Event::Live(LiveEvent::Progress { .. }))
}

fn resume_to_the_end(dir: &Path) {
    run(&["search", "--resume", dir.to_str().unwrap()].map(str::to_owned));
}

#[test]
fn a_worker_pauses_steps_saves_and_stops_on_command_and_the_run_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (straight, steered) = (folder.path().join("straight"), folder.path().join("steered"));
    run(&small_search(&straight));
    let mut worker = Worker::start(&steered);
    worker.until(progress);
    worker.send(Control::Preview { every_ms: Some(1) });
    let events = worker.until(|event| matches!(event, Event::Live(LiveEvent::Preview { .. })));
    let Some(Event::Live(LiveEvent::Preview { png, columns, .. })) = events.last() else { unreachable!() };
    assert!(png.len() > 100 && *columns == 8);
    let asked = Instant::now();
    worker.send(Control::Pause);
    worker.until(|event| *event == Event::Live(LiveEvent::Paused { paused: true }));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let save = |worker: &mut Worker| {
        worker.send(Control::Checkpoint);
        match worker.until(|event| matches!(event, Event::Live(LiveEvent::CheckpointSaved { .. }))).pop() {
            Some(Event::Live(LiveEvent::CheckpointSaved { tick })) => tick,
            _ => unreachable!(),
        }
    };
    let before = save(&mut worker);
    assert_eq!(save(&mut worker), before, "a paused run does nothing");
    let mut at = before;
    for stride in [Stride::Both, Stride::Discriminator, Stride::Generator] {
        worker.send(Control::Step { stride });
        worker.until(|event| *event == Event::Live(LiveEvent::Paused { paused: true }));
        let after = save(&mut worker);
        assert!(after > at, "a step is done");
        assert_eq!(save(&mut worker), after, "it waits after the step");
        at = after;
    }
    worker.send(Control::Continue);
    worker.until(|event| *event == Event::Live(LiveEvent::Paused { paused: false }));
    worker.send(Control::Stop);
    let (events, death) = worker.end();
    assert_eq!(events.last(), Some(&Event::Live(LiveEvent::Stopped)));
    assert!(death.orderly, "{death:?}");
    resume_to_the_end(&steered);
    assert_same_outcome(&straight, &steered);
}

#[test]
fn a_killed_worker_is_noticed_at_once_and_its_run_resumes_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let (straight, killed) = (folder.path().join("straight"), folder.path().join("killed"));
    run(&small_search(&straight));
    let mut worker = Worker::start(&killed);
    worker.until(|event| matches!(event, Event::Log(LogEvent::Samples { .. })));
    let at = Instant::now();
    worker.child.kill();
    let (_, death) = worker.end();
    assert!(at.elapsed() < Duration::from_secs(2), "{:?}", at.elapsed());
    assert!(!death.orderly && death.text.contains("died"), "{death:?}");
    let worker = Worker::new(WorkerCommand::Resume { dir: killed.clone(), after_reexec: false });
    let (events, death) = worker.end();
    assert!(events.iter().any(|event| matches!(event, Event::Log(LogEvent::Finished { .. }))), "{death:?}");
    assert_same_outcome(&straight, &killed);
}

#[test]
fn a_worker_that_is_left_saves_and_stops_and_one_that_is_let_go_works_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = |name: &str| folder.path().join(name);
    run(&small_search(&dir("straight")));

    let worker = Worker::start(&dir("left"));
    worker.until(progress);
    let Worker { child, messages } = worker;
    drop(child);
    let last = messages.iter().last();
    assert!(matches!(last, Some(WorkerMessage::Gone(death)) if death.orderly));
    assert!(RunView::open(&dir("left")).unwrap().summary().unwrap().is_none());
    resume_to_the_end(&dir("left"));
    assert_same_outcome(&dir("straight"), &dir("left"));

    let worker = Worker::start(&dir("let go"));
    worker.until(progress);
    worker.child.detach().unwrap();
    let view = RunView::open(&dir("let go")).unwrap();
    let begun = Instant::now();
    while view.is_running() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_same_outcome(&dir("straight"), &dir("let go"));
}

#[test]
fn a_run_can_be_paused_and_stopped_through_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let worker = Worker::start(&dir);
    worker.until(progress);
    autogan::run::send_message(&dir, &Control::Pause).unwrap();
    worker.until(|event| *event == Event::Live(LiveEvent::Paused { paused: true }));
    let seen: Vec<Event> = autogan::run::live_status(&dir).unwrap();
    assert!(seen.contains(&Event::Live(LiveEvent::Paused { paused: true })), "{seen:?}");
    autogan::run::send_message(&dir, &Control::Stop).unwrap();
    let (events, _) = worker.end();
    assert_eq!(events.last(), Some(&Event::Live(LiveEvent::Stopped)));
}

#[test]
fn a_run_that_cannot_begin_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Box::new(small_config());
    config.data.source = "/no/such/pictures".to_owned();
    let dir = folder.path().join("run");
    let worker = Worker::new(WorkerCommand::Start { job: JobSpec::Search, config, dir: dir.clone() });
    let (events, death) = worker.end();
    let reported = matches!(events.last(), Some(Event::Live(LiveEvent::Failed { text })) if text.contains("/no/such/pictures"));
    assert!(reported && death.orderly && death.text.contains("/no/such/pictures"), "{events:?} {death:?}");
    assert!(!dir.exists(), "a run that did not begin leaves nothing");
}

#[cfg(target_os = "linux")]
#[test]
fn keys_in_the_windows_terminal_do_not_reach_the_worker() {
    let group = |id: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        // After the name in brackets: state, parent, group.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        fields.split_whitespace().nth(2).unwrap().to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    let worker = Worker::start(&folder.path().join("run"));
    assert_ne!(group(worker.child.id()), group(std::process::id()));
}
