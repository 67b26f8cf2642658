//! Drives a run: one piece of work after the other, doing commands in between, emitting events, saving
//! checkpoints.
//!
//! A run's folder is the truth. What is kept there depends on settings and seed alone (on the CPU), so a
//! run that was killed and resumed ends with the same files as one that was not.

mod candidate_picture;
mod checkpoints;
mod disk_space;
mod memory_limit;
mod outcome;
mod progress_clock;
mod retry;
mod rollback;

pub use outcome::{ENLARGED, WEIGHTS};

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::control::Control;
use super::control_state::{Channel, ControlAction, ControlState, PreparationStatus, WaitEnd};
use super::event::{Event, LiveEvent, LogEvent, Summary, Tick};
use super::plan::{JobSpec, Plan};
use crate::config::RunConfig;
use crate::gan::GRID;
use crate::run::{Checkpoint, RunFolder, RunInfo};
use crate::search::{Emitted, Job, SampleGrid, SearchError, SearchEvent};
use candidate_picture::strip;
use checkpoints::{Files, Schedule};
use disk_space::DiskSpace;
use memory_limit::{MemoryLimit, Verdict};
use progress_clock::ProgressClock;
use retry::{RETRY_EVERY, retriable};
use rollback::{MOST_ROLLBACKS, Rollbacks};

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// All is done.
    Finished(Box<Summary>),
    /// A command stopped it; it can be resumed.
    Stopped,
    /// Its process has taken too much memory. It has saved a checkpoint, from where a new process shall go on
    /// in place of this one. Only of a run that has [leave to](Engine::reexec_when).
    MemoryLimit,
}

/// A run under way.
pub struct Engine {
    spec: JobSpec,
    config: RunConfig,
    job: Box<dyn Job>,
    tick: Tick,
    /// Dropped before the folder's lock is.
    control: ControlState,
    folder: RunFolder,
    schedule: Schedule,
    disk_space: DiskSpace,
    memory: MemoryLimit,
    rollbacks: Rollbacks,
    clock: ProgressClock,
}

impl Engine {
    /// Begins the run that `plan` describes in the new folder `dir`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or the settings cannot be run.
    pub fn start(plan: Plan, dir: &Path, emit: &mut dyn FnMut(&Event)) -> anyhow::Result<Self> {
        let mut info = RunInfo::new(&plan.device_name, plan.config.seed, time::OffsetDateTime::now_utc());
        info.extra.insert("job".to_owned(), json!(plan.spec));
        // First, since reading images may take minutes and a place that takes no run is soon found out.
        let folder = RunFolder::create(dir, &info, &plan.config.to_toml()?)?;
        let (job, found) = match prepare(&plan, dir, false, emit) {
            Ok(prepared) => prepared,
            Err(error) => {
                folder.discard();
                return Err(error);
            }
        };
        let device_name = plan.device_name.clone();
        let mut engine = Self::new(plan, job, folder);
        emit(&engine.started(device_name, false));
        // No command can come yet.
        let (_, controls) = channel();
        let mut channel = Channel { controls: &controls, emit };
        engine.note_images(&found, true, &mut channel)?;
        // A run that dies in its first minute can be resumed, too.
        engine.checkpoint(&mut channel)?;
        Ok(engine)
    }

    /// Goes on with the run in `folder` from `checkpoint`; without one, from the beginning. A process that
    /// comes `after_reexec` receives the commands that the one before did not do.
    ///
    /// # Errors
    ///
    /// If the checkpoint does not fit the settings.
    pub fn resume(
        plan: Plan,
        folder: RunFolder,
        checkpoint: Option<Checkpoint>,
        after_reexec: bool,
        emit: &mut dyn FnMut(&Event),
    ) -> anyhow::Result<Self> {
        let (job, found) = prepare(&plan, folder.dir(), after_reexec, emit)?;
        let device_name = plan.device_name.clone();
        let mut engine = Self::new(plan, job, folder);
        let is_new = checkpoint.is_none();
        if let Some(checkpoint) = checkpoint {
            engine.load(&checkpoint)?;
        }
        engine.schedule.loaded(engine.tick);
        emit(&engine.started(device_name, true));
        let (_, controls) = channel();
        engine.note_images(&found, is_new, &mut Channel { controls: &controls, emit })?;
        Ok(engine)
    }

