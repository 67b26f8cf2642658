//! The Create screen: plays with a trained generator, which a worker process of its own serves.
//!
//! Each frame says which images it wants and draws those that are there; the worker's answers, pictures of
//! the training and exports come from other threads.

mod choices;
mod client;
mod control_request;
mod controls;
mod directions;
mod exporting;
mod exports;
mod history;
mod many;
mod player;
mod viewport;
mod weights;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{self, RichText};

use choices::{CreateChoices, CreateMode};
use client::{ClientStatus, ImageRequest, Made, RequestSlot, SampleClient};
use exports::counted;
use history::{History, Snapshot};
use many::ManyImages;
use player::Player;
use viewport::{ImageGrid, Interaction};
use weights::WeightsView;
pub use weights::{ago, of_step};

use super::background::exporter::Exporter;
use super::background::pictures::{self, PictureLoader};
use super::background::reader::BackgroundReader;
use super::dialogs::DialogProvider;
use super::session::Wake;
use super::widgets::focus;
use super::widgets::toasts::Toasts;
use super::widgets::zoom::Zoom;
use crate::export::Tiles;
use crate::rng::Latent;

/// Width of the controls, in points.
const CONTROLS: f32 = 292.0;
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
    /// Images that are being made to be saved.
    many: Option<ManyImages>,
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
            many: None,
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
            status => {
                self.many = None;
                return self.not_ready(ui, &status);
            }
        };
        self.serve_many();
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
                    .show(ui, |ui| {
                        let work = self.controls(ui, &model, made.as_deref(), &history);
                        focus::keep_in_sight(ui);
                        work
                    })
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
        self.many = None;
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
            // Until the images of a place are there, those from before move with the pointer.
            let shown = made.request.latents.get(..made.request.grid).unwrap_or_default();
            let lag = self.choices.lag(shown, self.columns).unwrap_or_default();
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
                        "Drag or arrow keys to move; wheel or + and - for the spacing; click to pick, with Ctrl beside \
                         others; Ctrl and wheel to enlarge"
                    } else {
                        "Click to pick, with Ctrl beside others; Ctrl and wheel to zoom"
                    },
                    map: explores.then(|| egui::vec2(lag.0 as f32, lag.1 as f32)),
                },
                &mut self.zoom,
            );
            let Interaction { clicked, beside, moved, spacing } = interaction;
            if moved != egui::Vec2::ZERO || spacing.is_some() {
                // The controls of this frame are drawn already.
                ui.ctx().request_repaint();
            }
            if let Some(latent) = clicked.and_then(latent) {
                self.choices.pick(&latent.clone(), beside);
            }
            self.choices.pan(f64::from(moved.x), f64::from(moved.y));
            if let Some((factor, around)) = spacing {
                self.choices.space(f64::from(factor), f64::from(around.x), f64::from(around.y));
            }
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
            self.player.bar(ui, animation.len(), &mut self.choices.playback, &words);
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
                    map: None,
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
            self.player.bar(ui, snapshots.len(), &mut self.choices.playback, words);
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
                map: None,
            };
            viewport::show(ui, &grid, &mut self.zoom);
        });
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
