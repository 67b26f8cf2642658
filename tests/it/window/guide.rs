//! What the window explains where it happens: phases, directions of scores, architectures in words.

use autogan::engine::JobSpec;
use autogan::search::{Activity, SearchEvent};
use eframe::egui::{Rect, Vec2, vec2};
use egui_kittest::kittest::Queryable;

use super::panels::write;
use super::{SIZE, Window, long_run, runs_screen};
use crate::runs::sample_server::finished_run;

/// Height of a row of text with its margins, in points.
const ROW: f32 = 32.0;

/// A window on a search that stands in the controller's first training.
fn in_control() -> Window {
    let mut window = Window::new();
    let dir = window.folder.path().join("a run");
    let phase = |activity| SearchEvent::Phase { activity, cells: 1, iteration: 0 };
    write(&dir, &JobSpec::Search, &[phase(Activity::Shared), phase(Activity::Control)]);
    window.harness.state_mut().open(&dir);
    window.until_label("Phase now: Controller");
    window
}

#[test]
fn the_row_of_phases_says_what_is_done_now_and_opens_the_panel_that_shows_it() {
    let mut window = in_control();
    for other in ["Shared training", "Ranking", "Finalists", "Winner"] {
        assert!(window.harness.query_by_label(&format!("Phase: {other}")).is_some(), "{other}");
    }
    let sentence = "Stopped here: The controller proposes architectures and learns from how well they do";
    assert!(window.harness.query_by_label(sentence).is_some());
    window.harness.check_accessibility();
    window.command("Panel: Controller");
    assert!(window.harness.query_by_label("Controller").is_none());
    window.click("Show Controller");
    assert!(window.harness.query_by_label("Controller").is_some(), "its tab is there again");
    window.click("Hide the phases");
    assert!(window.harness.query_by_label("Phase now: Controller").is_none());
    window.command("Phases: show or hide");
    assert!(window.harness.query_by_label("Phase now: Controller").is_some());
}

#[test]
fn the_row_of_phases_is_one_row_in_every_window() {
    let mut window = in_control();
    for size in [vec2(800.0, 500.0), vec2(1024.0, 640.0), SIZE] {
        window.harness.set_size(size);
        window.harness.run_steps(4);
        let rect = |label: &str| window.harness.get_by_label(label).rect();
        let parts: Vec<Rect> = ["Phase: Shared training", "Phase now: Controller", "Phase: Winner"]
            .into_iter()
            .chain(["Show Controller", "Hide the phases"])
            .map(rect)
            .collect();
        let inside = Rect::from_min_size(Default::default(), size);
        for (at, part) in parts.iter().enumerate() {
            assert!(inside.contains_rect(*part), "at {size}: {part} leaves the window");
            assert!(
                (part.center().y - parts[0].center().y).abs() < 4.0,
                "at {size}: {part} is in another row"
            );
            assert!(at == 0 || parts[at - 1].right() <= part.left() + 0.5, "at {size}: {part} is covered");
        }
        let tab = window.harness.get_all_by_label("Samples").next().unwrap().rect();
        assert!(tab.top() - parts[0].center().y < ROW, "at {size}: the panels keep their place");
    }
}

#[test]
fn a_window_too_narrow_for_all_names_says_the_current_one() {
    let width = |window: &Window, label: &str| window.harness.get_by_label(label).rect().width();
    let mut window = in_control();
    assert!(width(&window, "Phase: Shared training") > 50.0);
    window.harness.set_size(Vec2::new(800.0, 500.0));
    window.harness.run_steps(4);
    assert!(width(&window, "Phase: Shared training") < 20.0, "a dot");
    assert!(width(&window, "Phase now: Controller") > 40.0);
}

#[test]
fn scores_say_which_direction_is_the_better_one() {
    let count = |window: &Window, label: &str| window.harness.query_all_by_label(label).count();
    let mut window = Window::new();
    runs_screen::write_two(&window.folder.path().join("runs"));
    window.click("All runs");
    window.until_label("Samples of one");
    assert_eq!(count(&window, "lower is better"), 2, "a line for each run");
    window.click("Select one");
    window.click("Select two");
    window.click("Compare");
    window.until_label("20.5  best");
    window.until_label("Fréchet distance, lower is better");
    window.until("curves", |harness| harness.query_by_value("Winner: Fréchet distance").is_some());
    assert_eq!(count(&window, "lower is better"), 1, "beside the curve");
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until_label("500 candidates");
    assert_eq!(count(&window, "Fréchet distance: lower is better"), 1);
}

#[test]
fn architectures_are_there_in_words_and_samples_say_why_their_style_changes() {
    let mut window = Window::new();
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until("the picture", |harness| harness.query_by_label_contains("64 images").is_some());
    let caption = "The next picture may be made by another architecture, in another style";
    window.harness.get_by_label_contains(caption).hover();
    let why =
        "The style changes from picture to picture because the shared GAN has weights for all architectures";
    window.until("the reason", |harness| harness.query_by_label_contains(why).is_some());
    window.harness.remove_cursor();
    window.alone("Architecture");
    window.until("words", |harness| harness.query_by_label_contains("3 cells: p").is_some());
    window.harness.state_mut().open(finished_run());
    window.click("Result");
    window.until_label("Create images");
    assert_eq!(window.harness.query_all_by_label_contains("-activation, ").count(), 1, "the winner's");
}
