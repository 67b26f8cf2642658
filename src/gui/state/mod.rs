//! What the window knows of a run: a fold of the run's events.
//!
//! Events that the run folder keeps come from there, whoever writes it and whenever it was written; the
//! rest (progress, previews, pauses, deaths) comes from the worker. So a live run and an old one are
//! shown by the same fold, and what is shown of a resumed run is what it went back to.
//!
//! The run's time axis is the *event index*: how many events were kept until then. One scrubber moves all
//! panels to the same one.

mod candidates;
mod log;
mod queries;
pub mod rates;
mod records;
mod series;
mod status;

pub use log::{Level, LogLine};
pub use records::{
    Beam, CandidatePicture, EvaluationRecord, Preview, Probabilities, RunPhase, RunProgress, Sample,
};
pub use series::{Series, smoothed, thinned};
pub use status::Status;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::arch::Genotype;
use crate::config::RunConfig;
use crate::engine::{Event, JobSpec, LiveEvent, LogEvent, Summary, Tick};
use crate::ipc::Death;
use crate::metric::Score;
use crate::run::now;
use crate::search::{Candidate, Curve, SearchEvent, beam_words};

/// Seconds without a step after which it is shown how many there were.
const QUIET: u64 = 15;

/// All that is known of a run.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    /// How it stands.
    pub status: Status,
    /// Its settings, once they were read.
    pub config: Option<RunConfig>,
    /// What it is for, once that is known; runs of 0.1 do not say it.
    pub job: Option<JobSpec>,
    /// The device, once it is known.
    pub device: Option<String>,
    /// How many events were kept so far.
    pub event_index: u32,
    /// All phases, oldest first.
    pub phases: Vec<RunPhase>,
    /// How far it is, while it is live.
    pub progress: Option<RunProgress>,
    /// The points of each curve.
    pub series: BTreeMap<Curve, Series>,
    /// The strategy's distributions, oldest first.
    pub probabilities: Vec<Probabilities>,
    /// The board, with the event index of each entry.
    pub candidates: Vec<(u32, Candidate)>,
    /// The pictures of candidates, by their numbers on the board.
    pub candidate_pictures: BTreeMap<usize, CandidatePicture>,
    /// Rankings, oldest first.
    pub beams: Vec<Beam>,
    /// Pictures, oldest first.
    pub samples: Vec<Sample>,
    /// The newest preview, while it is live.
    pub preview: Option<Preview>,
    /// The architecture that is trained or estimated now, while it is live.
    pub current: Option<Genotype>,
    /// Seconds since the worker did something, where that is long ago.
    pub quiet: Option<u64>,
    /// Seconds since anything came from the worker, where that is too long ago for one that lives.
    pub silent: Option<u64>,
    /// Evaluations, oldest first.
    pub evaluations: Vec<EvaluationRecord>,
    /// The log, oldest first; of one event index, what passed is behind what is kept.
    pub log: Vec<LogLine>,
    /// When the events came that the log has in words, by their index, as far as that was seen.
    pub times: BTreeMap<u32, OffsetDateTime>,
    /// The user asked for a checkpoint that is not saved yet.
    pub wants_checkpoint: bool,
    /// The checkpoint that the user asked for, once it is saved; taken by whoever says so.
    pub saved_checkpoint: Option<Tick>,
    /// What came out, once it is finished.
    pub summary: Option<Summary>,
}

impl RunState {
    /// Forgets all that the run folder keeps, to read it anew.
    pub fn begin_anew(&mut self) {
        let mut before = std::mem::take(self);
        before.log.retain(|line| line.is_live);
        *self = Self {
            event_index: 0,
            phases: Vec::new(),
            series: BTreeMap::new(),
            probabilities: Vec::new(),
            candidates: Vec::new(),
            candidate_pictures: BTreeMap::new(),
            beams: Vec::new(),
            samples: Vec::new(),
            evaluations: Vec::new(),
            summary: None,
            ..before
        };
    }

