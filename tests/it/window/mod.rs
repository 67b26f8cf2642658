//! The window as tests drive it: by role and label.

mod bars;
mod chooser;
mod create;
mod finish;
mod going_on;
mod gui;
mod guide;
mod home;
mod keyboard;
mod long_run;
mod panels;
mod pictures;
mod runs_screen;
mod setup;
mod snapshots;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use autogan::config::RunConfig;
use autogan::gui::{App, DialogAnswer, Places};
use cpu_time::ThreadTime;
use eframe::egui::{self, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::small::small_config;

/// Far more than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Window {
    pub harness: Harness<'static, App>,
    pub folder: Folder,
}

/// Where a window finds and leaves things.
pub enum Folder {
    /// Deleted with the window.
    Own(tempfile::TempDir),
    /// Left as it is.
    Lent(PathBuf),
}

impl Folder {
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Lent(path) => path,
        }
    }
}

/// The window of all tests but those of other sizes.
const SIZE: egui::Vec2 = egui::vec2(1280.0, 800.0);

/// The panels of a run.
const PANELS: [&str; 6] = ["Samples", "Architecture", "Controller", "Candidates", "Curves", "Log"];

/// `is_drawn` says whether there are pixels, too, which takes time; `measures` whether the form measures how long runs
/// take, which takes time as well.
fn harness(folder: &Path, size: egui::Vec2, is_drawn: bool, measures: bool) -> Harness<'static, App> {
    // Somebody who has switched all settings on, unless the test has settings of its own: most tests of the form are of
    // single settings.
    let settings = folder.join("settings");
    if !settings.exists() {
        std::fs::create_dir(&settings).unwrap();
        std::fs::write(settings.join("window.json"), r#"{"all_settings": true}"#).unwrap();
    }
    let places = Places {
        program: env!("CARGO_BIN_EXE_autogan").into(),
        measures,
        settings: Some(folder.join("settings")),
        cache: Some(folder.join("cache")),
        runs: folder.join("runs"),
        // A folder of the test, if it made one, instead of the system's.
        trash: Arc::new({
            let trash = folder.join("trash");
            move |dir| {
                let name = dir.file_name().ok_or("it has no name")?;
                std::fs::rename(dir, trash.join(name)).map_err(|error| error.to_string())
            }
        }),
        // What the test put there, else as a system without dialogs.
        dialogs: Arc::new({
            let answer = folder.join("answer");
            move |_| match std::fs::read_to_string(&answer) {
                Ok(path) => DialogAnswer::Chosen(path.into()),
                Err(_) => DialogAnswer::Missing,
            }
        }),
    };
    let builder = Harness::builder().with_size(size).with_max_steps(20);
    let builder = if is_drawn { builder.wgpu() } else { builder };
    let mut harness = builder.build_eframe(move |cc| App::new(cc, places));
    harness.step();
    harness
}

impl Window {
    pub fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    pub fn within(folder: tempfile::TempDir) -> Self {
        let harness = harness(folder.path(), SIZE, false, false);
        Self { harness, folder: Folder::Own(folder) }
    }

