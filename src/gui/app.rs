//! The program's window: which screen is shown, and what commands do.

mod actions;
mod chooser;
mod choosing;
mod closing;
mod exporting;
mod file_dialogs;
mod folder_list;
mod info;
mod lesson;
mod library;
mod notify;
mod palette;
mod top_bar;
mod welcome;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use eframe::egui;
use eframe::egui_wgpu::RenderState;
use eframe::wgpu::DeviceType;

use super::background::BackgroundTask;
use super::background::exporter::Exporter;
use super::background::frame_pacer::FramePacer;
use super::background::pictures::PictureLoader;
use super::commands::{self, Action};
use super::compare::CompareScreen;
use super::create::CreateScreen;
use super::dialogs::kind::DialogKind;
use super::dialogs::{self, DialogProvider, SystemDialogs};
use super::example::is_example;
use super::finish;
use super::lessons::ShownLesson;
use super::panels::{PanelRequest, View};
use super::run_screen;
use super::runs::{self, RunsScreen, Trash};
use super::session::{Session, Wake};
use super::sessions::Sessions;
use super::settings::{self, WindowSettings};
use super::setup::Setup;
use super::state::Status;
use super::theme;
use super::widgets::image_grid;
use super::widgets::toasts::Toasts;
use crate::config::RunConfig;
use crate::device::cache_dir;
use crate::engine::JobSpec;
use crate::run::{RunView, default_dir, now};
use choosing::OwnDialogs;
use closing::CloseChoice;
use exporting::ExportPrompt;
use info::InfoDialog;
use palette::{CommandPalette, PaletteState};

/// The preset of the demo.
const DEMO: &str = "quick";
/// So many deaths of a worker within this time, and it is not offered to be resumed any more.
const DEATHS: usize = 3;
const DEATHS_WITHIN: Duration = Duration::from_secs(600);
/// Settings are written at most this often.
const WRITE_EVERY: Duration = Duration::from_secs(2);

/// Which screen the window shows.
pub(super) enum Screen {
    /// Ways to begin.
    Welcome,
    /// What a run is told before it begins.
    Setup,
    /// A run.
    Run,
    /// A trained generator that is played with.
    Create(Box<CreateScreen>),
    /// All runs.
    Runs,
    /// Some runs side by side.
    Compare(Box<CompareScreen>),
}

/// The folders and system services that the window uses.
#[derive(Clone)]
pub struct Places {
    /// The program that is started as a worker: this one.
    pub program: PathBuf,
    /// Whether the form measures how long a run takes, in a process of its own.
    pub measures: bool,
    /// The folder of the window's settings; none to remember nothing.
    pub settings: Option<PathBuf>,
    /// The folder of caches; none where the system knows no such folder.
    pub cache: Option<PathBuf>,
    /// The folder of new runs.
    pub runs: PathBuf,
    /// The dialogs for files and folders: the system's.
    pub dialogs: SystemDialogs,
    /// Moves folders to the trash: the system's.
    pub trash: Trash,
}

impl Places {
    /// The usual ones.
    ///
    /// # Errors
    ///
    /// If the program cannot find itself.
    pub fn of_this_machine() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("the program's own file cannot be found")?;
        Ok(Self {
            program,
            measures: true,
            settings: settings::folder(),
            cache: cache_dir().ok(),
            runs: settings::runs_root(),
            dialogs: dialogs::native(),
            trash: runs::native(),
        })
    }
}

