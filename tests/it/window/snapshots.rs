//! Every panel and every screen, in both themes, as they were when somebody last looked at them.
//!
//! The pictures lie in `tests/snapshots/`; `UPDATE_SNAPSHOTS=1 cargo test --release --test it -- snapshots::`
//! takes them anew. They are drawn by lavapipe, the software Vulkan of Mesa, of synthetic runs that no
//! random number and no clock has a part in.

use std::time::Duration;

use autogan::gui::App;
use eframe::egui::{Vec2, vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};

use super::{PANELS, SIZE, Window};

/// Pixels that may differ: drivers round edges differently.
const DIFFERENT: usize = 1200;

struct Camera {
    window: Window,
    results: SnapshotResults,
}

impl Camera {
    fn new() -> Self {
        Self { window: Window::drawn(SIZE), results: SnapshotResults::new() }
    }

    /// One of another size in points, with so many pixels to a point.
    fn of(size: Vec2, pixels: f32) -> Self {
        // The harness counts its size in pixels.
        let mut camera = Self { window: Window::drawn(size * pixels), results: SnapshotResults::new() };
        camera.window.harness.set_pixels_per_point(pixels);
        camera
    }

    /// Shows a run of 500 candidates with three cells, in a folder of this name.
    fn open_long_run(&mut self, name: &str) {
        let dir = self.window.folder.path().join(name);
        crate::window::long_run::write(&dir);
        self.window.harness.state_mut().open(&dir);
        self.window.until_label("500 candidates");
        self.window.until("the picture", |harness| harness.query_by_label_contains("64 images").is_some());
    }

    /// Takes the screen in both themes.
    fn take(&mut self, name: &str) {
        self.take_in(name, &["dark", "light"]);
    }

    fn take_in(&mut self, name: &str, themes: &[&str]) {
        for theme in themes {
            self.window.show_theme(theme, Duration::from_millis(15));
            let options = SnapshotOptions::new().threshold(1.0).max_failed_pixels(DIFFERENT);
            let harness: &mut Harness<'static, App> = &mut self.window.harness;
            self.results.add(harness.try_snapshot_options(format!("{name}-{theme}"), &options));
        }
    }
}

#[test]
fn every_screen_looks_as_it_did() {
    let mut camera = Camera::new();
    camera.take("welcome");
    camera.window.click("New search…");
    camera.window.until_label("Ready to start");
    camera.window.until("the presets", |harness| {
        harness.query_by_label_contains("Preset quick: 16 px, 2,592 architectures").is_some()
    });
    camera.take("set-up");
    camera.window.click("All settings");
    camera.window.until_label("How long");
    camera.take("new-search");
}

#[test]
fn every_panel_looks_as_it_did() {
    let mut camera = Camera::new();
    camera.open_long_run("a run");
    camera.take("run");
    camera.window.click("Log");
    camera.window.click("Lineage");
    camera.take("run-log-lineage");
    // One panel after the other with all the room there is.
    for panel in &PANELS[..5] {
        camera.window.alone(panel);
        camera.take(&format!("panel-{}", panel.to_lowercase()));
    }
}

#[test]
fn the_screens_of_many_runs_look_as_they_did() {
    let mut camera = Camera::new();
    crate::window::runs_screen::write_two(&camera.window.folder.path().join("runs"));
    camera.window.until_label("two: Finished. Fréchet distance 20.5, lower is better");
    camera.take("home");
    camera.window.click("All runs");
    camera.window.until_label("Samples of one");
    camera.window.until_label("Samples of two");
    camera.take("runs");
    camera.window.click("Select one");
    camera.window.click("Select two");
    camera.window.click("Compare");
    camera.window.until_label("20.5  best");
    camera.window.until("curves", |harness| harness.query_by_value("Winner: Fréchet distance").is_some());
    camera.take("compare");
}

/// The name of a run that is longer than there is room for.
fn long_name() -> String {
    "a name of a hundred letters ".repeat(4)[..100].to_owned()
}

#[test]
fn a_small_window_with_a_long_name_looks_as_it_did() {
    let mut camera = Camera::of(vec2(1024.0, 640.0), 1.0);
    camera.open_long_run(&long_name());
    camera.take_in("run-small", &["dark"]);
}

#[test]
fn a_window_of_4k_with_a_long_name_looks_as_it_did() {
    let mut camera = Camera::of(vec2(1920.0, 1080.0), 2.0);
    camera.open_long_run(&long_name());
    camera.take_in("run-4k", &["dark"]);
}

#[test]
fn the_list_of_two_hundred_runs_looks_as_it_did() {
    let mut camera = Camera::of(vec2(1024.0, 640.0), 1.0);
    crate::window::runs_screen::write_many(&camera.window.folder.path().join("runs"));
    camera.window.click("All runs");
    camera.window.until_label("200 runs");
    camera.window.until("samples", |harness| harness.query_all_by_label_contains("Samples of ").count() > 10);
    camera.take_in("runs-many", &["light"]);
}

#[test]
fn the_result_looks_as_it_did() {
    let mut camera = Camera::new();
    camera.window.harness.state_mut().open(crate::runs::sample_server::finished_run());
    camera.window.click("Result");
    camera.window.until("the pictures", |harness| {
        harness.query_by_label_contains("64 images, the winner's").is_some()
    });
    camera.take("result");
}

#[test]
fn create_looks_as_it_did() {
    let mut camera = Camera::new();
    camera.window.harness.state_mut().create(crate::runs::sample_server::finished_run());
    let shown = |part: &'static str| {
        move |harness: &Harness<'static, App>| harness.query_all_by_label_contains(part).next().is_some()
    };
    camera.window.until("images", shown("Image of seed 39"));
    camera.window.click("Image of seed 3");
    camera.take("create");
}
