//! How long the form's run takes: its networks are measured on its device, in a process of its own, a moment after the
//! form stops changing. What was measured is kept for all forms with the same networks.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::config::RunConfig;
use crate::engine::{JobSpec, RunSpeed};
use crate::gui::background::BackgroundTask;
use crate::gui::session::Wake;

/// How long the form stays as it is before it is measured.
const STILL: Duration = Duration::from_millis(800);
/// Measurements that are kept.
const KEPT: usize = 64;

/// What a measurement found, or why there is none, in a sentence.
pub type Measured = Arc<Result<RunSpeed, String>>;

/// What is known of the form's speed.
pub enum Timing {
    /// Nothing: it is not measured here, or the device is not known yet.
    Unknown,
    /// It is being measured, or will be in a moment.
    Measuring,
    /// A run computes, which a measurement would disturb and be disturbed by.
    Waiting,
    /// It was measured.
    Done(Measured),
}

/// What decides how fast the pieces of a run are.
#[derive(Clone, PartialEq)]
struct MeasuredRun {
    spec: JobSpec,
    /// The settings that decide it; all others are the default ones.
    config: RunConfig,
    /// The device, by name.
    device: String,
}

impl MeasuredRun {
    fn of(spec: &JobSpec, config: &RunConfig, device: &str) -> Self {
        let mut own = RunConfig { device: device.to_owned(), ..RunConfig::default() };
        own.model.clone_from(&config.model);
        own.derived_model.clone_from(&config.derived_model);
        own.space.clone_from(&config.space);
        own.recipe = config.recipe;
        // How often the one network is updated for each update of the other is a matter of arithmetic.
        own.recipe.n_critic = 1;
        own.search.levels = config.search.levels;
        own.search.iterations = config.search.iterations.iter().map(|&count| count.min(1)).collect();
        (own.score.extractor, own.score.preprocessing) = (config.score.extractor, config.score.preprocessing);
        own.score.batch = config.score.batch;
        // Pictures of any folder are alike; the toys need no extractor of their own.
        let drawn = config.data.source == own.data.source;
        own.data.source = if drawn { own.data.source } else { "pictures".to_owned() };
        let spec = match spec {
            JobSpec::Search => JobSpec::Search,
            JobSpec::Train(genotype) => JobSpec::Train(genotype.clone()),
        };
        Self { spec, config: own, device: device.to_owned() }
    }
}

/// Measures the runs of a form.
pub struct Timings {
    /// This program; none where nothing is to be measured.
    program: Option<PathBuf>,
    wake: Wake,
    /// What was measured, oldest first.
    known: Vec<(MeasuredRun, Measured)>,
    /// What is to be measured, and since when the form asks for it.
    wanted: Option<(MeasuredRun, Instant)>,
    measuring: Option<TimingProcess>,
}

impl Timings {
    /// Nothing measured yet.
    pub fn new(program: Option<PathBuf>, wake: Wake) -> Self {
        Self { program, wake, known: Vec::new(), wanted: None, measuring: None }
    }

    /// What is known of a run on a device. Where that is nothing, it is measured as soon as the form has been still for
    /// a moment and no run computes; the second value is how long to wait until then.
    pub fn get(
        &mut self,
        spec: &JobSpec,
        config: &RunConfig,
        device: &str,
        is_busy: bool,
    ) -> (Timing, Option<Duration>) {
        let Some(program) = self.program.clone() else {
            return (Timing::Unknown, None);
        };
        let run = MeasuredRun::of(spec, config, device);
        self.notice();
        if let Some((_, measured)) = self.known.iter().find(|(known, _)| *known == run) {
            return (Timing::Done(measured.clone()), None);
        }
        if is_busy {
            self.stop();
            return (Timing::Waiting, None);
        }
        if self.measuring.as_ref().is_some_and(|measuring| measuring.run == run) {
            return (Timing::Measuring, None);
        }
        // What is measured for a form that has changed is of no use.
        self.measuring = None;
        let since = match &self.wanted {
            Some((wanted, since)) if *wanted == run => *since,
            _ => Instant::now(),
        };
        let left = STILL.saturating_sub(since.elapsed());
        self.wanted = Some((run.clone(), since));
        if !left.is_zero() {
            return (Timing::Measuring, Some(left));
        }
        match TimingProcess::begin(&program, run.clone(), &self.wake) {
            Ok(process) => self.measuring = Some(process),
            Err(problem) => self.keep(run, Err(problem)),
        }
        (Timing::Measuring, None)
    }

    /// What was measured of a search on a device, if it was; nothing is measured for that.
    pub fn known(&self, config: &RunConfig, device: &str) -> Option<&Measured> {
        let run = MeasuredRun::of(&JobSpec::Search, config, device);
        self.known.iter().find(|(known, _)| *known == run).map(|(_, measured)| measured)
    }

    /// What was measured last.
    pub fn newest(&self) -> Option<&Measured> {
        self.known.last().map(|(_, measured)| measured)
    }

    /// Ends a measurement under way.
    pub fn stop(&mut self) {
        (self.measuring, self.wanted) = (None, None);
    }

