//! A run that is killed and resumed ends as if it had not been: byte for byte, on the CPU.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::small::{minute_search, quick_search, small_search};

/// What must be equal in the end.
const OUTCOME: [&str; 6] = [
    "summary.json",
    "export/winner.png",
    "export/winner.safetensors",
    "export/winner-raw.safetensors",
    "events.jsonl",
    "candidates.jsonl",
];

fn start(arguments: &[String]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_autogan"))
        .args(arguments)
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The events of a run from the moment that its folder exists.
fn events(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).skip_while(|line| !line.contains(r#""event":"started""#))
}

/// Runs to the end and returns how many events were emitted.
pub fn run(arguments: &[String]) -> usize {
    let mut child = start(arguments);
    let emitted = events(&mut child).count();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    emitted
}

/// Kills the run after it emitted so many events. Returns whether it was still running.
fn kill_after(arguments: &[String], wanted: usize) -> bool {
    let mut child = start(arguments);
    let emitted = events(&mut child).take(wanted).count();
    child.kill().unwrap();
    child.wait().unwrap();
    emitted == wanted
}

fn outcome(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let pictures = ["samples", "candidates"].into_iter().flat_map(|folder| {
        let entries = std::fs::read_dir(dir.join(folder)).unwrap();
        entries.map(move |entry| format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy()))
    });
    let mut names: Vec<String> = OUTCOME.map(str::to_owned).into_iter().chain(pictures).collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let bytes = std::fs::read(dir.join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            (name, bytes)
        })
        .collect()
}

pub fn assert_same_outcome(straight: &Path, resumed: &Path) {
    let (straight, resumed) = (outcome(straight), outcome(resumed));
    let names =
        |outcome: &[(String, Vec<u8>)]| outcome.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&straight), names(&resumed));
    for ((name, wanted), (_, found)) in straight.iter().zip(&resumed) {
        assert!(wanted == found, "{name} differs");
    }
}

#[test]
fn a_search_killed_at_many_moments_ends_like_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let straight = folder.path().join("straight");
    let killed = folder.path().join("killed");
    let events = run(&small_search(&straight));
    assert!(kill_after(&small_search(&killed), 4), "the run was still going on");
    let resume = ["search", "--resume", killed.to_str().unwrap()].map(str::to_owned);
    // A life goes on where a checkpoint of the one before lies, so the moments spread over all phases.
    let survived = (1..=6).filter(|life| kill_after(&resume, events * life / 8)).count();
    assert!(survived > 1, "{survived} lives were ended by a kill");
    run(&resume);
    assert_same_outcome(&straight, &killed);
}

/// Kills a run of `search` at as many moments as `kills`, a run each, spread over its time.
fn killed_and_resumed_is_like_straight(search: fn(&Path) -> Vec<String>, kills: usize) {
    let folder = tempfile::tempdir().unwrap();
    let straight = folder.path().join("straight");
    let events = run(&search(&straight));
    for kill in 1..=kills {
        let killed = folder.path().join(format!("killed {kill}"));
        assert!(kill_after(&search(&killed), kill * events / (kills + 1)), "the run was still going on");
        run(&["search", "--resume", killed.to_str().unwrap()].map(str::to_owned));
        assert_same_outcome(&straight, &killed);
        eprintln!("kill {kill} of {kills}: the resumed run ended like the straight one");
    }
}

#[test]
#[ignore = "a quarter of an hour on two cores"]
fn a_minute_long_search_killed_at_ten_moments_ends_like_one_that_was_not() {
    killed_and_resumed_is_like_straight(minute_search, 10);
}

#[test]
#[ignore = "a quarter of an hour on two cores"]
fn the_quick_search_killed_once_ends_like_one_that_was_not() {
    killed_and_resumed_is_like_straight(quick_search, 1);
}

#[test]
fn a_run_that_goes_on_is_not_taken_by_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut first = start(&small_search(&dir));
    assert!(events(&mut first).next().is_some());
    let second = start(&["search", "--resume", dir.to_str().unwrap()].map(str::to_owned));
    let output = second.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("in use") && said.contains(&first.id().to_string()), "{said}");
    first.kill().unwrap();
    first.wait().unwrap();
}
