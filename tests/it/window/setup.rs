//! The form that a run begins with, and runs that begin from it.

mod simple_form;
mod times;

use std::collections::BTreeSet;

use autogan::arch::{Allowed, Slot};
use autogan::config::table::SECTIONS;
use autogan::config::{RunConfig, Setting};
use autogan::gui::App;
use autogan::run::RunView;
use eframe::egui::Role;
use eframe::egui::accesskit::Toggled;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::small::small_config;
use crate::window::{Window, text};

#[test]
fn changing_the_space_moves_the_count_and_undo_brings_it_back() {
    let mut window = Window::new();
    window.click("New search…");
    // Nothing moves any more once the images were looked at.
    window.until_label("Ready to start");
    assert!(window.harness.query_by_label("2,592").is_some());
    window.click("Norm: instance");
    // Two of three norms in both cells: 24 x 48.
    window.until("fewer", |harness| harness.query_by_label("1,152").is_some());
    window.click("Undo");
    window.until("as before", |harness| harness.query_by_label("2,592").is_some());
    window.click("Redo");
    window.until("again", |harness| harness.query_by_label("1,152").is_some());
    window.click("Cell 2");
    window.click("Upsampling: deconv");
    // The first cell keeps its 24; the second has 2 x 2 x 2 x 2 x 2.
    window.until("only there", |harness| harness.query_by_label("768").is_some());
    assert!(window.harness.query_by_label("Cell 2*").is_some());
}

#[test]
fn presets_are_cards_that_say_their_size_and_replace_all_settings() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    let card = |harness: &Harness<'static, App>, text: &str| {
        harness
            .query_by_label_contains(text)
            .map(|card| card.accesskit_node().toggled() == Some(Toggled::True))
    };
    let quick = "Preset quick: 16 px, 2,592 architectures of up to";
    window.until("its size", |harness| card(harness, quick).is_some());
    assert_eq!(card(&window.harness, quick), Some(true), "a fresh form has its settings");
    window.click("Norm: instance");
    window.until("another form", |harness| card(harness, quick) == Some(false));
    let standard = "Preset standard: 32 px, 373,248 architectures of up to";
    let label = text(&window.harness, standard);
    window.click(&label);
    assert_eq!(card(&window.harness, standard), Some(true));
    window.until_label("373,248");
    window.click("Undo");
    window.until_label("1,152");
    window.harness.check_accessibility();
}

#[test]
fn an_invalid_setting_is_marked_and_start_says_why() {
    let mut window = Window::new();
    window.click("New search…");
    window.until("ready", |harness| harness.query_by_label("Ready to start").is_some());
    window.harness.check_accessibility();
    for norm in ["none", "batch", "instance"] {
        window.click(&format!("Norm: {norm}"));
    }
    window.harness.run_steps(3);
    let why = "norm of cell 1 allows no value";
    // Where it stands, and in the column of what comes of it.
    assert_eq!(window.harness.query_all_by_label_contains(why).count(), 2);
    assert!(window.harness.get_by_label("Start").accesskit_node().is_disabled());
    window.click("Undo");
    window.until("ready", |harness| harness.query_by_label("Ready to start").is_some());
    assert!(!window.harness.get_by_label("Start").accesskit_node().is_disabled());
}

/// Each setting of the table, also those that depend on others.
#[test]
fn every_setting_has_a_row() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    for section in SECTIONS {
        if (section.settings)().iter().any(|setting| setting.advanced) {
            window.click(&format!("More of {}", section.title.to_lowercase()));
        }
    }
    let mut missing: BTreeSet<&str> = Setting::all().map(|setting| setting.label).collect();
    for choice in
        ["Short training", "Metric: Kernel distance", "Metric: Precision", "Inception (2015)", "Folder"]
    {
        let has = |label: &&str| window.harness.query_all_by_label(label).next().is_none();
        missing.retain(has);
        window.click(choice);
        window.harness.run_steps(3);
    }
    missing.retain(|label| window.harness.query_all_by_label(label).next().is_none());
    assert!(missing.is_empty(), "{missing:?}");
    window.harness.check_accessibility();
}

#[test]
fn a_seldom_changed_setting_that_cannot_work_is_shown_and_a_changed_one_is_kept() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    let file = window.folder.path().join("mine.toml");
    std::fs::write(&file, "[recipe.adam]\nbeta1 = 1.0\n[score]\nreference = 7").unwrap();
    std::fs::write(window.folder.path().join("answer"), file.to_str().unwrap()).unwrap();
    window.click("Load…");
    window.until("the row", |harness| {
        harness.query_all_by_label_contains("“Adam's β₁” is 1; it must be").count() == 2
    });
    let beta = window.harness.get_by_role_and_label(Role::SpinButton, "Adam's β₁");
    beta.set_value_accesskit(0.5);
    window.until_label("Ready to start");
    window.click("Save…");
    window.until("saved", |harness| harness.query_by_label_contains("Settings saved").is_some());
    let config = RunConfig::from_toml(&std::fs::read_to_string(&file).unwrap(), "mine").unwrap();
    assert_eq!((config.recipe.adam.beta1, config.score.reference), (0.5, 7));
}

