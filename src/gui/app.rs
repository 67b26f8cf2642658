//! The program's window: which screen is shown, and what commands do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use eframe::egui::{self, RichText};

use super::commands::{self, Action, entry};
use super::layout::Layout;
use super::palette::{CommandPalette, Outcome};
use super::panels::View;
use super::pictures::Pictures;
use super::run_screen;
use super::session::{Session, Wake};
use super::settings::{self, Settings};
use super::state::Status;
use super::theme;
use super::toasts::Toasts;
use super::{wall, welcome};
use crate::config::RunConfig;
use crate::run::{RunView, default_dir};
use crate::worker::{Control, Job};

/// The preset of the demo.
const DEMO: &str = "quick";
/// So many deaths of a worker within this time, and it is not offered to be resumed any more.
const DEATHS: usize = 3;
const DEATHS_WITHIN: Duration = Duration::from_secs(600);
/// Settings are written at most this often.
const WRITE_EVERY: Duration = Duration::from_secs(2);

/// Where the window finds and leaves things.
#[derive(Clone, Debug)]
pub struct Places {
    /// The program that is started as a worker: this one.
    pub program: PathBuf,
    /// The folder of the window's settings; none to remember nothing.
    pub settings: Option<PathBuf>,
    /// Where new runs go.
    pub runs: PathBuf,
}

impl Places {
    /// The usual ones.
    ///
    /// # Errors
    ///
    /// If the program cannot find itself.
    pub fn of_this_machine() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("the program's own file cannot be found")?;
        Ok(Self { program, settings: settings::folder(), runs: settings::runs_root() })
    }
}

/// The window.
pub struct App {
    places: Places,
    settings: Settings,
    /// The settings as they were written, and when.
    written: (Settings, Instant),
    session: Option<Session>,
    view: View,
    pictures: Pictures,
    palette: Option<CommandPalette>,
    toasts: Toasts,
    wake: Wake,
    /// Folders that were chosen in a dialog.
    chosen: Option<Receiver<Option<PathBuf>>>,
    /// It was asked to close while a run goes on.
    closing: bool,
    /// It may close.
    close: bool,
    /// When workers died.
    deaths: Vec<Instant>,
    /// The status of the run in the last frame, to see what changed.
    seen: Status,
}

impl App {
    /// The window as it opens: on the welcome screen.
    pub fn new(cc: &eframe::CreationContext<'_>, places: Places) -> Self {
        theme::apply(&cc.egui_ctx);
        if let Some(state) = &cc.wgpu_render_state {
            wall::prepare(state);
        }
        let (settings, warning) = Settings::read(places.settings.as_deref());
        let ctx = cc.egui_ctx.clone();
        let wake: Wake = Arc::new(move || ctx.request_repaint());
        let mut toasts = Toasts::default();
        if let Some(warning) = warning {
            toasts.problem(warning);
        }
        Self {
            written: (settings.clone(), Instant::now()),
            settings,
            places,
            session: None,
            view: View::default(),
            pictures: Pictures::new(wake.clone()),
            palette: None,
            toasts,
            wake,
            chosen: None,
            closing: false,
            close: false,
            deaths: Vec::new(),
            seen: Status::Idle,
        }
    }

