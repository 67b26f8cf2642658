//! How runs that go on stand: how far they are and what they have found so far.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::arch::Genotype;
use crate::engine::{JobSpec, LiveEvent, LogEvent};
use crate::gui::run_screen::duration;
use crate::ipc::Follower;
use crate::metric::Score;
use crate::search::{Candidate, SearchEvent};

/// Parts of a log that are read in one look; of a longer one the rest comes with the next looks.
const PARTS: usize = 16;

/// What is found of a run so far.
#[derive(Clone, Debug, PartialEq)]
pub struct BestSoFar {
    /// The architecture.
    pub genotype: Genotype,
    /// Its integer vector.
    pub vector: String,
    /// Its first score, once there is one.
    pub score: Option<Score>,
    /// Whether it was trained from scratch, and not only estimated with shared weights.
    pub is_trained: bool,
}

/// How a run that goes on stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningNow {
    /// Share of the work that is done, from 0 to 1, once it is known.
    pub done: Option<f64>,
    /// Seconds that are left, once they can be told.
    pub eta: Option<f64>,
    /// What is done before it can begin.
    pub preparing: Option<String>,
    /// What is done now, in words.
    pub phase: Option<String>,
    /// Whether it is paused.
    pub paused: bool,
    /// Why it waits, if it does.
    pub waiting: Option<String>,
    /// The best so far.
    pub best: Option<BestSoFar>,
}

impl RunningNow {
    /// How far it is, such as `42%, 12 min left`.
    pub fn progress(&self) -> String {
        let done = self.done.map(|done| format!("{:.0}%", 100.0 * done));
        let rest = match (&self.waiting, &self.preparing, self.eta) {
            (Some(_), ..) => Some("waiting".to_owned()),
            _ if self.paused => Some("paused".to_owned()),
            (_, Some(what), _) => Some(what.clone()),
            (.., eta) => eta.map(|seconds| format!("{} left", duration(seconds))),
        };
        done.into_iter().chain(rest).collect::<Vec<_>>().join(", ")
    }

    fn see(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Progress { done, eta_seconds, .. } => {
                (self.done, self.eta) = (Some(done), eta_seconds)
            }
            LiveEvent::Preparing { what, done, total } => {
                self.done = Some(done as f64 / total.max(1) as f64);
                self.preparing = Some(what);
            }
            LiveEvent::Paused { paused } => self.paused = paused,
            LiveEvent::Waiting { reason } => self.waiting = reason,
            _ => {}
        }
    }
}

/// Follows the logs of runs, so that each look reads only what is new in them.
#[derive(Default)]
pub struct RunningRuns {
    followed: HashMap<PathBuf, Followed>,
}

/// A log that is followed, and what it said so far.
struct Followed {
    follower: Follower,
    /// The architecture of a run that trains only one.
    single: Option<Genotype>,
    best: Option<Candidate>,
    /// Of the training that comes last.
    score: Option<Score>,
    phase: Option<String>,
}

impl RunningRuns {
    /// How the run in `dir` stands, where somebody works on it; none where nobody does.
    pub fn look(&mut self, dir: &Path) -> Option<RunningNow> {
        let followed = match self.followed.entry(dir.to_owned()) {
            std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(Followed::new(dir)?),
        };
        followed.look()
    }

    /// Forgets all runs but some.
    pub fn retain(&mut self, keep: impl Fn(&Path) -> bool) {
        self.followed.retain(|dir, _| keep(dir));
    }
}

impl Followed {
    fn new(dir: &Path) -> Option<Self> {
        let follower = Follower::new(dir).ok()?;
        let single = match JobSpec::of(follower.view().info()) {
            Some(JobSpec::Train(genotype)) => Some(genotype),
            _ => None,
        };
        Some(Self { follower, single, best: None, score: None, phase: None })
    }

    fn look(&mut self) -> Option<RunningNow> {
        let mut now = RunningNow::default();
        for _ in 0..PARTS {
            let update = self.follower.poll();
            if !update.running {
                return None;
            }
            if update.anew {
                (self.best, self.score, self.phase) = (None, None, None);
            }
            let is_whole = update.events.is_empty();
            update.events.into_iter().for_each(|event| self.read(event));
            if is_whole {
                update.seen.into_iter().for_each(|event| now.see(event));
                break;
            }
        }
        (now.phase, now.best) = (self.phase.clone(), self.best());
        Some(now)
    }

    fn read(&mut self, event: LogEvent) {
        match event {
            LogEvent::Search(SearchEvent::Candidate(candidate)) => {
                self.best = Candidate::best(self.best.iter().chain([&candidate])).cloned();
            }
            LogEvent::Search(SearchEvent::Evaluated { training, scores, best: true, .. })
                if training.is_last() =>
            {
                self.score = scores.into_iter().next();
            }
            LogEvent::Search(SearchEvent::Phase { activity, cells, iteration }) => {
                self.phase = Some(activity.described(cells, iteration));
            }
            _ => {}
        }
    }

    fn best(&self) -> Option<BestSoFar> {
        let of = |genotype: &Genotype, score: Option<&Score>, is_trained| BestSoFar {
            vector: genotype.to_string(),
            genotype: genotype.clone(),
            score: score.cloned(),
            is_trained,
        };
        if let Some(genotype) = &self.single {
            return Some(of(genotype, self.score.as_ref(), true));
        }
        let best = self.best.as_ref()?;
        let score = self.score.as_ref().or(best.scores.first());
        Some(of(&best.genotype, score, best.is_trained()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::run::{LiveStatus, RunFolder, RunInfo};
    use crate::search::{Activity, GeneratorStep, TrainingId};
    use time::OffsetDateTime;

    #[test]
    fn a_run_that_goes_on_says_how_far_it_is_and_what_it_found_and_one_that_stands_nothing() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("run");
        let genotype = Genotype::parse("1 0 1 1").unwrap();
        let mut info = RunInfo::new("cpu", 1, OffsetDateTime::UNIX_EPOCH);
        let job = JobSpec::Train(genotype.clone());
        info.extra.insert("job".to_owned(), serde_json::to_value(job).unwrap());
        let mut folder = RunFolder::create(&dir, &info, "").unwrap();
        let mut runs = RunningRuns::default();
        let first = runs.look(&dir).unwrap();
        assert_eq!((first.progress().as_str(), first.best.unwrap().score), ("", None));
        folder
            .events
            .append(&SearchEvent::Phase { activity: Activity::Winner, cells: 1, iteration: 0 })
            .unwrap();
        for (value, best) in [(9.0, true), (3.0, true), (4.0, false)] {
            let scores = vec![Score::of_tests(value)];
            let (training, step) = (TrainingId::Single, GeneratorStep(1));
            folder.events.append(&SearchEvent::Evaluated { training, step, scores, best }).unwrap();
        }
        folder.events.flush().unwrap();
        let live = LiveStatus::begin(&dir);
        let progress = LiveEvent::Progress { done: 0.424, eta_seconds: Some(720.0), speed: None };
        live.publish(&[&progress]).unwrap();
        let now = runs.look(&dir).unwrap();
        assert_eq!(now.progress(), "42%, 12 min left");
        assert_eq!(now.phase.as_deref(), Some("training the winner, 1 cell"));
        let best = now.best.unwrap();
        assert_eq!((best.genotype, best.score), (genotype, Some(Score::of_tests(3.0))));
        live.publish(&[&progress, &LiveEvent::Paused { paused: true }]).unwrap();
        assert_eq!(runs.look(&dir).unwrap().progress(), "42%, paused");
        drop((live, folder));
        assert_eq!(runs.look(&dir), None);
    }
}
