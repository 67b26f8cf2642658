//! The bar at the top of the window.

use eframe::egui::{self, RichText};

use super::{App, Screen};
use crate::gui::commands::{Action, button};
use crate::gui::run_screen;
use crate::gui::session::Session;
use crate::gui::theme::Palette;

/// Width that the ways back to other runs leave for what the screen itself has to say, in points.
const OWN: f32 = 420.0;
/// Largest width of such a way back, in points.
const CHIP: f32 = 150.0;

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
                                run_screen::headline(ui, &session.lock(), &session.name());
                            }
                            (Screen::Setup, _) => {
                                self.setup.controls(ui, self.settings.all_settings, actions)
                            }
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
            // In a row of its own, so that no length of a text and no state of the run moves a button.
            if let (Screen::Run, Some(session)) = (&self.screen, self.sessions.shown()) {
                ui.add_space(3.0);
                ui.horizontal(|ui| {
                    let hides = |action| self.lesson_hides(action);
                    let open = self.settings.layout.open();
                    let session = session.lock();
                    run_screen::toolbar(ui, &session, self.resumable(), &open, &hides, actions);
                });
            }
            ui.add_space(3.0);
        });
    }

    /// Ways back to the runs that go on unseen: as many as there is room for, the others in a menu.
    fn chips(&mut self, ui: &mut egui::Ui) {
        let behind = self.sessions.behind();
        let room = ((ui.available_width() - OWN).max(0.0) / (CHIP + ui.spacing().item_spacing.x)) as usize;
        // The menu takes a place, too.
        let shown = if behind.len() <= room { behind.len() } else { room.saturating_sub(1) };
        let mut back = None;
        let mut chip = |ui: &mut egui::Ui, session: &Session| {
            let (name, state) = (session.name(), session.lock());
            let done = state.progress.map_or(0.0, |progress| 100.0 * progress.done);
            let text = RichText::new(format!("{done:.0}% {name}")).color(Palette::of(ui).good);
            let chip = ui.scope(|ui| {
                ui.set_max_width(CHIP);
                ui.add(egui::Button::new(text).truncate())
            });
            let hint = format!("{name} goes on; click to see it");
            let chip = chip.inner.on_hover_text(hint);
            chip.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Back to {name}"))
            });
            if chip.clicked() {
                back = Some(session.dir().to_owned());
            }
        };
        let (shown, others) = behind.split_at(shown);
        shown.iter().for_each(|session| chip(ui, session));
        if !others.is_empty() {
            let words = if shown.is_empty() { "Running" } else { "More" };
            let menu = ui.menu_button(format!("{words}: {}", others.len()), |ui| {
                others.iter().for_each(|session| chip(ui, session));
            });
            menu.response.on_hover_text("Runs of this window that go on");
        }
        if let Some(dir) = back {
            self.open(&dir);
        }
    }
}
