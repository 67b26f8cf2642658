//! The first screen with its cards, the keys of all commands, what the program is, and the menu of panels.

mod example;

use autogan::engine::LiveEvent;
use autogan::gui::App;
use eframe::egui::accesskit::Toggled;
use eframe::egui::{Key, KeyboardShortcut, Modifiers, OutputCommand, Rect, Role, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::runs_screen::{LiveRun, write_two};
use super::{Window, long_run, text};

/// What the cards of the two finished runs say.
const ONE: &str = "one: Finished. Fréchet distance 30.0, lower is better";
const TWO: &str = "two: Finished. Fréchet distance 20.5, lower is better";

impl Window {
    /// Clicks the card of a run on the first screen, whatever else it says.
    pub fn click_card(&mut self, name: &str) {
        let part = format!("{name}: ");
        self.until(&part, |harness| harness.query_by_label_contains(&part).is_some());
        self.harness.get_by_label_contains(&part).scroll_to_me();
        self.harness.run_steps(3);
        self.harness.get_by_label_contains(&part).click();
        self.harness.run_steps(3);
    }
}

/// A window at home with two finished runs.
fn with_two() -> Window {
    let mut window = Window::new();
    write_two(&window.folder.path().join("runs"));
    window.until_label(ONE);
    window
}

fn rect(harness: &Harness<'static, App>, label: &str) -> Rect {
    harness.get_by_label(label).rect()
}

fn is_there(harness: &Harness<'static, App>, label: &str) -> bool {
    harness.query_all_by_label(label).next().is_some()
}

/// Whether one card stands before another, in lines from left to right.
fn is_before(harness: &Harness<'static, App>, one: &str, other: &str) -> bool {
    let place = |label: &str| harness.query_by_label(label).map(|card| card.rect().min);
    let (Some(one), Some(other)) = (place(one), place(other)) else { return false };
    (one.y, one.x) < (other.y, other.x)
}

#[test]
fn runs_are_cards_at_home_the_newest_first_then_the_one_that_was_visited_last() {
    let mut window = with_two();
    assert!(is_there(&window.harness, "Recent runs") && !is_there(&window.harness, "Running now"));
    assert!(is_before(&window.harness, TWO, ONE), "the newest first");
    window.harness.check_accessibility();
    // By the keyboard alone.
    window.harness.get_by_label(ONE).focus();
    window.harness.run_steps(3);
    assert!(window.harness.get_by_label(ONE).accesskit_node().is_focused());
    window.harness.key_press(Key::Enter);
    window.until_label("Finished");
    assert_eq!(window.run_dir().file_name().unwrap(), "one");
    window.click("Welcome screen");
    window.until("the visited one first", |harness| is_before(harness, ONE, TWO));
    window.click_card("two");
    window.until_label("Finished");
    assert_eq!(window.run_dir().file_name().unwrap(), "two");
}

#[test]
fn cards_wrap_in_every_window_and_a_run_that_goes_on_stands_above_them() {
    let mut window = with_two();
    let live = LiveRun::begin(&window.folder.path().join("runs/live"));
    live.publish(&[LiveEvent::Progress { done: 0.42, eta_seconds: Some(720.0), speed: None }]);
    let running = "live: Running: 42%, 12 min left. Fréchet distance 12.5 so far, lower is better";
    window.until_label(running);
    for size in [vec2(800.0, 500.0), vec2(1280.0, 800.0), vec2(3840.0, 2160.0)] {
        window.harness.set_size(size);
        window.harness.run_steps(4);
        let cards = [running, TWO, ONE].map(|label| rect(&window.harness, label));
        for (place, card) in cards.iter().enumerate() {
            assert!(card.left() >= 0.0 && card.right() <= size.x, "{card} leaves a window of {size}");
            assert!(card.width() >= 200.0 && card.height() >= 150.0, "{card} at {size}");
            for other in &cards[..place] {
                assert!(!card.shrink(0.5).intersect(*other).is_positive(), "{card} over {other} at {size}");
            }
        }
        assert!(cards[0].bottom() < cards[1].top(), "what goes on is above the others at {size}");
    }
    let visible = Rect::from_min_size(Default::default(), Vec2::new(3840.0, 2160.0));
    assert!(visible.contains_rect(rect(&window.harness, ONE)), "a large window shows all");
}

#[test]
fn a_window_without_runs_invites_to_begin() {
    let mut window = Window::new();
    window.until("an invitation", |harness| {
        is_there(harness, "Your own pictures or a public data set, with all that can be set")
    });
    assert!(!is_there(&window.harness, "Recent runs"));
    for way in ["Start the demo", "New search…", "All runs", "Open a run…"] {
        assert!(window.harness.query_by_role_and_label(Role::Button, way).is_some(), "{way}");
    }
    window.harness.check_accessibility();
    window.click("New search…");
    window.until_label("Start");
}

#[test]
fn a_damaged_run_is_a_card_that_says_why_and_cannot_be_opened() {
    let mut window = Window::new();
    let runs = window.folder.path().join("runs");
    write_two(&runs);
    std::fs::remove_file(runs.join("one/config.toml")).unwrap();
    let part = "one: Damaged: ";
    window.until(part, |harness| harness.query_by_label_contains(part).is_some());
    assert!(text(&window.harness, part).contains("config.toml"));
    assert!(window.harness.get_by_label_contains(part).accesskit_node().is_disabled());
}

#[test]
fn a_question_mark_lists_the_keys_of_all_commands_but_not_while_text_is_typed() {
    // What only the list has.
    const LISTED: &str = "Close a dialog";
    let mut window = with_two();
    let press = |window: &mut Window, key: Key| {
        window.harness.key_press(key);
        window.harness.run_steps(3);
        is_there(&window.harness, LISTED)
    };
    for (opens, closes) in [(Key::F1, Key::Escape), (Key::Questionmark, Key::Questionmark)] {
        assert!(press(&mut window, opens), "{opens:?} opens it");
        let keys = KeyboardShortcut::new(Modifiers::COMMAND, Key::L);
        assert!(is_there(&window.harness, &window.harness.ctx.format_shortcut(&keys)), "of All runs");
        assert!(is_there(&window.harness, "F1 or ?"), "its own");
        window.harness.check_accessibility();
        assert!(!press(&mut window, closes), "{closes:?} closes it");
    }
    window.click("All runs");
    window.until_label("Find");
    window.harness.get_by_label("Find").focus();
    window.harness.run_steps(3);
    assert!(!press(&mut window, Key::Questionmark), "it is a letter of a text");
    assert!(press(&mut window, Key::F1), "this key is none");
    assert!(!press(&mut window, Key::F1));
    window.command("Keyboard shortcuts");
    assert!(is_there(&window.harness, LISTED));
    window.click("Close");
    assert!(!is_there(&window.harness, LISTED));
}

#[test]
fn about_says_what_the_program_is_and_copies_a_report_without_paths() {
    let mut window = Window::new();
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until_label("500 candidates");
    window.command("About AutoGAN");
    let version = format!("AutoGAN {}", env!("CARGO_PKG_VERSION"));
    window.until_label(&version);
    window.until_label("Licence: MIT or Apache-2.0, as you like");
    window.until_label("Test the device");
    window.until("the devices", |harness| harness.query_by_label_contains("\nCPU: ").is_some());
    window.harness.check_accessibility();
    window.harness.get_by_label("Copy report").click();
    window.harness.step();
    let copied = window.harness.output().platform_output.commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.expect("the click copies it");
    assert!(copied.starts_with(&version) && copied.contains("\nSelf-test: not asked for\n"), "{copied}");
    assert!(copied.contains("\nRun: Not running\nLog:"), "{copied}");
    let folder = window.folder.path().display().to_string();
    assert!(!copied.contains(&folder), "{copied}");
    window.harness.key_press(Key::Escape);
    window.harness.run_steps(3);
    assert!(!is_there(&window.harness, &version));
}

#[test]
fn the_menu_of_panels_has_a_tick_where_one_is_open_and_puts_all_back() {
    let mut window = Window::new();
    let dir = window.folder.path().join("long");
    long_run::write(&dir);
    window.harness.state_mut().open(&dir);
    window.until_label("500 candidates");
    let ticked = |window: &Window, panel: &str| {
        let name = format!("Panel: {panel}");
        let item = window.harness.get_by_role_and_label(Role::CheckBox, &name);
        item.accesskit_node().toggled() == Some(Toggled::True)
    };
    window.click("Panels");
    assert!(ticked(&window, "Curves") && ticked(&window, "Controller"));
    window.click("Panel: Controller");
    // It stays open for the next one.
    assert!(!ticked(&window, "Controller") && ticked(&window, "Curves"));
    assert!(!is_there(&window.harness, "Controller"), "its tab is gone");
    window.click("Panel: Curves");
    assert!(!ticked(&window, "Curves"));
    window.harness.check_accessibility();
    window.click("Reset the panels");
    assert!(ticked(&window, "Curves") && ticked(&window, "Controller"));
    assert!(is_there(&window.harness, "Controller"), "its tab is back");
}
