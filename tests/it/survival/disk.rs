//! A disk that is full, and then is not.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use autogan::engine::{Event, JobSpec, LiveEvent};
use autogan::ipc::{Child, WorkerCommand, WorkerMessage};
use autogan::run::RunView;

use super::{Run, half_written, resume};
use crate::runs::resume::{assert_same_outcome, run};
use crate::small::{small_config, small_search, with_settings};
use crate::window::PATIENCE;

/// Mounts a small disk that only this process sees, works there, and waits to be looked at. Needs no rights
/// where the system lets anybody have a name space of his own.
const ON_A_SMALL_DISK: &str = r#"
mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99
shift 2
"$@"
echo "{\"ended\": $?}"
read -r _
"#;

/// What makes it last some seconds and several checkpoints more, so that it still runs when the disk is full.
const LASTING: [&str; 3] = ["winner.steps=1500", "winner.evaluate_every=750", "winner.samples_every=500"];

fn lasting_search(dir: &Path) -> Vec<String> {
    with_settings(small_search(dir), &LASTING)
}

/// A search on a disk of its own.
struct OnDisk {
    run: Run,
    /// The disk, as others see it.
    disk: PathBuf,
}

impl OnDisk {
    fn new(size: &str, place: &Path, arguments: &[String]) -> Self {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "bash", "-c", ON_A_SMALL_DISK, "bash", size]);
        command.arg(place).arg(env!("CARGO_BIN_EXE_autogan")).args(arguments);
        let run = Run::start(command);
        let disk = format!("/proc/{}/root{}", run.process.id(), place.display()).into();
        Self { run, disk }
    }

    /// Fills the disk but for so many bytes.
    fn fill(&self, spare: usize) -> PathBuf {
        let path = self.disk.join("ballast");
        let mut ballast = fs::File::create(&path).unwrap();
        let block = [7; 4096];
        while ballast.write_all(&block).is_ok() {}
        let len = ballast.metadata().unwrap().len();
        ballast.set_len(len.saturating_sub(spare as u64)).unwrap();
        path
    }

    /// Bytes of the newest checkpoint.
    fn checkpoint_bytes(&self) -> u64 {
        let run = self.disk.join("run");
        let newest = RunView::open(&run).unwrap().checkpoint_steps().unwrap()[0];
        let files = fs::read_dir(run.join(format!("checkpoints/{newest:06}"))).unwrap();
        files.map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    }

    /// The end of the search; the disk is still there to be looked at.
    fn exit_code(&mut self) -> i64 {
        loop {
            let line = self.run.lines.next().expect("the search has ended").unwrap();
            let value: serde_json::Value = serde_json::from_str(&line).unwrap();
            if let Some(code) = value["ended"].as_i64() {
                return code;
            }
        }
    }
}

fn held(event: &Event) -> bool {
    matches!(event, Event::Live(LiveEvent::Waiting { reason: Some(_) }))
}

#[test]
fn a_full_disk_is_announced_holds_the_run_up_and_costs_nothing_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let (straight, place) = (folder.path().join("straight"), folder.path().join("disk"));
    fs::create_dir(&place).unwrap();
    run(&lasting_search(&straight));
    let mut small = OnDisk::new("32m", &place, &lasting_search(&place.join("run")));
    let saved =
        |event: &Event| matches!(event, Event::Live(LiveEvent::CheckpointSaved { tick }) if tick.0 > 0);
    small.run.until("a checkpoint", saved);
    let ran = small.disk.join("run");
    let size = small.checkpoint_bytes();

    // Space for the one that is written before an old one goes, and for one more.
    let ballast = small.fill(2 * size as usize + (64 << 10));
    let notice = small.run.until("a warning", |event| matches!(event, Event::Live(LiveEvent::Notice { .. })));
    let Event::Live(LiveEvent::Notice { text }) = notice else { unreachable!() };
    assert!(text.contains("MiB are free") && text.contains("less than 3 checkpoints"), "{text}");

    fs::remove_file(ballast).unwrap();
    let ballast = small.fill(0);
    let Event::Live(LiveEvent::Waiting { reason: Some(reason) }) = small.run.until("it waits", held) else {
        unreachable!()
    };
    assert!(reason.contains("no space left to") && reason.contains("/run/"), "{reason}");
    let found = RunView::open(&ran).unwrap().latest_checkpoint().unwrap();
    assert!(found.checkpoint.is_some_and(|good| good.step() > 0) && found.warnings.is_empty());

    fs::remove_file(ballast).unwrap();
    small.run.until("it goes on", |event| *event == Event::Live(LiveEvent::Waiting { reason: None }));
    assert_eq!(small.exit_code(), 0);
    assert_same_outcome(&straight, &ran);
    assert_eq!(half_written(&ran), Vec::<String>::new());
    writeln!(small.run.process.stdin.take().unwrap()).unwrap();
    small.run.process.wait().unwrap();
}

