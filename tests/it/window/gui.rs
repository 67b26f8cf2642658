//! The window, driven by role and label as a person or a screen reader does.

use std::path::Path;
use std::time::{Duration, Instant};

use autogan::run::RunView;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::small::small_config;
use crate::window::long_run;
use crate::window::{Folder, PATIENCE, Window, text};

#[test]
fn one_click_starts_the_demo_and_stopping_leaves_a_run_that_resumes() {
    let mut window = Window::new();
    window.click("Start the demo");
    let begun = Instant::now();
    window.until("samples", |harness| harness.query_by_label_contains("64 images").is_some());
    eprintln!("the first images came after {:?}", begun.elapsed());
    let dir = window.run_dir();
    assert!(window.run_settings().contains("name = \"quick\""));
    window.click("Stop");
    window.until_label("Stopped");
    window.click("Resume");
    window.until_usable("Pause");
    window.click("Stop");
    window.until_label("Stopped");
    assert!(!RunView::open(&dir).unwrap().checkpoint_steps().unwrap().is_empty());
}

#[test]
fn a_run_pauses_at_once_does_one_step_and_continues() {
    let mut window = Window::new();
    window.long_search();
    window.click("Pause");
    window.until_label("Continue");
    let event_index = |window: &Window| window.harness.state().session().unwrap().lock().event_index;
    for step in ["One step", "One discriminator update", "One generator update"] {
        window.click(step);
        window.until_label("Continue");
    }
    let before = event_index(&window);
    window.click("Continue");
    window.until_usable("Pause");
    window.until("it goes on", |harness| harness.state().session().unwrap().lock().event_index > before);
    window.click("Stop");
    window.until_label("Stopped");
}

#[test]
fn the_log_keeps_what_passed_while_the_generator_is_played_with() {
    let mut window = Window::new();
    window.search(small_config());
    window.until_label("Finished");
    let passed = |window: &Window| {
        let state = window.harness.state().session().unwrap().lock();
        let count = |text: &str| state.log.iter().filter(|line| line.text.starts_with(text)).count();
        [count("Begins on "), count("Checkpoint saved")]
    };
    let before = passed(&window);
    assert!(before[0] == 1 && before[1] > 0, "{before:?}");
    window.click("Create");
    window.click("Back to the run");
    window.until_label("Finished");
    assert_eq!(passed(&window), before);
}

#[test]
fn a_killed_worker_is_reported_in_plain_words_and_its_run_goes_on() {
    let mut window = Window::new();
    window.long_search();
    let at = Instant::now();
    window.harness.state_mut().session_mut().unwrap().kill();
    window.until_label("Worker died");
    assert!(at.elapsed() < Duration::from_secs(2), "{:?}", at.elapsed());
    assert!(window.harness.query_by_label_contains("it was killed").is_some());
    assert!(window.harness.query_by_label_contains("64 images").is_some(), "what was shown stays");
    for death in 2..=3 {
        window.click("Resume");
        window.until_usable("Pause");
        window.harness.state_mut().session_mut().unwrap().kill();
        window.until_label("Worker died");
        let resume = window.harness.get_by_label("Resume");
        let offered = !resume.accesskit_node().is_disabled();
        assert_eq!(offered, death < 3, "after three deaths it is not offered any more");
    }
}

