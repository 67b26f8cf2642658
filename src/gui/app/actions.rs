//! What each command does, and when it can be given.

use eframe::egui;

use super::info::InfoDialog;
use super::palette::CommandPalette;
use super::{App, DEATHS, DEMO, Screen, library};
use crate::config::RunConfig;
use crate::engine::Control;
use crate::gui::commands::Action;
use crate::gui::dialogs::kind::DialogKind;
use crate::gui::layout::PanelLayout;
use crate::gui::run_screen;
use crate::gui::session::Session;

impl App {
    /// Whether a command can be given now.
    pub(super) fn possible(&self, action: Action) -> bool {
        let screen = &self.screen;
        let sets_up = matches!(screen, Screen::Setup);
        if self.lesson_hides(action) {
            return false;
        }
        match action {
            Action::Demo | Action::OpenRun | Action::OpenModel | Action::Lessons => true,
            Action::Theme(_) | Action::Phases | Action::Palette | Action::Quit => true,
            Action::Shortcuts | Action::About => true,
            Action::Example => self.places.cache.is_some(),
            Action::Home => !matches!(screen, Screen::Welcome),
            Action::Setup => !sets_up,
            Action::Runs => !matches!(screen, Screen::Runs),
            Action::BackToRun => matches!(screen, Screen::Create(create) if create.is_of_run()),
            Action::Compare => matches!(screen, Screen::Runs) && self.runs.to_compare().is_some(),
            Action::Start => sets_up && self.setup.can_start(),
            Action::Undo => sets_up && self.setup.can_undo(),
            Action::Redo => sets_up && self.setup.can_redo(),
            Action::LoadSettings | Action::SaveSettings => sets_up,
            _ => self.sessions.shown().is_some_and(|session| {
                run_screen::blocking_reason(&session.lock(), self.resumable(), action).is_none()
            }),
        }
    }

    /// Whether the run may be resumed: its worker did not die too often.
    pub(super) fn resumable(&self) -> bool {
        self.deaths.len() < DEATHS
    }

    /// Does what a command says.
    pub(super) fn act(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Home => self.go(Screen::Welcome),
            Action::Setup => {
                self.setup.begin_search();
                self.go(Screen::Setup);
            }
            Action::Runs => self.go(Screen::Runs),
            Action::Compare => {
                if let Some(dirs) = self.runs.to_compare() {
                    self.compare(&dirs);
                }
            }
            Action::Start => {
                let (job, config) = self.setup.start();
                self.begin(job, config);
            }
            Action::Undo => self.setup.undo(),
            Action::Redo => self.setup.redo(),
            Action::LoadSettings => self.choose_path(DialogKind::LoadSettings),
            Action::SaveSettings => self.choose_path(DialogKind::SaveSettings),
            Action::ChooseImages => self.choose_path(DialogKind::Images(self.setup.images_place())),
            Action::Demo => match RunConfig::preset(DEMO) {
                Ok(config) => self.search(config),
                Err(error) => self.toasts.problem(error.to_string()),
            },
            Action::OpenRun => self.choose_path(DialogKind::OpenRun),
            Action::OpenModel => self.choose_path(DialogKind::OpenModel),
            Action::Example => self.open_example(),
            Action::Create => {
                if let Some(dir) = self.sessions.shown().map(|session| session.dir().to_owned()) {
                    self.create(&dir);
                }
            }
            Action::Export => self.export(),
            Action::Result => {
                // An earlier moment is looked at in the panels.
                self.view.finish = !self.view.finish || self.view.event_index.is_some();
                self.view.event_index = None;
            }
            Action::BackToRun => {
                if let Screen::Create(create) = &self.screen {
                    let dir = create.model().to_owned();
                    self.open(&dir);
                }
            }
            Action::Pause => self.send(Control::Pause),
            Action::Continue => self.send(Control::Continue),
            Action::Step(stride) => self.send(Control::Step { stride }),
            Action::Checkpoint => self.send(Control::Checkpoint),
            Action::Stop => self.send(Control::Stop),
            Action::End => self.sessions.shown_mut().into_iter().for_each(Session::kill),
            Action::Resume => {
                let program = self.places.program.clone();
                if let Some(Err(problem)) = self.sessions.shown_mut().map(|session| session.resume(&program))
                {
                    self.toasts.problem(problem);
                }
            }
            Action::Live => self.view.event_index = None,
            Action::Back | Action::Forward => {
                if let Some(session) = self.sessions.shown() {
                    let forward = action == Action::Forward;
                    self.view.event_index =
                        run_screen::neighbour(&session.lock(), self.view.event_index, forward);
                }
            }
            Action::Panel(panel) => run_screen::toggle(&mut self.settings.layout, panel),
            Action::ResetLayout => self.settings.layout = PanelLayout::default(),
            Action::Lessons => self.chooses_lesson = true,
            Action::MakeLesson => self.choose_path(DialogKind::SaveLesson),
            Action::Phases => self.settings.hides_phases = !self.settings.hides_phases,
            Action::Theme(theme) => self.settings.theme = theme,
            Action::Palette => self.palette = Some(CommandPalette::default()),
            Action::Shortcuts => self.info = Some(InfoDialog::Shortcuts),
            Action::About => self.about(),
            Action::Reveal => {
                if let Some(session) = self.sessions.shown() {
                    library::reveal(ctx, session.dir());
                }
            }
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    pub(super) fn send(&mut self, control: Control) {
        if let Some(Err(problem)) = self.sessions.shown_mut().map(|session| session.send(control)) {
            self.toasts.problem(problem);
        }
    }
}
