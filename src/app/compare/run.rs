//! One run among those that are compared.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::arch::{Genotype, NetShape, macs, params};
use crate::config::{RunConfig, Settings, written_settings};
use crate::engine::{JobSpec, LogEvent, Summary};
use crate::metric::Score;
use crate::run::{RunError, RunStatus, RunView, run_name};
use crate::search::{Candidate, SearchEvent};

/// What is said of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The run folder.
    pub dir: PathBuf,
    /// Its name.
    pub name: String,
    /// Its state, under the key that `compare --json` has had from its first version on.
    #[serde(rename = "standing")]
    pub status: RunStatus,
    /// What it is for, if it says so.
    pub job: Option<JobSpec>,
    /// When it was created, as RFC 3339.
    pub started: String,
    /// The version of the program that created it.
    pub version: String,
    /// The device that it was created on.
    pub device: String,
    /// Its seed.
    pub seed: u64,
    /// Seconds from its creation to the last event that was written, breaks included; by the clock of the
    /// file system.
    pub seconds: Option<f64>,
    /// The step of its newest checkpoint.
    pub step: Option<u64>,
    /// Candidates on the board.
    pub candidates: usize,
    /// What came out, or the best so far; none before there is one.
    pub outcome: Option<BestArchitecture>,
    /// Why a part of it could not be read.
    pub warning: Option<String>,
}

/// The best architecture of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestArchitecture {
    /// Whether the run is finished, so that this is its winner.
    pub is_final: bool,
    /// The architecture.
    pub genotype: Genotype,
    /// Its integer vector.
    pub vector: String,
    /// Parameters.
    pub params: Option<u64>,
    /// Multiply-accumulates for an image.
    pub macs: Option<u64>,
    /// The sizes it has; none where the settings cannot be read.
    pub shape: Option<NetShape>,
    /// Its scores, the deciding one first; none where it was only estimated with shared weights.
    pub scores: Vec<Score>,
    /// Generator steps when it had these scores.
    pub best_step: Option<u64>,
    /// The data and the side of the images in pixels, once the run is finished.
    pub data: Option<(String, usize)>,
}

/// Reads a run, and its settings.
pub(super) fn read(dir: &Path) -> Result<(Compared, Settings), RunError> {
    let view = RunView::open(dir)?;
    let info = view.info().clone();
    let job = JobSpec::of(&info);
    let (config, settings, mut warning) = settings(&view)?;
    let candidates = view.candidates::<Candidate>()?;
    let running = view.is_running();
    // The last line of a log that is written to may be torn for a moment.
    let torn = candidates.warning.filter(|_| !running);
    warning = warning.or(torn.map(|warning| warning.to_string()));
    let summary = view.summary()?.map(serde_json::from_value::<Summary>);
    let outcome = match &summary {
        Some(Ok(summary)) => finished(summary, config.as_ref()),
        Some(Err(error)) => {
            warning = warning.or(Some(format!("summary.json is of another version ({error})")));
            None
        }
        None => so_far(&view, job.as_ref(), &candidates.items, config.as_ref()),
    };
    let status = match (running, &summary) {
        (true, _) => RunStatus::Running,
        (false, Some(_)) => RunStatus::Finished,
        (false, None) => RunStatus::Stopped,
    };
    let compared = Compared {
        dir: dir.to_owned(),
        name: run_name(dir),
        status,
        job,
        seconds: seconds(&view),
        step: view.checkpoint_steps()?.first().copied(),
        candidates: candidates.items.len(),
        outcome,
        warning,
        started: info.started,
        version: info.version,
        device: info.adapter,
        seed: info.seed,
    };
    Ok((compared, settings))
}

/// The settings of a run: complete where this version knows them all, else as they are written, with why.
fn settings(view: &RunView) -> Result<(Option<RunConfig>, Settings, Option<String>), RunError> {
    let text = view.config()?;
    let understood = RunConfig::from_toml(&text, "config.toml")
        .and_then(|config| config.settings().map(|settings| (config, settings)));
    Ok(match understood {
        Ok((config, settings)) => (Some(config), settings, None),
        Err(error) => {
            let settings = written_settings(&text, "config.toml").unwrap_or_default();
            (None, settings, Some(error.to_string()))
        }
    })
}

fn finished(summary: &Summary, config: Option<&RunConfig>) -> Option<BestArchitecture> {
    let winner = summary.trained.first()?;
    Some(BestArchitecture {
        is_final: true,
        genotype: winner.genotype.clone(),
        vector: winner.vector.clone(),
        params: Some(winner.params),
        macs: Some(winner.macs),
        shape: config.map(|config| config.derived_model().net_shape()),
        scores: winner.scores.clone(),
        best_step: Some(winner.best_step),
        data: Some((summary.data.clone(), summary.side)),
    })
}

