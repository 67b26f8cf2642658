//! Which weights of its run the Create screen shows, and whether the run has newer ones by now.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use eframe::egui::{self, RichText};

use crate::arch::words::thousands;
use crate::engine::{LogEvent, WEIGHTS};
use crate::export::sha256;
use crate::gui::background::reader::BackgroundReader;
use crate::gui::run_screen::duration;
use crate::gui::session::Wake;
use crate::gui::theme::Palette;
use crate::input::read_weights;
use crate::ipc::Follower;
use crate::search::{GeneratorStep, SearchEvent};

/// Time between two looks at a run that goes on, and at one that stands, which somebody may go on with.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_AT_REST_EVERY: Duration = Duration::from_secs(10);

/// The weights that a run has now.
#[derive(Clone, Debug, PartialEq)]
struct RunWeights {
    /// SHA-256 of their file, in hexadecimal digits.
    sha256: String,
    /// When the file was written.
    written: SystemTime,
    /// The step of the last training that they are of; none for those of a finalist.
    step: Option<GeneratorStep>,
    /// Whether somebody works on the run.
    running: bool,
}

impl RunWeights {
    /// Of which step they are, and how old while the run goes on: `of step 1,200, 3 min ago`.
    fn words(&self, running: bool) -> String {
        let of = of_step(self.step);
        if running { format!("{of}, {}", ago(self.written)) } else { of }
    }
}

/// Whose weights they are: `of step 1,200`.
pub fn of_step(step: Option<GeneratorStep>) -> String {
    step.map_or_else(
        || "of the best finalist so far".to_owned(),
        |step| format!("of step {}", thousands(step.0)),
    )
}

/// How long ago something was: `3 min ago`.
pub fn ago(time: SystemTime) -> String {
    // A clock that was set back makes nothing older.
    let elapsed = time.elapsed().unwrap_or_default();
    format!("{} ago", duration(elapsed.as_secs_f64()))
}

/// Looks into one run folder, and reads only what changed.
struct Finder {
    follower: Follower,
    path: PathBuf,
    step: Option<GeneratorStep>,
    /// The file as it was read last: when it was written, and its SHA-256.
    read: Option<(SystemTime, String)>,
}

impl Finder {
    fn new(dir: &Path) -> Option<Self> {
        let follower = Follower::new(dir).ok()?;
        Some(Self { follower, path: dir.join(WEIGHTS), step: None, read: None })
    }

    fn find(&mut self) -> Option<RunWeights> {
        let running = loop {
            let update = self.follower.poll();
            if update.anew {
                self.step = None;
            }
            let is_whole = update.events.is_empty();
            for event in update.events {
                if let LogEvent::Search(SearchEvent::Evaluated { training, step, best: true, .. }) = event
                    && training.is_last()
                {
                    self.step = Some(step);
                }
            }
            if is_whole {
                break update.running;
            }
        };
        let written = std::fs::metadata(&self.path).and_then(|found| found.modified()).ok()?;
        if self.read.as_ref().is_none_or(|(before, _)| *before != written) {
            self.read = Some((written, sha256(&read_weights(&self.path).ok()?)));
        }
        let (written, sha256) = self.read.clone()?;
        Some(RunWeights { sha256, written, step: self.step, running })
    }
}

/// The weights that are shown and the newest ones of the run.
pub struct WeightsView {
    reader: BackgroundReader<Option<RunWeights>>,
    finder: Arc<Mutex<Option<Finder>>>,
    newest: Option<RunWeights>,
    shown: Option<RunWeights>,
}

impl WeightsView {
    /// Nothing is known yet; `wake` is called when something is.
    pub fn new(wake: Wake) -> Self {
        Self { reader: BackgroundReader::new(wake), finder: Arc::default(), newest: None, shown: None }
    }

    /// Looks at the run in `dir` again if it is time. `loaded` is the SHA-256 of the weights that are shown.
    pub fn look(&mut self, ctx: &egui::Context, dir: &Path, loaded: &str) {
        let every = if self.is_running() { LOOK_EVERY } else { LOOK_AT_REST_EVERY };
        ctx.request_repaint_after(every);
        let (finder, dir) = (self.finder.clone(), dir.to_owned());
        let find = || {
            move || {
                let mut finder = finder.lock().unwrap_or_else(PoisonError::into_inner);
                if finder.is_none() {
                    *finder = Finder::new(&dir);
                }
                finder.as_mut().and_then(Finder::find)
            }
        };
        self.newest = self.reader.get(every, find).and_then(|found| (*found).clone());
        match &self.newest {
            Some(newest) if newest.sha256 == loaded => self.shown = Some(newest.clone()),
            _ if self.shown.as_ref().is_some_and(|shown| shown.sha256 != loaded) => self.shown = None,
            _ => {}
        }
    }

    fn is_running(&self) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.running)
    }

    /// The newest weights of the run, where they are not those that are shown.
    fn newer(&self, loaded: &str) -> Option<&RunWeights> {
        self.newest.as_ref().filter(|newest| newest.sha256 != loaded)
    }

    /// What is said of images that are made now: with which weights, where the run has others or will have.
    pub fn note(&self, loaded: &str) -> Option<String> {
        let newer = self.newer(loaded).is_some();
        if !newer && !self.is_running() {
            return None;
        }
        let shown = self.shown.as_ref();
        let words = shown.map_or_else(|| "of an earlier step".to_owned(), |shown| shown.words(true));
        let rest = if newer { "; the run has newer ones" } else { "; the run goes on" };
        Some(format!("made with the weights {words}{rest}"))
    }

    /// Draws which weights are shown. Returns whether the newest are wanted.
    pub fn show(&self, ui: &mut egui::Ui, loaded: &str) -> bool {
        let running = self.is_running();
        let newer = self.newer(loaded);
        match &self.shown {
            Some(shown) => {
                let words = shown.words(running || newer.is_some());
                ui.label(RichText::new(format!("Weights {words}")).weak());
            }
            None if newer.is_some() => drop(ui.label(RichText::new("Weights of an earlier step").weak())),
            None => {}
        }
        match newer {
            None if running => {
                let text = "The run goes on; newer weights will be offered here";
                ui.label(RichText::new(text).weak());
                false
            }
            None => false,
            Some(newest) => {
                let text = format!("The run has newer weights: {}", newest.words(true));
                ui.label(RichText::new(text).color(Palette::of(ui).warning));
                let hint = "Loads them; the seeds, the picked images and all other choices stay";
                ui.button("Take the newest weights").on_hover_text(hint).clicked()
            }
        }
    }
}
