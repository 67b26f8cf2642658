//! Does what the controls ask for, and finds the images that an export means.

use std::sync::Arc;

use eframe::egui;

use super::choices::CreateMode;
use super::client::{self, Made, ModelFacts, RequestSlot};
use super::control_request::ControlRequest;
use super::exports::{ExportForm, ExportSource, Work};
use super::history::History;
use super::many::{MANY, ManyImages};
use super::player::Player;
use super::{CreateScreen, viewport};
use crate::export::Tiles;
use crate::gui::widgets::zoom::Zoom;
use crate::rng::Latent;

/// Side in pixels by which images that are written as one are arranged.
const SIDE: usize = 32;

impl CreateScreen {
    /// Does what the controls ask for.
    pub(super) fn act_on(
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
                    let is_of_training = self.choices.mode == CreateMode::History;
                    let note = if is_of_training { String::new() } else { self.note(model) };
                    self.exporter.start(question, move |path| Ok(work.write(&source, path)? + &note));
                }
            }
            ControlRequest::Many => {
                let (source, note) = (self.source(model), self.note(model));
                let latents = self.choices.new_seeds(MANY);
                self.many = Some(ManyImages::begin(latents, source, note, &mut self.exporter, &self.wake));
            }
            ControlRequest::CancelMany => self.end_many(),
        }
    }

    /// Has the images made that are to be saved, and hands on those that are there.
    pub(super) fn serve_many(&mut self) {
        let Some(many) = &mut self.many else { return };
        // No folder was chosen, all are saved, or they cannot be.
        if !self.exporter.busy() || self.client.refuses(RequestSlot::Saved) {
            return self.end_many();
        }
        if let Some(request) = many.wanted() {
            self.client.want(RequestSlot::Saved, request);
        }
        many.hand_on(self.client.made(RequestSlot::Saved).as_deref());
    }

    fn end_many(&mut self) {
        self.many = None;
        self.client.forget(RequestSlot::Saved);
    }

    /// With which weights images are made, as the end of a sentence; empty where that is not in question.
    fn note(&self, model: &ModelFacts) -> String {
        self.weights.note(&model.sha256).map_or_else(String::new, |note| format!(", {note}"))
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
    pub(super) fn chosen(&self, made: Option<&Made>) -> Option<(Latent, Arc<Tiles>)> {
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
    pub(super) fn image(&self, made: Option<&Made>, latent: &Latent) -> Option<Arc<Tiles>> {
        let made = made.filter(|made| made.request.settings == self.choices.sample_settings())?;
        let place = made.request.latents.iter().position(|other| other == latent)?;
        made.images.get(place).cloned()
    }

    /// The work of an export, or why there is nothing to write.
    pub(super) fn work(
        &self,
        export: ExportForm,
        made: Option<&Made>,
        history: &History,
    ) -> Result<Work, &'static str> {
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
                Ok(Work::History {
                    snapshots: snapshots.clone(),
                    seed: *seed,
                    rate: self.choices.playback.rate,
                })
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
                    rate: self.choices.playback.rate,
                })
            }
            (ExportForm::Animation, ..) => Err("Choose Interpolate or History first: they make animations"),
        }
    }
}