#[test]
fn settings_are_saved_and_loaded_as_the_command_line_takes_them() {
    let mut window = Window::new();
    window.click("New search…");
    // What is found in the data moves the form.
    window.until("ready", |harness| harness.query_by_label("Ready to start").is_some());
    window.click("Norm: instance");
    let file = window.folder.path().join("mine.toml");
    std::fs::write(window.folder.path().join("answer"), file.to_str().unwrap()).unwrap();
    window.click("Save…");
    window.until("saved", |harness| harness.query_by_label_contains("Settings saved").is_some());
    let config = RunConfig::from_toml(&std::fs::read_to_string(&file).unwrap(), "mine").unwrap();
    assert_eq!(*config.space.allowed(Slot::Norm, None), Allowed::Tokens(vec![0, 1]));
    let broken = window.folder.path().join("broken.toml");
    std::fs::write(&broken, "sead = 3").unwrap();
    std::fs::write(window.folder.path().join("answer"), broken.to_str().unwrap()).unwrap();
    window.click("Load…");
    window.until("told", |harness| harness.query_by_label_contains("there is no setting `sead`").is_some());
    assert!(window.harness.query_by_label("1,152").is_some(), "nothing is changed");
}

#[test]
fn three_thousand_dropped_pictures_are_checked_previewed_and_searched() {
    let mut window = Window::new();
    let pictures = window.folder.path().join("pictures");
    for class in 0..3u8 {
        let folder = pictures.join(format!("class {class}"));
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..1000u32 {
            let shade = |x: u32, y: u32| ((x * 7 + y * 3 + number) % 256) as u8;
            let image =
                image::RgbImage::from_fn(24, 20, |x, y| image::Rgb([shade(x, y), 80 * class, shade(y, x)]));
            image.save(folder.join(format!("{number}.png"))).unwrap();
        }
    }
    std::fs::write(pictures.join("class 0/notes.txt"), "no picture").unwrap();
    window.drop_file(&pictures);
    window.until("the check", |harness| harness.query_by_label_contains("3,000 images").is_some());
    assert!(window.harness.query_by_label("All of 24 x 20 px").is_some());
    assert!(window.harness.query_by_label("3 classes").is_some());
    let left_out = format!(
        "3,000 of 3,001 found are used, 1 is left out: 1 no picture by name or content ({})",
        pictures.join("class 0/notes.txt").display()
    );
    assert!(window.harness.query_by_label(&left_out).is_some());
    assert_eq!(window.harness.query_all_by_label_contains("Sample image").count(), 16);
    window.until("ready", |harness| harness.query_by_label("Ready to start").is_some());
    window.click("Start");
    window.until_usable("Pause");
    window.until("samples", |harness| harness.query_by_label_contains("64 images").is_some());
    assert!(window.run_settings().contains("pictures"));
    window.click("Log");
    window.filter_log("Images: ");
    let said = format!("Images: {left_out}");
    window.until("the log", |harness| harness.query_by_label_contains(&said).is_some());
    window.click("Stop");
    window.until_label("Stopped");
}

#[test]
fn few_dropped_pictures_are_a_reason_not_to_start_with_the_setting_to_change() {
    let mut window = Window::new();
    let pictures = window.folder.path().join("pictures");
    std::fs::create_dir(&pictures).unwrap();
    for number in 0..20 {
        image::RgbImage::from_pixel(32, 32, image::Rgb([number; 3]))
            .save(pictures.join(format!("{number}.png")))
            .unwrap();
    }
    window.drop_file(&pictures);
    let why = format!(
        "{} has 20 images, which is too few: “Batch” is 32 (set it to 20 or less)",
        pictures.display()
    );
    // At the setting, and in the column of what comes of it.
    window.until("the reason", |harness| harness.query_all_by_label_contains(&why).count() == 2);
    assert!(window.harness.get_by_label("Start").accesskit_node().is_disabled());
    std::fs::remove_file(pictures.join("19.png")).unwrap();
    let fewer = window.folder.path().join("fewer");
    std::fs::rename(&pictures, &fewer).unwrap();
    window.drop_file(&fewer);
    let why = "has 19 images, which is too few: the built-in extractor needs 20 to be trained";
    window.until("the reason", |harness| harness.query_all_by_label_contains(why).count() == 2);
}

