//! What the window knows of a run: a fold of the run's events.
//!
//! Events that the run folder keeps come from there, whoever writes it and whenever it was written; the
//! rest (progress, previews, pauses, deaths) comes from the worker. So a live run and an old one are
//! shown by the same fold, and what is shown of a resumed run is what it went back to.
//!
//! The run's time axis is the *event index*: how many events were kept until then. One scrubber moves all
//! panels to the same one.

pub mod rates;
mod series;

pub use series::{Series, smoothed, thinned};

use std::collections::BTreeMap;

use crate::arch::Genotype;
use crate::config::RunConfig;
use crate::engine::{Event, LiveEvent, LogEvent, Summary, Tick};
use crate::ipc::Death;
use crate::metric::Score;
use crate::search::{
    Activity, Candidate, Curve, Distributions, GanId, GeneratorStep, SampleSource, SearchEvent, TrainingId,
    beam_words,
};

/// Seconds without a step after which it is shown how many there were.
const QUIET: u64 = 15;

/// How a run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Status {
    /// It is only looked at: nobody works on it.
    #[default]
    Idle,
    /// Something is done before it can begin.
    Preparing {
        /// What is done, in words.
        what: String,
        /// Share that is done, from 0 to 1.
        done: f32,
    },
    /// Under way.
    Running,
    /// It is paused until it is continued.
    Paused,
    /// It cannot go on at the moment, for a reason that it gave, and tries again when it is continued.
    Waiting(String),
    /// Stopped with a checkpoint.
    Stopped,
    /// All is done.
    Finished,
    /// It could not go on, for a reason that it gave.
    Failed(String),
    /// Its worker died.
    Died(Death),
}

impl Status {
    /// Whether somebody works on it.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Preparing { .. } | Self::Running | Self::Paused | Self::Waiting(_))
    }

    /// In one or two words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Idle => "Not running",
            Self::Preparing { .. } => "Preparing",
            Self::Running => "Running",
            Self::Paused => "Paused",
            Self::Waiting(_) => "Waiting",
            Self::Stopped => "Stopped",
            Self::Finished => "Finished",
            Self::Failed(_) => "Failed",
            Self::Died(_) => "Worker died",
        }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunPhase {
    /// The event index at which it began.
    pub event_index: u32,
    /// What is done.
    pub activity: Activity,
    /// Cells of the genotypes that it is done with.
    pub cells: usize,
    /// The search iteration, from 0.
    pub iteration: u64,
}

impl RunPhase {
    /// In words, such as `training the shared GAN, 2 cells, iteration 3`.
    pub fn words(&self) -> String {
        self.activity.described(self.cells, self.iteration)
    }
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RunProgress {
    /// Share of the work, from 0 to 1.
    pub done: f32,
    /// Seconds that are left.
    pub eta: Option<f64>,
    /// Units of the current kind of work a second.
    pub speed: Option<f64>,
}

/// The strategy's distributions after an iteration.
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities {
    /// When: the event index.
    pub event_index: u32,
    /// Cells of the stage.
    pub cells: usize,
    /// The search iteration, from 0.
    pub iteration: u64,
    /// `[token][choice]`.
    pub distributions: Distributions,
}

/// A picture of the fixed latents in the run folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// When: the event index.
    pub event_index: u32,
    /// The work that it comes from.
    pub source: SampleSource,
    /// What made it, where that was kept.
    pub genotype: Option<Genotype>,
    /// When it was made, which names its file.
    pub tick: Tick,
    /// Its file, relative to the run folder.
    pub file: String,
}

/// A picture of the fixed latents as they are now.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// Counts up, so that a new one is told from an old one.
    pub number: u64,
    /// The work that it comes from.
    pub source: SampleSource,
    /// What made it.
    pub genotype: Genotype,
    /// A PNG file in base64.
    pub png: String,
}

/// An evaluation of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationRecord {
    /// When: the event index.
    pub event_index: u32,
    /// Which training.
    pub training: TrainingId,
    /// How far it was.
    pub step: GeneratorStep,
    /// The scores, the deciding one first.
    pub scores: Vec<Score>,
    /// Whether it is that training's best so far.
    pub best: bool,
}

/// The best of a ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Beam {
    /// When: the event index.
    pub event_index: u32,
    /// Cells.
    pub cells: usize,
    /// Numbers on the board, best first.
    pub candidates: Vec<usize>,
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It happened.
    Note,
    /// It should be noticed.
    Warning,
    /// It went wrong.
    Error,
}

/// An event in words.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// When: the event index.
    pub event_index: u32,
    /// How much it matters.
    pub level: Level,
    /// What happened.
    pub text: String,
    /// Whether it passed: no run folder keeps it, so that it is not found there again.
    pub is_live: bool,
}