    /// Takes in what came of a measurement.
    fn notice(&mut self) {
        let Some(measuring) = &mut self.measuring else { return };
        let Some(found) = BackgroundTask::take(&mut measuring.task) else { return };
        let run = measuring.run.clone();
        self.measuring = None;
        self.keep(run, found.unwrap_or_else(|| Err("the measurement was interrupted".to_owned())));
    }

    fn keep(&mut self, run: MeasuredRun, found: Result<RunSpeed, String>) {
        self.known.push((run, Arc::new(found)));
        if self.known.len() > KEPT {
            self.known.remove(0);
        }
    }
}

/// A measurement under way, which ends with this.
struct TimingProcess {
    run: MeasuredRun,
    child: Arc<Mutex<Child>>,
    task: Option<BackgroundTask<Result<RunSpeed, String>>>,
    /// The settings, as the process reads them.
    _settings: NamedTempFile,
}

impl TimingProcess {
    fn begin(program: &PathBuf, run: MeasuredRun, wake: &Wake) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the measurement cannot be started: {error}");
        let text = run.config.to_toml().map_err(|error| error.to_string())?;
        let settings = tempfile::Builder::new().suffix(".toml").tempfile().map_err(failed)?;
        std::fs::write(settings.path(), text).map_err(failed)?;
        let mut command = Command::new(program);
        command.args(["bench", "time", "--json", "--config"]).arg(settings.path());
        if let JobSpec::Train(genotype) = &run.spec {
            command.args(["--arch", &genotype.to_string()]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(failed)?;
        let output = child.stdout.take();
        let child = Arc::new(Mutex::new(child));
        let ended = child.clone();
        let task = BackgroundTask::begin(wake, move || {
            let mut text = String::new();
            let read = output.map_or(Ok(0), |mut output| output.read_to_string(&mut text));
            // What has closed its output is at its end.
            let _ = ended.lock().unwrap_or_else(PoisonError::into_inner).wait();
            read.map_err(|error| format!("the measurement cannot be read: {error}"))?;
            outcome(&text)
        });
        Ok(Self { run, child, task: Some(task), _settings: settings })
    }
}

impl Drop for TimingProcess {
    fn drop(&mut self) {
        // One that has ended already cannot be ended; its reader waits for it, and nobody for the reader.
        if let Ok(mut child) = self.child.try_lock() {
            let _ = child.kill();
        }
    }
}

/// What the process has printed: times, or why there are none.
fn outcome(text: &str) -> Result<RunSpeed, String> {
    let line = text.lines().next().ok_or("the device or its driver ended the measurement")?;
    let mut value: serde_json::Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match value.get("error").and_then(serde_json::Value::as_str) {
        Some(problem) => Err(problem.to_owned()),
        None => serde_json::from_value(value["speed"].take()).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run(settings: &[&str]) -> MeasuredRun {
        let mut config = RunConfig::preset("quick").unwrap();
        settings.iter().for_each(|setting| config.apply(setting).unwrap());
        MeasuredRun::of(&JobSpec::Search, &config, "cpu")
    }

    #[test]
    fn what_only_multiplies_the_work_is_not_measured_again() {
        let usual = run(&[]);
        for same in [
            "winner.steps=70000",
            "search.iterations=[9, 9]",
            "search.candidates=99",
            "recipe.n_critic=5",
            "name=x",
            "seed=7",
            "checkpoint.every_seconds=7",
            "score.samples=5000",
        ] {
            assert!(run(&[same]) == usual, "{same}");
        }
        for other in [
            "model.generator_channels=64",
            "recipe.batch=64",
            "derived_model.generator_channels=64",
            "search.iterations=[0, 7]",
            "space.max_params=100000",
            "data.source=/photos",
            "score.extractor=inception",
        ] {
            assert!(run(&[other]) != usual, "{other}");
        }
        assert!(run(&["data.source=/photos"]) == run(&["data.source=idx:/other"]));
        assert!(usual.config.validate_search().is_ok(), "it can be given to a process");
    }

    #[test]
    fn nothing_is_measured_beside_a_run_or_without_a_program() {
        let config = RunConfig::preset("quick").unwrap();
        let wake: Wake = Arc::new(|| {});
        let mut timings = Timings::new(None, wake.clone());
        assert!(matches!(timings.get(&JobSpec::Search, &config, "cpu", false), (Timing::Unknown, None)));
        let mut timings = Timings::new(Some("no such program".into()), wake);
        assert!(matches!(timings.get(&JobSpec::Search, &config, "cpu", true), (Timing::Waiting, None)));
        let (timing, wait) = timings.get(&JobSpec::Search, &config, "cpu", false);
        assert!(matches!(timing, Timing::Measuring) && wait.is_some(), "not before the form is still");
    }

    #[test]
    fn a_process_that_says_why_it_cannot_measure_is_believed() {
        assert_eq!(outcome("{\"error\":\"no device\"}\n"), Err("no device".to_owned()));
        assert!(outcome("").is_err() && outcome("x").is_err());
    }
}
