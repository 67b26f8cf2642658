//! The Create screen: plays with a trained generator, which a worker process of its own serves.
//!
//! Each frame says which images it wants and draws those that are there; the worker's answers, pictures of
//! the training and exports come from other threads.

mod choices;
mod client;
mod control_request;
mod controls;
mod exports;
mod history;
mod player;
mod viewport;
mod weights;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{self, RichText};

use choices::{CreateChoices, CreateMode};
use client::{ClientStatus, ImageRequest, Made, ModelFacts, RequestSlot, SampleClient};
use control_request::ControlRequest;
use exports::{ExportForm, ExportSource, Work, counted};
use history::{History, Snapshot};
use player::Player;
use viewport::{ImageGrid, Interaction};
use weights::WeightsView;
pub use weights::{ago, of_step};

use super::background::exporter::Exporter;
use super::background::pictures::{self, PictureLoader};
use super::background::reader::BackgroundReader;
use super::dialogs::DialogProvider;
use super::session::Wake;
use super::widgets::toasts::Toasts;
use super::widgets::zoom::Zoom;
use crate::export::Tiles;
use crate::rng::Latent;

/// Width of the controls, in points.
const CONTROLS: f32 = 292.0;
/// Side that is assumed of images until the first are there, in pixels.
const SIDE: usize = 32;
/// Frames of an animation in the strip under it.
const STRIP: usize = 8;
/// Their side in points.
const STRIP_SIDE: f32 = 52.0;

/// The screen.
pub struct CreateScreen {
    program: PathBuf,
    model: PathBuf,
    name: String,
    wake: Wake,
    client: SampleClient,
    choices: CreateChoices,
    zoom: Zoom,
    player: Player,
    history: BackgroundReader<History>,
    weights: WeightsView,
    /// The picture of the training that is shown until the next is read.
    snapshot: Option<(Snapshot, Arc<Tiles>)>,
    exporter: Exporter,
    /// Images in a row of the grid, as it is shown.
    columns: usize,
}

impl CreateScreen {
    /// Plays with the generator of the run in the folder `model`, or in the file of that name.
    pub fn open(program: &Path, model: &Path, dialogs: DialogProvider, wake: Wake) -> Self {
        let name = if is_model(model) { model.file_stem() } else { model.file_name() };
        let name = name.unwrap_or(model.as_os_str()).to_string_lossy().into_owned();
        Self {
            client: SampleClient::new(program, model, wake.clone()),
            history: BackgroundReader::new(wake.clone()),
            weights: WeightsView::new(wake.clone()),
            exporter: Exporter::new(dialogs, wake.clone()),
            program: program.to_owned(),
            model: model.to_owned(),
            name,
            wake,
            choices: CreateChoices::default(),
            zoom: Zoom::default(),
            player: Player::default(),
            snapshot: None,
            columns: 1,
        }
    }

    /// The run folder or the model file.
    pub fn model(&self) -> &Path {
        &self.model
    }

    /// Whether that is a run folder.
    pub fn is_of_run(&self) -> bool {
        !is_model(&self.model)
    }

    /// Draws the screen.
    pub fn show(&mut self, ui: &mut egui::Ui, pictures: &mut PictureLoader, toasts: &mut Toasts) {
        match self.exporter.take_outcome() {
            Some(Ok(done)) => toasts.done(done),
            Some(Err(problem)) => toasts.problem(problem),
            None => {}
        }
        if let Some(problem) = self.client.take_problem() {
            toasts.problem(problem);
        }
        let model = match self.client.status() {
            ClientStatus::Ready(model) => model,
            status => return self.not_ready(ui, &status),
        };
        let made = self.client.made(RequestSlot::Grid);
        let history = self.history();
        if self.is_of_run() {
            self.weights.look(ui.ctx(), &self.model, &model.sha256);
        }
        let side = egui::Panel::left("create controls").exact_size(CONTROLS).resizable(false);
        let requests = side
            .show(ui, |ui| {
                egui::ScrollArea::vertical()
                    .auto_shrink(false)
                    .show(ui, |ui| self.controls(ui, &model, made.as_deref(), &history))
                    .inner
            })
            .inner;
        let animation = self.choices.animation();
        match self.choices.mode {
            CreateMode::Interpolate if !animation.is_empty() => self.interpolate(ui, &animation),
            CreateMode::Interpolate => nothing(
                ui,
                "Pick at least two images among the seeds or while exploring: click one, then Ctrl and click others",
            ),
            CreateMode::History => self.training(ui, &history, pictures),
            CreateMode::Seeds | CreateMode::Explore => self.grid(ui, model.side, made.as_deref()),
        }
        self.want(&animation);
        for request in requests {
            self.act_on(ui.ctx(), request, &model, made.as_deref(), &history);
        }
    }

