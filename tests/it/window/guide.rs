//! What the window explains where it happens: phases, directions of scores, architectures in words, and lessons.

use std::path::Path;
use std::process::Command;

use autogan::app::{LESSONS, Lesson};
use autogan::engine::JobSpec;
use autogan::search::{Activity, SearchEvent};
use eframe::egui::{Rect, Vec2, vec2};
use egui_kittest::kittest::Queryable;

use super::panels::write;
use super::{SIZE, Window, long_run, runs_screen};
use crate::runs::sample_server::finished_run;
use crate::small::small_config;

/// Height of a row of text with its margins, in points.
const ROW: f32 = 32.0;

/// The panels that a lesson may name.
const PANEL_KEYS: [&str; 6] = ["samples", "architecture", "controller", "board", "curves", "log"];

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
    assert_eq!(window.harness.query_all_by_label_contains("2 cells: pre-").count(), 1, "the winner's");
}

/// Writes a lesson about a search of seconds, with further steps behind its first.
fn write_lesson(path: &Path, steps: &str) {
    let template = Lesson::template(&JobSpec::Search, &small_config(), &PANEL_KEYS).unwrap();
    let hides = template.replacen("[settings]", "hide = [\"stop\"]\n\n[settings]", 1);
    assert_ne!(template, hides);
    std::fs::write(path, hides + steps).unwrap();
}

#[test]
fn a_lesson_begins_its_run_and_goes_on_when_that_does_what_a_step_waits_for() {
    let mut window = Window::new();
    let path = window.folder.path().join("mine.lesson.toml");
    write_lesson(
        &path,
        "\n[[step]]\ntext = \"Wait for the end.\"\nuntil = \"finished\"\n[[step]]\ntext = \"That was it.\"\n",
    );
    window.drop_file(&path);
    window.until_label("Step 1 of 3");
    let is_there = |window: &Window, label: &str| window.harness.query_by_label(label).is_some();
    assert!(is_there(&window, "Pause") && !is_there(&window, "Stop"), "what the lesson hides is not there");
    window.harness.check_accessibility();
    window.click("Next ▶");
    assert!(is_there(&window, "Wait for the end."));
    window.until_label("That was it.");
    assert!(is_there(&window, "Step 3 of 3"));
    window.click("◀ Back");
    window.harness.run_steps(10);
    assert!(is_there(&window, "Wait for the end."), "who goes back may read");
    window.click("End the lesson");
    assert!(!is_there(&window, "Wait for the end.") && is_there(&window, "Stop"));
}

#[test]
fn the_bar_of_a_lesson_leaves_the_panels_their_place_in_the_smallest_window() {
    let mut window = Window::new();
    let path = window.folder.path().join("mine.lesson.toml");
    write_lesson(&path, "");
    window.harness.state_mut().open_lesson(&path);
    window.until_label("Step 1 of 1");
    let size = vec2(800.0, 500.0);
    window.harness.set_size(size);
    window.harness.run_steps(4);
    let rect = |label: &str| window.harness.get_by_label(label).rect();
    let inside = Rect::from_min_size(Default::default(), size);
    let text = rect("Write here what to look at first, in one or two sentences.");
    for part in [text, rect("Step 1 of 1"), rect("Next ▶"), rect("End the lesson")] {
        assert!(inside.contains_rect(part) && part.top() > 420.0, "{part}");
    }
}

#[test]
fn a_lesson_that_cannot_be_used_is_refused_in_a_sentence() {
    let mut window = Window::new();
    let path = window.folder.path().join("bad.lesson.toml");
    std::fs::write(&path, "title = \"T\"\n[[step]]\ntext = \"Look.\"\npanel = \"holograms\"").unwrap();
    window.drop_file(&path);
    window.until("the reason", |harness| {
        harness.query_by_label_contains("step 1 names the panel “holograms”").is_some()
    });
    assert!(window.harness.state().session().is_none(), "no run was begun");
    let typed = |path: &Path| {
        let command = Command::new(env!("CARGO_BIN_EXE_autogan")).arg("--lesson").arg(path).output().unwrap();
        (command.status.code(), String::from_utf8(command.stderr).unwrap())
    };
    let (code, message) = typed(&path);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.starts_with("error: the lesson ") && message.contains("holograms"), "{message}");
    let (code, message) = typed(&window.folder.path().join("not-there.toml"));
    assert!(code == Some(2) && message.contains("there is no such file"), "{message}");
}

#[test]
fn lessons_are_chosen_on_the_welcome_screen() {
    let mut window = Window::new();
    window.click("Lessons…");
    for (name, text) in LESSONS {
        let lesson = Lesson::parse(text, name, &PANEL_KEYS).unwrap();
        window.until_label(&lesson.title);
        assert!(window.harness.query_by_label(&lesson.about).is_some());
    }
    window.harness.check_accessibility();
    window.click("Cancel");
    assert!(window.harness.query_by_label("What a cell is").is_none());
    assert!(window.harness.state().session().is_none());
}

#[test]
fn a_lesson_is_made_of_the_run_that_is_shown() {
    let mut window = Window::new();
    window.harness.state_mut().open(finished_run());
    window.until_label("Finished");
    let path = window.folder.path().join("made.lesson.toml");
    std::fs::write(window.folder.path().join("answer"), path.to_str().unwrap()).unwrap();
    window.command("Make a lesson of this");
    window.until("it says where the lesson is", |harness| {
        harness.query_by_label_contains("open it in a text editor").is_some()
    });
    let lesson = Lesson::read(&path, &PANEL_KEYS).unwrap();
    assert_eq!(lesson.steps.len(), 1);
    assert_eq!(lesson.config.device, "auto");
}

#[test]
fn slow_motion_holds_the_run_and_lets_it_go_when_it_is_switched_off() {
    let mut window = Window::new();
    let path = window.folder.path().join("mine.lesson.toml");
    write_lesson(&path, "\n[[step]]\ntext = \"Watch.\"\nslow = true\n");
    window.harness.state_mut().open_lesson(&path);
    window.until_label("Step 1 of 2");
    window.click("Next ▶");
    window.until_label("Continue");
    window.click("Slow motion");
    window.until_label("Create images");
}
