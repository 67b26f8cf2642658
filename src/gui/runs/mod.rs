//! All runs: what came of each, and what can be done with it.

mod cache;
mod delete;
mod run_cards;
mod running;
mod status;
mod table;
mod thumbnails;

pub use delete::{Moved, Trash, native};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eframe::egui::{self, RichText};

use super::background::reader::BackgroundReader;
use super::commands::{Action, button, entry, slot, with_icon};
use super::session::Wake;
use super::state::capital;
use super::theme::{GAP, Palette, primary_button};
use crate::run::RunStatus;
use cache::{RunEntry, RunsCache};
use delete::Delete;
use running::RunningRuns;
use table::SortOrder;
use thumbnails::Thumbnails;

/// Time between two looks into the folder of runs, while they are shown.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A request to do something with runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunsRequest {
    /// Show one; if somebody works on it, it is only looked at.
    Open(PathBuf),
    /// Go on with one.
    Resume(PathBuf),
    /// Lay some side by side.
    Compare(Vec<PathBuf>),
    /// Show the folder of one in the file manager.
    Reveal(PathBuf),
}

/// The actions of the buttons on the runs that are selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Open,
    Resume,
    Compare,
    Reveal,
    Delete,
}

const DEEDS: [(Deed, &str, &str); 5] = [
    (
        Deed::Open,
        "Open",
        "Shows the run; one that another program works on is followed, and yours go on meanwhile",
    ),
    (Deed::Resume, "Resume", "Goes on with the run from its last checkpoint"),
    (Deed::Compare, "Compare", "Curves over each other, settings that differ, scores, architectures"),
    (Deed::Reveal, "Show the folder", "Opens the folder with all the run's files"),
    (Deed::Delete, "Delete…", "Moves the run folders to the trash, after you have confirmed it"),
];

/// The screen.
pub struct RunsScreen {
    root: PathBuf,
    reader: BackgroundReader<RunsCache>,
    cache: Option<Arc<RunsCache>>,
    /// The runs that go on; held only while they are read.
    running: Arc<Mutex<RunningRuns>>,
    thumbnails: Thumbnails,
    delete: Delete,
    selected: BTreeSet<PathBuf>,
    filter: String,
    order: SortOrder,
}

impl RunsScreen {
    /// The runs in `root`, of which nothing is read yet.
    pub fn new(ctx: &egui::Context, root: PathBuf, trash: Trash, wake: Wake) -> Self {
        Self {
            root,
            reader: BackgroundReader::new(wake.clone()),
            cache: None,
            running: Arc::default(),
            thumbnails: Thumbnails::new(ctx),
            delete: Delete::new(trash, wake),
            selected: BTreeSet::new(),
            filter: String::new(),
            order: SortOrder::default(),
        }
    }

    /// The results for runs that were to be moved to the trash.
    pub fn moved(&mut self) -> Vec<Moved> {
        let moved = self.delete.moved();
        if !moved.is_empty() {
            self.reader.again();
        }
        moved
    }

    /// The runs to compare, if some are selected that can be.
    pub fn to_compare(&self) -> Option<Vec<PathBuf>> {
        let chosen = self.chosen();
        let dirs = chosen.iter().map(|entry| entry.dir().to_owned()).collect();
        blocking_reason(Deed::Compare, &chosen).is_none().then_some(dirs)
    }

    /// The selected runs that are seen, in the order of the list: nothing is done with one that "Find" hides, or
    /// that went away meanwhile.
    fn chosen(&self) -> Vec<&RunEntry> {
        let entries = self.cache.iter().flat_map(|cache| &cache.entries);
        let is_chosen =
            |entry: &&RunEntry| self.selected.contains(entry.dir()) && entry.answers(&self.filter);
        let mut chosen: Vec<&RunEntry> = entries.filter(is_chosen).collect();
        table::sort(&mut chosen, &self.order);
        chosen
    }

    /// Reads the folder anew if it is time, and those of the `visited` runs that lie elsewhere.
    fn read(&mut self, ctx: &egui::Context, visited: &[PathBuf]) {
        let (root, visited, running) = (self.root.clone(), visited.to_vec(), self.running.clone());
        let read = || {
            move || {
                let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                RunsCache::read(&root, &visited, &mut running)
            }
        };
        let cache = self.reader.get(LOOK_EVERY, read);
        let same = cache.as_ref().map(Arc::as_ptr) == self.cache.as_ref().map(Arc::as_ptr);
        if let Some(cache) = cache.filter(|_| !same) {
            let there = |dir: &Path| cache.entries.iter().any(|entry| entry.dir() == dir);
            self.selected.retain(|dir| there(dir));
            self.thumbnails
                .retain(&cache.entries.iter().filter_map(|entry| entry.picture.as_deref()).collect());
            self.cache = Some(cache);
        }
        ctx.request_repaint_after(LOOK_EVERY);
    }