    /// Takes in that all was read anew: what passed when there were more events than now stands behind them.
    pub fn read_anew(&mut self) {
        let last = self.event_index;
        self.log.iter_mut().for_each(|line| line.event_index = line.event_index.min(last));
    }

    /// Takes in an event that the run folder keeps and that came just now.
    pub fn log_event_now(&mut self, event: LogEvent) {
        let lines = self.log.len();
        let index = self.event_index + 1;
        self.times.insert(index, now());
        self.log_event(event);
        // Most events have no line.
        if self.log.len() == lines {
            self.times.remove(&index);
        }
    }

    /// Takes in an event that the run folder keeps.
    pub fn log_event(&mut self, event: LogEvent) {
        self.event_index += 1;
        let event_index = self.event_index;
        match event {
            LogEvent::Search(event) => self.search_event(event_index, event),
            LogEvent::Images { counts } => {
                let level = if counts.left_out.is_empty() { Level::Note } else { Level::Warning };
                counts.lines().for_each(|line| self.say(event_index, level, line));
            }
            LogEvent::Samples { source, genotype, tick, file } => {
                self.samples.push(Sample { event_index, source, genotype, tick, file });
            }
            LogEvent::Finished { summary } => {
                self.say(event_index, Level::Note, "Finished".to_owned());
                self.summary = Some(*summary);
            }
        }
    }

    /// Takes in an event that came from the worker. What the run folder keeps is read there, but for the end
    /// of the run.
    pub fn worker_event(&mut self, event: Event) {
        match event {
            Event::Live(event) => self.live_event(event),
            Event::Log(event) => {
                self.quiet = None;
                if let LogEvent::Finished { .. } = event {
                    self.status = Status::Finished;
                }
            }
        }
    }

    /// Takes in an event that passes.
    pub fn live_event(&mut self, event: LiveEvent) {
        let event_index = self.event_index;
        self.quiet = match event {
            LiveEvent::Alive { quiet_ms } => Some(quiet_ms / 1000).filter(|&seconds| seconds >= QUIET),
            _ => None,
        };
        match event {
            LiveEvent::Device { name, reason } => {
                self.note(Level::Note, format!("Device: {name} ({reason})"));
            }
            LiveEvent::Started { device, resumed, .. } => {
                self.status = Status::Running;
                self.progress = None;
                let begins = if resumed { "Resumed" } else { "Begins" };
                self.note(Level::Note, format!("{begins} on {device}"));
                self.device = Some(device);
            }
            LiveEvent::Preparing { what, done, total } => {
                self.status = Status::Preparing { what, done: done as f32 / total.max(1) as f32 };
            }
            LiveEvent::Progress { done, eta_seconds, speed } => {
                self.progress = Some(RunProgress { done: done as f32, eta: eta_seconds, speed });
                if let Some(speed) = speed {
                    self.point(Curve::Speed, u64::from(event_index), speed);
                }
            }
            LiveEvent::Paused { paused } => {
                let status = if paused { Status::Paused } else { Status::Running };
                if self.status.is_live() && self.status != status {
                    self.note(Level::Note, status.words().to_owned());
                    self.status = status;
                }
            }
            LiveEvent::Waiting { reason } if self.status.is_live() => {
                let (level, text, status) = match reason {
                    Some(reason) => (Level::Warning, reason.clone(), Status::Waiting(reason)),
                    None => (Level::Note, "Going on".to_owned(), Status::Running),
                };
                if self.status != status {
                    self.note(level, text);
                    self.status = status;
                }
            }
            LiveEvent::Notice { text } => self.note(Level::Warning, text),
            LiveEvent::CurrentArchitecture { genotype } => self.current = Some(genotype),
            LiveEvent::Preview { source, genotype, png, .. } => {
                let number = self.preview.as_ref().map_or(0, |preview| preview.number + 1);
                self.preview = Some(Preview { number, source, genotype, png });
            }
            LiveEvent::CheckpointSaved { tick } => {
                if std::mem::take(&mut self.wants_checkpoint) {
                    self.saved_checkpoint = Some(tick);
                }
                self.note(Level::Note, "Checkpoint saved".to_owned());
            }
            LiveEvent::Stopped => {
                self.status = Status::Stopped;
                self.note(Level::Note, "Stopped with a checkpoint".to_owned());
            }
            LiveEvent::Failed { text } => self.status = Status::Failed(text),
            LiveEvent::TimeSpent { .. }
            | LiveEvent::Waiting { .. }
            | LiveEvent::Alive { .. }
            | LiveEvent::Memory { .. }
            // A server of samples emits these, and a run none of them.
            | LiveEvent::Loaded { .. }
            | LiveEvent::Generated { .. }
            | LiveEvent::NotGenerated { .. } => {}
        }
    }

