//! Drives a run: one piece of work after the other, answering commands in between, telling events,
//! saving checkpoints.
//!
//! A run's folder is the truth. What is kept there depends on settings and seed alone (on the CPU), so a
//! run that was killed and resumed ends with the same files as one that was not.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::attention::{Attention, Turn};
use super::clock::Clock;
use super::command::Control;
use super::event::{Event, Summary};
use super::setup::{Job, Plan};
use super::task::{Task, TaskState};
use crate::arch::Genotype;
use crate::config::RunConfig;
use crate::gan::{GRID, picture};
use crate::model::{ModelFile, from_safetensors, to_safetensors};
use crate::run::{Checkpoint, RunFolder, RunInfo, write_atomic};
use crate::search::{News, SearchError, Shown, Told};

/// The plain part of a checkpoint.
const STATE: &str = "state.json";
/// The tensors of a checkpoint.
const TENSORS: &str = "state.safetensors";
/// The winner's weights in a run's folder.
pub const WEIGHTS: &str = "export/winner.safetensors";
/// The raw generator's weights at the same evaluation, which the winner's are the moving average of.
const RAW_WEIGHTS: &str = "export/winner-raw.safetensors";
/// The winner's images in a run's folder.
const PICTURE: &str = "export/winner.png";
/// Shortest time between two progress events.
pub(super) const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// Enlargement of the pictures in a run's folder, so that 32 px images can be looked at.
pub const ENLARGED: u32 = 3;

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// All is done.
    Finished(Box<Summary>),
    /// It was told to stop; it can be resumed.
    Stopped,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    tick: u64,
    task: TaskState,
}

/// A run under way.
pub struct Engine {
    job: Job,
    task: Task,
    /// Let go before the folder's lock is.
    attention: Attention,
    folder: RunFolder,
    config: RunConfig,
    /// Pieces of work done, an evaluation or an estimate counted as one; names samples and checkpoints.
    tick: u64,
    saved: Instant,
    saved_tick: Option<u64>,
    clock: Clock,
    /// The architecture that was told to be at hand.
    at_hand: Option<Genotype>,
}