#[test]
fn a_window_that_is_gone_leaves_a_checkpoint_and_one_that_lets_go_is_found_again() {
    let mut window = Window::new();
    window.long_search();
    let dir = window.run_dir();
    // To another screen: the run goes on by itself.
    window.click("Welcome screen");
    window.until_label("Running now");
    assert!(RunView::open(&dir).unwrap().is_running());
    let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
    window.click_card(&name);
    window.until_label("Running");
    window.until_usable("Pause");
    window.click("Pause");
    window.until_label("Continue");
    window.click("Stop");
    window.until("it ends", |_| !RunView::open(&dir).unwrap().is_running());
    window.until_label("Stopped");
    window.click("Resume");
    window.until_usable("Pause");
    let Window { harness, folder } = window;
    let Folder::Own(folder) = folder else { unreachable!("the test made it") };
    // As if it was killed: nothing is said to the worker.
    drop(harness);
    let begun = Instant::now();
    while RunView::open(&dir).unwrap().is_running() {
        assert!(begun.elapsed() < PATIENCE, "the worker notices that it is alone");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut window = Window::within(folder);
    window.click_card(&name);
    window.until_usable("Resume");
}

#[test]
fn the_scrubber_moves_all_panels_and_a_candidate_is_shown_everywhere() {
    let mut window = Window::new();
    window.search(small_config());
    window.until_label("Finished");
    window.click("Show the panels");
    let board = |window: &Window| text(&window.harness, " candidates");
    let all = board(&window);
    let newest = text(&window.harness, "64 images");
    window.click("Earlier picture");
    window.until("an earlier picture", |harness| text(harness, "64 images") != newest);
    for _ in 0..5 {
        window.click("Earlier picture");
    }
    assert_ne!(board(&window), all, "the board is that of the moment, too");
    window.click("End");
    assert_eq!(board(&window), all);
    window.harness.get_by_label("Moment of the run").set_value_accesskit(40.0);
    window.harness.run_steps(3);
    assert_ne!(board(&window), all, "the scrubber itself moves all, too");
    window.click("End");
    // The newest are above; the rows far below are not there until they are scrolled to.
    let first = text(&window.harness, "Candidate 20: ");
    window.click(&first);
    let vector = first.split(": ").nth(1).unwrap();
    let drawing = format!("Drawing of the generator {vector}");
    assert!(window.harness.query_by_label(&drawing).is_some());
    let second = text(&window.harness, "Candidate 19: ");
    window.harness.get_by_label(&second).click_modifiers(eframe::egui::Modifiers::SHIFT);
    window.harness.run_steps(3);
    assert!(window.harness.query_by_label_contains("Compared with candidate 19").is_some());
}

#[test]
fn what_panels_show_is_saved_with_how_it_was_made() {
    use autogan::export::{LatentRecipe, PictureRecipe};
    let mut window = Window::new();
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until("the picture", |harness| harness.query_by_label_contains("64 images").is_some());
    let save = |window: &mut Window, menu: Option<&str>, item: &str, name: &str| {
        let path = window.folder.path().join(name);
        std::fs::write(window.folder.path().join("answer"), path.to_str().unwrap()).unwrap();
        menu.iter().for_each(|menu| window.click(menu));
        window.click(item);
        let saved = format!("saved in {}", path.display());
        window.until(item, |harness| harness.query_by_label_contains(&saved).is_some());
        path
    };
    let recipe = |path: &Path| PictureRecipe::of_png(&std::fs::read(path).unwrap()).unwrap().unwrap();
    let all = save(&mut window, Some("Save…"), "All images…", "all.png");
    assert_eq!(recipe(&all).latents, LatentRecipe::Run { seed: 1, steps: vec![1] });
    let inside =
        window.harness.get_by_label_contains("64 images").rect().center() + eframe::egui::vec2(20.0, 20.0);
    window.harness.drag_at(inside);
    window.harness.drop_at(inside);
    window.harness.run_steps(3);
    let words = text(&window.harness, "of seed 1");
    let index: usize = words.split([' ', ':']).nth(1).unwrap().parse().unwrap();
    let image = save(&mut window, Some("Save…"), "Selected image…", "image.png");
    let LatentRecipe::Point { values } = recipe(&image).latents else { unreachable!() };
    assert_eq!(values, autogan::rng::fixed_latent(1, index - 1, 128));
    let latent = save(&mut window, Some("Save…"), "Its latent…", "z.safetensors");
    assert!(std::fs::read(latent).unwrap().ends_with(&values[127].to_le_bytes()));
    let first = text(&window.harness, "Candidate 499: ");
    window.click(&first);
    let drawing = save(&mut window, None, "Save drawing…", "a.json");
    let vector = first.split(": ").nth(1).unwrap();
    let described: serde_json::Value = serde_json::from_slice(&std::fs::read(drawing).unwrap()).unwrap();
    let numbers: Vec<String> =
        described["vector"].as_array().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(numbers.join(" "), vector);
}

#[test]
fn the_current_architecture_and_the_learning_rate_are_shown_while_a_run_works() {
    let mut window = Window::new();
    window.long_search();
    window.until("somebody is at work", |harness| {
        harness.query_by_label("Now").is_some_and(|now| !now.accesskit_node().is_disabled())
    });
    window.click("Now");
    window.until("what is trained", |harness| harness.query_by_label("Being trained:").is_some());
    window.until("curves", |harness| harness.query_by_value("Newest: Losses of winner").is_some());
    window.harness.get_by_value("Newest: Losses of winner").click();
    window.harness.run_steps(3);
    window.click("Learning rates");
    window.until("the rates", |harness| harness.query_by_value("Learning rates").is_some());
    window.click("Best");
    window.until("the best", |harness| harness.query_by_label_contains("Best so far: candidate").is_some());
    window.click("Stop");
    window.until_label("Stopped");
    window.until("nobody is at work", |harness| harness.get_by_label("Now").accesskit_node().is_disabled());
}

#[test]
fn the_palette_gives_every_command_and_the_theme_is_remembered() {
    use eframe::egui::Theme;
    let mut window = Window::new();
    for (typed, dark) in [("theme: dark", true), ("theme: light", false)] {
        window.command(typed);
        assert_eq!(window.harness.ctx.theme() == Theme::Dark, dark);
        assert!(window.harness.query_by_label("Find a command").is_none());
    }
    let begun = Instant::now();
    let settings = window.folder.path().join("settings/window.json");
    while !std::fs::read_to_string(&settings).is_ok_and(|text| text.contains("light")) {
        assert!(begun.elapsed() < PATIENCE, "the settings are written");
        std::thread::sleep(Duration::from_millis(50));
        window.harness.step();
    }
    let again = Window::at(window.folder.path());
    assert_eq!(again.harness.ctx.theme(), Theme::Light);
}

#[test]
fn broken_settings_and_folders_that_are_no_runs_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("settings")).unwrap();
    std::fs::write(folder.path().join("settings/window.json"), "{ broken").unwrap();
    let mut window = Window::within(folder);
    assert!(window.harness.query_by_label_contains("could not be read").is_some());
    let nothing = window.folder.path().to_owned();
    window.harness.state_mut().open(&nothing);
    window.harness.run_steps(2);
    assert!(window.harness.query_by_label_contains("no run").is_some());
}

