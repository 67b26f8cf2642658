//! The window's Create screen as somebody plays with it: moves over latent space, directions, animations that play, many
//! images at once.

use std::path::Path;
use std::time::Duration;

use autogan::export::LatentRecipe;
use eframe::egui::{self, Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::runs::sample_server::finished_run;
use crate::window::create::{Create, recipe};

/// The image of a place on the plane of seed 0.
fn image_of(x: f64, y: f64) -> String {
    format!("Image of ({x:.3}, {y:.3}) on the plane of seed 0")
}

/// Nine images of the plane around seed 0, half a seed from each other.
fn explore() -> Create {
    let mut window = Create::new(finished_run());
    window.click("Explore");
    window.set(Role::SpinButton, "Images", 9.0);
    window.set(Role::SpinButton, "Spacing", 0.5);
    window.until_label(&image_of(0.0, 0.0));
    window.until_label(&image_of(0.5, 0.5));
    window
}

impl Create {
    fn rect(&self, label: &str) -> egui::Rect {
        self.0.harness.get_by_label(label).rect()
    }

    fn press(&mut self, key: Key) {
        self.0.harness.key_press(key);
        self.0.harness.run_steps(2);
    }

    /// The places of the images that are seen, each with its middle on the screen; those that are cut off are left out.
    fn places(&self, size: egui::Vec2) -> Vec<([f64; 2], egui::Pos2)> {
        let nodes = self.0.harness.query_all_by_label_contains("on the plane of seed 0");
        let whole = nodes.filter(|node| (node.rect().size() - size).length() < 1.0);
        whole
            .map(|node| {
                let label = node.accesskit_node().label().unwrap();
                let place = label.split(['(', ')']).nth(1).unwrap();
                let mut numbers = place.split(", ").map(|number| number.parse().unwrap());
                ([numbers.next().unwrap(), numbers.next().unwrap()], node.rect().center())
            })
            .collect()
    }
}

#[test]
fn images_follow_the_pointer_also_while_those_of_the_new_place_are_made() {
    let mut window = explore();
    let middle = window.rect(&image_of(0.0, 0.0));
    let step = window.rect(&image_of(0.5, 0.0)).center() - middle.center();
    let from = middle.center();
    window.0.harness.drag_at(from);
    window.0.harness.run_steps(1);
    for part in 1..=6 {
        let by = egui::vec2(0.1, 0.05) * part as f32 * step.x;
        window.0.harness.hover_at(from - by);
        window.0.harness.run_steps(1);
        // Old and new images lie where their places are, so that nothing jumps when the new ones come.
        let shown = window.places(middle.size());
        assert!(!shown.is_empty());
        for ([x, y], at) in shown {
            let beside = (at - from + by) / step.x;
            let expected = [0.5 * f64::from(beside.x), 0.5 * f64::from(beside.y)];
            let is_there = (x - expected[0]).abs() < 0.01 && (y - expected[1]).abs() < 0.01;
            assert!(is_there, "({x}, {y}) lies where {expected:?} belongs, part {part}");
        }
    }
    window.0.harness.drop_at(from - egui::vec2(0.6, 0.3) * step.x);
    let label = image_of(0.3, 0.15);
    window.0.until("the images of the new place", |harness| {
        let image = harness.query_by_label(&label);
        image.is_some_and(|image| (image.rect().center() - from).length() < 2.0)
    });
    assert!(!window.has("Picked"), "a drag picks nothing");
}

#[test]
fn keys_move_over_latent_space_and_change_the_spacing() {
    let mut window = explore();
    window.press(Key::ArrowRight);
    window.until_label(&image_of(0.25, 0.0));
    window.press(Key::ArrowDown);
    window.until_label(&image_of(0.25, 0.25));
    // Closer up, around the middle.
    window.press(Key::Plus);
    window.until_label(&image_of(0.65, 0.25));
    assert!(window.has(&image_of(0.25, 0.25)));
    window.press(Key::Minus);
    window.until_label(&image_of(0.75, 0.25));
    // Where the keyboard is in the grid, too, and it stays there.
    let image = image_of(0.25, 0.25);
    window.0.harness.get_by_label(&image).focus();
    window.0.harness.run_steps(3);
    window.press(Key::ArrowLeft);
    window.until_label(&image_of(0.0, 0.25));
    window.press(Key::ArrowUp);
    window.until_label(&image_of(0.0, 0.0));
    assert!(window.0.harness.get_by_label(&image_of(0.0, 0.0)).is_focused(), "the image in the middle");
    window.press(Key::Enter);
    window.until_label("Picked 1: (0.000, 0.000) on the plane of seed 0");
    // Elsewhere they are that control's.
    window.0.harness.get_by_role_and_label(Role::Slider, "Truncation").focus();
    window.0.harness.run_steps(3);
    window.press(Key::ArrowRight);
    let right = window.0.harness.get_by_role_and_label(Role::SpinButton, "To the right");
    let right = right.accesskit_node().numeric_value().unwrap();
    assert!(right.abs() < 1e-6, "{right}");
    window.0.harness.check_accessibility();
}

#[test]
fn the_wheel_changes_the_spacing_around_the_pointer() {
    let mut window = explore();
    let pointer = window.rect(&image_of(0.5, 0.5)).center();
    window.0.harness.hover_at(pointer);
    window.0.harness.run_steps(2);
    let wheel = |points: f32| egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    };
    // To four fifths: 250 points are a factor of e.
    window.0.harness.event(wheel(250.0 * 1.25_f32.ln()));
    window.until_label(&image_of(0.1, 0.1));
    let label = image_of(0.5, 0.5);
    window.0.until("what was under the pointer stays there", |harness| {
        // Its tooltip has the same words.
        let mut images = harness.query_all_by_label(&label);
        images.any(|image| (image.rect().center() - pointer).length() < 2.0)
    });
    window.0.harness.event(wheel(-250.0 * 1.25_f32.ln()));
    window.until_label(&image_of(-0.5, 0.5));
}