    /// The training's pictures as they were when the weights were loaded.
    fn history(&mut self) -> History {
        let dir = self.model.clone();
        let found = self.history.get(Duration::MAX, || move || history::read(&dir));
        found.map_or(History::Reading, |found| (*found).clone())
    }

    fn not_ready(&mut self, ui: &mut egui::Ui, status: &ClientStatus) {
        let mut again = false;
        egui::CentralPanel::default().show(ui, |ui| {
            ui.vertical_centered(|ui| {
                ui.add_space(ui.available_height() * 0.35);
                match status {
                    ClientStatus::Failed(problem) => {
                        ui.colored_label(ui.visuals().error_fg_color, format!("No images: {problem}"));
                        let button = ui.button("Try again");
                        again =
                            button.on_hover_text("Starts another worker with the same generator").clicked();
                    }
                    _ => {
                        ui.spinner();
                        ui.label(RichText::new(format!("Loading the generator of {}…", self.name)).weak());
                    }
                }
            });
        });
        if again {
            self.load();
        }
    }

    /// Loads the generator as it is now, with a worker of its own.
    fn load(&mut self) {
        self.client = SampleClient::new(&self.program, &self.model, self.wake.clone());
        self.history.again();
    }

    /// Wants the images of this frame.
    fn want(&self, animation: &[Latent]) {
        let choices = &self.choices;
        let mut latents = match choices.mode {
            CreateMode::Seeds | CreateMode::Explore => choices.grid(self.columns),
            CreateMode::Interpolate | CreateMode::History => Vec::new(),
        };
        let grid = latents.len();
        latents.extend_from_slice(&choices.picks);
        self.client
            .want(RequestSlot::Grid, &ImageRequest { latents, grid, settings: choices.sample_settings() });
        if choices.mode == CreateMode::Interpolate {
            self.client.want(
                RequestSlot::Animation,
                &ImageRequest { latents: animation.to_vec(), grid: 0, settings: choices.sample_settings() },
            );
        }
    }

    fn grid(&mut self, ui: &mut egui::Ui, side: usize, made: Option<&Made>) {
        let explores = self.choices.mode == CreateMode::Explore;
        central(ui, |ui| {
            let count = self.choices.count;
            self.columns = viewport::columns(count, side, ui.available_size());
            let Some((made, tiles)) = made.and_then(|made| Some((made, made.grid.as_ref()?))) else {
                return nothing_in(ui, "Making the first images…");
            };
            let latent = |index: usize| made.request.latents.get(index);
            let interaction = viewport::show(
                ui,
                &ImageGrid {
                    name: if explores { "Part of latent space" } else { "Images of seeds" },
                    tiles,
                    words: &|index| {
                        latent(index).map_or_else(String::new, |latent| format!("Image of {latent}"))
                    },
                    picked: &|index| self.choices.picks.iter().position(|pick| Some(pick) == latent(index)),
                    hint: if explores {
                        "Drag to move; click to pick, with Ctrl beside others; Ctrl and wheel to zoom"
                    } else {
                        "Click to pick, with Ctrl beside others; Ctrl and wheel to zoom"
                    },
                    drags: explores,
                },
                &mut self.zoom,
            );
            let Interaction { clicked, beside, dragged } = interaction;
            if let Some(latent) = clicked.and_then(latent) {
                self.choices.pick(&latent.clone(), beside);
            }
            self.choices.pan(-f64::from(dragged.x), -f64::from(dragged.y));
        });
    }

    fn interpolate(&mut self, ui: &mut egui::Ui, animation: &[Latent]) {
        let made = self.animation(animation);
        let images: &[Arc<Tiles>] = made.as_ref().map_or(&[], |made| &made.images);
        egui::Panel::bottom("animation").show(ui, |ui| {
            ui.add_space(4.0);
            self.strip(ui, images, animation.len());
            let frame = self.player.frame(animation.len());
            let words = if images.len() < animation.len() {
                format!("{} of {} made", images.len(), counted(animation.len(), "frame"))
            } else {
                animation[frame].to_string()
            };
            self.player.bar(ui, animation.len(), &mut self.choices.rate, &words);
            ui.add_space(4.0);
        });
        let frame = self.player.frame(animation.len());
        central(ui, |ui| match images.get(frame).or(images.last()) {
            Some(image) => {
                let grid = ImageGrid {
                    name: "Frame of the interpolation",
                    tiles: image,
                    words: &|_| format!("Frame {} of the animation", frame + 1),
                    picked: &|_| None,
                    hint: "Ctrl and wheel to zoom",
                    drags: false,
                };
                viewport::show(ui, &grid, &mut self.zoom);
            }
            None => nothing_in(ui, "Making the animation…"),
        });
    }