/// The window.
pub struct App {
    places: Places,
    settings: WindowSettings,
    /// The settings as they were written, and when.
    written: (WindowSettings, Instant),
    screen: Screen,
    sessions: Sessions,
    view: View,
    pictures: PictureLoader,
    palette: Option<CommandPalette>,
    /// A dialog about the window itself.
    info: Option<InfoDialog>,
    /// The dialogs for files and folders, and the window's own for systems without any.
    dialogs: DialogProvider,
    own_dialogs: OwnDialogs,
    toasts: Toasts,
    wake: Wake,
    /// A dialog: what is asked for, and the answer.
    chosen: Option<BackgroundTask<(DialogKind, Option<PathBuf>)>>,
    /// The example on its way to the folder of caches.
    example: Option<BackgroundTask<Result<PathBuf, String>>>,
    exporter: Exporter,
    /// What will be exported, while it is shown.
    export_prompt: Option<ExportPrompt>,
    /// The lesson that is under way.
    lesson: Option<ShownLesson>,
    /// Whether a lesson is being chosen.
    chooses_lesson: bool,
    setup: Setup,
    runs: RunsScreen,
    /// It was asked to close while a run goes on.
    closing: bool,
    /// It may close.
    close: bool,
    /// The times at which workers died.
    deaths: Vec<Instant>,
    /// The status of the run in the last frame, to see what changed.
    seen: Status,
    pacer: Arc<FramePacer>,
}

impl App {
    /// The window as it opens: on the welcome screen.
    pub fn new(cc: &eframe::CreationContext<'_>, places: Places) -> Self {
        theme::apply(&cc.egui_ctx);
        if let Some(state) = &cc.wgpu_render_state {
            image_grid::prepare(state);
        }
        let (settings, warning) = WindowSettings::read(places.settings.as_deref());
        let ctx = cc.egui_ctx.clone();
        let is_software = |state: &RenderState| state.adapter.get_info().device_type == DeviceType::Cpu;
        let pacer = Arc::new(FramePacer::new(!cc.wgpu_render_state.as_ref().is_some_and(is_software)));
        let paced = pacer.clone();
        let wake: Wake = Arc::new(move || ctx.request_repaint_after(paced.wait()));
        let mut toasts = Toasts::default();
        if let Some(warning) = warning {
            toasts.problem(warning);
        }
        let setup = Setup::new(places.program.clone(), places.measures, places.cache.clone(), wake.clone());
        let (dialogs, own_dialogs) = choosing::dialogs(places.dialogs.clone(), &wake);
        let (root, trash) = (places.runs.clone(), places.trash.clone());
        let runs = RunsScreen::new(&cc.egui_ctx, root, trash, wake.clone());
        Self {
            exporter: Exporter::new(dialogs.clone(), wake.clone()),
            dialogs,
            own_dialogs,
            written: (settings.clone(), Instant::now()),
            settings,
            places,
            screen: Screen::Welcome,
            sessions: Sessions::default(),
            view: View::default(),
            setup,
            runs,
            pictures: PictureLoader::new(wake.clone()),
            palette: None,
            info: None,
            export_prompt: None,
            lesson: None,
            chooses_lesson: false,
            toasts,
            wake,
            chosen: None,
            example: None,
            closing: false,
            close: false,
            deaths: Vec::new(),
            seen: Status::Idle,
            pacer,
        }
    }

    /// The run that is shown.
    pub fn session(&self) -> Option<&Session> {
        self.sessions.shown()
    }