#[test]
fn a_folder_that_is_not_named_yet_is_asked_for_once() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    window.click("Folder");
    window.until_label("Name the folder with the images");
    assert_eq!(window.harness.query_all_by_label_contains("Name the folder").count(), 1);
    assert!(window.harness.query_by_label_contains("cifar10:DIR").is_none());
    assert!(window.harness.get_by_label("Start").accesskit_node().is_disabled());
}

#[test]
fn half_of_a_path_is_no_mistake_and_a_whole_one_is_named_once_where_it_stands() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    window.click("Folder");
    window.until_label("Name the folder with the images");
    let wrong = "there is no /pict; check the path, or choose it";
    let path = window.harness.get_by_role_and_label(Role::TextInput, "Folder");
    path.focus();
    path.type_text("/pict");
    window.until_label("No images there so far");
    assert!(window.harness.query_by_label_contains("there is no").is_none());
    window.harness.key_press(eframe::egui::Key::Enter);
    // At the path, and in the column of what comes of it.
    window.until("the reason", |harness| harness.query_all_by_label_contains(wrong).count() == 2);
    assert_eq!(window.harness.query_all_by_label_contains("there is no").count(), 2);
    assert!(window.harness.query_by_label_contains("autogan").is_none());
}

#[test]
fn a_setting_without_a_number_says_what_holds_instead() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    window.click("Folder");
    window.harness.run_steps(3);
    for (label, absent) in [
        ("Generator, derived", "as in the search"),
        ("Discriminator, derived", "as in the search"),
        ("At most", "all of them"),
        ("Parameters", "no bound"),
    ] {
        let name = format!("{label}: a number, or else {absent}");
        let row = window.harness.get_by_role_and_label(Role::CheckBox, &name);
        assert!(!row.accesskit_node().is_disabled());
    }
    let said = |window: &Window, text: &str| window.harness.query_all_by_label(text).count();
    assert_eq!(["as in the search", "all of them", "no bound"].map(|text| said(&window, text)), [2, 1, 2]);
}

#[test]
fn a_new_search_is_new_after_a_training() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    window.click("Norm: instance");
    window.until("fewer", |harness| harness.query_by_label("1,152").is_some());
    window.click("Train one architecture");
    let name = |window: &Window| {
        let name = window.harness.get_by_role_and_label(Role::TextInput, "Name");
        let value = name.accesskit_node().value();
        value.unwrap()
    };
    let usual = name(&window);
    // At the end of the form.
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Name");
    field.scroll_to_me();
    field.focus();
    window.harness.run_steps(3);
    window.harness.get_by_role_and_label(Role::TextInput, "Name").type_text(" of mine");
    window.harness.run_steps(3);
    assert_eq!(name(&window), format!("{usual} of mine"));
    let seen = |window: &Window| {
        let kind = window.harness.get_by_label("Train one architecture").rect();
        window.harness.ctx.content_rect().contains_rect(kind)
    };
    assert!(!seen(&window));
    window.click("Welcome screen");
    window.click("New search…");
    window.harness.run_steps(3);
    assert!(window.harness.query_by_label("Architecture").is_none(), "it searches");
    // As the search was left.
    window.until("fewer", |harness| harness.query_by_label("1,152").is_some());
    assert_eq!(name(&window), usual);
    assert!(seen(&window), "it is seen from its top");
    window.click("Undo");
    window.until("the training", |harness| harness.query_by_label("Architecture").is_some());
}

#[test]
fn what_the_folders_of_pictures_mean_is_said_in_the_form() {
    let mut window = Window::new();
    let pictures = window.folder.path().join("pictures");
    for name in ["train/cat/0.png", "train/cat/1.png", "train/dog/0.png", "val/cat/0.png"] {
        let path = pictures.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::new(16, 16).save(path).unwrap();
    }
    let heic = pictures.join("train/cat/IMG_1.HEIC");
    std::fs::write(&heic, b"\0\0\0\x18ftypheic").unwrap();
    window.drop_file(&pictures);
    let sentence =
        "3 of 4 found are used, 1 is left out: 1 HEIC, which is not read: convert it to JPEG or PNG";
    let sentence = format!("{sentence} ({})", heic.display());
    window.until("the check", |harness| harness.query_by_label(&sentence).is_some());
    let [train, val] = ["train", "val"].map(|part| pictures.join(part).display().to_string());
    assert!(window.harness.query_by_label(&format!("{train} is read; {val} is another part")).is_some());
    assert!(window.harness.query_by_label("2 classes").is_some());
}

