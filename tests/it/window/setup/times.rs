//! Times that the window tells: of a run before it begins, and of the rest of one under way.

use egui_kittest::kittest::{NodeT, Queryable};

use crate::small::small_config;
use crate::window::{Window, text};

/// Loads settings into the form.
fn load(window: &mut Window, settings: &[&str]) {
    let mut config = small_config();
    settings.iter().for_each(|setting| config.apply(setting).unwrap());
    config.device = "cpu".to_owned();
    let file = window.folder.path().join("mine.toml");
    std::fs::write(&file, config.to_toml().unwrap()).unwrap();
    std::fs::write(window.folder.path().join("answer"), file.to_str().unwrap()).unwrap();
    window.click("Load…");
    window.harness.run_steps(3);
}

/// The least and the most that the form says, in seconds.
fn range(window: &Window) -> Option<(f64, f64)> {
    let said = [" s", " min", " h", " days"].into_iter().zip([1.0, 60.0, 3600.0, 86_400.0]);
    said.flat_map(|(unit, seconds)| {
        let labels = window.harness.query_all_by_label_contains(unit);
        let texts = labels.filter_map(|node| {
            let node = node.accesskit_node();
            node.label().or(node.value())
        });
        let numbers = texts.filter_map(move |text| {
            let range = text.strip_suffix(unit)?;
            let (least, most) = match range.strip_prefix("about ") {
                Some(both) => (both, both),
                None => range.split_once(" to ")?,
            };
            Some((least.parse::<f64>().ok()? * seconds, most.parse::<f64>().ok()? * seconds))
        });
        numbers.collect::<Vec<_>>()
    })
    .next()
}

#[test]
fn the_form_measures_its_own_run_and_counts_what_is_longer_without_measuring_again() {
    let mut window = Window::measuring();
    window.click("New search…");
    load(&mut window, &[]);
    window.until_label("being measured");
    window.until("a range", |harness| harness.query_by_label("being measured").is_none());
    window.harness.run_steps(3);
    let (least, most) = range(&window).unwrap();
    assert!(least <= most && most < 600.0, "a search of seconds takes {least} to {most} s");
    // A thousand times as long, known at once.
    load(&mut window, &["winner.steps=1000000"]);
    assert!(window.harness.query_by_label("being measured").is_none());
    let (_, long) = range(&window).unwrap();
    assert!(long > 100.0 * most, "{most} {long}");
    // Months are told in days, and operations in three digits with a unit.
    load(&mut window, &["winner.steps=100000000000"]);
    assert!(window.harness.query_all_by_label_contains(" days").next().is_some());
    let (_, longest) = range(&window).unwrap();
    assert!(longest > 100.0 * long, "{long} {longest}");
    let work = text(&window.harness, " MACs");
    let number = work.split(' ').next().unwrap();
    assert!(work.contains(" P") || work.contains(" E"), "{work}");
    assert!(number.len() <= 4, "{work}");
}

#[test]
fn nothing_is_measured_while_a_run_computes() {
    let mut window = Window::measuring();
    window.long_search();
    window.click("Welcome screen");
    window.click("New search…");
    load(&mut window, &[]);
    window.until_label("measured after the run");
    assert!(range(&window).is_none());
}

#[test]
fn a_resumed_run_says_nothing_of_its_rest_before_there_is_ground_for_it() {
    let mut window = Window::new();
    window.long_search();
    window.click("Stop");
    window.until_label("Stopped");
    window.click("Resume");
    window.until_usable("Pause");
    let phase = "training the winner";
    window.until("its progress", |harness| harness.query_all_by_label_contains(phase).next().is_some());
    assert!(window.harness.query_by_label_contains(" left").is_none(), "after a few steps");
    // A hundred thousand steps are left.
    window.until("the rest", |harness| harness.query_by_label_contains(" left").is_some());
    let rest = text(&window.harness, " left");
    assert!(rest.contains(" min") || rest.contains(" h") || rest.contains(" days"), "{rest}");
    window.click("Stop");
    window.until_label("Stopped");
}
