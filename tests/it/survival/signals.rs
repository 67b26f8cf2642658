//! A run that is asked to stop from outside.

use autogan::engine::{Event, LiveEvent};
use autogan::run::RunView;

use super::Run;
use crate::small::NETWORKS;

/// `timeout` sends its signal to the process and then to the group that the process is in.
#[test]
fn a_doubled_signal_leaves_a_checkpoint_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let words = [
        "train",
        "--arch",
        "1 0 1 1",
        "--preset",
        "quick",
        "--device",
        "cpu",
        "--out",
        dir.to_str().unwrap(),
    ];
    let settings = ["winner.steps=100000", "winner.evaluate_every=100000", "data.toys_count=64"];
    let sets = NETWORKS.iter().chain(&settings).flat_map(|set| ["--set", *set]);
    let arguments: Vec<String> = words.into_iter().chain(sets).map(str::to_owned).collect();
    let mut run = Run::of(&arguments);
    run.until(
        "progress",
        |event| matches!(event, Event::Live(LiveEvent::Progress { done, .. }) if *done > 0.0),
    );
    let pid = run.process.id().to_string();
    // Both at once: `kill` sends them in a row.
    let kill = std::process::Command::new("kill").args(["-TERM", &pid, &pid]).status().unwrap();
    assert!(kill.success());
    run.until("the end", |event| matches!(event, Event::Live(LiveEvent::Stopped)));
    assert_eq!(run.process.wait().unwrap().code(), Some(0));
    let said = run.said();
    let go_on = format!("Stopped with a checkpoint. Go on with: autogan train --resume {}", dir.display());
    assert!(said.contains(&go_on), "{said}");
    assert_eq!(said.matches("Saving a checkpoint").count(), 1, "{said}");
    let steps = RunView::open(&dir).unwrap().checkpoint_steps().unwrap();
    assert!(steps[0] > 0, "{steps:?}");
}