    /// The same, to be told something.
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        self.sessions.shown_mut()
    }

    /// Begins a search with these settings and shows it.
    pub fn search(&mut self, config: RunConfig) {
        self.begin(JobSpec::Search, config);
    }

    fn begin(&mut self, job: JobSpec, config: RunConfig) {
        self.setup.stop_measuring();
        if let Err(error) = std::fs::create_dir_all(&self.places.runs) {
            let place = self.places.runs.display();
            return self.toasts.problem(format!("The folder for runs, {place}, cannot be made: {error}"));
        }
        let dir = default_dir(&self.places.runs, &config.name, now());
        let wake = self.wake.clone();
        match Session::start(&self.places.program, job, config, &dir, wake) {
            Ok(session) => self.show(session),
            Err(problem) => self.toasts.problem(problem),
        }
    }

    /// Shows the run in a folder.
    pub fn open(&mut self, dir: &Path) {
        if self.sessions.bring(dir) {
            return self.shown();
        }
        match RunView::open(dir) {
            Ok(_) => self.show(Session::open(dir, self.wake.clone())),
            Err(problem) => self.toasts.problem(problem.to_string()),
        }
    }

    fn show(&mut self, session: Session) {
        if !is_example(session.dir(), self.places.cache.as_deref()) {
            self.settings.visited(session.dir());
        }
        // A window that is killed finds its run again, too.
        self.write();
        self.sessions.show(session);
        self.shown();
    }

    /// Another run is shown now.
    fn shown(&mut self) {
        self.go(Screen::Run);
        self.view = View::default();
        // How it stands already is no news.
        self.seen = self.sessions.shown().map_or(Status::Idle, |session| session.lock().status.clone());
    }

    fn go(&mut self, screen: Screen) {
        if !matches!(screen, Screen::Run) {
            self.sessions.hide();
        }
        self.screen = screen;
    }

    /// Plays with the generator of the run in a folder, or in a file.
    pub fn create(&mut self, model: &Path) {
        let (program, dialogs) = (&self.places.program, self.dialogs.clone());
        let create = CreateScreen::open(program, model, dialogs, self.wake.clone());
        self.go(Screen::Create(Box::new(create)));
    }

    /// Takes in what came from outside: dialogs, dropped folders, the end of a worker.
    fn notice(&mut self, ctx: &egui::Context) {
        if let Some(Some((kind, Some(path)))) = BackgroundTask::take(&mut self.chosen) {
            self.chose(kind, &path);
        }
        let dropped: Vec<PathBuf> =
            ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        self.dropped(&dropped);
        self.notice_example();
        self.notice_export();
        self.report_moved();
        for (name, status) in self.sessions.tidy() {
            if !self.report_end(ctx, &name, &status) {
                self.toasts.problem(format!("{name}: {}", status.words()));
            }
        }
        let Some(session) = self.sessions.shown() else {
            return;
        };
        let mut state = session.lock();
        if state.saved_checkpoint.take().is_some() {
            self.toasts.done("Checkpoint saved: the run can go on from here");
        }
        let status = state.status.clone();
        drop(state);
        let seen = std::mem::replace(&mut self.seen, status.clone());
        if std::mem::discriminant(&status) == std::mem::discriminant(&seen) {
            return;
        }
        let name = session.name();
        match (&seen, &status) {
            (_, Status::Died(_)) => {
                self.deaths.retain(|death| death.elapsed() < DEATHS_WITHIN);
                self.deaths.push(Instant::now());
            }
            // One that was finished when it was opened is no news.
            (Status::Running, Status::Finished) | (_, Status::Stopped) => {
                self.view.finish = status == Status::Finished && self.view.event_index.is_none();
                self.report_end(ctx, &name, &status);
            }
            _ => {}
        }
    }

    /// Says that a run is finished, on the desktop too where nobody looks at the window, or that it stopped.
    /// Returns whether it was one of both.
    fn report_end(&mut self, ctx: &egui::Context, name: &str, status: &Status) -> bool {
        match status {
            Status::Finished => {
                let text = format!("{name} is finished");
                if ctx.input(|input| input.viewport().focused == Some(false)) {
                    notify::show(text.clone());
                }
                self.toasts.done(text);
            }
            Status::Stopped => self.toasts.done(format!("{name} stopped with a checkpoint")),
            _ => return false,
        }
        true
    }

    /// Asks before it closes while a run of its own goes on.
    fn closing(&mut self, ctx: &egui::Context) {
        if ctx.input(|input| input.viewport().close_requested()) && !self.close && self.sessions.live() > 0 {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.closing = true;
        }
        let choice = self.closing.then(|| closing::choose(ctx, self.sessions.live())).flatten();
        match choice {
            None => return,
            Some(CloseChoice::Stay) => return self.closing = false,
            Some(CloseChoice::Stop) => self.sessions.close(),
            Some(CloseChoice::Leave) => self.sessions.leave(),
        }
        (self.closing, self.close) = (false, true);
        self.screen = Screen::Welcome;
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }

    fn screen(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        match &mut self.screen {
            Screen::Setup => {
                let all_settings = &mut self.settings.all_settings;
                self.setup.show(ui, self.sessions.live() > 0, all_settings, actions);
            }
            Screen::Run if self.sessions.shown().is_some() => self.run(ui, actions),
            Screen::Runs => self.runs_screen(ui, actions),
            Screen::Compare(compared) => compared.show(ui, &mut self.settings.curves),
            Screen::Create(create) => create.show(ui, &mut self.pictures, &mut self.toasts),
            _ => {
                let Self { runs, settings, .. } = self;
                let chosen = egui::CentralPanel::default()
                    .show(ui, |ui| welcome::show(ui, runs, &settings.recent, actions));
                if let Some(dir) = chosen.inner {
                    self.open(&dir);
                }
            }
        }
    }

    fn run(&mut self, ui: &mut egui::Ui, actions: &mut Vec<Action>) {
        let Self { sessions, view, pictures, settings, .. } = self;
        let Some(session) = sessions.shown() else {
            return;
        };
        let state = session.lock();
        egui::Panel::bottom("scrubber").show(ui, |ui| {
            ui.add_space(3.0);
            run_screen::scrubber(ui, &state, view, actions);
            ui.add_space(3.0);
        });
        let shows_end = view.finish && view.event_index.is_none() && finish::is_there(&state);
        if !settings.hides_phases && !shows_end {
            egui::Panel::top("phases").show(ui, |ui| {
                run_screen::phases(ui, &state, view.event_index, &mut settings.layout, actions);
            });
        }
        let frame = egui::Frame::central_panel(ui.style()).inner_margin(3.0);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            run_screen::problems(ui, &state, actions);
            if shows_end {
                finish::show(ui, &state, session.dir(), view, pictures, actions);
            } else {
                run_screen::panels(ui, session, &state, view, pictures, settings);
            }
        });
        match view.request.take() {
            None => {}
            Some(PanelRequest::Save(saving)) => {
                drop(state);
                self.save(saving);
            }
            Some(PanelRequest::RandomSearch) => {
                let config = state.config.clone();
                drop(state);
                self.setup.search_randomly(config);
                self.go(Screen::Setup);
            }
            Some(PanelRequest::Train(genotype)) => {
                let config = state.config.clone();
                drop(state);
                self.setup.train(&genotype, config);
                self.go(Screen::Setup);
            }
        }
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
        self.pacer.note(&ctx);
        self.notice(&ctx);
        // Keys are the palette's or the dialog's while one is open.
        let is_dialog_open = self.palette.is_some() || self.info.is_some() || self.own_dialogs.is_open();
        let mut actions =
            if is_dialog_open { Vec::new() } else { commands::pressed(&ctx, |action| self.possible(action)) };
        self.top_bar(ui, &mut actions);
        self.lesson_bar(ui);
        self.screen(ui, &mut actions);
        if let Some(mut palette) = self.palette.take() {
            match palette.show(&ctx, |action| self.possible(action)) {
                PaletteState::Open => self.palette = Some(palette),
                PaletteState::Closed(action) => actions.extend(action),
            }
        }
        self.own_dialogs.show(&ctx);
        self.info_dialog(&ctx);
        for action in actions {
            self.act(&ctx, action);
        }
        self.export_question(&ctx);
        self.lesson_choice(&ctx);
        self.closing(&ctx);
        self.toasts.show(&ctx);
        self.remember(&ctx);
    }

    fn on_exit(&mut self) {
        self.write();
        self.sessions.close();
    }
}
