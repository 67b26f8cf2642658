//! All of the window by the keyboard alone.

use std::collections::BTreeSet;
use std::path::Path;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, Rect, Shape, ViewportCommand};
use egui_kittest::kittest::{NodeT, Queryable, by};

use crate::folders;
use crate::runs::sample_server::finished_run;
use crate::window::Window;

/// Stops of the keyboard on a screen that are tried at most.
const STOPS: usize = 400;

impl Window {
    /// What the keyboard is at: its name and where it is.
    fn focused(&self) -> Option<(String, Rect)> {
        let focused = by().predicate(|node| node.is_focused());
        let node = self.harness.query_all(focused).next()?;
        let of = node.accesskit_node();
        // The window itself has it where nothing else has.
        let name = of.label().or(of.value())?;
        Some((name, node.rect()))
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run_steps(3);
    }

    /// Goes on with Tab until the keyboard is at what is called so.
    fn tab_to(&mut self, label: &str) {
        self.until_usable(label);
        for _ in 0..STOPS {
            if self.focused().is_some_and(|(name, _)| name == label) {
                return;
            }
            self.press(Key::Tab);
        }
        panic!("{label} is no stop of the keyboard");
    }

    /// Goes there and presses it.
    fn choose(&mut self, label: &str) {
        self.tab_to(label);
        self.press(Key::Enter);
    }

    /// What is drawn of shapes and colours within a place, without what lies behind all of it.
    fn drawn_in(&self, place: Rect) -> BTreeSet<String> {
        fn flat(shape: &Shape, place: Rect, all: &mut BTreeSet<String>) {
            let bounds = shape.visual_bounding_rect();
            match shape {
                Shape::Vec(shapes) => shapes.iter().for_each(|shape| flat(shape, place, all)),
                Shape::Text(text) if bounds.intersects(place) => {
                    let colors = (text.fallback_color, text.override_text_color);
                    all.insert(format!("{:?} {colors:?}", text.pos));
                }
                Shape::Rect(rect) if bounds.intersects(place) => {
                    all.insert(format!("{:?} {:?} {:?}", rect.rect, rect.fill, rect.stroke));
                }
                shape if bounds.intersects(place) => drop(all.insert(format!("{shape:?}"))),
                _ => {}
            }
        }
        let mut all = BTreeSet::new();
        let shapes = &self.harness.output().shapes;
        shapes.iter().for_each(|clipped| flat(&clipped.shape, place, &mut all));
        all
    }

    /// Every stop of the keyboard on a screen that stands still has a name, and is seen to have the keyboard.
    fn every_stop_is_seen(&mut self, screen: &str, problems: &mut Vec<String>) {
        self.harness.remove_cursor();
        let mut names: Vec<String> = Vec::new();
        for _ in 0..40 {
            self.press(Key::Tab);
            let Some((name, place)) = self.focused() else {
                let focused = by().predicate(|node| node.is_focused());
                let unnamed = self.harness.query_all(focused).next();
                let unnamed = unnamed.map(|node| (node.accesskit_node().role(), node.rect()));
                // After the last stop the window itself has it.
                if let Some((role, place)) = unnamed.filter(|(role, _)| *role != Role::Window) {
                    problems
                        .push(format!("{screen}: {role:?} at {place} after {:?} has no name", names.last()));
                }
                continue;
            };
            let with = self.drawn_in(place.expand(3.0));
            names.push(name.clone());
            self.press(Key::Tab);
            // Where scrolling moved it, it is no longer there to be compared.
            let is_there = self.harness.query_all_by_label(&name).any(|node| node.rect() == place);
            if is_there && self.drawn_in(place.expand(3.0)) == with {
                problems.push(format!("{screen}: {name} looks as without the keyboard"));
            }
        }
        assert!(names.len() > 5, "{screen}: {names:?}");
    }
}

/// Answers the next dialogs with a path.
fn answer(window: &Window, path: &Path) {
    std::fs::write(window.folder.path().join("answer"), path.to_str().unwrap()).unwrap();
}

#[test]
fn from_the_demo_to_the_exported_image_everything_is_done_by_the_keyboard() {
    let mut window = Window::new();
    let runs = window.folder.path().join("runs");
    for name in ["one", "two"] {
        folders::copy(finished_run(), &runs.join(name));
    }
    // The demo, paused and stopped.
    window.choose("Start the demo");
    window.choose("Pause");
    window.choose("Continue");
    window.choose("Stop");
    window.until_label("Stopped");
    // Two runs side by side.
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.tab_to("Select one");
    window.press(Key::Space);
    window.tab_to("Select two");
    window.press(Key::Space);
    window.choose("Compare");
    window.until_label("Outcomes");
    window.choose("Open one");
    window.until_label("Finished");
    // A candidate, and its architecture by itself.
    window.tab_to("Table");
    let focused = |window: &Window| window.focused().unwrap().0;
    while !focused(&window).starts_with("Candidate ") {
        window.press(Key::Tab);
    }
    let candidate = focused(&window);
    window.press(Key::Enter);
    let drawing = format!("Drawing of the generator {}", candidate.split(": ").nth(1).unwrap());
    window.until_label(&drawing);
    window.choose("Train…");
    window.until_label("Ready to start");
    window.choose("Start");
    // Its images.
    window.choose("Create images");
    window.until("images", |harness| harness.query_by_label("Image of seed 1").is_some());
    window.choose("Image of seed 1");
    let image = window.folder.path().join("image.png");
    answer(&window, &image);
    window.choose("Image…");
    let saved = format!("saved in {}", image.display());
    window.until(&saved, |harness| harness.query_by_label_contains(&saved).is_some());
    assert!(image::open(&image).is_ok());
    // And out.
    window.harness.event(Event::Key {
        key: Key::Q,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    });
    window.harness.step();
    let closes = window.harness.output().viewport_output.values();
    assert!(closes.flat_map(|viewport| &viewport.commands).any(|command| *command == ViewportCommand::Close));
}

#[test]
fn the_keyboard_is_seen_wherever_it_is() {
    let mut window = Window::new();
    let runs = window.folder.path().join("runs");
    for name in ["one", "two"] {
        folders::copy(finished_run(), &runs.join(name));
    }
    let mut problems = Vec::new();
    window.until("runs", |harness| harness.query_by_label_contains("one: Finished").is_some());
    window.every_stop_is_seen("home", &mut problems);
    window.harness.state_mut().open(&runs.join("one"));
    window.until_label("Finished");
    window.every_stop_is_seen("a run", &mut problems);
    window.click("Result");
    window.until_label("Create images");
    window.every_stop_is_seen("the result", &mut problems);
    window.harness.state_mut().create(&runs.join("one"));
    window.until("images", |harness| harness.query_by_label("Image of seed 39").is_some());
    window.every_stop_is_seen("Create", &mut problems);
    window.click("All runs");
    window.until_label("2 runs");
    window.every_stop_is_seen("runs", &mut problems);
    window.click("Select all");
    window.click("Compare");
    window.until_label("Outcomes");
    window.every_stop_is_seen("Compare", &mut problems);
    window.command("New search");
    window.until_label("Ready to start");
    window.every_stop_is_seen("the full form", &mut problems);
    window.click("All settings");
    window.until_label("How long");
    window.every_stop_is_seen("the simple form", &mut problems);
    assert!(problems.is_empty(), "{problems:#?}");
}
