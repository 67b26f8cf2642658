//! A window and its worker, killed without warning: what was saved goes on as if nothing had happened.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use autogan::run::RunView;

use crate::small::small_config;
use crate::window::{PATIENCE, Window};

/// Makes this very test binary a window that begins a run in this folder and never ends.
const FOLDER: &str = "AUTOGAN_TEST_WINDOW";

/// Not a test but the window of the others, when they start it as a process of its own.
#[test]
fn window_process() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut window = Window::at(Path::new(&folder));
    let mut config = small_config();
    config.apply("winner.steps=100000").unwrap();
    window.search(config);
    window.until("for ever", |_| false);
}

struct Victims {
    window: Child,
    worker: u32,
    folder: tempfile::TempDir,
    run: PathBuf,
}

impl Victims {
    /// A window whose run has saved something since its beginning.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (_crate, module) = module_path!().split_once("::").unwrap();
        let window = Command::new(std::env::current_exe().unwrap())
            .args([&format!("{module}::window_process"), "--exact"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let run = wait("a run", || {
            let mut runs = fs::read_dir(folder.path().join("runs")).ok()?;
            Some(runs.next()?.ok()?.path())
        });
        wait("a second checkpoint", || {
            let steps = RunView::open(&run).ok()?.checkpoint_steps().ok()?;
            steps.first().filter(|&&newest| newest > 0).copied()
        });
        let threads = fs::read_dir(format!("/proc/{}/task", window.id())).unwrap();
        let children =
            threads.filter_map(|thread| fs::read_to_string(thread.unwrap().path().join("children")).ok());
        let children: String = children.collect();
        let is_worker = |pid: &&str| {
            fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains("worker"))
        };
        let worker =
            children.split_whitespace().find(is_worker).expect("the window has a worker").parse().unwrap();
        Self { window, worker, folder, run }
    }

    fn kill_window(&mut self) {
        // SIGKILL, on this system.
        self.window.kill().unwrap();
        self.window.wait().unwrap();
    }

    fn kill_worker(&self) {
        let killed = Command::new("kill").args(["-9", &self.worker.to_string()]).status().unwrap();
        assert!(killed.success());
    }

    /// The events that are whole.
    fn events(&self) -> String {
        let text = fs::read_to_string(self.run.join("events.jsonl")).unwrap();
        text[..text.rfind('\n').map_or(0, |end| end + 1)].to_owned()
    }

    /// Another window finds the run, resumes it, and tells the same story and more.
    fn goes_on(self) {
        wait("nobody works on it", || (!RunView::open(&self.run).ok()?.is_running()).then_some(()));
        let (before, saved) = (self.events(), RunView::open(&self.run).unwrap().checkpoint_steps().unwrap());
        let mut window = Window::at(self.folder.path());
        let name = self.run.file_name().unwrap().to_str().unwrap().to_owned();
        window.click_card(&name);
        window.until_usable("Resume");
        window.click("Resume");
        window.until("it goes on", |_| self.events().len() > before.len());
        window.click("Stop");
        window.until_label("Stopped");
        // On the CPU what is done again comes out alike, so even what was told after the checkpoint stands.
        let after = self.events();
        assert!(after.starts_with(&before), "the story differs:\n{before}\n---\n{after}");
        assert!(RunView::open(&self.run).unwrap().checkpoint_steps().unwrap()[0] >= saved[0]);
    }
}

fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_window_takes_its_worker_along_with_a_checkpoint() {
    let mut victims = Victims::new();
    victims.kill_window();
    victims.goes_on();
}

#[test]
fn a_killed_worker_loses_nothing_before_its_checkpoint() {
    let mut victims = Victims::new();
    victims.kill_worker();
    wait("it is dead", || (!RunView::open(&victims.run).ok()?.is_running()).then_some(()));
    victims.kill_window();
    victims.goes_on();
}

#[test]
fn window_and_worker_killed_at_once_lose_nothing_before_the_checkpoint() {
    let mut victims = Victims::new();
    victims.kill_worker();
    victims.kill_window();
    victims.goes_on();
}
