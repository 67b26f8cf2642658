//! The first screen: ways to begin, the runs that go on, and recent ones.

use std::path::PathBuf;

use eframe::egui::{self, Align, Layout, RichText, Vec2};

use crate::gui::commands::{Action, entry, slot, with_icon};
use crate::gui::runs::RunsScreen;
use crate::gui::theme::{GAP, primary_button};
use crate::gui::widgets::focus;

/// Other ways to begin than the demo, each with what it is for.
const WAYS: [(Action, &str); 5] = [
    (Action::Example, "A search that was recorded: look around without waiting"),
    (Action::Setup, "Your own pictures or a public data set, with all that can be set"),
    (Action::Runs, "What this machine searched and trained before"),
    (Action::OpenRun, "A run folder that lies elsewhere, finished or under way"),
    (Action::Lessons, "A run with steps that explain what it does, for one hour of a class"),
];
/// Width of the ways to begin, and the least size of their buttons, in points.
const WIDTH: f32 = 760.0;
const DEMO: Vec2 = Vec2::new(280.0, 44.0);
const WAY: Vec2 = Vec2::new(0.0, 34.0);

/// Draws the screen; `visited` are the runs that were looked at, the latest first. Returns a run that was chosen.
pub fn show(
    ui: &mut egui::Ui,
    runs: &mut RunsScreen,
    visited: &[PathBuf],
    actions: &mut Vec<Action>,
) -> Option<PathBuf> {
    // Until it is known, it is taken to be as it was.
    let are_there = runs.are_there(ui.ctx(), visited).unwrap_or(!visited.is_empty());
    let area = egui::ScrollArea::vertical().auto_shrink(false);
    let shown = area.show(ui, |ui| {
        ways(ui, !are_there, actions);
        let chosen = are_there.then(|| runs.cards(ui)).flatten();
        about_the_window(ui, actions);
        focus::keep_in_sight(ui);
        chosen
    });
    shown.inner
}

/// The ways to begin; `explained` where nothing was begun yet. Nothing that can be pressed depends on that for its
/// place, since runs are found while one presses.
fn ways(ui: &mut egui::Ui, explained: bool, actions: &mut Vec<Action>) {
    ui.vertical_centered(|ui| {
        ui.set_max_width(WIDTH);
        ui.add_space((ui.ctx().content_rect().height() * 0.03).min(40.0));
        ui.label(RichText::new("AutoGAN").size(30.0).strong());
        ui.label(RichText::new("Searches, trains and shows generative adversarial networks").weak());
        ui.add_space(GAP);
        let text = RichText::new(with_icon(Action::Demo, &entry(Action::Demo).name)).size(18.0);
        slot(ui, Action::Demo, primary_button(text).min_size(DEMO), None, actions);
        ui.add_space(GAP);
        ui.columns_const(|columns: &mut [egui::Ui; WAYS.len()]| {
            for (ui, (action, about)) in columns.iter_mut().zip(WAYS) {
                ui.with_layout(Layout::top_down_justified(Align::Center), |ui| {
                    let button = egui::Button::new(with_icon(action, &entry(action).name));
                    slot(ui, action, button.min_size(WAY), None, actions);
                    if explained {
                        ui.vertical_centered(|ui| ui.label(RichText::new(about).weak()));
                    }
                });
            }
        });
        if explained {
            ui.add_space(GAP);
            ui.label("The demo is a small search on the built-in toys: it takes minutes, on any machine");
            ui.label("Your runs will be here, with their newest pictures");
        }
        ui.label(
            RichText::new("Pictures, a run folder or a file of settings can be dropped here, too").weak(),
        );
    });
    ui.add_space(GAP);
}

/// What is not needed to begin, small, at the end.
fn about_the_window(ui: &mut egui::Ui, actions: &mut Vec<Action>) {
    ui.add_space(GAP);
    ui.vertical_centered(|ui| {
        for action in [Action::Shortcuts, Action::About] {
            let text = RichText::new(with_icon(action, &entry(action).name)).weak();
            slot(ui, action, egui::Button::new(text).frame_when_inactive(false), None, actions);
        }
    });
}
