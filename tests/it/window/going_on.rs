//! Runs that go on without this window: at home, while they prepare, and when they die.

use autogan::engine::LiveEvent;
use egui_kittest::kittest::Queryable;

use crate::window::runs_screen::LiveRun;
use crate::window::{Window, text};

#[test]
fn a_run_that_goes_on_without_the_window_is_announced_at_home_and_opened_from_there() {
    let mut window = Window::new();
    let dir = window.folder.path().join("runs/night");
    let run = LiveRun::begin(&dir);
    run.publish(&[LiveEvent::Progress { done: 0.42, eta_seconds: Some(720.0), speed: None }]);
    window.until_label("Running now");
    let card = "night: Running: 42%, 12 min left. Fréchet distance 12.5 so far, lower is better";
    window.until_label(card);
    window.harness.check_accessibility();
    window.click_card("night");
    window.until_label("Running");
    assert_eq!(window.run_dir(), dir);
    window.click("Welcome screen");
    window.until_label("Running now");
    // Once, and not among the recent ones, too.
    assert!(window.harness.query_by_label(card).is_some());
    assert!(window.harness.query_by_label("Recent runs").is_none());
    drop(run);
    window.until("it is over", |harness| harness.query_by_label("Running now").is_none());
    window.until_label("night: Can be resumed. No score");
    assert!(window.harness.query_by_label("Recent runs").is_some());
}

#[test]
fn a_run_of_somebody_else_that_is_killed_says_so_and_one_that_stops_does_not() {
    let mut window = Window::new();
    let killed = window.folder.path().join("runs/killed");
    let run = LiveRun::begin(&killed);
    run.publish(&[LiveEvent::Paused { paused: false }]);
    window.harness.state_mut().open(&killed);
    window.until_label("Running");
    run.kill();
    window.until_label("Worker died");
    assert!(
        text(&window.harness, "Training stopped: ").contains("it was killed, it crashed, or memory ran out")
    );
    let again = LiveRun::begin(&window.folder.path().join("runs/stopped"));
    again.publish(&[LiveEvent::Paused { paused: false }]);
    let stopped = window.folder.path().join("runs/stopped");
    window.harness.state_mut().open(&stopped);
    window.until_label("Running");
    drop(again);
    window.until_label("Not running");
    assert!(window.harness.query_by_label_contains("Training stopped").is_none());
}

#[test]
fn a_run_that_learns_to_score_says_so_and_how_far_it_is() {
    let mut window = Window::new();
    let dir = window.folder.path().join("runs/new");
    let run = LiveRun::begin(&dir);
    let what = "learning to score such images (once for each set)".to_owned();
    run.publish(&[LiveEvent::Preparing { what, done: 3, total: 10 }]);
    let doing = "new: Running: 30%, learning to score such images (once for each set). ";
    window.until(doing, |harness| harness.query_by_label_contains(doing).is_some());
    window.click_card("new");
    window.until_label("Before the run begins: learning to score such images (once for each set)");
    window.until_label("Preparation: 30%");
    run.publish(&[LiveEvent::Paused { paused: false }]);
    window.until_label("Running");
    assert!(window.harness.query_by_label_contains("Before the run begins").is_none());
}