    /// The run that is shown.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// The same, to be told something.
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        self.session.as_mut()
    }

    /// Begins a search with these settings and shows it.
    pub fn search(&mut self, config: RunConfig) {
        let now = time::OffsetDateTime::now_utc();
        if let Err(error) = std::fs::create_dir_all(&self.places.runs) {
            let place = self.places.runs.display();
            return self.toasts.problem(format!("The folder for runs, {place}, cannot be made: {error}"));
        }
        let dir = default_dir(&self.places.runs, &config.name, now);
        let wake = self.wake.clone();
        match Session::start(&self.places.program, Job::Search, config, &dir, wake) {
            Ok(session) => self.show(session),
            Err(problem) => self.toasts.problem(problem),
        }
    }

    /// Shows the run in a folder.
    pub fn open(&mut self, dir: &Path) {
        match RunView::open(dir) {
            Ok(_) => self.show(Session::open(dir, self.wake.clone())),
            Err(problem) => self.toasts.problem(problem.to_string()),
        }
    }

    fn show(&mut self, session: Session) {
        self.settings.visited(session.dir());
        // A window that is killed finds its run again, too.
        self.write();
        self.view = View::default();
        self.seen = Status::Idle;
        // A run of ours goes on by itself, and is attached to when it is opened again.
        if let Some(before) = self.session.replace(session) {
            before.leave();
        }
    }

    fn possible(&self, action: Action) -> bool {
        let Some(session) = &self.session else {
            return matches!(
                action,
                Action::Demo | Action::OpenRun | Action::Theme(_) | Action::Palette | Action::Quit
            );
        };
        run_screen::possible(&session.lock().status, self.resumable(), action)
    }

    fn resumable(&self) -> bool {
        self.deaths.len() < DEATHS
    }

    fn act(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Home => {
                if let Some(session) = self.session.take() {
                    session.leave();
                }
            }
            Action::Demo => match RunConfig::preset(DEMO) {
                Ok(config) => self.search(config),
                Err(error) => self.toasts.problem(error.to_string()),
            },
            Action::OpenRun => self.choose_run(),
            Action::Pause => self.tell(Control::Pause),
            Action::Continue => self.tell(Control::Continue),
            Action::Step => self.tell(Control::Step),
            Action::Checkpoint => self.tell(Control::Checkpoint),
            Action::Stop => self.tell(Control::Stop),
            Action::Resume => {
                let program = self.places.program.clone();
                if let Some(Err(problem)) = self.session.as_mut().map(|session| session.resume(&program)) {
                    self.toasts.problem(problem);
                }
            }
            Action::Live => self.view.moment = None,
            Action::Back | Action::Forward => {
                if let Some(session) = &self.session {
                    let forward = action == Action::Forward;
                    self.view.moment = run_screen::neighbour(&session.lock(), self.view.moment, forward);
                }
            }
            Action::Panel(panel) => run_screen::toggle(&mut self.settings.layout, panel),
            Action::ResetLayout => self.settings.layout = Layout::default(),
            Action::Theme(theme) => self.settings.theme = theme,
            Action::Palette => self.palette = Some(CommandPalette::default()),
            Action::Reveal => {
                if let Some(session) = &self.session {
                    let url = format!("file://{}", session.dir().display());
                    ctx.open_url(egui::OpenUrl::new_tab(url));
                }
            }
            Action::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    fn tell(&mut self, control: Control) {
        if let Some(Err(problem)) = self.session.as_mut().map(|session| session.tell(control)) {
            self.toasts.problem(problem);
        }
    }

    /// Asks for a run folder, without waiting.
    fn choose_run(&mut self) {
        let (send, chosen) = channel();
        let (wake, begin) = (self.wake.clone(), self.places.runs.clone());
        std::thread::spawn(move || {
            let dialog = rfd::FileDialog::new().set_title("Open a run folder").set_directory(begin);
            // The window may be gone.
            let _ = send.send(dialog.pick_folder());
            wake();
        });
        self.chosen = Some(chosen);
    }

    /// Takes in what came from outside: dialogs, dropped folders, the end of a worker.
    fn notice(&mut self, ctx: &egui::Context) {
        if let Some(chosen) = self.chosen.as_ref().and_then(|chosen| chosen.try_recv().ok()) {
            self.chosen = None;
            if let Some(dir) = chosen {
                self.open(&dir);
            }
        }
        let dropped: Vec<PathBuf> =
            ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        if let Some(dir) = dropped.first() {
            self.open(dir);
        }
        let Some(session) = &self.session else {
            return;
        };
        let status = session.lock().status.clone();
        if std::mem::discriminant(&status) == std::mem::discriminant(&self.seen) {
            return;
        }
        let name = session.name();
        match (&self.seen, &status) {
            (Status::Running, Status::Finished) => self.toasts.done(format!("{name} is finished")),
            (_, Status::Stopped) => self.toasts.done(format!("{name} stopped with a checkpoint")),
            (_, Status::Died(_)) => {
                self.deaths.retain(|death| death.elapsed() < DEATHS_WITHIN);
                self.deaths.push(Instant::now());
            }
            _ => {}
        }
        self.seen = status;
    }

    /// Asks before it closes while a run of its own goes on.
    fn closing(&mut self, ctx: &egui::Context) {
        if ctx.input(|input| input.viewport().close_requested()) && !self.close {
            let live = self.session.as_ref().is_some_and(Session::is_own);
            if live {
                ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
                self.closing = true;
            }
        }
        if !self.closing {
            return;
        }
        let modal = egui::Modal::new(egui::Id::unique("closing")).show(ctx, |ui| {
            ui.set_width(380.0);
            ui.heading("A run is going on");
            ui.label(
                "It can stop with a checkpoint, to be resumed later, or go on without the window; opening \
                      it again finds it.",
            );
            ui.add_space(theme::GAP);
            ui.horizontal(|ui| {
                let stop = ui.button("Stop and close").on_hover_text("Saves a checkpoint first");
                let leave = ui.button("Keep it running").on_hover_text("Closes the window only");
                let stay = ui.button("Cancel").on_hover_text("Keeps the window open");
                (stop.clicked(), leave.clicked(), stay.clicked())
            })
            .inner
        });
        let (stop, leave, stay) = modal.inner;
        if stay || modal.should_close() {
            self.closing = false;
        }
        if (stop || leave)
            && let Some(session) = self.session.take()
        {
            (self.closing, self.close) = (false, true);
            match stop {
                true => session.close(),
                false => session.leave(),
            }
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }

    fn top_bar(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        egui::Panel::top("top bar").show(ui, |ui| {
            ui.add_space(3.0);
            ui.horizontal(|ui| {
                let home = entry(Action::Home);
                let button = ui.add_enabled(self.session.is_some(), egui::Button::new("Home"));
                let button = button.on_hover_text(home.hint(ui.ctx()));
                button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &home.name));
                if button.clicked() {
                    actions.push(Action::Home);
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let palette = entry(Action::Palette);
                    let button = ui.button("Commands").on_hover_text(palette.hint(ui.ctx()));
                    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &palette.name));
                    if button.clicked() {
                        actions.push(Action::Palette);
                    }
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        match &self.session {
                            Some(session) => {
                                let resumable = self.resumable();
                                run_screen::controls(
                                    ui,
                                    &session.lock(),
                                    &session.name(),
                                    resumable,
                                    actions,
                                );
                            }
                            None => {
                                ui.label(RichText::new("AutoGAN").strong());
                            }
                        }
                    });
                });
            });
            ui.add_space(3.0);
        });
    }

    fn screen(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let Self { session, view, pictures, settings, .. } = self;
        let Some(session) = session else {
            let chosen =
                egui::CentralPanel::default().show(ui, |ui| welcome::show(ui, &settings.recent, actions));
            if let Some(dir) = chosen.inner {
                self.open(&dir);
            }
            return;
        };
        let state = session.lock();
        egui::Panel::bottom("scrubber").show(ui, |ui| {
            ui.add_space(3.0);
            run_screen::scrubber(ui, &state, view, actions);
            ui.add_space(3.0);
        });
        let frame = egui::Frame::central_panel(ui.style()).inner_margin(3.0);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            run_screen::trouble(ui, &state);
            run_screen::panels(ui, session, &state, view, pictures, settings);
        });
    }

    /// Remembers what changed, now and then.
    fn remember(&mut self, ctx: &egui::Context) {
        let rects = ctx.input(|input| {
            let viewport = input.viewport();
            (viewport.outer_rect, viewport.inner_rect)
        });
        if let (Some(outer), Some(inner)) = rects {
            self.settings.position = Some(outer.min.into());
            self.settings.size = Some(inner.size().into());
        }
        if self.written.1.elapsed() >= WRITE_EVERY {
            self.write();
        }
    }

    /// Writes the settings if they changed.
    fn write(&mut self) {
        let changed = self.written.0 != self.settings;
        self.written = (self.settings.clone(), Instant::now());
        if let Some(folder) = self.places.settings.as_ref().filter(|_| changed)
            && let Err(problem) = self.settings.write(folder)
        {
            self.toasts.problem(format!("The window's settings cannot be kept: {problem}"));
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        ctx.set_theme(self.settings.theme.preference());
        self.notice(&ctx);
        let mut actions = match self.palette {
            // Keys are the palette's while it is open.
            Some(_) => Vec::new(),
            None => commands::pressed(&ctx, |action| self.possible(action)),
        };
        self.top_bar(ui, &mut actions);
        self.screen(ui, &mut actions);
        if let Some(mut palette) = self.palette.take() {
            match palette.show(&ctx, |action| self.possible(action)) {
                Outcome::Open => self.palette = Some(palette),
                Outcome::Closed(action) => actions.extend(action),
            }
        }
        for action in actions {
            self.act(&ctx, action);
        }
        self.closing(&ctx);
        self.toasts.show(&ctx);
        self.remember(&ctx);
    }

    fn on_exit(&mut self) {
        self.write();
        if let Some(session) = self.session.take() {
            session.close();
        }
    }
}