    /// The frames of an animation that are made so far.
    fn animation(&self, animation: &[Latent]) -> Option<Arc<Made>> {
        let made = self.client.made(RequestSlot::Animation)?;
        (made.request.latents == animation && made.request.settings == self.choices.sample_settings())
            .then_some(made)
    }

    /// Frames from all over the animation, to jump to.
    fn strip(&mut self, ui: &mut egui::Ui, images: &[Arc<Tiles>], frames: usize) {
        ui.horizontal(|ui| {
            let shown = STRIP.min(frames);
            for frame in (0..shown).map(|place| place * frames / shown) {
                let name = format!("Frame {}", frame + 1);
                let here = self.player.frame(frames) == frame;
                if viewport::thumbnail(ui, images.get(frame), STRIP_SIDE, here, &name).clicked() {
                    self.player.go_to(frame);
                }
            }
        });
    }

    fn training(&mut self, ui: &mut egui::Ui, history: &History, pictures: &mut PictureLoader) {
        let snapshots = match history {
            History::Snapshots { snapshots, .. } => snapshots,
            History::Reading => return nothing(ui, "Looking for pictures of the training…"),
            History::None(reason) => return nothing(ui, reason),
        };
        egui::Panel::bottom("animation").show(ui, |ui| {
            ui.add_space(4.0);
            let words = &snapshots[self.player.frame(snapshots.len())].source.to_string();
            self.player.bar(ui, snapshots.len(), &mut self.choices.rate, words);
            ui.add_space(4.0);
        });
        let snapshot = &snapshots[self.player.frame(snapshots.len())];
        let read = pictures.get(&pictures::PictureSource::File(snapshot.file.clone()), || None);
        central(ui, |ui| {
            match read {
                Some(Ok(tiles)) => self.snapshot = Some((snapshot.clone(), tiles)),
                Some(Err(problem)) => return nothing_in(ui, &problem),
                None => {}
            }
            let Some((snapshot, tiles)) = &self.snapshot else {
                return nothing_in(ui, "Reading the picture…");
            };
            let grid = ImageGrid {
                name: &snapshot.source.to_string(),
                tiles,
                words: &|index| format!("Image {} of the training", index + 1),
                picked: &|_| None,
                hint: "The same place shows the same latent at every moment",
                drags: false,
            };
            viewport::show(ui, &grid, &mut self.zoom);
        });
    }

    fn act_on(
        &mut self,
        ctx: &egui::Context,
        request: ControlRequest,
        model: &Arc<ModelFacts>,
        made: Option<&Made>,
        history: &History,
    ) {
        match request {
            ControlRequest::Mode(mode) => {
                self.choices.mode = mode;
                (self.zoom, self.player) = (Zoom::default(), Player::default());
            }
            ControlRequest::Newest => self.load(),
            ControlRequest::Copy => {
                if let Some((latent, _)) = self.chosen(made) {
                    ctx.copy_text(self.source(model).recipe(&[latent]).to_json());
                }
            }
            ControlRequest::Export(export) => {
                if let Ok(work) = self.work(export, made, history) {
                    let source = self.source(model);
                    let question = work.question(&source);
                    // The training's own pictures are of their own moments.
                    let note =
                        self.weights.note(&model.sha256).filter(|_| self.choices.mode != CreateMode::History);
                    let note = note.map_or_else(String::new, |note| format!(", {note}"));
                    self.exporter.start(question, move |path| Ok(work.write(&source, path)? + &note));
                }
            }
        }
    }

    fn source(&self, model: &Arc<ModelFacts>) -> ExportSource {
        ExportSource {
            model: model.clone(),
            name: self.name.clone(),
            is_run: self.is_of_run(),
            settings: self.choices.sample_settings(),
            enlarged: self.choices.enlarged,
        }
    }

