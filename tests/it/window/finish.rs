//! The end of a run in the window.

use autogan::gui::App;
use eframe::egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::runs::sample_server::finished_run;
use crate::small::small_config;
use crate::window::Window;

fn says(harness: &Harness<'static, App>, text: &str) -> bool {
    harness.query_by_label_contains(text).is_some()
}

#[test]
fn a_finished_search_says_what_came_out_and_what_can_be_done_next() {
    let mut window = Window::new();
    window.search(small_config());
    window.until_label("Create images");
    assert!(says(&window.harness, " architectures "), "how many were tried");
    assert!(says(&window.harness, "This one has a"));
    assert!(says(&window.harness, "; lower is better"));
    window.until("the winner's pictures", |harness| says(harness, "64 images, the winner's"));
    // The panels are one click away, and so is the way back.
    window.click("Show the panels");
    window.until_label("Candidates");
    assert!(!says(&window.harness, "This one has a"));
    window.click("Result");
    // The next step is set up as it says.
    window.click("Compare with random search…");
    window.until_label("Ready to start");
    window.click("Start");
    window.until("another run", |harness| {
        harness.state().session().is_some_and(|session| session.dir().join("config.toml").exists())
    });
    let settings = window.run_settings();
    assert!(settings.contains(&format!("name = \"{}-random\"", small_config().name)), "{settings}");
    assert!(settings.contains("strategy = \"random\""), "{settings}");
    window.until_label("Create images");
}

#[test]
fn an_old_run_opens_with_its_panels_and_shows_its_result_when_asked() {
    let mut window = Window::new();
    window.harness.state_mut().open(finished_run());
    window.until_label("Finished");
    assert!(window.harness.query_by_label("Create images").is_none());
    window.click("Result");
    window.until_label("Create images");
    // How it learned is there to be seen.
    let strip: Vec<_> = window.harness.query_all_by_label_contains("After ").collect();
    let pictures = strip.iter().filter(|node| node.accesskit_node().role() == Role::Image);
    let heights: Vec<f32> = pictures.map(|picture| picture.rect().height()).collect();
    assert!(!heights.is_empty() && heights.iter().all(|&height| height > 80.0), "{heights:?}");
    drop(strip);
    window.harness.check_accessibility();
    window.click("Create images");
    window.until("the generator's images", |harness| says(harness, "Images of seeds"));
    assert!(window.harness.query_by_role_and_label(Role::Button, "Back to the run").is_some());
}