    /// A window whose form measures how long runs take.
    pub fn measuring() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { harness: harness(folder.path(), SIZE, false, true), folder: Folder::Own(folder) }
    }

    /// A window as it opens for the first time, whose form `measures` how long runs take or not.
    pub fn first(measures: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("settings")).unwrap();
        Self { harness: harness(folder.path(), SIZE, false, measures), folder: Folder::Own(folder) }
    }

    /// A window whose pictures can be taken.
    pub fn drawn(size: egui::Vec2) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { harness: harness(folder.path(), size, true, false), folder: Folder::Own(folder) }
    }

    /// Draws in a theme until it looks as it will: `pause` is the time between two of the frames for that.
    fn show_theme(&mut self, theme: &str, pause: Duration) {
        self.command(&format!("theme: {theme}"));
        // Fades end, and pictures that are read in the background come.
        for _ in 0..12 {
            self.harness.step();
            std::thread::sleep(pause);
        }
        self.harness.remove_cursor();
        self.harness.run_steps(4);
    }

    /// Closes all panels but one.
    fn alone(&mut self, panel: &str) {
        self.command("Reset the panels");
        for other in PANELS.iter().filter(|title| **title != panel) {
            self.command(&format!("Panel: {other}"));
        }
    }

    /// Runs a command by what the palette calls it.
    pub fn command(&mut self, name: &str) {
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::P);
        self.harness.run_steps(2);
        self.harness.get_by_label("Find a command").type_text(name);
        self.harness.run_steps(2);
        self.harness.key_press(egui::Key::Enter);
        self.harness.run_steps(3);
    }

    /// A window over a folder that outlives it.
    pub fn at(folder: &Path) -> Self {
        Self { harness: harness(folder, SIZE, false, false), folder: Folder::Lent(folder.to_owned()) }
    }

    /// Draws frames until something is so.
    pub fn until(&mut self, what: &str, so: impl Fn(&Harness<'static, App>) -> bool) {
        let begun = Instant::now();
        while !so(&self.harness) {
            assert!(begun.elapsed() < PATIENCE, "not in time: {what}; seen: {:?}", labels(&self.harness));
            std::thread::sleep(Duration::from_millis(20));
            self.harness.step();
        }
    }

    pub fn until_label(&mut self, label: &str) {
        self.until(label, |harness| harness.query_by_label(label).is_some());
    }

    /// Draws frames until something is there and is not grey.
    pub fn until_usable(&mut self, label: &str) {
        self.until(label, |harness| {
            harness.query_by_label(label).is_some_and(|node| !node.accesskit_node().is_disabled())
        });
    }

    pub fn click(&mut self, label: &str) {
        // A person waits for what is read in the background and for what is grey,
        self.until_usable(label);
        // and scrolls to what is out of sight, also where it lies behind something else.
        self.harness.get_by_label(label).scroll_to_me();
        self.harness.run_steps(3);
        // What still moves would be missed.
        let mut at = Rect::NOTHING;
        while self.harness.get_by_label(label).rect() != at {
            at = self.harness.get_by_label(label).rect();
            self.harness.step();
        }
        self.harness.get_by_label(label).click();
        self.harness.run_steps(3);
    }

    /// Leaves only the lines in the open log that have `part`.
    pub fn filter_log(&mut self, part: &str) {
        self.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Filter").focus();
        self.harness.run_steps(2);
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.harness.run_steps(1);
        self.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Filter").type_text(part);
        self.harness.run_steps(2);
    }

    /// Begins a search of seconds.
    pub fn search(&mut self, config: RunConfig) {
        self.harness.state_mut().search(config);
        self.harness.step();
    }

    /// The settings of the run that is shown, as they are written.
    pub fn run_settings(&self) -> String {
        std::fs::read_to_string(self.run_dir().join("config.toml")).unwrap()
    }

    pub fn run_dir(&self) -> std::path::PathBuf {
        self.harness.state().session().unwrap().dir().to_owned()
    }

    /// Lets it go on long enough to be stopped in the middle.
    pub fn long_search(&mut self) {
        let mut config = small_config();
        config.apply("winner.steps=100000").unwrap();
        self.search(config);
        self.until_usable("Pause");
        self.until("the first image", |harness| harness.query_by_label_contains("64 images").is_some());
    }
}

/// Frames that are measured.
const FRAMES: u32 = 300;
/// CPU time that 99 of 100 frames take at most.
const FRAME: Duration = Duration::from_millis(8);

impl Window {
    /// Draws frames while the pointer moves, as it does when somebody looks at things, and measures their CPU
    /// time: the program's own and egui's, to the triangles that go to the GPU.
    pub fn is_fluid(&mut self, what: &str) {
        self.is_fluid_while(what, |_, _| ());
    }

    /// The same, while `act` does something before each frame, which it receives the number of.
    pub fn is_fluid_while(&mut self, what: &str, mut act: impl FnMut(&Harness<'static, App>, u32)) {
        self.harness.run_steps(30);
        let mut frames: Vec<Duration> = (0..FRAMES)
            .map(|frame| {
                let (x, y) = (200.0 + (frame * 37 % 900) as f32, 120.0 + (frame * 13 % 600) as f32);
                self.harness.hover_at(egui::pos2(x, y));
                act(&self.harness, frame);
                // Other tests run beside this one: what they take does not count.
                let begun = ThreadTime::now();
                self.harness.step();
                let shapes = self.harness.output().shapes.clone();
                std::hint::black_box(
                    self.harness.ctx.tessellate(shapes, self.harness.ctx.pixels_per_point()),
                );
                begun.elapsed()
            })
            .collect();
        frames.sort_unstable();
        let at = |percent: usize| frames[frames.len() * percent / 100];
        let (median, high) = (at(50), at(99));
        eprintln!("{what}: a frame takes {median:?} of CPU time, at the 99th percentile {high:?}");
        assert!(high <= FRAME, "not fluid: {what} takes {high:?}");
    }
}

/// The whole text of the one thing whose text contains `part`.
pub fn text(harness: &Harness<'_, App>, part: &str) -> String {
    let node = harness.get_by_label_contains(part);
    let node = node.accesskit_node();
    node.label().or(node.value()).unwrap()
}

/// All that the window says, for messages.
fn labels(harness: &Harness<'_, App>) -> Vec<String> {
    let nodes = harness.root().children_recursive();
    nodes
        .filter_map(|node| {
            let node = node.accesskit_node();
            node.label().or(node.value())
        })
        .collect()
}

/// A file or a folder that is dropped on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

impl Window {
    /// Drops a file or a folder on the window.
    pub fn drop_file(&mut self, path: &Path) {
        let file = Arc::new(Dropped(path.to_owned()));
        self.harness.input_mut().dropped_files.push(file);
        self.harness.run_steps(3);
    }
}
