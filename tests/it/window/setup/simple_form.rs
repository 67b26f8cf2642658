//! The simple form of a new search, the way from it to all settings, and finding one among them.

use std::path::{Path, PathBuf};

use autogan::config::RunConfig;
use eframe::egui::accesskit::Toggled;
use eframe::egui::{Role, vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use crate::small::small_config;
use crate::window::{Window, text};

/// A new search in a window that opens for the first time.
fn new_search(measures: bool) -> Window {
    let mut window = Window::first(measures);
    window.click("New search…");
    window.until_label("Ready to start");
    window
}

/// Iterations and the winner's steps, as the form says them.
fn amounts(window: &Window) -> (u64, u64) {
    let said = text(&window.harness, " iterations of the search");
    let number = |text: &str| text.replace(',', "").parse::<u64>().unwrap();
    let words: Vec<&str> = said.split(' ').collect();
    (number(words[0]), number(words[words.len() - 2]))
}

fn is_chosen(window: &Window, label: &str) -> bool {
    window.harness.get_by_label(label).accesskit_node().toggled() == Some(Toggled::True)
}

/// Answers the next dialogs with a file.
fn answer(window: &Window, file: &Path) {
    std::fs::write(window.folder.path().join("answer"), file.to_str().unwrap()).unwrap();
}

/// Writes so many pictures of a side into a folder.
fn pictures(window: &Window, name: &str, count: u8, side: u32) -> PathBuf {
    let folder = window.folder.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    for number in 0..count {
        let image = image::RgbImage::from_pixel(side, side, image::Rgb([number; 3]));
        image.save(folder.join(format!("{number}.png"))).unwrap();
    }
    folder
}

#[test]
fn a_new_search_asks_for_pictures_time_and_size_and_starts() {
    let mut window = new_search(false);
    assert_eq!(window.harness.query_all_by_label_contains("Sample image").count(), 16);
    for label in ["Choose images…", "Ten minutes", "An hour", "A night", "16 px", "32 px", "64 px", "128 px"]
    {
        assert!(window.harness.query_by_label(label).is_some(), "{label}");
    }
    for label in ["Presets", "Norm: instance", "Search space"] {
        assert!(window.harness.query_by_label(label).is_none(), "{label}");
    }
    assert!(
        is_chosen(&window, "Ten minutes") && is_chosen(&window, "16 px") && !is_chosen(&window, "An hour")
    );
    window.harness.check_accessibility();
    let unmeasured = "was not measured: the search has as many steps as the preset quick";
    window
        .until("what stands for the speed", |harness| harness.query_by_label_contains(unmeasured).is_some());
    assert_eq!(amounts(&window), (7, 3_000));
    window.click("An hour");
    assert!(is_chosen(&window, "An hour") && !is_chosen(&window, "Ten minutes"));
    assert!(text(&window.harness, "was not measured").ends_with("as the preset standard"));
    window.click("Start");
    window.until("its settings", |harness| {
        harness.state().session().is_some_and(|session| session.dir().join("config.toml").exists())
    });
    let config = RunConfig::from_toml(&window.run_settings(), "the run").unwrap();
    assert_eq!(config.search.iterations, [4, 5]);
    assert_eq!((config.derive.steps, config.side()), (1_000, 16));
    window.until_usable("Pause");
    window.click("Stop");
    window.until_label("Stopped");
}

#[test]
fn what_is_chosen_are_the_settings_of_the_full_form_and_can_be_taken_back() {
    let mut window = new_search(false);
    window.click("32 px");
    assert!(is_chosen(&window, "32 px"));
    assert_eq!(amounts(&window), (12, 3_000), "a third cell has iterations of its own");
    window.click("An hour");
    assert_eq!(amounts(&window), (15, 3_000));
    window.click("All settings");
    // 36 x 72 x 144 architectures of three cells.
    window.until_label("373,248");
    assert!(window.harness.query_by_label("32 x 32 px").is_some());
    window.click("Norm: instance");
    window.until("fewer", |harness| harness.query_by_label("373,248").is_none());
    window.click("All settings");
    window.until("what the form does not show", |harness| {
        harness.query_by_label_contains("1 other setting is not as in the preset quick").is_some()
    });
    assert!(is_chosen(&window, "An hour"), "the space has nothing to do with the time");
    for (chosen, expected) in [("An hour", 15), ("Ten minutes", 12), ("Ten minutes", 7)] {
        window.click("Undo");
        assert!(is_chosen(&window, chosen));
        assert_eq!(amounts(&window).0, expected);
    }
    assert!(is_chosen(&window, "16 px"));
    assert!(window.harness.get_by_label("Undo").accesskit_node().is_disabled(), "each choice was one change");
    window.click("Redo");
    assert!(is_chosen(&window, "32 px"));
    window.click("Redo");
    assert!(is_chosen(&window, "An hour"));
}

#[test]
fn amounts_that_are_chosen_by_hand_or_loaded_belong_to_no_time() {
    let mut window = new_search(false);
    let file = window.folder.path().join("mine.toml");
    answer(&window, &file);
    window.click("A night");
    assert!(is_chosen(&window, "A night"));
    window.click("Save…");
    window.until("saved", |harness| harness.query_by_label_contains("Settings saved").is_some());
    let saved = RunConfig::from_toml(&std::fs::read_to_string(&file).unwrap(), "mine").unwrap();
    assert_eq!(saved.search.total_iterations(), amounts(&window).0);
    let mut own = small_config();
    own.apply("winner.steps=77").unwrap();
    std::fs::write(&file, own.to_toml().unwrap()).unwrap();
    window.click("Load…");
    window.until("loaded", |harness| harness.query_by_label_contains("goes on to 77 steps").is_some());
    for time in ["Ten minutes", "An hour", "A night"] {
        assert!(!is_chosen(&window, time), "{time}");
    }
    assert!(window.harness.query_by_label_contains("how long it takes is not known").is_some());
    window.click("Ten minutes");
    assert_eq!(amounts(&window), (7, 3_000));
}

#[test]
fn the_switch_to_all_settings_is_kept() {
    let mut window = new_search(false);
    window.click("All settings");
    window.until_label("Norm: instance");
    assert!(window.harness.query_by_label("An hour").is_none());
    window.harness.check_accessibility();
    let file = window.folder.path().join("settings/window.json");
    window.until("it is written", |_| {
        // The window writes its settings now and then, while it is drawn.
        std::fs::read_to_string(&file).is_ok_and(|text| text.contains("\"all_settings\": true"))
    });
    let mut again = Window::at(window.folder.path());
    again.click("New search…");
    again.until_label("Norm: instance");
}

#[test]
fn the_sizes_are_those_that_the_pictures_allow_and_drawn_ones_have_all() {
    let mut window = new_search(false);
    let folder = pictures(&window, "photos", 40, 40);
    window.drop_file(&folder);
    window.until_label("The pictures have 40 px at their shorter side; larger images would be blurred");
    assert!(window.harness.query_by_label(&folder.display().to_string()).is_some());
    assert!(window.harness.query_by_label("40 images, brought to 16 x 16 px").is_some());
    for (label, is_offered) in [("16 px", true), ("32 px", true), ("64 px", false), ("128 px", false)] {
        assert_eq!(window.harness.query_by_label(label).is_some(), is_offered, "{label}");
    }
    window.click("32 px");
    window.until_label("40 images, brought to 32 x 32 px");
    window.until_label("Ready to start");
    window.click("Built-in toys");
    window.until_label("128 px");
    assert!(is_chosen(&window, "32 px"));
}

#[test]
fn what_cannot_work_is_said_beside_start_with_the_way_to_its_setting() {
    let mut window = new_search(false);
    let folder = pictures(&window, "few", 20, 32);
    window.drop_file(&folder);
    let why = "which is too few: “Batch” is 32 (set it to 20 or less)";
    window.until("the reason", |harness| harness.query_all_by_label_contains(why).count() == 1);
    assert!(window.harness.get_by_label("Start").accesskit_node().is_disabled());
    window.click("Show the setting");
    // At the setting, and in the column of what comes of it.
    window.until("all settings", |harness| harness.query_all_by_label_contains(why).count() == 2);
    // Where the pictures themselves are wrong, no setting helps.
    let nothing = window.folder.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    window.drop_file(&nothing);
    window.click("All settings");
    window.until("the reason", |harness| harness.query_by_label_contains("the folder is empty").is_some());
    assert!(window.harness.query_by_label("Show the setting").is_none());
}

#[test]
fn a_time_is_used_and_kept_where_the_device_was_measured() {
    let mut window = new_search(true);
    let file = window.folder.path().join("mine.toml");
    std::fs::write(&file, small_config().to_toml().unwrap()).unwrap();
    answer(&window, &file);
    window.click("Load…");
    window.until("the time", |harness| harness.query_by_label_contains("It takes ").is_some());
    window.until_label("Ready to start");
    assert!(!is_chosen(&window, "Ten minutes"));
    // The same networks are not measured again.
    window.click("Ten minutes");
    let short = text(&window.harness, "It takes ");
    assert!(short.contains(" min here") || short.contains(" s here"), "{short}");
    assert!(!short.contains("the shortest search of such images"), "{short}");
    let (iterations, steps) = amounts(&window);
    assert!(iterations > 7, "networks as small as these do more than the preset quick in that time: {short}");
    window.click("A night");
    let (more_iterations, more_steps) = amounts(&window);
    assert!(more_iterations >= iterations && more_steps >= steps, "{more_iterations} {more_steps}");
    let long = text(&window.harness, "It takes ");
    assert!(!long.contains("the shortest search of such images"), "{long}");
    // What followed from the choice is taken back with it.
    window.click("Undo");
    assert!(is_chosen(&window, "Ten minutes"));
    assert_eq!(amounts(&window), (iterations, steps));
}

#[test]
fn the_simple_form_is_drawn_in_milliseconds() {
    let mut window = new_search(false);
    // Nothing is measured and nothing is read any more.
    window.until("the devices", |harness| harness.query_by_label_contains("was not measured").is_some());
    window.is_fluid("the simple form");
}

/// Types into the field that settings are looked for with.
fn find(window: &mut Window, words: &str) {
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Find a setting");
    field.focus();
    field.type_text(words);
    window.harness.run_steps(3);
}

#[test]
fn settings_are_found_by_name_and_meaning_and_sections_without_any_disappear() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    let is_there = |window: &Window, label: &str| window.harness.query_all_by_label(label).next().is_some();
    assert!(is_there(&window, "Search space") && is_there(&window, "Batch"));
    find(&mut window, "Learning rate");
    for kept in ["Generator learning rate", "Discriminator learning rate", "Controller learning rate"] {
        assert!(is_there(&window, kept), "{kept}, which may be among the seldom changed ones");
    }
    for gone in ["Search space", "Images", "Presets", "Batch", "Norm: instance", "Mode"] {
        assert!(!is_there(&window, gone), "{gone}");
    }
    window.harness.check_accessibility();
    // What was found can be changed.
    let rate = window.harness.get_by_role_and_label(Role::SpinButton, "Generator learning rate");
    rate.set_value_accesskit(0.5);
    window.harness.run_steps(3);
    find(&mut window, " nowhere");
    window.until_label("No setting here has “Learning rate nowhere” in its name or meaning");
    assert!(!is_there(&window, "Generator learning rate"));
    window.click("Clear");
    window.until_label("Norm: instance");
    // By what it means.
    find(&mut window, "power cut");
    assert!(is_there(&window, "Checkpoint every") && !is_there(&window, "Name"));
    window.click("Clear");
    let file = window.folder.path().join("mine.toml");
    std::fs::write(window.folder.path().join("answer"), file.to_str().unwrap()).unwrap();
    window.click("Save…");
    window.until("saved", |harness| harness.query_by_label_contains("Settings saved").is_some());
    let config = RunConfig::from_toml(&std::fs::read_to_string(&file).unwrap(), "mine").unwrap();
    assert_eq!(config.recipe.generator_learning_rate, 0.5);
}

#[test]
fn sections_are_in_two_columns_where_there_is_room() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    let places = |window: &Window| {
        let batch = window.harness.get_by_role_and_label(Role::SpinButton, "Batch").rect();
        (window.harness.get_by_label("Norm: instance").rect(), batch)
    };
    let (norm, batch) = places(&window);
    assert!(batch.left() < norm.right() && batch.top() > norm.bottom(), "below each other: {norm} {batch}");
    window.harness.set_size(vec2(1920.0, 1080.0));
    window.harness.run_steps(4);
    let (norm, batch) = places(&window);
    assert!(batch.left() > norm.right() + 300.0, "beside each other: {norm} {batch}");
    window.harness.check_accessibility();
}
