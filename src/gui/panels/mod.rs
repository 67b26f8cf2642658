//! The panels of a run: each draws a part of the same state at the same event index.

mod architecture;
mod board;
mod controller;
mod curves;
mod log;
mod samples;
mod saving;

use std::path::Path;

use eframe::egui;

use super::layout::Panel;
use super::pictures::Pictures;
use super::settings::Settings;
use super::state::RunState;
use crate::arch::Genotype;
use crate::search::Candidate;
pub use saving::Saving;

/// What a panel asks of the window.
pub enum PanelRequest {
    /// Set up a training of an architecture by itself.
    Train(Genotype),
    /// Write something to a file.
    Save(Saving),
}

/// What the user looks at, in all panels alike, and each panel's own.
#[derive(Default)]
pub struct View {
    /// The event index that is shown; none to follow the run live.
    pub event_index: Option<u32>,
    /// The selected candidate, by its number on the board.
    pub selected: Option<usize>,
    /// The one it is compared with.
    pub compared: Option<usize>,
    /// What a panel asks of the window.
    pub request: Option<PanelRequest>,
    samples: samples::View,
    curves: curves::View,
    board: board::View,
    log: log::View,
    architecture: architecture::View,
}

/// What a panel draws from, and what it may change.
pub struct Context<'a> {
    /// The run.
    pub state: &'a RunState,
    /// Its folder.
    pub dir: &'a Path,
    /// The event index that is shown.
    pub event_index: u32,
    /// What the user looks at.
    pub view: &'a mut View,
    /// Pictures that were read.
    pub pictures: &'a mut Pictures,
    /// What is remembered.
    pub settings: &'a mut Settings,
}

impl Context<'_> {
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
pub fn show(ui: &mut egui::Ui, panel: Panel, context: &mut Context<'_>) {
    match panel {
        Panel::Samples => samples::show(ui, context),
        Panel::Architecture => architecture::show(ui, context),
        Panel::Controller => controller::show(ui, context),
        Panel::Board => board::show(ui, context),
        Panel::Curves => curves::show(ui, context),
        Panel::Log => log::show(ui, context),
    }
}

/// What an empty panel says: what will be there, and when.
fn empty(ui: &mut egui::Ui, text: &str) {
    ui.centered_and_justified(|ui| ui.label(egui::RichText::new(text).weak()));
}
