//! The bar at the top of the window.

use eframe::egui::{self, RichText};

use super::{App, Screen};
use crate::gui::commands::{Action, button};
use crate::gui::run_screen;
use crate::gui::theme::Palette;

impl App {
    pub(super) fn top_bar(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        egui::Panel::top("top bar").show(ui, |ui| {
            ui.add_space(3.0);
            ui.horizontal(|ui| {
                button(ui, Action::Home, "Home", self.possible(Action::Home), actions);
                // The welcome screen has a larger one.
                if !matches!(self.screen, Screen::Welcome) {
                    button(ui, Action::Runs, "Runs", self.possible(Action::Runs), actions);
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    button(ui, Action::Palette, "Commands", true, actions);
                    self.chips(ui);
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        match (&self.screen, self.sessions.shown()) {
                            (Screen::Run, Some(session)) => {
                                let resumable = self.resumable();
                                let name = session.name();
                                run_screen::controls(ui, &session.lock(), &name, resumable, actions);
                            }
                            (Screen::Setup, _) => self.setup.controls(ui, actions),
                            (Screen::Compare(_), _) => self.compared_title(ui),
                            (Screen::Create(_), _) => {
                                ui.label(RichText::new("Create").strong());
                                let possible = self.possible(Action::BackToRun);
                                button(ui, Action::BackToRun, "Back to the run", possible, actions);
                            }
                            _ => {
                                ui.label(RichText::new("AutoGAN").strong());
                            }
                        }
                    });
                });
            });
            ui.add_space(3.0);
        });
    }

    /// Ways back to the runs that go on unseen.
    fn chips(&mut self, ui: &mut egui::Ui) {
        let mut back = None;
        for session in self.sessions.behind() {
            let (name, state) = (session.name(), session.lock());
            let done = state.progress.map_or(0.0, |progress| 100.0 * progress.done);
            let text = RichText::new(format!("{name} {done:.0}%")).color(Palette::of(ui).good);
            let chip = ui.button(text).on_hover_text("A run of this window goes on; click to see it");
            chip.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Back to {name}"))
            });
            if chip.clicked() {
                back = Some(session.dir().to_owned());
            }
        }
        if let Some(dir) = back {
            self.open(&dir);
        }
    }
}