/// All that is known of a run.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    /// How it stands.
    pub status: Status,
    /// Its settings, once they were read.
    pub config: Option<RunConfig>,
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
    /// What came out, once it is finished.
    pub summary: Option<Summary>,
}

impl RunState {
    /// Forgets all that the run folder keeps, to read it anew.
    pub fn begin_anew(&mut self) {
        let Self { status, config, device, progress, preview, current, quiet, silent, mut log, .. } =
            std::mem::take(self);
        log.retain(|line| line.is_live);
        *self = Self {
            status,
            config,
            device,
            progress,
            preview,
            current,
            quiet,
            silent,
            log,
            ..Self::default()
        };
    }

    /// Takes in that all was read anew: what passed when there were more events than now stands behind them.
    pub fn read_anew(&mut self) {
        let last = self.event_index;
        self.log.iter_mut().for_each(|line| line.event_index = line.event_index.min(last));
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
            LiveEvent::CheckpointSaved { .. } => self.note(Level::Note, "Checkpoint saved".to_owned()),
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
        (self.current, self.quiet, self.silent) = (None, None, None);
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
        self.insert(LogLine { event_index, level, text, is_live: false });
    }

    /// Logs what passes.
    fn note(&mut self, level: Level, text: String) {
        self.insert(LogLine { event_index: self.event_index, level, text, is_live: true });
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
            SearchEvent::Candidate(candidate) => self.candidates.push((event_index, candidate)),
            SearchEvent::Beam { cells, candidates } => {
                self.say(event_index, Level::Note, beam_words(candidates.len(), cells));
                self.beams.push(Beam { event_index, cells, candidates });
            }
            SearchEvent::Reset { reason, .. } => {
                self.say(event_index, Level::Warning, format!("The shared GAN starts anew: {reason}"));
            }
            SearchEvent::Warning { text } => self.say(event_index, Level::Warning, text),
            SearchEvent::Evaluated { training, step, scores, best } => {
                let words: Vec<String> = scores.iter().map(Score::to_string).collect();
                self.say(event_index, Level::Note, format!("{training}, step {step}: {}", words.join("; ")));
                for score in &scores {
                    self.point(Curve::Score { training, label: score.label() }, step.0, score.value);
                }
                self.evaluations.push(EvaluationRecord { event_index, training, step, scores, best });
            }
        }
    }

    /// Whether the run has written a trained generator: a search does once its first finalist is trained.
    pub fn has_generator(&self) -> bool {
        let mut evaluations = self.evaluations.iter();
        self.summary.is_some()
            || evaluations.any(|evaluation| evaluation.best && evaluation.training != TrainingId::Finalist(1))
    }

    /// What was being done at an event index.
    pub fn phase_at(&self, event_index: u32) -> Option<&RunPhase> {
        self.phases[..self.phases.partition_point(|phase| phase.event_index <= event_index)].last()
    }

    /// Whether the run trains one architecture and searches nothing.
    pub fn is_single_training(&self) -> bool {
        let single = GanId::Training(TrainingId::Single);
        self.series.keys().any(|curve| matches!(curve, Curve::Loss { gan, .. } if *gan == single))
    }

    /// The architecture of a run that trains only one, once a picture or a summary says it.
    pub fn single_genotype(&self) -> Option<&Genotype> {
        let of_pictures = self.samples.iter().rev().find_map(|sample| sample.genotype.as_ref());
        let of_summary = || Some(&self.summary.as_ref()?.trained.first()?.genotype);
        of_pictures.or_else(of_summary).filter(|_| self.is_single_training())
    }

    /// The newest picture at an event index.
    pub fn sample_at(&self, event_index: u32) -> Option<&Sample> {
        self.samples[..self.samples.partition_point(|sample| sample.event_index <= event_index)].last()
    }

    /// The board as it was at an event index.
    pub fn board_at(&self, event_index: u32) -> &[(u32, Candidate)] {
        &self.candidates[..self.candidates.partition_point(|(at, _)| *at <= event_index)]
    }

    /// The newest distributions of each stage at an event index, and those of the current stage last.
    pub fn probabilities_at(&self, event_index: u32) -> &[Probabilities] {
        &self.probabilities[..self.probabilities.partition_point(|entry| entry.event_index <= event_index)]
    }

    /// The best of the board at an event index.
    pub fn best_at(&self, event_index: u32) -> Option<&Candidate> {
        Candidate::best(self.board_at(event_index).iter().map(|(_, candidate)| candidate))
    }
}

/// The text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
