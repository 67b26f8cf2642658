//! A run's events on a terminal, or as lines of JSON.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::arch::words::{cells as cells_in_words, duration};
use crate::engine::{Event, LiveEvent, LogEvent, Summary, TimeSpent};
use crate::metric::Score;
use crate::search::{SearchEvent, beam_words};

/// Steps of the bar.
const STEPS: u64 = 1000;
/// Time between two lines of progress where there is no terminal to draw a bar on.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Shows events as they come.
pub(super) struct Terminal {
    json: bool,
    bar: Option<ProgressBar>,
    begun: Instant,
    lined: Instant,
    phase: String,
    best: Option<Score>,
    reward: Option<(usize, f64)>,
    time_spent: Vec<TimeSpent>,
}

impl Terminal {
    /// `json`: one event a line on standard output. Otherwise words and a bar on standard error.
    pub fn new(json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {wide_msg}")
                .unwrap_or_else(|e| unreachable!("the template is constant: {e}"));
            ProgressBar::new(STEPS).with_style(style)
        });
        Self {
            json,
            bar,
            begun: Instant::now(),
            lined: Instant::now(),
            phase: String::new(),
            best: None,
            reward: None,
            time_spent: Vec::new(),
        }
    }

    /// Shows an event.
    pub fn show(&mut self, event: &Event) {
        if self.json {
            return print_line(&serde_json::json!(event).to_string());
        }
        match event {
            Event::Live(event) => self.live(event),
            Event::Log(LogEvent::Search(event)) => self.search(event),
            Event::Log(LogEvent::Images { counts }) => counts.lines().for_each(|line| self.say(&line)),
            // The command's own last lines say it.
            Event::Log(LogEvent::Samples { .. } | LogEvent::Finished { .. }) => {}
        }
    }

    fn live(&mut self, event: &LiveEvent) {
        match event {
            LiveEvent::Device { name, reason } => self.say(&format!("Device: {name} ({reason})")),
            LiveEvent::Started { dir, device, seed, resumed } => {
                let begins = if *resumed { "Going on in" } else { "Run in" };
                self.say(&format!("{begins} {dir}, on {device}, seed {seed}"));
            }
            LiveEvent::Preparing { what, done, total } => {
                self.position(*done as f64 / (*total).max(1) as f64, what.clone());
            }
            LiveEvent::Progress { done, eta_seconds, .. } => self.progress(*done, *eta_seconds),
            LiveEvent::TimeSpent { work } => self.time_spent.clone_from(work),
            LiveEvent::Paused { paused: true } => self.say("Paused from another window"),
            LiveEvent::Paused { paused: false } => self.say("Going on"),
            LiveEvent::Waiting { reason: Some(reason) } => self.say(&format!("Waiting: {reason}")),
            LiveEvent::Waiting { reason: None } => self.say("Going on"),
            LiveEvent::Notice { text } => self.say(&format!("Warning: {text}")),
            LiveEvent::Alive { .. }
            | LiveEvent::Preview { .. }
            | LiveEvent::CurrentArchitecture { .. }
            | LiveEvent::CheckpointSaved { .. }
            | LiveEvent::Memory { .. }
            | LiveEvent::Stopped
            // A server of samples emits these, and a run none of them.
            | LiveEvent::Loaded { .. }
            | LiveEvent::Generated { .. }
            | LiveEvent::NotGenerated { .. }
            // The command's own error says it.
            | LiveEvent::Failed { .. } => {}
        }
    }

    fn search(&mut self, event: &SearchEvent) {
        match event {
            SearchEvent::Phase { activity, cells, iteration } => {
                self.phase = activity.described(*cells, *iteration);
            }
            SearchEvent::Candidate(candidate) => {
                let better = match self.reward {
                    Some((cells, reward)) => cells != candidate.cells || candidate.reward > reward,
                    None => true,
                };
                if better {
                    self.reward = Some((candidate.cells, candidate.reward));
                    self.best = candidate.scores.first().cloned();
                }
            }
            SearchEvent::Beam { cells, candidates } => {
                self.say(&beam_words(candidates.len(), *cells));
            }
            SearchEvent::Reset { reason, .. } => self.say(&format!("The shared GAN starts anew: {reason}")),
            SearchEvent::Evaluated { training, step, scores, best } => {
                let words: Vec<String> = scores.iter().map(Score::to_string).collect();
                let mark = if *best { "  (its best so far)" } else { "" };
                self.say(&format!("{training}, step {step}: {}{mark}", words.join("; ")));
                // An estimate, of fewer samples, is nothing to compare with: the first evaluation replaces it.
                if let Some(score) = scores.first()
                    && self.best.as_ref().is_none_or(|best| score.better(best) || !score.comparable(best))
                {
                    self.best = Some(score.clone());
                }
            }
            SearchEvent::Warning { text } => self.say(&format!("Warning: {text}")),
            SearchEvent::Metric { .. } | SearchEvent::Probabilities { .. } => {}
        }
    }

    fn progress(&mut self, done: f64, eta_seconds: Option<f64>) {
        let mut text = self.phase.clone();
        if let Some(eta) = eta_seconds {
            text += &format!("; {} left", duration(eta));
        }
        if let Some(best) = &self.best {
            text += &format!("; best {best}");
        }
        self.position(done, text);
    }

    /// Moves the bar; without one, says so every now and then.
    fn position(&mut self, done: f64, text: String) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(text);
                bar.set_position((done * STEPS as f64) as u64);
            }
            None if self.lined.elapsed() >= LINE_EVERY => {
                self.lined = Instant::now();
                self.say(&format!("{:3.0}%  {text}", done * 100.0));
            }
            None => {}
        }
    }

    pub fn say(&self, text: &str) {
        // Where standard error is closed (`2>&1 | head`), there is nobody to say it to.
        let print = || drop(writeln!(std::io::stderr(), "{text}"));
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Ends with the outcome on one screen.
    pub fn finish(&self, dir: &str, summary: &Summary) {
        self.clear();
        if self.json {
            return;
        }
        let took = duration(self.begun.elapsed().as_secs_f64());
        print_line(&format!("Done in {took}: {} px images like {}", summary.side, summary.data));
        if summary.candidates > 0 {
            let giga = summary.estimate_macs as f64 / 1e9;
            print_line(&format!(
                "{} candidates were estimated for {giga:.0} G multiply-accumulates",
                summary.candidates
            ));
        }
        for (place, trained) in summary.trained.iter().enumerate() {
            let scores: Vec<String> = trained.scores.iter().map(Score::to_string).collect();
            print_line(&format!(
                "{:2}. {}  {:.2} M parameters, {:.3} G MACs, {} steps",
                place + 1,
                trained.vector,
                trained.params as f64 / 1e6,
                trained.macs as f64 / 1e9,
                trained.steps,
            ));
            print_line(&format!("    {}", scores.join("; ")));
        }
        if let Some(winner) = summary.trained.first() {
            for (cell, words) in winner.genotype.describe().iter().enumerate() {
                print_line(&format!("    cell {}: {words}", cell + 1));
            }
        }
        self.print_time_spent();
        print_line(&format!("Pictures: {dir}/{}", summary.grid));
        print_line(&format!("Weights:  {dir}/{}", summary.weights));
        print_line(&format!("More:     autogan sample --model {dir} --out images/"));
    }

    /// Where the time went, unless it all went to one kind of work.
    fn print_time_spent(&self) {
        if self.time_spent.len() < 2 {
            return;
        }
        let all = self.begun.elapsed().as_secs_f64();
        let mut rest = all;
        let share = |seconds: f64| 100.0 * seconds / all;
        print_line("Where the time went:");
        for TimeSpent { activity, cells, units, seconds } in &self.time_spent {
            rest -= seconds;
            print_line(&format!(
                "{:4.0}%  {}, {}: {units} {}, {:.0} ms each",
                share(*seconds),
                activity.words(),
                cells_in_words(*cells),
                activity.unit(),
                1000.0 * seconds / (*units).max(1) as f64,
            ));
        }
        print_line(&format!("{:4.0}%  reading and measuring real images", share(rest)));
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A line on standard output. A closed pipe (`| head`) is no reason to panic.
pub(super) fn print_line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