    /// Whether there are runs, for the welcome screen; none before that is known. Reads them anew if it is time.
    pub fn are_there(&mut self, ctx: &egui::Context, visited: &[PathBuf]) -> Option<bool> {
        self.read(ctx, visited);
        self.cache.as_ref().map(|cache| !cache.entries.is_empty())
    }

    /// Draws the runs that go on, also those that other windows and programs began, and the latest others as cards.
    /// Returns one that was chosen.
    pub fn cards(&mut self, ui: &mut egui::Ui) -> Option<PathBuf> {
        let cache = self.cache.as_ref()?;
        if let Some(problem) = &cache.problem {
            ui.label(RichText::new(problem).color(Palette::of(ui).bad));
        }
        run_cards::show(ui, &cache.entries, &mut self.thumbnails)
    }

    /// Draws the screen. Returns what shall be done.
    pub fn show(
        &mut self,
        ui: &mut egui::Ui,
        visited: &[PathBuf],
        actions: &mut Vec<Action>,
    ) -> Option<RunsRequest> {
        self.read(ui.ctx(), visited);
        let ctx = ui.ctx().clone();
        let request = egui::CentralPanel::default().show(ui, |ui| self.content(ui, actions)).inner;
        self.delete.show(&ctx);
        request
    }

    fn content(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) -> Option<RunsRequest> {
        let Some(cache) = self.cache.clone() else {
            ui.centered_and_justified(|ui| ui.label(RichText::new("Reading the runs…").weak()));
            return None;
        };
        if let Some(problem) = &cache.problem {
            ui.label(RichText::new(problem).color(Palette::of(ui).bad));
        }
        if cache.entries.is_empty() {
            self.empty(ui, actions);
            return None;
        }
        let wanted: Vec<&RunEntry> =
            cache.entries.iter().filter(|entry| entry.answers(&self.filter)).collect();
        let deed = ui
            .horizontal_wrapped(|ui| {
                ui.heading("Runs");
                ui.add_space(GAP);
                let label = ui.label("Find");
                let hint = "name, state, date, device or winner";
                let field = egui::TextEdit::singleline(&mut self.filter).hint_text(hint).desired_width(220.0);
                ui.add(field).labelled_by(label.id);
                let (all, shown) = (cache.entries.len(), wanted.len());
                let count = match (all, shown) {
                    (1, 1) => "1 run".to_owned(),
                    _ if all == shown => format!("{all} runs"),
                    _ => format!("{shown} of {all} runs"),
                };
                ui.label(RichText::new(count).weak())
                    .on_hover_text(format!("In {}, and others that you opened", self.root.display()));
                ui.separator();
                self.buttons(ui)
            })
            .inner;
        self.explain(ui);
        ui.add_space(4.0);
        if wanted.is_empty() {
            ui.centered_and_justified(|ui| {
                ui.label(RichText::new("No run matches what is typed under “Find”").weak())
            });
            return None;
        }
        let opened = table::show(ui, wanted, &mut self.order, &mut self.selected, &mut self.thumbnails);
        opened.map(RunsRequest::Open).or_else(|| self.done(deed?))
    }

    /// Draws the buttons for the runs that are selected. Returns the one that was clicked.
    fn buttons(&self, ui: &mut egui::Ui) -> Option<Deed> {
        let chosen = self.chosen();
        let mut clicked = None;
        for (deed, name, hint) in DEEDS {
            let blocking_reason = blocking_reason(deed, &chosen);
            let button =
                ui.add_enabled(blocking_reason.is_none(), egui::Button::new(name)).on_hover_text(hint);
            let button = button.on_disabled_hover_text(capital(&blocking_reason.unwrap_or_default()));
            if button.clicked() {
                clicked = Some(deed);
            }
        }
        clicked
    }

