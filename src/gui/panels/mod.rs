//! The panels of a run: each draws a part of the same state at the same event index.
//!
//! A panel is a file with a [`PanelKind`], and a line in [`KINDS`].

mod architecture;
mod board;
mod controller;
mod curves;
mod log;
mod samples;
mod saving;

use std::path::Path;

use eframe::egui;
use serde::{Deserialize, Serialize};

use super::background::pictures::PictureLoader;
use super::plot::CurveStyle;
use super::state::RunState;
use crate::arch::Genotype;
use crate::search::Candidate;
pub use saving::Saving;

/// All kinds of panels, in the order of the commands that open them.
static KINDS: [PanelKind; 6] =
    [samples::KIND, architecture::KIND, controller::KIND, board::KIND, curves::KIND, log::KIND];

/// A kind of panel.
pub struct PanelKind {
    /// Its name in the window's settings.
    key: &'static str,
    /// Its title.
    title: &'static str,
    /// Its place in a new layout.
    place: PanelPlace,
    /// Makes a panel of this kind for a run.
    make: fn() -> Box<dyn Panel>,
}

/// The places of a new layout. Panels of one place are tabs of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelPlace {
    /// Above, at the left.
    AboveLeft,
    /// Above, at the right.
    AboveRight,
    /// Below, at the left.
    BelowLeft,
    /// Below, in the middle.
    BelowMiddle,
    /// Below, at the right.
    BelowRight,
}

/// A panel of a run, which keeps its own state, such as what a table is sorted by.
trait Panel {
    /// Draws it.
    fn show(&mut self, ui: &mut egui::Ui, context: &mut PanelContext<'_>);
}

/// A kind of panel by its index in the list of all. It is stored by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub struct PanelId(usize);

impl PanelId {
    /// All panels.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..KINDS.len()).map(Self)
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        KINDS[self.0].title
    }

    /// Its place in a new layout.
    pub fn place(self) -> PanelPlace {
        KINDS[self.0].place
    }
}

impl From<PanelId> for &'static str {
    fn from(panel: PanelId) -> Self {
        KINDS[panel.0].key
    }
}

impl TryFrom<String> for PanelId {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let found = KINDS.iter().position(|kind| kind.key == key);
        found.map(Self).ok_or_else(|| format!("there is no panel {key:?}"))
    }
}

/// A request of a panel to the window.
pub enum PanelRequest {
    /// Set up a training of an architecture by itself.
    Train(Genotype),
    /// Set up the run's search with random proposals.
    RandomSearch,
    /// Write something to a file.
    Save(Saving),
}

/// The part of a run that the user looks at, for all panels alike, and the panels.
pub struct View {
    /// The event index that is shown; none to follow the run live.
    pub event_index: Option<u32>,
    /// The selected candidate, by its number on the board.
    pub selected: Option<usize>,
    /// The one it is compared with.
    pub compared: Option<usize>,
    /// Whether the end of the run is shown in place of its panels.
    pub finish: bool,
    /// A panel's request to the window.
    pub request: Option<PanelRequest>,
    /// One for each kind; none while it is drawn.
    panels: Vec<Option<Box<dyn Panel>>>,
}

impl Default for View {
    fn default() -> Self {
        let panels = KINDS.iter().map(|kind| Some((kind.make)())).collect();
        Self { event_index: None, selected: None, compared: None, finish: false, request: None, panels }
    }
}

impl View {
    /// Selects a candidate, or no longer where it is selected already; compares it with the selected one where that is
    /// asked for.
    fn select(&mut self, candidate: usize, compare: bool) {
        match (compare, self.selected) {
            (true, Some(selected)) if selected != candidate => self.compared = Some(candidate),
            _ => {
                self.selected = (self.selected != Some(candidate)).then_some(candidate);
                self.compared = None;
            }
        }
    }
}

/// Everything that a panel draws from and may change.
pub struct PanelContext<'a> {
    /// The run.
    pub state: &'a RunState,
    /// Its folder.
    pub dir: &'a Path,
    /// The event index that is shown.
    pub event_index: u32,
    /// The part of the run that the user looks at.
    pub view: &'a mut View,
    /// Pictures that were read.
    pub pictures: &'a mut PictureLoader,
    /// The style of curves.
    pub style: &'a mut CurveStyle,
}

impl PanelContext<'_> {
    /// Whether the run is followed live.
    fn is_live(&self) -> bool {
        self.view.event_index.is_none()
    }

    /// The candidate with this number, if it was there at the event index that is shown.
    fn candidate(&self, id: usize) -> Option<&Candidate> {
        let board = self.state.board_at(self.event_index);
        // The board is in order of its numbers.
        board.get(id).map(|(_, candidate)| candidate)
    }

    /// The candidate that is selected, else the best so far.
    fn shown(&self) -> Option<&Candidate> {
        let selected = self.view.selected.and_then(|id| self.candidate(id));
        selected.or_else(|| self.state.best_at(self.event_index))
    }
}

/// Draws a panel.
pub fn show(ui: &mut egui::Ui, panel: PanelId, context: &mut PanelContext<'_>) {
    // Taken out meanwhile, since it may change the rest of the view.
    if let Some(mut drawn) = context.view.panels[panel.0].take() {
        drawn.show(ui, context);
        context.view.panels[panel.0] = Some(drawn);
    }
}

/// Says that a panel is empty: what will be there, and when.
fn empty(ui: &mut egui::Ui, text: &str) {
    // In the middle, without wide gaps between the words where they need a second line.
    let layout = egui::Layout::top_down(egui::Align::Center).with_main_justify(true);
    let layout = layout.with_main_align(egui::Align::Center);
    ui.with_layout(layout, |ui| ui.label(egui::RichText::new(text).weak()));
}