#[test]
fn what_was_found_is_exported_and_trained_by_itself() {
    let mut window = Window::new();
    window.search(small_config());
    window.until_label("Finished");
    let folder = window.folder.path().to_owned();
    std::fs::write(folder.join("answer"), folder.join("out").to_str().unwrap()).unwrap();
    window.click("Export…");
    window.until_label("• The generator's weights, winner.safetensors");
    assert!(!folder.join("out").exists());
    window.click("Choose where…");
    window.until("the export", |harness| harness.query_by_label_contains("files are in").is_some());
    let exported = folder.join("out").join(window.run_dir().file_name().unwrap());
    for file in ["winner.safetensors", "generator.py", "architecture.svg", "config.toml", "curves.csv"] {
        assert!(exported.join(file).exists(), "{file}");
    }
    window.click("Show the panels");
    window.click("Train…");
    window.until("the form", |harness| harness.query_by_label("Train one architecture").is_some());
    window.until("ready", |harness| harness.query_by_label("Ready to start").is_some());
    window.click("Start");
    window.until_label("Finished");
    let dir = window.run_dir();
    assert!(RunView::open(&dir).unwrap().info().extra["job"].to_string().contains("train"));
}

#[test]
fn an_old_run_is_opened_while_one_goes_on() {
    let mut window = Window::new();
    window.search(small_config());
    window.until_label("Finished");
    let old = window.run_dir();
    window.long_search();
    let running = window.run_dir();
    window.harness.state_mut().open(&old);
    window.until_label("Finished");
    assert!(window.harness.query_by_label("Pause").is_none());
    let name = running.file_name().unwrap().to_str().unwrap();
    window.click(&format!("Back to {name}"));
    window.until_usable("Pause");
    assert_eq!(window.run_dir(), running);
    window.click("Stop");
    window.until_label("Stopped");
}

#[test]
fn a_window_asks_before_it_closes_over_a_run_and_lets_it_go_on() {
    let mut window = Window::new();
    window.long_search();
    let dir = window.run_dir();
    let close = |window: &mut Window| {
        let root = eframe::egui::ViewportId::ROOT;
        let viewport = window.harness.input_mut().viewports.entry(root).or_default();
        viewport.events.push(eframe::egui::ViewportEvent::Close);
        window.harness.run_steps(2);
    };
    close(&mut window);
    window.until_label("A run is going on");
    window.click("Cancel");
    assert!(window.harness.query_by_label("A run is going on").is_none());
    close(&mut window);
    window.until_label("A run is going on");
    window.click("Keep it running");
    assert!(RunView::open(&dir).unwrap().is_running(), "the worker goes on by itself");
    window.harness.state_mut().open(&dir);
    window.until_usable("Pause");
    window.click("Stop");
    window.until("it ends", |_| !RunView::open(&dir).unwrap().is_running());
}

#[test]
fn the_inception_network_is_offered_where_scores_are_chosen_and_needs_its_weights() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    window.click("Inception (2015)");
    window.until("the reason", |harness| {
        harness.query_all_by_label_contains("weights are not here: download them").next().is_some()
    });
    assert!(window.harness.get_by_label("Start").accesskit_node().is_disabled());
    assert!(window.harness.query_by_label("Download (96 MB)").is_some());
    assert!(window.harness.query_by_label("pytorch-fid").is_some());
    window.harness.check_accessibility();
    window.click("Built-in");
    window.until_label("Ready to start");
    // What an earlier download left.
    let cache = window.folder.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    std::fs::write(cache.join("inception-2015.safetensors"), "weights").unwrap();
    let mut window = Window::at(window.folder.path());
    window.click("New search…");
    window.until_label("Ready to start");
    window.click("Inception (2015)");
    window.until_label("here");
    window.until_label("Ready to start");
}

#[test]
fn metrics_are_chosen_where_scores_are_and_too_few_images_are_marked() {
    let mut window = Window::new();
    window.click("New search…");
    window.until_label("Ready to start");
    assert!(window.harness.query_by_label("Subset images").is_none());
    window.click("Metric: Kernel distance");
    let why = "“Reward images” is 500, which is too few: the kernel distance needs 1,000 (set “Subset images” to 500 or less)";
    // At the setting, and in the column of what comes of it.
    window.until("the reason", |harness| harness.query_all_by_label_contains(why).count() == 2);
    assert!(window.harness.query_by_label("Subset images").is_some());
    assert!(window.harness.get_by_label("Start").accesskit_node().is_disabled());
    window.harness.check_accessibility();
    window.click("Metric: Kernel distance");
    window.until_label("Ready to start");
    // As a reward, too.
    window.click("Recall");
    window.until_label("Ready to start");
    window.click("Kernel distance");
    window.until("the reason", |harness| harness.query_all_by_label_contains(why).count() == 2);
}