    /// Writes what images were found, and what has to be known of them, to the folder: to `log.txt`, and to the log
    /// of events where that has no such events yet. They were emitted when they were found.
    fn note_images(&mut self, found: &[LogEvent], is_new: bool, channel: &mut Channel) -> anyhow::Result<()> {
        for event in found {
            if is_new {
                self.retry(channel, |engine| Ok(engine.folder.events.append(event)?))?;
            }
            let lines: Vec<String> = match event {
                LogEvent::Images { counts } => counts.lines().collect(),
                LogEvent::Search(SearchEvent::Warning { text }) => vec![format!("Warning: {text}")],
                _ => Vec::new(),
            };
            for line in lines {
                self.retry(channel, |engine| Ok(engine.folder.write_log_txt(&line)?))?;
            }
        }
        self.flush(channel)
    }

    fn new(plan: Plan, job: Box<dyn Job>, folder: RunFolder) -> Self {
        let Plan { spec, config, device, .. } = plan;
        Self {
            spec,
            clock: ProgressClock::new(&*job),
            control: ControlState::new(folder.dir()),
            memory: MemoryLimit::new(device, config.checkpoint.memory_growth_mib << 20),
            schedule: Schedule::new(Duration::from_secs(config.checkpoint.every_seconds)),
            disk_space: DiskSpace::default(),
            rollbacks: Rollbacks::default(),
            tick: Tick::default(),
            job,
            folder,
            config,
        }
    }

    /// While `attended` is true somebody is there who can have the run try again: where it would end with
    /// an error that another try may not meet, it waits.
    pub fn attended(mut self, attended: impl Fn() -> bool + 'static) -> Self {
        self.control.set_attended(attended);
        self
    }

    /// Where the memory of this process has grown too much, the run ends for [that](End::MemoryLimit), at a
    /// time when `ready` agrees.
    pub fn reexec_when(mut self, ready: impl Fn() -> bool + 'static) -> Self {
        self.memory.reexec_when(ready);
        self
    }

    /// Takes state, random streams and all on from a checkpoint.
    fn load(&mut self, checkpoint: &Checkpoint) -> anyhow::Result<()> {
        (self.tick, self.rollbacks) = checkpoints::load(checkpoint, &mut *self.job)?;
        self.clock.loaded(&*self.job);
        Ok(())
    }

    /// What the run is for.
    pub fn spec(&self) -> &JobSpec {
        &self.spec
    }

    fn started(&self, device: String, resumed: bool) -> Event {
        let dir = self.folder.dir().display().to_string();
        LiveEvent::Started { dir, device, seed: self.config.seed, resumed }.into()
    }

    /// Works until all is done or a command stops it.
    ///
    /// The run waits while the disk is full; numbers that are not finite take it back to its last checkpoint,
    /// from where it goes on with other random numbers.
    ///
    /// # Errors
    ///
    /// If the disk fails otherwise or the run diverges again and again, unless it is
    /// [attended](Self::attended); if a command stops it while it waits. The error was emitted as an event
    /// then, and the run can be resumed.
    pub fn run(&mut self, controls: &Receiver<Control>, emit: &mut dyn FnMut(&Event)) -> anyhow::Result<End> {
        let mut channel = Channel { controls, emit };
        loop {
            let error = match self.advance(&mut channel) {
                Ok(None) => continue,
                Ok(Some(end)) => return Ok(end),
                Err(error) => error,
            };
            let over =
                if is_not_finite(&error) { self.roll_back(&error, &mut channel).err() } else { Some(error) };
            if let Some(error) = over {
                channel.emit(LiveEvent::Failed { text: format!("{error:#}") });
                return Err(error);
            }
        }
    }

    /// Does what comes next: a command, or a piece of work and what follows from it.
    fn advance(&mut self, channel: &mut Channel) -> anyhow::Result<Option<End>> {
        if self.job.finished() {
            return self.finish(channel).map(Some);
        }
        let begun = Instant::now();
        let action = self.control.next(channel);
        self.clock.waited(begun.elapsed());
        match action {
            ControlAction::Work => self.work(channel)?,
            ControlAction::Checkpoint => {
                // Who asked is answered, even where there is nothing new to save.
                if self.schedule.is_saved(self.tick) {
                    channel.emit(LiveEvent::CheckpointSaved { tick: self.tick });
                } else {
                    self.checkpoint(channel)?;
                }
                return Ok(None);
            }
            ControlAction::Stop => {
                self.checkpoint(channel)?;
                channel.emit(LiveEvent::Stopped);
                return Ok(Some(End::Stopped));
            }
        }
        if self.schedule.is_due() {
            self.checkpoint(channel)?;
            if let Verdict::Exceeded(text, can_go_on) = self.memory.check(self.control.is_idle()) {
                channel.emit(LiveEvent::Notice { text });
                if can_go_on {
                    self.control.hand_over();
                    return Ok(Some(End::MemoryLimit));
                }
            }
        }
        Ok(None)
    }