#[test]
fn a_long_run_is_drawn_in_milliseconds_and_an_idle_window_rests() {
    let mut window = Window::new();
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until("all is read", |harness| {
        let state = harness.state().session().unwrap().lock();
        state.candidates.len() == 500 && !state.samples.is_empty()
    });
    window.until_label("500 candidates");
    window.until("the picture", |harness| harness.query_by_label_contains("64 images").is_some());
    window.is_fluid("a run of 100,000 points and 500 candidates");
    window.harness.remove_cursor();
    window.harness.run_steps(60);
    let output = &window.harness.output().viewport_output;
    let rests = output.values().all(|viewport| viewport.repaint_delay >= Duration::from_secs(1));
    assert!(rests, "an idle window repaints at most once a second");
}

#[test]
fn every_control_of_every_screen_has_a_name() {
    use eframe::egui::{Key, Modifiers};
    let mut window = Window::new();
    window.harness.check_accessibility();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::P);
    window.harness.run_steps(3);
    window.harness.check_accessibility();
    window.harness.key_press(Key::Escape);
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until_label("500 candidates");
    for tab in ["Log", "Architecture", "Lineage", "Table"] {
        let clicked = window.harness.get_all_by_label(tab).next().unwrap();
        clicked.click();
        window.harness.run_steps(5);
        window.harness.check_accessibility();
    }
    window.harness.state_mut().search(small_config());
    window.until_usable("Pause");
    window.harness.check_accessibility();
    window.click("Stop");
    window.until_label("Stopped");
    window.harness.check_accessibility();
}