/// What an unfinished run has to show: what it trains, or the best of its board.
fn so_far(
    view: &RunView,
    job: Option<&JobSpec>,
    board: &[Candidate],
    config: Option<&RunConfig>,
) -> Option<BestArchitecture> {
    let (genotype, scores, best_step, is_trained) = match job {
        Some(JobSpec::Train(genotype)) => {
            let (scores, step) = best_evaluation(view).unzip();
            (genotype.clone(), scores.unwrap_or_default(), step, true)
        }
        _ => {
            let best = Candidate::best(board)?;
            let scores = if best.is_trained() { best.scores.clone() } else { Vec::new() };
            (best.genotype.clone(), scores, None, best.is_trained())
        }
    };
    let shape = config
        .map(|config| if is_trained { config.derived_model().net_shape() } else { config.model.net_shape() });
    Some(BestArchitecture {
        is_final: false,
        vector: genotype.to_string(),
        params: shape.map(|shape| params(&genotype, &shape)),
        macs: shape.map(|shape| macs(&genotype, &shape)),
        shape,
        genotype,
        scores,
        best_step,
        data: None,
    })
}

/// The best evaluation of a single training that is still going on.
fn best_evaluation(view: &RunView) -> Option<(Vec<Score>, u64)> {
    let events = view.events::<LogEvent>().ok()?.items;
    events.into_iter().rev().find_map(|event| match event {
        LogEvent::Search(SearchEvent::Evaluated { best: true, scores, step, .. }) => Some((scores, step.0)),
        _ => None,
    })
}

/// Seconds between the run's creation and its last event.
fn seconds(view: &RunView) -> Option<f64> {
    let written = std::fs::metadata(view.events_path()).and_then(|found| found.modified()).ok()?;
    let elapsed = time::OffsetDateTime::from(written) - view.info().begun()?;
    Some(elapsed.as_seconds_f64()).filter(|seconds| *seconds >= 0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::{RunFolder, RunInfo};
    use crate::search::{EstimatorId, GeneratorStep, TrainingId};

    fn folder(dir: &Path, job: &JobSpec) -> RunFolder {
        let mut info = RunInfo::new("cpu", 3, time::OffsetDateTime::now_utc());
        info.extra.insert("job".to_owned(), serde_json::to_value(job).unwrap());
        RunFolder::create(dir, &info, &RunConfig::default().to_toml().unwrap()).unwrap()
    }

    #[test]
    fn an_unfinished_training_shows_its_best_evaluation() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        let genotype = Genotype::parse("1 0 1 1 1 0 0 1 1").unwrap();
        let mut folder = folder(&dir, &JobSpec::Train(genotype.clone()));
        for (step, value, best) in [(10, 5.0, true), (20, 3.0, true), (30, 4.0, false)] {
            let scores = vec![Score::of_tests(value)];
            let (training, step) = (TrainingId::Single, GeneratorStep(step));
            let event = SearchEvent::Evaluated { training, step, scores, best };
            folder.events.append(&event).unwrap();
        }
        folder.events.flush().unwrap();
        let (run, settings) = read(&dir).unwrap();
        let outcome = run.outcome.unwrap();
        assert_eq!((run.status, outcome.is_final), (RunStatus::Running, false));
        assert_eq!((outcome.scores, outcome.best_step), (vec![Score::of_tests(3.0)], Some(20)));
        assert_eq!(outcome.params, Some(params(&genotype, &outcome.shape.unwrap())));
        assert!(run.seconds.unwrap() < 60.0 && !settings.is_empty());
    }

    #[test]
    fn a_search_shows_the_best_of_its_board_without_scores_of_shared_weights() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        let mut folder = folder(&dir, &JobSpec::Search);
        let (before, _) = read(&dir).unwrap();
        assert_eq!(before.outcome, None);
        let candidate = |id, reward, estimator| Candidate {
            id,
            genotype: Genotype::parse(["1 0 1 1", "0 0 0 0", "1 1 1 0"][id]).unwrap(),
            parent: None,
            cells: 1,
            iteration: 0,
            strategy: "reinforce".to_owned(),
            estimator,
            scores: vec![Score::of_tests(9.0)],
            reward,
            macs: 1,
            picture: None,
        };
        for (id, reward) in [(0, 1.0), (1, 2.0)] {
            folder.candidates.append(&candidate(id, reward, EstimatorId::SharedWeights)).unwrap();
        }
        folder.candidates.flush().unwrap();
        let best = read(&dir).unwrap().0.outcome.unwrap();
        assert_eq!((best.vector.as_str(), best.scores.len()), ("0 0 0 0", 0));
        folder.candidates.append(&candidate(2, 0.5, EstimatorId::Trained { steps: 100 })).unwrap();
        folder.candidates.flush().unwrap();
        let best = read(&dir).unwrap().0.outcome.unwrap();
        assert_eq!((best.vector.as_str(), best.scores.len()), ("1 1 1 0", 1));
    }

    #[test]
    fn settings_of_another_version_are_shown_as_they_are_written() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        drop(folder(&dir, &JobSpec::Search));
        std::fs::write(dir.join("config.toml"), "[search]\nlater = 3").unwrap();
        let (run, settings) = read(&dir).unwrap();
        assert!(run.warning.unwrap().contains("search.later"));
        assert_eq!(settings["search.later"], 3);
    }
}