    /// Does a piece of work and emits what comes of it.
    fn work(&mut self, channel: &mut Channel) -> anyhow::Result<()> {
        let before = self.job.counts();
        let emitted = self.job.step()?;
        self.clock.worked(&*self.job);
        self.control.worked(before, self.job.counts(), channel);
        // Counted when its outcome is in the state, so that a resumed run counts alike.
        if !self.job.is_evaluating() {
            self.tick.0 += 1;
        }
        if !emitted.is_empty() {
            for emitted in emitted {
                self.keep(emitted, channel)?;
            }
            // Readers of the folder see a live run.
            self.flush(channel)?;
        }
        if let Some(progress) = self.clock.progress(&*self.job) {
            self.control.show_progress(&progress);
            channel.emit(progress);
            if let Some(current) = self.clock.current(&*self.job) {
                channel.emit(current);
            }
        }
        if self.control.wants_preview() {
            self.preview(channel);
        }
        Ok(())
    }

    /// Emits what the images of the fixed latents look like now.
    fn preview(&self, channel: &mut Channel) {
        // Images that are not finite stop the run where its own work meets them.
        if let Some(Ok(SampleGrid { source, genotype, picture })) = self.job.preview() {
            let png = BASE64_STANDARD.encode(picture.png());
            channel.emit(LiveEvent::Preview { source, genotype, columns: GRID, png });
        }
    }

    /// Writes what the job emitted to the folder and passes it on.
    fn keep(&mut self, emitted: Emitted, channel: &mut Channel) -> anyhow::Result<()> {
        let event = match emitted {
            Emitted::Event(event) => {
                if let SearchEvent::Evaluated { best: true, .. } = &event {
                    self.retry(channel, |engine| {
                        outcome::export_winner(&*engine.job, engine.folder.dir()).map(drop)
                    })?;
                }
                event.into()
            }
            Emitted::Candidate(mut candidate, images) => {
                if let Some(images) = images {
                    let png = strip(&images);
                    self.check_disk_space(channel);
                    let path = self.retry(channel, |engine| {
                        Ok(engine.folder.write_candidate_picture(engine.tick.0, &png)?)
                    })?;
                    candidate.picture = Some(self.relative(&path));
                }
                self.retry(channel, |engine| Ok(engine.folder.candidates.append(&candidate)?))?;
                SearchEvent::Candidate(candidate).into()
            }
            Emitted::Samples(SampleGrid { source, genotype, picture }) => {
                let png = picture.enlarged(ENLARGED).png();
                self.check_disk_space(channel);
                let path =
                    self.retry(channel, |engine| Ok(engine.folder.write_sample(engine.tick.0, &png)?))?;
                let file = self.relative(&path);
                LogEvent::Samples { source, tick: self.tick, file, genotype: Some(genotype) }
            }
        };
        self.log(event, channel)
    }