#[test]
fn a_disk_that_fills_up_between_two_checkpoints_is_announced_before_it_holds_the_run_up() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("disk");
    fs::create_dir(&place).unwrap();
    let mut small = OnDisk::new("32m", &place, &lasting_search(&place.join("run")));
    small.run.until(
        "a checkpoint",
        |event| matches!(event, Event::Live(LiveEvent::CheckpointSaved { tick }) if tick.0 > 0),
    );
    // Room for lines and pictures, not for a checkpoint.
    let ballast = small.fill(small.checkpoint_bytes() as usize / 2);
    let first = small
        .run
        .until("a notice", |event| held(event) || matches!(event, Event::Live(LiveEvent::Notice { .. })));
    assert!(matches!(first, Event::Live(LiveEvent::Notice { .. })), "{first:?}");
    small.run.until("it waits", held);
    fs::remove_file(ballast).unwrap();
    assert_eq!(small.exit_code(), 0);
    writeln!(small.run.process.stdin.take().unwrap()).unwrap();
    small.run.process.wait().unwrap();
}

/// Nobody is left who could put the folder back: neither the window that began the run nor the one that let
/// it go.
#[test]
fn a_worker_whose_folder_is_deleted_ends_with_its_window_or_without_it() {
    for detach in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("run");
        let (send, messages) = channel();
        let program = Path::new(env!("CARGO_BIN_EXE_autogan"));
        let mut child = Child::spawn(program, move |notice| drop(send.send(notice))).unwrap();
        let mut config = Box::new(small_config());
        config.apply("search.shared_steps=1000000").unwrap();
        child.send(&WorkerCommand::Start { job: JobSpec::Search, config, dir: dir.clone() }).unwrap();
        let until = |wanted: fn(&Event) -> bool| {
            messages
                .iter()
                .find(|notice| matches!(notice, WorkerMessage::Event(event) if wanted(event)))
                .unwrap()
        };
        until(|event| matches!(event, Event::Live(LiveEvent::Progress { .. })));
        fs::remove_dir_all(&dir).unwrap();
        let WorkerMessage::Event(Event::Live(LiveEvent::Waiting { reason: Some(reason) })) = until(held)
        else {
            unreachable!()
        };
        assert!(reason.contains(dir.to_str().unwrap()) && reason.contains("goes on by itself"), "{reason}");
        let id = child.id();
        if detach {
            child.detach().unwrap()
        } else {
            drop(child)
        }
        let begun = Instant::now();
        // Its parent, this process, knows of its end once it is no zombie any more.
        while Path::new(&format!("/proc/{id}/fd/0")).exists() {
            assert!(begun.elapsed() < PATIENCE, "it waits for ever");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!dir.exists(), "it must not come back by itself");
    }
}

/// A limit on the size of a file stands for a disk that takes no more: the same calls fail.
#[test]
fn a_run_that_is_stopped_while_it_waits_for_space_says_so_and_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (straight, stuck) = (folder.path().join("straight"), folder.path().join("stuck"));
    run(&lasting_search(&straight));
    // Room for the small files, not for the networks of a checkpoint.
    let limited = r#"trap '' XFSZ; ulimit -f 64; exec "$0" "$@""#;
    let mut first = Run::of(&lasting_search(&stuck));
    first.until(
        "a checkpoint",
        |event| matches!(event, Event::Live(LiveEvent::CheckpointSaved { tick }) if tick.0 > 0),
    );
    first.signal("-KILL");
    first.end();
    let mut command = Command::new("bash");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_autogan")]).args(resume(&stuck));
    let mut second = Run::start(command);
    second.until("it waits", held);
    second.signal("-INT");
    let (events, status) = second.end();
    assert_eq!(status.code(), Some(1));
    let Some(Event::Live(LiveEvent::Failed { text })) = events.last() else { panic!("{events:?}") };
    assert!(text.contains("stopped while it waited") && text.contains("free some space"), "{text}");
    run(&resume(&stuck));
    assert_same_outcome(&straight, &stuck);
}