    /// Says how many runs are selected, and why what cannot be done with them cannot.
    fn explain(&self, ui: &mut egui::Ui) {
        let chosen = self.chosen();
        let selected = match (chosen.len(), self.selected.len() - chosen.len()) {
            (0, 0) => return drop(ui.label(RichText::new("No run is selected").weak())),
            (seen, 0) => format!("{seen} selected"),
            (seen, hidden) => format!("{seen} selected, and {hidden} more that “Find” hides: left out"),
        };
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(selected).strong());
            for (reason, names) in blocked(&chosen) {
                ui.label(RichText::new(format!("· {}: {reason}", names.join(", "))).weak());
            }
        });
    }

    fn done(&mut self, deed: Deed) -> Option<RunsRequest> {
        let dirs: Vec<PathBuf> = self.chosen().into_iter().map(|entry| entry.dir().to_owned()).collect();
        let first = dirs.first()?.clone();
        match deed {
            Deed::Open => Some(RunsRequest::Open(first)),
            Deed::Resume => Some(RunsRequest::Resume(first)),
            Deed::Compare => Some(RunsRequest::Compare(dirs)),
            Deed::Reveal => Some(RunsRequest::Reveal(first)),
            Deed::Delete => {
                self.delete.confirm(dirs);
                None
            }
        }
    }

    fn empty(&self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        ui.vertical_centered(|ui| {
            ui.add_space((ui.available_height() * 0.3).min(200.0));
            ui.heading("No runs yet");
            ui.label(RichText::new(format!("Runs will be in {}", self.root.display())).weak());
            ui.add_space(GAP);
            let demo = RichText::new(with_icon(Action::Demo, &entry(Action::Demo).name));
            slot(ui, Action::Demo, primary_button(demo), None, actions);
            for action in [Action::Setup, Action::OpenRun] {
                button(ui, action, &entry(action).name, true, actions);
            }
        });
    }
}

/// The reasons why actions are not possible for these runs, each with the names of those actions.
fn blocked(chosen: &[&RunEntry]) -> Vec<(String, Vec<&'static str>)> {
    let mut reasons: Vec<(String, Vec<&'static str>)> = Vec::new();
    for (deed, name, _) in DEEDS {
        let Some(reason) = blocking_reason(deed, chosen) else { continue };
        let name = name.trim_end_matches('…');
        match reasons.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, names)) => names.push(name),
            None => reasons.push((reason, vec![name])),
        }
    }
    reasons
}

/// The reason why an action is not possible for these runs; none if it is.
fn blocking_reason(deed: Deed, chosen: &[&RunEntry]) -> Option<String> {
    let with_status = |wanted| chosen.iter().find(move |entry| entry.run.status() == wanted);
    let needs = |text: &str| Some(text.to_owned());
    match (deed, chosen) {
        (_, []) => needs("select runs in the list first"),
        (Deed::Delete, _) => with_status(RunStatus::Running)
            .map(|entry| format!("{} is running; stop it first", entry.run.name)),
        (Deed::Compare, [_]) => needs("select two or more runs"),
        (Deed::Compare, _) => {
            with_status(RunStatus::Damaged).map(|entry| format!("{} is damaged", entry.run.name))
        }
        (_, [_, _, ..]) => needs("select a single run"),
        (Deed::Reveal, _) => None,
        (Deed::Open, [entry]) => entry.run.problem.clone(),
        (Deed::Resume, [entry]) => match entry.run.status() {
            RunStatus::Stopped => None,
            RunStatus::Running => needs("it is running already; open it to follow it"),
            RunStatus::Finished => needs("it is finished"),
            RunStatus::Damaged => entry.run.problem.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunSummary;

    fn entry(name: &str, running: bool, finished: bool, problem: Option<&str>) -> RunEntry {
        let run = RunSummary {
            dir: name.into(),
            name: name.to_owned(),
            started: None,
            format: Some(1),
            adapter: None,
            step: None,
            summary: finished.then(|| serde_json::json!({})),
            running,
            problem: problem.map(str::to_owned),
        };
        RunEntry {
            run,
            winner: None,
            running: None,
            picture: None,
            begun: String::new(),
            elsewhere: false,
            visited: None,
        }
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let [stopped, running] = [entry("a", false, false, None), entry("b", true, false, None)];
        let [finished, damaged] =
            [entry("c", false, true, None), entry("d", false, false, Some("no config"))];
        let can = |deed, chosen: &[&RunEntry]| blocking_reason(deed, chosen).is_none();
        for (deed, _, _) in DEEDS {
            assert!(!can(deed, &[]));
        }
        assert!(can(Deed::Compare, &[&stopped, &running]) && !can(Deed::Compare, &[&stopped]));
        assert!(can(Deed::Resume, &[&stopped]) && !can(Deed::Resume, &[&stopped, &finished]));
        assert!(!can(Deed::Resume, &[&running]) && !can(Deed::Resume, &[&finished]));
        assert!(can(Deed::Open, &[&running]) && can(Deed::Reveal, &[&damaged]));
        assert_eq!(blocking_reason(Deed::Open, &[&damaged]).as_deref(), Some("no config"));
        assert!(can(Deed::Delete, &[&stopped, &finished, &damaged]));
        let why = blocking_reason(Deed::Delete, &[&stopped, &running]).unwrap_or_default();
        assert!(why.starts_with("b is running"), "{why}");
        assert!(!can(Deed::Compare, &[&stopped, &damaged]));
    }
}