    /// A file of the run folder as events name it.
    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(self.folder.dir()).unwrap_or(path).display().to_string()
    }

    /// Writes an event to the folder's log and emits it.
    fn log(&mut self, event: LogEvent, channel: &mut Channel) -> anyhow::Result<()> {
        self.retry(channel, |engine| Ok(engine.folder.events.append(&event)?))?;
        channel.emit(event);
        Ok(())
    }

    /// Hands the logs to the system.
    fn flush(&mut self, channel: &mut Channel) -> anyhow::Result<()> {
        self.retry(channel, |engine| {
            engine.folder.events.flush()?;
            engine.folder.candidates.flush()?;
            Ok(())
        })
    }

    /// Does `write`, which may be done again after it failed; where that helps, waits and does it again.
    fn retry<T>(
        &mut self,
        channel: &mut Channel,
        mut write: impl FnMut(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        loop {
            let error = match write(self) {
                Ok(done) => {
                    self.control.end_wait(channel);
                    return Ok(done);
                }
                Err(error) => error,
            };
            let Some(reason) = retriable(&error, self.control.is_attended()) else {
                return Err(error);
            };
            if self.control.is_stopping() {
                return Err(error.context("the run was stopped without a new checkpoint"));
            }
            if self.control.wait(&reason, RETRY_EVERY, channel) == WaitEnd::Stop {
                return Err(error.context("the run was stopped while it waited, without a new checkpoint"));
            }
        }
    }

    /// Saves a checkpoint, unless nothing was done since the last one.
    fn checkpoint(&mut self, channel: &mut Channel) -> anyhow::Result<()> {
        if self.schedule.is_saved(self.tick) {
            return Ok(());
        }
        let emitted = self.job.read_losses()?;
        for emitted in emitted {
            self.keep(emitted, channel)?;
        }
        self.flush(channel)?;
        self.rollbacks.passed(self.tick);
        let files = Files::of(self.tick, &*self.job, &self.rollbacks)?;
        self.schedule.bytes = files.bytes();
        self.check_disk_space(channel);
        self.retry(channel, |engine| {
            let meta = json!({ "tick": engine.tick });
            Ok(engine.folder.save_checkpoint(engine.tick.0, &meta, |draft| files.write(draft))?)
        })?;
        self.schedule.saved(self.tick);
        channel.emit(LiveEvent::CheckpointSaved { tick: self.tick });
        if let Some(usage) = self.memory.release_unused() {
            channel.emit(usage);
        }
        Ok(())
    }

    fn check_disk_space(&mut self, channel: &mut Channel) {
        if let Some(notice) = self.disk_space.check(self.folder.dir(), self.schedule.bytes) {
            channel.emit(notice);
        }
    }

    /// Takes run and folder back to the last checkpoint after a divergence, and lets them go on from there with
    /// other random numbers. After some such rollbacks in a row it waits for a command, or ends.
    fn roll_back(&mut self, error: &anyhow::Error, channel: &mut Channel) -> anyhow::Result<()> {
        let failed_at = self.tick;
        let found = self.folder.latest_checkpoint()?;
        let Some(checkpoint) = found.checkpoint else {
            anyhow::bail!("{error:#}; no checkpoint was saved yet, so start anew with other settings");
        };
        let mut rollbacks = self.rollbacks.clone();
        self.folder.return_to(&checkpoint)?;
        self.load(&checkpoint)?;
        let saved_at = checkpoint.step();
        if !rollbacks.add(failed_at) {
            let dir = self.folder.dir().display();
            let reason = format!(
                "{error:#}, again after {MOST_ROLLBACKS} rollbacks; the run is back at its checkpoint {saved_at}. Lower the learning rates or change the loss with --resume {dir} --set key=value"
            );
            self.schedule.loaded(self.tick);
            let mut end = WaitEnd::Timeout;
            while end == WaitEnd::Timeout && self.control.is_attended() {
                end = self.control.wait(&reason, RETRY_EVERY, channel);
            }
            if end != WaitEnd::Retry {
                anyhow::bail!(reason);
            }
            self.control.end_wait(channel);
            rollbacks.reset();
        }
        // What follows differs from what the checkpoint alone would lead to, so it is saved again.
        self.schedule.changed();
        (0..rollbacks.in_all()).for_each(|_| self.job.reseed());
        let text = format!(
            "{error:#}; the run went back to its checkpoint {saved_at} and goes on from there with other random numbers"
        );
        self.rollbacks = rollbacks;
        self.log(SearchEvent::Warning { text }.into(), channel)?;
        self.flush(channel)
    }

    fn finish(&mut self, channel: &mut Channel) -> anyhow::Result<End> {
        let summary = self.retry(channel, |engine| {
            outcome::conclude(&*engine.job, engine.folder.dir(), &engine.config).map(Box::new)
        })?;
        // Killed from here on, the run is resumed with nothing left to do but what follows.
        self.checkpoint(channel)?;
        let finished = LogEvent::Finished { summary: summary.clone() };
        self.retry(channel, |engine| Ok(engine.folder.events.append(&finished)?))?;
        self.flush(channel)?;
        // The very last: a run that has it is over and not opened for writing again.
        self.retry(channel, |engine| Ok(engine.folder.write_summary(&summary)?))?;
        channel.emit(self.clock.time_spent(&*self.job));
        channel.emit(finished);
        Ok(End::Finished(summary))
    }
}

/// The job of a plan, and the events of its preparation that the run folder `dir` keeps. Shows there how far it is.
/// A process that comes `after_reexec` takes over what the one before left there.
fn prepare(
    plan: &Plan,
    dir: &Path,
    after_reexec: bool,
    emit: &mut dyn FnMut(&Event),
) -> anyhow::Result<(Box<dyn Job>, Vec<LogEvent>)> {
    let mut status = PreparationStatus::new(dir, after_reexec);
    let mut kept = Vec::new();
    let job = plan.job(&mut |event| {
        if let Event::Log(event) = event {
            kept.push(event.clone());
        }
        status.show(event);
        emit(event);
    })?;
    status.end();
    Ok((job, kept))
}

/// Whether something that was computed was NaN or infinite.
fn is_not_finite(error: &anyhow::Error) -> bool {
    error.downcast_ref::<SearchError>().is_some_and(SearchError::is_not_finite)
}

#[cfg(test)]
mod tests;