    /// Takes in that the worker is gone.
    pub fn gone(&mut self, death: Death) {
        (self.current, self.quiet, self.silent, self.wants_checkpoint) = (None, None, None, false);
        if death.orderly {
            self.preview = None;
            // What ended it came before; a worker that ended without a reason just ended.
            if self.status.is_live() {
                self.status = Status::Idle;
            }
            return;
        }
        self.note(Level::Error, death.text.clone());
        self.status = Status::Died(death);
    }

    /// Logs what the run folder keeps.
    fn say(&mut self, event_index: u32, level: Level, text: String) {
        let time = self.times.get(&event_index).copied();
        self.insert(LogLine { event_index, time, level, text, is_live: false });
    }

    /// Logs what passes.
    fn note(&mut self, level: Level, text: String) {
        let (event_index, time) = (self.event_index, Some(now()));
        self.insert(LogLine { event_index, time, level, text, is_live: true });
    }

    /// Nearly always at the end: what passed stays in its place while the folder is read anew.
    fn insert(&mut self, line: LogLine) {
        let place = |line: &LogLine| (line.event_index, line.is_live);
        let at = self.log.partition_point(|other| place(other) <= place(&line));
        self.log.insert(at, line);
    }

    fn point(&mut self, curve: Curve, x: u64, y: f64) {
        self.series.entry(curve).or_default().push(self.event_index, x as f64, y);
    }

    fn search_event(&mut self, event_index: u32, event: SearchEvent) {
        match event {
            SearchEvent::Phase { activity, cells, iteration } => {
                let phase = RunPhase { event_index, activity, cells, iteration };
                self.say(event_index, Level::Note, capital(&phase.words()));
                self.phases.push(phase);
            }
            SearchEvent::Metric { curve, step, value } => {
                let rate = self.config.as_ref().and_then(|config| rates::rate(config, &curve, step));
                if let Some((curve, rate)) = rate {
                    self.point(curve, step, rate);
                }
                self.point(curve, step, value);
            }
            SearchEvent::Probabilities { cells, iteration, distributions } => {
                self.probabilities.push(Probabilities { event_index, cells, iteration, distributions });
            }
            SearchEvent::Candidate(candidate) => self.add_candidate(event_index, candidate),
            SearchEvent::Beam { cells, candidates } => {
                self.say(event_index, Level::Note, beam_words(candidates.len(), cells));
                self.beams.push(Beam { event_index, cells, candidates });
            }
            SearchEvent::Reset { reason, .. } => {
                self.say(event_index, Level::Warning, format!("The shared GAN starts anew: {reason}"));
            }
            SearchEvent::Warning { text } => self.say(event_index, Level::Warning, text),
            SearchEvent::Evaluated { training, step, scores, best } => {
                let words: Vec<String> = scores.iter().map(Score::with_direction).collect();
                self.say(event_index, Level::Note, format!("{training}, step {step}: {}", words.join("; ")));
                for score in &scores {
                    self.point(Curve::Score { training, label: score.label() }, step.0, score.value);
                }
                self.evaluations.push(EvaluationRecord { event_index, training, step, scores, best });
            }
        }
    }
}

/// The text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
