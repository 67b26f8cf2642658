//! Drives a run: one piece of work after the other, answering commands in between, telling events,
//! saving checkpoints.
//!
//! A run's folder is the truth. What is kept there depends on settings and seed alone (on the CPU), so a
//! run that was killed and resumed ends with the same files as one that was not.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::control::Control;
use super::control_state::{Attention, Turn, Word};
use super::event::{Event, Summary};
use super::job::{Task, TaskState};
use super::memory_limit::{self, Growth};
use super::plan::{Job, Plan};
use super::progress_clock::Clock;
use super::recovery::{self, Setbacks, Talk};
use crate::arch::Genotype;
use crate::config::RunConfig;
use crate::gan::{GRID, NotFinite, picture, poisoned};
use crate::model::{ModelFile, from_safetensors, to_safetensors};
use crate::run::{Checkpoint, RunFolder, RunInfo, free_space, write_atomic};
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
    /// Its process has taken too much memory. It has saved a checkpoint, from where a new process shall go on
    /// in place of this one. Only of a run that is [renewable](Engine::renewable).
    Outgrown,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    tick: u64,
    task: TaskState,
    #[serde(default)]
    setbacks: Setbacks,
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
    /// Where the networks are trained.
    device: Device,
    /// The architecture that was told to be at hand.
    at_hand: Option<Genotype>,
    setbacks: Setbacks,
    /// Whether somebody is there who can tell a run that waits what to do.
    attended: Option<&'static AtomicBool>,
    /// It was told to stop, and waits for nothing more.
    stopping: bool,
    /// Bytes of the newest checkpoint.
    saved_bytes: u64,
    /// That space runs short was told.
    short_of_space: bool,
    /// Whether a new process may take the place of this one now; none where there is nobody to start it.
    renewable: Option<Box<dyn Fn() -> bool>>,
    growth: Growth,
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
        let mut engine = Self::new(plan.job, task, folder, plan.config, plan.device, false);
        tell(&engine.started(&plan.device_name, false));
        // A run that dies in its first minute can be resumed, too. Nobody can tell it anything yet.
        let (_, controls) = channel();
        engine.checkpoint(&mut Talk { controls: &controls, tell })?;
        Ok(engine)
    }

    /// Goes on with the run in `folder` from `checkpoint`; without one, from the beginning. A process that is
    /// `renewed` hears what was told to the one whose place it took.
    ///
    /// # Errors
    ///
    /// If the checkpoint does not fit the settings.
    pub fn resume(
        plan: Plan,
        folder: RunFolder,
        checkpoint: Option<Checkpoint>,
        renewed: bool,
        tell: &mut dyn FnMut(&Event),
    ) -> anyhow::Result<Self> {
        let task = plan.task(tell)?;
        let mut engine = Self::new(plan.job, task, folder, plan.config, plan.device, renewed);
        if let Some(checkpoint) = checkpoint {
            engine.load(&checkpoint)?;
        }
        engine.saved_tick = Some(engine.tick);
        tell(&engine.started(&plan.device_name, true));
        Ok(engine)
    }

    fn new(
        job: Job,
        task: Task,
        folder: RunFolder,
        config: RunConfig,
        device: Device,
        renewed: bool,
    ) -> Self {
        Self {
            job,
            clock: Clock::new(&task),
            attention: Attention::new(folder.dir(), renewed),
            growth: Growth::new(config.checkpoint.renew_after_mib << 20),
            task,
            folder,
            config,
            tick: 0,
            saved: Instant::now(),
            saved_tick: None,
            device,
            at_hand: None,
            setbacks: Setbacks::default(),
            attended: None,
            stopping: false,
            saved_bytes: 0,
            short_of_space: false,
            renewable: None,
        }
    }

    /// While `attended` is true somebody is there who can tell the run to try again: where it would end with
    /// an error that another try may not meet, it waits.
    pub fn attended(mut self, attended: &'static AtomicBool) -> Self {
        self.attended = Some(attended);
        self
    }

    /// Where the memory of this process has grown too much, the run ends [outgrown](End::Outgrown), at a time
    /// when `ready` agrees.
    pub fn renewable(mut self, ready: impl Fn() -> bool + 'static) -> Self {
        self.renewable = Some(Box::new(ready));
        self
    }

    fn is_attended(&self) -> bool {
        self.attended.is_some_and(|attended| attended.load(Ordering::SeqCst))
    }

    /// Takes state, random streams and all on from a checkpoint.
    fn load(&mut self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        let place = checkpoint.dir().display().to_string();
        let unreadable = || format!("the checkpoint {place} cannot be gone on from");
        let state: Saved = serde_json::from_slice(&checkpoint.read(STATE)?).with_context(unreadable)?;
        let (tensors, _) = from_safetensors(&checkpoint.read(TENSORS)?).with_context(unreadable)?;
        self.task.restore(state.task, &tensors).with_context(unreadable)?;
        (self.tick, self.setbacks) = (state.tick, state.setbacks);
        Ok(())
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
    /// A full disk holds the run up until there is space; numbers that break off take it back to its last
    /// checkpoint, from where it goes on with other random numbers.
    ///
    /// # Errors
    ///
    /// If the disk fails otherwise or the numbers break off again and again, unless the run is
    /// [attended](Self::attended); if it is told to stop while it waits. The error was told as an event
    /// then, and the run can be resumed.
    pub fn run(&mut self, controls: &Receiver<Control>, tell: &mut dyn FnMut(&Event)) -> anyhow::Result<End> {
        let mut talk = Talk { controls, tell };
        loop {
            let error = match self.turn(&mut talk) {
                Ok(None) => continue,
                Ok(Some(end)) => return Ok(end),
                Err(error) => error,
            };
            let over = match recovery::is_no_number(&error) {
                true => self.go_back(&error, &mut talk).err(),
                false => Some(error),
            };
            if let Some(error) = over {
                talk.tell(&Event::Failed { text: format!("{error:#}") });
                return Err(error);
            }
        }
    }

    /// Does what comes next: what was told, or a piece of work and what follows from it.
    fn turn(&mut self, talk: &mut Talk) -> anyhow::Result<Option<End>> {
        if self.task.finished() {
            return self.finish(talk).map(Some);
        }
        match self.attention.turn(talk.controls, talk.tell) {
            Turn::Work => {}
            Turn::Checkpoint => {
                // Who asked is answered, even where there is nothing new to save.
                match self.saved_tick == Some(self.tick) {
                    true => talk.tell(&Event::CheckpointSaved { step: self.tick }),
                    false => self.checkpoint(talk)?,
                }
                return Ok(None);
            }
            Turn::Stop => {
                self.stopping = true;
                self.checkpoint(talk)?;
                talk.tell(&Event::Stopped);
                return Ok(Some(End::Stopped));
            }
        }
        let before = self.task.counts();
        let told = self.task.step()?;
        self.attention.worked(before, self.task.counts(), talk.tell);
        // Counted when its outcome is in the state, so that a resumed run counts alike.
        if !self.task.is_measuring() {
            self.tick += 1;
        }
        if !told.is_empty() {
            for told in told {
                self.note(told, talk)?;
            }
            // Readers of the folder see a live run.
            self.flush(talk)?;
        }
        if let Some(progress) = self.clock.progress(&self.task) {
            talk.tell(&progress);
            self.attention.progressed(&progress);
            self.tell_at_hand(talk);
        }
        if self.attention.wants_preview() {
            self.preview(talk);
        }
        let every = Duration::from_secs(self.config.checkpoint.every_seconds);
        if self.saved.elapsed() >= every {
            self.checkpoint(talk)?;
            if self.has_outgrown(talk) {
                self.attention.hand_over();
                return Ok(Some(End::Outgrown));
            }
        }
        Ok(None)
    }

    /// Tells which architecture is trained or estimated, if it is another one.
    fn tell_at_hand(&mut self, talk: &mut Talk) {
        let at_hand = self.task.at_hand();
        if at_hand != self.at_hand.as_ref() {
            self.at_hand = at_hand.cloned();
            self.at_hand.iter().for_each(|genotype| talk.tell(&Event::AtHand { genotype: genotype.clone() }));
        }
    }

    /// Tells what the images of the fixed latents look like now.
    fn preview(&self, talk: &mut Talk) {
        // Images that are no numbers stop the run where its own work meets them.
        if let Some(Ok(Shown { name, genotype, picture })) = self.task.preview() {
            let png = BASE64_STANDARD.encode(picture.png());
            talk.tell(&Event::Preview { name, genotype, columns: GRID, png });
        }
    }

    /// Writes what was told to the folder and tells it on.
    fn note(&mut self, told: Told, talk: &mut Talk) -> anyhow::Result<()> {
        let event = match told {
            Told::News(news) => {
                match &news {
                    News::Candidate(candidate) => {
                        self.persist(talk, |engine| Ok(engine.folder.candidates.append(candidate)?))?;
                    }
                    News::Evaluated { best: true, .. } => {
                        self.persist(talk, |engine| engine.export_winner().map(drop))?;
                    }
                    _ => {}
                }
                news.into()
            }
            Told::Samples(Shown { name, genotype, picture }) => {
                let png = picture.enlarged(ENLARGED).png();
                self.look_for_space(talk);
                let path =
                    self.persist(talk, |engine| Ok(engine.folder.write_sample(engine.tick, &png)?))?;
                let file = path.strip_prefix(self.folder.dir()).unwrap_or(&path);
                let file = file.display().to_string();
                Event::Samples { name, step: self.tick, file, genotype: Some(genotype) }
            }
        };
        self.tell(event, talk)
    }

    fn tell(&mut self, event: Event, talk: &mut Talk) -> anyhow::Result<()> {
        if event.is_kept() {
            self.persist(talk, |engine| Ok(engine.folder.events.append(&event)?))?;
        }
        talk.tell(&event);
        Ok(())
    }

    /// Hands what was noted to the system.
    fn flush(&mut self, talk: &mut Talk) -> anyhow::Result<()> {
        self.persist(talk, |engine| {
            engine.folder.events.flush()?;
            engine.folder.candidates.flush()?;
            Ok(())
        })
    }

    /// Does `write`, which may be done again after it failed; where that helps, waits and does it again.
    fn persist<T>(
        &mut self,
        talk: &mut Talk,
        mut write: impl FnMut(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        loop {
            let error = match write(self) {
                Ok(done) => {
                    self.attention.release(talk.tell);
                    return Ok(done);
                }
                Err(error) => error,
            };
            let Some(obstacle) = recovery::obstacle(&error, self.is_attended()) else {
                return Err(error);
            };
            if self.stopping {
                return Err(error.context("the run was stopped without a new checkpoint"));
            }
            let word = self.attention.hold(&obstacle, recovery::LOOK_AGAIN, talk.controls, talk.tell);
            if word == Word::Stop {
                return Err(error.context("the run was stopped while it waited, without a new checkpoint"));
            }
        }
    }

    /// Saves a checkpoint, unless nothing was done since the last one.
    fn checkpoint(&mut self, talk: &mut Talk) -> anyhow::Result<()> {
        if self.saved_tick == Some(self.tick) {
            return Ok(());
        }
        let (task, tensors) = self.task.state();
        if let Some(what) = poisoned(&tensors) {
            return Err(SearchError::from(NotFinite::Weights { what, step: self.tick }).into());
        }
        self.setbacks.passed(self.tick);
        let state = serde_json::to_vec(&Saved { tick: self.tick, task, setbacks: self.setbacks.clone() })?;
        let tensors = to_safetensors(&tensors, Default::default())?;
        self.saved_bytes = (state.len() + tensors.len()) as u64;
        self.look_for_space(talk);
        self.persist(talk, |engine| {
            let meta = json!({ "tick": engine.tick });
            engine.folder.save_checkpoint(engine.tick, &meta, |draft| -> anyhow::Result<()> {
                draft.write(STATE, &state)?;
                draft.write(TENSORS, &tensors)?;
                Ok(())
            })
        })?;
        (self.saved, self.saved_tick) = (Instant::now(), Some(self.tick));
        talk.tell(&Event::CheckpointSaved { step: self.tick });
        self.tidy(talk);
        Ok(())
    }

    /// Gives memory that the GPU's pools hold for nothing back, so that days of training end with what the
    /// first minute took, and tells what they hold.
    fn tidy(&self, talk: &mut Talk) {
        self.device.memory_cleanup();
        if let Some(usage) = self.device.memory_pool_usage() {
            talk.tell(&Event::Memory { in_use: usage.bytes_in_use, reserved: usage.bytes_reserved });
        }
    }

    /// Whether a new process shall take the place of this one now, because its memory has grown too much.
    fn has_outgrown(&mut self, talk: &mut Talk) -> bool {
        let Some(ready) = &self.renewable else {
            return false;
        };
        let pools = self.device.memory_pool_usage().map_or(0, |usage| usage.bytes_reserved);
        let Some(grown) = self.growth.look(pools) else {
            return false;
        };
        if !self.attention.is_at_ease() || !ready() {
            return false;
        }
        let program = memory_limit::program();
        let next = match &program {
            Ok(_) => "so a new process goes on from this checkpoint".to_owned(),
            Err(reason) => {
                self.growth.forgive();
                format!(
                    "and no new process can go on in place of this one ({reason}); stop and resume the run to give the memory back"
                )
            }
        };
        let text = format!("memory has grown by {} MiB, {next}", grown >> 20);
        talk.tell(&Event::Notice { text });
        program.is_ok()
    }

    /// Says so when the disk will soon take no more checkpoints. To be asked before a file is written: it may be
    /// the one that the disk does not take any more.
    fn look_for_space(&mut self, talk: &mut Talk) {
        let size = self.saved_bytes;
        // Where the system does not tell, a disk that is full will be noticed when it is.
        let Ok(free) = free_space(self.folder.dir()) else {
            return;
        };
        let short = free < recovery::SPARE_CHECKPOINTS * size;
        if short && !self.short_of_space {
            talk.tell(&Event::Notice { text: recovery::short_of_space(self.folder.dir(), free, size) });
        }
        self.short_of_space = short;
    }

    /// Takes run and folder back to the last checkpoint after numbers broke off, and lets them go on from
    /// there with other random numbers. After some such setbacks in a row it waits to be told to, or ends.
    fn go_back(&mut self, error: &anyhow::Error, talk: &mut Talk) -> anyhow::Result<()> {
        let failed_at = self.tick;
        let found = self.folder.latest_checkpoint()?;
        let Some(checkpoint) = found.checkpoint else {
            anyhow::bail!("{error:#}; no checkpoint was saved yet, so start anew with other settings");
        };
        let mut setbacks = self.setbacks.clone();
        self.folder.return_to(&checkpoint)?;
        self.load(&checkpoint)?;
        let step = checkpoint.step();
        if !setbacks.add(failed_at) {
            let dir = self.folder.dir().display();
            let reason = format!(
                "{error:#}, again after {} setbacks; the run is back at its checkpoint {step}. Lower the learning rates or change the loss with --resume {dir} --set key=value",
                recovery::SETBACKS
            );
            self.saved_tick = Some(self.tick);
            let mut word = Word::None;
            while word == Word::None && self.is_attended() {
                word = self.attention.hold(&reason, recovery::LOOK_AGAIN, talk.controls, talk.tell);
            }
            if word != Word::Again {
                anyhow::bail!(reason);
            }
            self.attention.release(talk.tell);
            setbacks.forgive();
        }
        // What follows differs from what the checkpoint alone would lead to, so it is saved again.
        self.saved_tick = None;
        (0..setbacks.in_all()).for_each(|_| self.task.detour());
        let text = format!(
            "{error:#}; the run went back to its checkpoint {step} and goes on from there with other random numbers"
        );
        self.setbacks = setbacks;
        self.tell(News::Warning { text }.into(), talk)?;
        self.flush(talk)
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

    fn finish(&mut self, talk: &mut Talk) -> anyhow::Result<End> {
        let summary = self.persist(talk, Self::conclude)?;
        // Killed from here on, the run is resumed with nothing left to do but what follows.
        self.checkpoint(talk)?;
        let finished = Event::Finished { summary: summary.clone() };
        self.persist(talk, |engine| Ok(engine.folder.events.append(&finished)?))?;
        self.flush(talk)?;
        // The very last: a run that has it is over and not opened for writing again.
        self.persist(talk, |engine| Ok(engine.folder.write_summary(&summary)?))?;
        talk.tell(&self.clock.took(&self.task));
        talk.tell(&finished);
        Ok(End::Finished(summary))
    }

    /// Writes what the run leaves behind, but for its summary.
    fn conclude(&mut self) -> anyhow::Result<Box<Summary>> {
        let file = self
            .export_winner()?
            .context("the run ended without a scored generator; raise score.samples or derive.steps")?;
        // On the CPU, so that the picture is the same whatever the run was on.
        let generator = file.generator(&Device::flex())?;
        let grid = picture(&generator, &file.genotype, self.config.seed).map_err(SearchError::from)?;
        write_atomic(&self.folder.dir().join(PICTURE), &grid.enlarged(ENLARGED).png())?;
        Ok(Box::new(Summary {
            data: self.config.data.source.clone(),
            side: file.config.side(file.genotype.cells.len()),
            trained: self.task.trained(),
            candidates: self.task.board().map_or(0, |board| board.len()),
            estimate_macs: self.task.board().map_or(0, |board| board.macs()),
            weights: WEIGHTS.to_owned(),
            grid: PICTURE.to_owned(),
        }))
    }
}

#[cfg(test)]
mod tests;