    /// The image that is meant by "the image": the animation's frame, else the one picked last.
    fn chosen(&self, made: Option<&Made>) -> Option<(Latent, Arc<Tiles>)> {
        if self.choices.mode == CreateMode::Interpolate {
            let latents = self.choices.animation();
            if let Some(made) = self.animation(&latents) {
                let frame = self.player.frame(latents.len());
                let image = made.images.get(frame)?;
                return Some((latents[frame].clone(), image.clone()));
            }
        }
        let latent = self.choices.picks.last()?;
        Some((latent.clone(), self.image(made, latent)?))
    }

    /// The image of a latent as it is made now.
    fn image(&self, made: Option<&Made>, latent: &Latent) -> Option<Arc<Tiles>> {
        let made = made.filter(|made| made.request.settings == self.choices.sample_settings())?;
        let place = made.request.latents.iter().position(|other| other == latent)?;
        made.images.get(place).cloned()
    }

    /// The work of an export, or why there is nothing to write.
    fn work(&self, export: ExportForm, made: Option<&Made>, history: &History) -> Result<Work, &'static str> {
        const NONE_PICKED: &str = "Pick an image first: click one among the seeds or while exploring";
        let picked = || {
            let picks = self.choices.picks.iter();
            let images = picks.map(|latent| Some((latent.clone(), self.image(made, latent)?)));
            images.collect::<Option<Vec<_>>>().filter(|images| !images.is_empty()).ok_or(NONE_PICKED)
        };
        let shown = || match self.choices.mode {
            CreateMode::Seeds | CreateMode::Explore => {
                let made = made.filter(|made| made.request.settings == self.choices.sample_settings());
                let grid = made.and_then(|made| Some((made, made.grid.clone()?)));
                let (made, grid) = grid.ok_or("The images are being made")?;
                Ok((made.request.latents[..made.request.grid].to_vec(), grid, self.columns))
            }
            _ => {
                let (latents, images): (Vec<_>, Vec<_>) = picked()?.into_iter().unzip();
                let columns = viewport::columns(images.len(), SIDE, egui::Vec2::splat(1000.0));
                Ok((latents, client::joined(&images).ok_or(NONE_PICKED)?, columns))
            }
        };
        match (export, self.choices.mode, history) {
            (ExportForm::Image, ..) => {
                let (latent, image) = self.chosen(made).ok_or(NONE_PICKED)?;
                Ok(Work::Image(latent, image))
            }
            (ExportForm::Selection, ..) => Ok(Work::Selection(picked()?)),
            (ExportForm::Grid, CreateMode::History, History::Snapshots { seed, .. }) => {
                let (snapshot, _) = self.snapshot.clone().ok_or("The picture is being read")?;
                Ok(Work::Snapshot(snapshot, *seed))
            }
            (ExportForm::Grid, ..) => {
                shown().map(|(latents, tiles, columns)| Work::Grid(latents, tiles, columns))
            }
            (ExportForm::Sheet, ..) => {
                shown().map(|(latents, tiles, columns)| Work::Sheet(latents, tiles, columns))
            }
            (ExportForm::Animation, CreateMode::History, History::Snapshots { snapshots, seed }) => {
                Ok(Work::History { snapshots: snapshots.clone(), seed: *seed, rate: self.choices.rate })
            }
            (ExportForm::Animation, CreateMode::Interpolate, _) => {
                let animation = self.choices.animation();
                let made = self.animation(&animation).filter(|made| made.whole());
                let made =
                    made.ok_or("The animation is not made yet; it takes at least two picked images")?;
                Ok(Work::Animation {
                    stops: self.choices.picks.clone(),
                    steps: self.choices.animation_steps(),
                    closed: self.choices.closed,
                    frames: animation.into_iter().zip(made.images.iter().cloned()).collect(),
                    rate: self.choices.rate,
                })
            }
            (ExportForm::Animation, ..) => Err("Choose Interpolate or History first: they make animations"),
        }
    }
}

/// Whether a file's name is that of a generator's weights.
pub fn is_model(path: &Path) -> bool {
    let is = |known: &str| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(known));
    ["safetensors", "pth", "pt", "ckpt"].into_iter().any(is)
}

/// Draws in all the room that is left.
fn central(ui: &mut egui::Ui, add: impl FnOnce(&mut egui::Ui)) {
    let frame = egui::Frame::central_panel(ui.style()).inner_margin(6.0);
    egui::CentralPanel::default().frame(frame).show(ui, add);
}

/// Says why there is nothing to see.
fn nothing(ui: &mut egui::Ui, text: &str) {
    central(ui, |ui| nothing_in(ui, text));
}

fn nothing_in(ui: &mut egui::Ui, text: &str) {
    ui.centered_and_justified(|ui| ui.label(RichText::new(text).weak()));
}
