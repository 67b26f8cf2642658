//! The palette, the bar at the top and the arrangement of the panels.

use std::collections::BTreeMap;

use autogan::gui::App;
use eframe::egui::{Event, Key, Modifiers, Rect, Role, Theme, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::{PANELS, Window, long_run};
use crate::small::small_config;

/// Height of the palette's list where there is room for it, with a little tolerance.
const LIST: f32 = 364.0;
/// Sizes of the window, from the smallest on.
const SIZES: [Vec2; 3] = [vec2(800.0, 500.0), vec2(1024.0, 640.0), super::SIZE];

/// A window that shows a long run.
fn with_long_run() -> Window {
    let mut window = Window::new();
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until_label("500 candidates");
    window
}

#[test]
fn the_palette_is_as_high_after_a_choice_as_before_and_its_selection_stays_in_sight() {
    let mut window = with_long_run();
    let open = |window: &mut Window| {
        window.harness.key_press_modifiers(Modifiers::COMMAND, Key::P);
        window.harness.run_steps(3);
    };
    let rect = |window: &Window, name: &str| window.harness.get_by_label(name).rect();
    window.command("light");
    assert_eq!(window.harness.ctx.theme(), Theme::Light);
    // What lies outside of the list is not met by a click, which closes the palette then.
    open(&mut window);
    window.harness.get_by_label("Find a command").type_text("theme");
    window.harness.run_steps(3);
    window.harness.get_by_label("Theme: dark").click();
    window.harness.run_steps(3);
    assert_eq!(window.harness.ctx.theme(), Theme::Dark, "the third of three");
    open(&mut window);
    let list = |window: &Window| {
        let field = rect(window, "Find a command");
        Rect::from_min_size(field.left_bottom(), vec2(field.width(), LIST))
    };
    let area = list(&window);
    let row = row_at(&window, "Welcome screen", area);
    assert!(row.rect().top() > area.center().y, "it is low in the list");
    row.click();
    window.harness.run_steps(3);
    window.until_label("Recent runs");
    open(&mut window);
    for (key, name) in [(Key::ArrowUp, "Quit"), (Key::ArrowDown, "Start the demo")] {
        window.harness.key_press(key);
        window.harness.run_steps(12);
        row_at(&window, name, list(&window));
    }
}

/// The command in the palette's list, which is in sight: `list` is where the list lies.
fn row_at<'w>(window: &'w Window, name: &'w str, list: Rect) -> egui_kittest::Node<'w> {
    let mut rows = window.harness.get_all_by_label(name);
    rows.find(|row| list.contains_rect(row.rect().shrink(2.0)))
        .unwrap_or_else(|| panic!("{name} is not in sight"))
}

/// What is drawn above `bottom`, by label and where.
fn bar(harness: &Harness<'static, App>, bottom: f32) -> Vec<(String, Rect)> {
    let roles = [Role::Button, Role::Label, Role::ProgressIndicator];
    let nodes =
        harness.root().children_recursive().filter(|node| roles.contains(&node.accesskit_node().role()));
    let parts = nodes.filter(|node| node.accesskit_node().bounding_box().is_some()).map(|node| {
        let of = node.accesskit_node();
        (of.label().or(of.value()).unwrap_or_default(), node.rect())
    });
    parts.filter(|(_, rect)| rect.center().y < bottom).collect()
}

/// The bar lies in the window, and nothing in it over something else.
fn is_tidy(window: &mut Window, screen: &str, rows: f32) {
    for size in SIZES {
        window.harness.set_size(size);
        window.harness.run_steps(4);
        let parts = bar(&window.harness, rows * 32.0);
        let inside = Rect::from_min_size(Default::default(), size);
        assert!(parts.len() >= 3, "{screen} has a bar");
        for (at, (name, rect)) in parts.iter().enumerate() {
            assert!(inside.contains_rect(*rect), "{screen} at {size}: {name} at {rect} leaves the window");
            for (other, below) in &parts[..at] {
                let common = rect.shrink(0.5).intersect(below.shrink(0.5));
                assert!(
                    !common.is_positive(),
                    "{screen} at {size}: {name} at {rect} over {other} at {below}"
                );
            }
        }
    }
}

#[test]
fn the_top_bar_never_overlaps_itself_with_long_names_and_runs_that_go_on() {
    let mut window = Window::new();
    let name = |letter: &str| format!("name=\"{}\"", letter.repeat(100));
    for letter in ["a", "b", "c", "d"] {
        let mut config = small_config();
        config.apply("winner.steps=100000").unwrap();
        config.apply(&name(letter)).unwrap();
        window.search(config);
        window.until_usable("Pause");
    }
    window.until("the time left", |harness| harness.query_all_by_label_contains(" left").next().is_some());
    is_tidy(&mut window, "a run", 2.0);
    window.click("Pause");
    window.until_label("Continue");
    is_tidy(&mut window, "a run that waits", 2.0);
    window.command("New search");
    is_tidy(&mut window, "the form", 1.0);
    window.click("All runs");
    is_tidy(&mut window, "the runs", 1.0);
    window.harness.event(Event::PointerGone);
}

#[test]
fn the_buttons_of_a_run_stay_where_they_are_and_say_why_they_are_grey() {
    let slots = [
        "One step",
        "One discriminator update",
        "One generator update",
        "Save a checkpoint",
        "Stop",
        "Create",
        "Export…",
    ];
    let places = |window: &Window, first: &str| {
        let rect = |name: &str| window.harness.get_by_role_and_label(Role::Button, name).rect();
        let all: BTreeMap<&str, Rect> = slots.iter().map(|&name| (name, rect(name))).collect();
        (rect(first), all)
    };
    let is_grey =
        |window: &Window, name: &str| window.harness.get_by_label(name).accesskit_node().is_disabled();
    let mut window = Window::new();
    let mut config = small_config();
    config.apply("winner.steps=100000").unwrap();
    window.search(config);
    window.harness.run_steps(2);
    let first = places(&window, "Pause");
    assert!(is_grey(&window, "Pause") && is_grey(&window, "One step"), "it is still preparing");
    assert!(!is_grey(&window, "Stop"));
    window.until_usable("Pause");
    assert_eq!(places(&window, "Pause"), first, "while it is running");
    window.click("Pause");
    window.until_label("Continue");
    assert_eq!(places(&window, "Continue"), first, "while it is paused");
    window.click("Stop");
    window.until_usable("Resume");
    assert_eq!(places(&window, "Resume"), first, "when it is stopped");
    assert!(slots[..5].iter().all(|name| is_grey(&window, name)));
    window.harness.get_by_label("One step").hover();
    let reason = "Nobody works on this run; resume it first";
    window.until("the reason", |harness| harness.query_by_label(reason).is_some());
}

#[test]
fn a_panel_that_is_opened_again_comes_back_where_it_was() {
    let mut window = with_long_run();
    let tabs = |window: &Window| {
        PANELS.map(|name| {
            let tab = window.harness.get_all_by_label(name).next();
            (name, tab.map(|tab| tab.rect()).unwrap())
        })
    };
    window.harness.run_steps(5);
    let before = tabs(&window);
    for panel in ["Curves", "Controller", "Samples"] {
        window.command(&format!("Panel: {panel}"));
        assert!(window.harness.query_by_label(panel).is_none());
        window.command(&format!("Panel: {panel}"));
        window.harness.run_steps(5);
        assert_eq!(tabs(&window), before, "{panel} came back by its command");
    }
    // Closed by the cross of its tab.
    let (_, tab) = before.iter().find(|(name, _)| *name == "Controller").unwrap();
    let cross =
        window.harness.get_all_by_label("Close").find(|cross| tab.contains(cross.rect().center())).unwrap();
    cross.click();
    window.harness.run_steps(3);
    assert!(window.harness.query_by_label("Controller").is_none());
    window.command("Panel: Controller");
    window.harness.run_steps(5);
    assert_eq!(tabs(&window), before, "Controller came back after its cross was pressed");
}
