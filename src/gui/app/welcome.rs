//! The first screen: runs that go on, ways to begin, and recent runs.

use std::path::{Path, PathBuf};

use eframe::egui::{self, RichText, Vec2};

use crate::gui::commands::{Action, entry};
use crate::gui::runs::{RunEntry, RunningNow};
use crate::gui::theme::{GAP, Palette};
use crate::run::run_name;

/// Draws the screen, with the runs that are `running` now. Returns a run that was chosen.
pub fn show(
    ui: &mut egui::Ui,
    running: &[RunEntry],
    recent: &[PathBuf],
    actions: &mut Vec<Action>,
) -> Option<PathBuf> {
    let mut chosen = None;
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.set_max_width(560.0);
            ui.add_space((ui.ctx().content_rect().height() * 0.12).min(120.0));
            ui.label(RichText::new("AutoGAN").size(34.0).strong());
            ui.label(RichText::new("Searches, trains and shows generative adversarial networks").weak());
            ui.add_space(2.0 * GAP);
            let palette = Palette::of(ui);
            chosen = going_on(ui, running);
            let demo = entry(Action::Demo);
            let text = RichText::new("▶  Start the demo").size(18.0).color(egui::Color32::WHITE);
            let fill = Palette::new(false).generator;
            let button = egui::Button::new(text).fill(fill).min_size(Vec2::new(280.0, 48.0));
            let response = ui.add(button).on_hover_text(demo.hint(ui.ctx()));
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &demo.name));
            if response.clicked() {
                actions.push(Action::Demo);
            }
            ui.label(RichText::new("A small search on the built-in toys, in minutes, on any machine").weak());
            ui.add_space(GAP);
            for action in [Action::Setup, Action::Runs, Action::OpenRun, Action::Lessons] {
                let entry = entry(action);
                let button = egui::Button::new(&entry.name).min_size(Vec2::new(280.0, 34.0));
                if ui.add(button).on_hover_text(entry.hint(ui.ctx())).clicked() {
                    actions.push(action);
                }
            }
            ui.label(RichText::new("or drop pictures, a run folder or a file of settings here").weak());
            ui.add_space(2.0 * GAP);
            if !recent.is_empty() {
                ui.label(RichText::new("Recent runs").strong().color(palette.generator));
                let is_above = |dir: &PathBuf| running.iter().any(|entry| is_same(entry.dir(), dir));
                for dir in recent.iter().filter(|dir| !is_above(dir)) {
                    let name = run_name(dir);
                    let button = egui::Button::new(&name).frame(false);
                    if ui.add(button).on_hover_text(dir.display().to_string()).clicked() {
                        chosen = Some(dir.clone());
                    }
                }
            }
        });
    });
    chosen
}

/// Draws the runs that go on, with how far they are. Returns one that was chosen.
fn going_on(ui: &mut egui::Ui, running: &[RunEntry]) -> Option<PathBuf> {
    if running.is_empty() {
        return None;
    }
    let palette = Palette::of(ui);
    let mut chosen = None;
    ui.label(RichText::new("Running now").strong().color(palette.good));
    for entry in running {
        let button =
            egui::Button::new(RichText::new(&entry.run.name).strong()).min_size(Vec2::new(280.0, 34.0));
        let button =
            ui.add(button).on_hover_text(format!("Shows the run as it goes on: {}", entry.dir().display()));
        if button.clicked() {
            chosen = Some(entry.dir().to_owned());
        }
        let now = entry.running.as_ref();
        let phase =
            now.and_then(|now| now.phase.clone()).filter(|_| now.is_some_and(|now| now.preparing.is_none()));
        let words: Vec<String> = now
            .map(RunningNow::progress)
            .filter(|words| !words.is_empty())
            .into_iter()
            .chain(phase)
            .collect();
        if !words.is_empty() {
            ui.label(RichText::new(words.join(" · ")).weak());
        }
    }
    ui.add_space(GAP);
    chosen
}

/// Whether two paths lead to the same folder.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other || other.canonicalize().is_ok_and(|other| one == other)
}