#[test]
fn images_are_moved_along_directions_and_back() {
    let mut window = Create::new(finished_run());
    window.until_label("Image of seed 1");
    window.click("Image of seed 1");
    window.until_label("Picked 1: seed 1");
    let shares: Vec<f64> = window
        .0
        .harness
        .query_all_by_label_contains("+0.00 · ")
        .map(|node| {
            let node = node.accesskit_node();
            let words = node.label().or(node.value()).unwrap();
            words.trim_start_matches("+0.00 · ").trim_end_matches(" %").parse().unwrap()
        })
        .collect();
    assert_eq!(shares.len(), 6, "{shares:?}");
    assert!(shares.is_sorted_by(|one, other| one >= other) && shares[5] > 0.0, "{shares:?}");
    assert!(shares.iter().sum::<f64>() <= 100.5, "{shares:?}");
    let reset = "Reset the directions";
    assert!(window.0.harness.get_by_label(reset).accesskit_node().is_disabled());
    let plain = window.export("Image…", "plain.png");
    window.set(Role::Slider, "Direction 1", 3.0);
    window.set(Role::Slider, "Direction 4", -1.5);
    window.until_label(
        "seed 1, not truncated, average weights, +3.00 along direction 1, -1.50 along direction 4",
    );
    window.0.harness.check_accessibility();
    let moved = window.export("Image…", "moved.png");
    assert_ne!(image::open(&moved).unwrap(), image::open(&plain).unwrap());
    let offset = recipe(&moved).offset.unwrap();
    let square: f64 = offset.iter().map(|value| f64::from(*value).powi(2)).sum();
    // Directions are at right angles.
    assert!(offset.len() == 16 && (square - 11.25).abs() < 1e-3, "{square}");
    window.set(Role::Slider, "Direction 1", 9.0);
    window.until_label("+3.00 along direction 1");
    window.click(reset);
    window
        .0
        .until("no moves", |harness| harness.query_all_by_label_contains("along direction").next().is_none());
    let back = window.export("Image…", "back.png");
    assert_eq!(std::fs::read(back).unwrap(), std::fs::read(plain).unwrap());
    window.click("History");
    window.until_label(", 64 images");
    assert!(!window.has("Direction 1"), "the training's pictures are what they are");
}

#[test]
fn an_animation_that_does_not_loop_stops_at_its_end() {
    let mut window = Create::new(finished_run());
    window.pick_three();
    window.click("Interpolate");
    window.set(Role::SpinButton, "Frames between", 4.0);
    window.click("Closed");
    window.until_label("1 of 9: seed 1");
    window.click("Loop");
    // One for each frame of the window here.
    window.set(Role::SpinButton, "Frames in a second", 4.0);
    window.click("Play the animation");
    window.until_label("9 of 9: seed 5");
    window.until_label("Play the animation");
    window.click("Play the animation");
    window.0.until("it begins anew", |harness| harness.query_by_label_contains("9 of 9").is_none());
    window.until_label("9 of 9: seed 5");

    window.click("Loop");
    window.set(Role::SpinButton, "Frames in a second", 1.0);
    window.click("Play the animation");
    window.0.harness.remove_cursor();
    window.0.harness.run_steps(4);
    window.until_label("Pause the animation");
    window.0.until("it is drawn once a frame", |harness| {
        let mut drawn = harness.output().viewport_output.values();
        drawn.all(|viewport| viewport.repaint_delay >= Duration::from_millis(200))
    });
    window.click("Pause the animation");
    window.until_label("Play the animation");
    window.0.harness.check_accessibility();
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_hundred_images_of_new_seeds_are_saved_by_their_seeds() {
    let mut window = Create::new(finished_run());
    window.until_label("Images of seeds, 40 images");
    window.set(Role::SpinButton, "Enlarged", 2.0);
    window.set(Role::Slider, "Direction 2", 1.0);
    let folder = |window: &Create, name: &str| {
        let folder = window.0.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    };
    let first = folder(&window, "first");
    window.export("Make 100 images…", "first");
    let mut expected: Vec<String> = (40..140).map(|seed| format!("finished-run-seed-{seed}.png")).collect();
    expected.sort();
    assert_eq!(files(&first), expected);
    let file = first.join("finished-run-seed-47.png");
    assert_eq!(recipe(&file).latents, LatentRecipe::Seed { seed: 47, first: 0, count: 1 });
    assert_eq!(recipe(&file).offset.map(|offset| offset.len()), Some(16));
    // The same as one by one.
    window.click("Resample");
    window.until_label("Image of seed 47");
    window.click("Image of seed 47");
    let single = window.export("Image…", "single.png");
    let [single, file] = [single, file].map(|path| image::open(path).unwrap().into_rgb8().into_raw());
    // With other images beside them, sums are rounded in another way.
    assert!(single.len() == file.len() && single.iter().zip(&file).all(|(a, b)| a.abs_diff(*b) <= 1));
    let second = folder(&window, "second");
    window.export("Make 100 images…", "second");
    let names = files(&second);
    assert_eq!((names.len(), names[0].as_str()), (100, "finished-run-seed-140.png"), "none a second time");
    window.0.harness.check_accessibility();
}