impl Engine {
    /// Begins the run that `plan` describes in the new folder `dir`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or the settings cannot be run.
    pub fn start(plan: Plan, dir: &Path, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<Self> {
        let mut info = RunInfo::new(&plan.device_name, plan.config.seed, time::OffsetDateTime::now_utc());
        info.extra.insert("job".to_owned(), json!(plan.job));
        // First, since reading images may take minutes and a place that takes no run is soon told.
        let folder = RunFolder::create(dir, &info, &plan.config.to_toml()?)?;
        let task = match plan.task(tell) {
            Ok(task) => task,
            Err(error) => {
                folder.discard();
                return Err(error);
            }
        };
        let mut engine = Self::new(plan.job, task, folder, plan.config);
        tell(&engine.started(&plan.device_name, false));
        // A run that dies in its first minute can be resumed, too.
        engine.checkpoint(tell)?;
        Ok(engine)
    }

    /// Goes on with the run in `folder` from `checkpoint`; without one, from the beginning.
    ///
    /// # Errors
    ///
    /// If the checkpoint does not fit the settings.
    pub fn resume(
        plan: Plan,
        folder: RunFolder,
        checkpoint: Option<Checkpoint>,
        tell: &mut dyn FnMut(&Event),
    ) -> anyhow::Result<Self> {
        let mut task = plan.task(tell)?;
        let mut tick = 0;
        if let Some(checkpoint) = checkpoint {
            let place = checkpoint.dir().display().to_string();
            let unreadable = || format!("the checkpoint {place} cannot be gone on from");
            let state: Saved = serde_json::from_slice(&checkpoint.read(STATE)?).with_context(unreadable)?;
            let (tensors, _) = from_safetensors(&checkpoint.read(TENSORS)?).with_context(unreadable)?;
            task = task.restore(state.task, &tensors).with_context(unreadable)?;
            tick = state.tick;
        }
        let mut engine = Self::new(plan.job, task, folder, plan.config);
        (engine.tick, engine.saved_tick) = (tick, Some(tick));
        tell(&engine.started(&plan.device_name, true));
        Ok(engine)
    }

    fn new(job: Job, task: Task, folder: RunFolder, config: RunConfig) -> Self {
        Self {
            job,
            clock: Clock::new(&task),
            attention: Attention::new(folder.dir()),
            task,
            folder,
            config,
            tick: 0,
            saved: Instant::now(),
            saved_tick: None,
            at_hand: None,
        }
    }

    /// What the run is for.
    pub fn job(&self) -> &Job {
        &self.job
    }

    fn started(&self, device: &str, resumed: bool) -> Event {
        Event::Started {
            dir: self.folder.dir().display().to_string(),
            device: device.to_owned(),
            seed: self.config.seed,
            resumed,
        }
    }

    /// Works until all is done or `Stop` is told.
    ///
    /// # Errors
    ///
    /// If a loss is no number any more (the folder is back at the last checkpoint then), or if the disk
    /// does not take what is written.
    pub fn run(&mut self, controls: &Receiver<Control>, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<End> {
        while !self.task.finished() {
            match self.attention.turn(controls, tell) {
                Turn::Work => {}
                Turn::Checkpoint => {
                    // Who asked is answered, even where there is nothing new to save.
                    match self.saved_tick == Some(self.tick) {
                        true => tell(&Event::CheckpointSaved { step: self.tick }),
                        false => self.checkpoint(tell)?,
                    }
                    continue;
                }
                Turn::Stop => {
                    self.checkpoint(tell)?;
                    tell(&Event::Stopped);
                    return Ok(End::Stopped);
                }
            }
            let before = self.task.counts();
            let told = match self.task.step() {
                Ok(told) => told,
                Err(error) => return Err(self.go_back(error, tell)),
            };
            self.attention.worked(before, self.task.counts(), tell);
            // Counted when its outcome is in the state, so that a resumed run counts alike.
            if !self.task.is_measuring() {
                self.tick += 1;
            }
            if !told.is_empty() {
                for told in told {
                    self.note(told, tell)?;
                }
                // Readers of the folder see a live run.
                self.folder.events.flush()?;
                self.folder.candidates.flush()?;
            }
            if let Some(progress) = self.clock.progress(&self.task) {
                tell(&progress);
                self.attention.progressed(&progress);
                self.tell_at_hand(tell);
            }
            if self.attention.wants_preview() {
                self.preview(tell);
            }
            let every = Duration::from_secs(self.config.checkpoint.every_seconds);
            if self.saved.elapsed() >= every {
                self.checkpoint(tell)?;
            }
        }
        self.finish(tell)
    }

    /// Tells which architecture is trained or estimated, if it is another one.
    fn tell_at_hand(&mut self, tell: &mut dyn FnMut(&Event)) {
        let at_hand = self.task.at_hand();
        if at_hand != self.at_hand.as_ref() {
            self.at_hand = at_hand.cloned();
            self.at_hand.iter().for_each(|genotype| tell(&Event::AtHand { genotype: genotype.clone() }));
        }
    }

    /// Tells what the images of the fixed latents look like now.
    fn preview(&self, tell: &mut dyn FnMut(&Event)) {
        // Images that are no numbers end the run where its own work meets them.
        if let Some(Ok(Shown { name, genotype, picture })) = self.task.preview() {
            let png = BASE64_STANDARD.encode(picture.png());
            tell(&Event::Preview { name, genotype, columns: GRID, png });
        }
    }

    /// Writes what was told to the folder and tells it on.
    fn note(&mut self, told: Told, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<()> {
        let event = match told {
            Told::News(news) => {
                match &news {
                    News::Candidate(candidate) => self.folder.candidates.append(candidate)?,
                    News::Evaluated { best: true, .. } => {
                        self.export_winner()?;
                    }
                    _ => {}
                }
                news.into()
            }
            Told::Samples(Shown { name, genotype, picture }) => {
                let path = self.folder.write_sample(self.tick, &picture.enlarged(ENLARGED).png())?;
                let file = path.strip_prefix(self.folder.dir()).unwrap_or(&path);
                let file = file.display().to_string();
                Event::Samples { name, step: self.tick, file, genotype: Some(genotype) }
            }
        };
        self.tell(event, tell)
    }

    fn tell(&mut self, event: Event, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<()> {
        if event.is_kept() {
            self.folder.events.append(&event)?;
        }
        tell(&event);
        Ok(())
    }

    /// Saves a checkpoint, unless nothing was done since the last one.
    fn checkpoint(&mut self, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<()> {
        if self.saved_tick == Some(self.tick) {
            return Ok(());
        }
        let (task, tensors) = self.task.state();
        let state = serde_json::to_vec(&Saved { tick: self.tick, task })?;
        let tensors = to_safetensors(&tensors, Default::default())?;
        let meta = json!({ "tick": self.tick });
        self.folder.save_checkpoint(self.tick, &meta, |draft| -> anyhow::Result<()> {
            draft.write(STATE, &state)?;
            draft.write(TENSORS, &tensors)?;
            Ok(())
        })?;
        (self.saved, self.saved_tick) = (Instant::now(), Some(self.tick));
        tell(&Event::CheckpointSaved { step: self.tick });
        Ok(())
    }

    /// Takes the folder back to the last checkpoint after an error, and says so.
    fn go_back(&mut self, error: SearchError, tell: &mut dyn FnMut(&Event)) -> anyhow::Error {
        let back = self.folder.latest_checkpoint().and_then(|found| match found.checkpoint {
            Some(checkpoint) => self.folder.return_to(&checkpoint).map(|()| Some(checkpoint.step())),
            None => Ok(None),
        });
        let dir = self.folder.dir().display();
        let where_to = match back {
            Ok(Some(step)) => format!(
                "the run went back to its checkpoint {step}; change the setting with --resume {dir} --set key=value"
            ),
            Ok(None) => "no checkpoint was saved yet; start anew with other settings".to_owned(),
            Err(problem) => format!("and the run could not go back to its checkpoint: {problem}"),
        };
        let text = format!("{error}; {where_to}");
        tell(&Event::Failed { text: text.clone() });
        anyhow::anyhow!(text)
    }

    /// Writes the best generator so far, if there is one, so that it can be used before the end.
    fn export_winner(&self) -> anyhow::Result<Option<ModelFile>> {
        let Some((genotype, config, tensors)) = self.task.winner() else {
            return Ok(None);
        };
        let write = |name: &str, file: &ModelFile| -> anyhow::Result<()> {
            Ok(write_atomic(&self.folder.dir().join(name), &file.to_bytes()?)?)
        };
        if let Some(tensors) = self.task.winner_raw() {
            let file = ModelFile { genotype: genotype.clone(), config: config.clone(), tensors };
            write(RAW_WEIGHTS, &file)?;
        }
        let file = ModelFile { genotype, config, tensors };
        write(WEIGHTS, &file)?;
        Ok(Some(file))
    }

    fn finish(&mut self, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<End> {
        let file = self
            .export_winner()?
            .context("the run ended without a scored generator; raise score.samples or derive.steps")?;
        // On the CPU, so that the picture is the same whatever the run was on.
        let generator = file.generator(&Device::flex())?;
        let grid = picture(&generator, &file.genotype, self.config.seed)?;
        write_atomic(&self.folder.dir().join(PICTURE), &grid.enlarged(ENLARGED).png())?;
        let summary = Summary {
            data: self.config.data.source.clone(),
            side: file.config.side(file.genotype.cells.len()),
            trained: self.task.trained(),
            candidates: self.task.board().map_or(0, |board| board.len()),
            estimate_macs: self.task.board().map_or(0, |board| board.macs()),
            weights: WEIGHTS.to_owned(),
            grid: PICTURE.to_owned(),
        };
        self.folder.write_summary(&summary)?;
        let summary = Box::new(summary);
        tell(&self.clock.took(&self.task));
        self.tell(Event::Finished { summary: summary.clone() }, tell)?;
        self.checkpoint(tell)?;
        Ok(End::Finished(summary))
    }
}
