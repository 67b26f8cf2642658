//! A comparison in words: the same for the terminal and for the window.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{BestArchitecture, Compared, Comparison, NONE, Ranking};
use crate::arch::words::{duration, operations, thousands};
use crate::run::{RunStatus, local_time};

impl Comparison {
    /// What is said of each run besides its scores: a name, and a value for each run.
    pub fn facts(&self) -> Vec<(&'static str, Vec<String>)> {
        let row = |name, value: &dyn Fn(&Compared) -> String| {
            (name, self.runs.iter().map(value).collect::<Vec<String>>())
        };
        let best = |name, value: &dyn Fn(&BestArchitecture) -> Option<String>| {
            row(name, &|run| run.outcome.as_ref().and_then(value).unwrap_or_else(|| NONE.to_owned()))
        };
        vec![
            row("State", &Compared::state),
            row("Begun", &Compared::begun),
            row("Took", &|run| run.seconds.map_or_else(|| NONE.to_owned(), duration)),
            row("Device", &|run| run.device.clone()),
            row("Seed", &|run| run.seed.to_string()),
            row("Candidates", &|run| thousands(run.candidates as u64)),
            best("Best", &|best| Some(best.vector.clone())),
            best("Parameters", &|best| best.params.map(thousands)),
            best("MACs", &|best| best.macs.map(operations)),
            best("Generator steps", &|best| best.best_step.map(thousands)),
        ]
    }
}

impl Compared {
    /// When it was created, to the minute.
    fn begun(&self) -> String {
        let time = OffsetDateTime::parse(&self.started, &Rfc3339);
        time.map_or_else(|_| self.started.clone(), local_time)
    }

    /// How the run stands, in words.
    pub fn state(&self) -> String {
        match (self.status, self.step) {
            (RunStatus::Running, _) => "running".to_owned(),
            (RunStatus::Finished, _) => "done".to_owned(),
            (RunStatus::Damaged, _) => "damaged".to_owned(),
            (RunStatus::Stopped, Some(step)) => format!("stopped at step {}", thousands(step)),
            (RunStatus::Stopped, None) => "stopped".to_owned(),
        }
    }
}

impl Ranking {
    /// The value of one run in words.
    pub fn number(&self, run: usize) -> String {
        let score = self.scores.get(run).and_then(Option::as_ref);
        score.map_or_else(|| NONE.to_owned(), |score| score.number())
    }

    /// Whether the run has the best value.
    pub fn is_best(&self, run: usize) -> bool {
        self.best.contains(&run)
    }
}
