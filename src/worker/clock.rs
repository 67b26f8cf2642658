//! How long the rest of a run takes, measured on this machine.

use std::collections::BTreeMap;
use std::time::Instant;

use super::engine::PROGRESS_EVERY;
use super::event::Event;
use super::task::Task;
use crate::search::{Activity, Part};

/// Kinds of work whose speed is measured apart: small images keep a processor less busy.
type Kind = (Activity, usize);

/// Seconds and multiply-accumulates spent on a kind of work.
#[derive(Clone, Copy, Default)]
struct Spent {
    seconds: f64,
    macs: f64,
}

/// Measures the speed of each kind of work.
pub(super) struct Clock {
    spent: BTreeMap<Kind, Spent>,
    done: Vec<(Part, u64)>,
    seen: Instant,
}

impl Clock {
    pub fn new(task: &Task) -> Self {
        Self { spent: BTreeMap::new(), done: task.progress(), seen: Instant::now() }
    }

    /// A progress event, when it is time for one.
    pub fn progress(&mut self, task: &Task) -> Option<Event> {
        let elapsed = self.seen.elapsed();
        if elapsed < PROGRESS_EVERY {
            return None;
        }
        self.seen = Instant::now();
        let now = task.progress();
        self.charge(&now, elapsed.as_secs_f64());
        let cost = |part: &Part, units: u64| units as f64 * part.macs as f64;
        let total: f64 = now.iter().map(|(part, _)| cost(part, part.units)).sum();
        let done: f64 = now.iter().map(|(part, done)| cost(part, *done)).sum();
        let left = |(part, done): &(Part, u64)| Some(cost(part, part.units - done) * self.pace(part)?);
        let eta_seconds = now.iter().map(left).sum();
        self.done = now;
        Some(Event::Progress { done: done / total.max(1.0), eta_seconds })
    }

    /// Charges the time that passed to the kinds of work that moved on, by their cost.
    fn charge(&mut self, now: &[(Part, u64)], seconds: f64) {
        let moved: Vec<(Kind, f64)> = now
            .iter()
            .zip(&self.done)
            .filter(|((_, now), (_, before))| now > before)
            .map(|((part, now), (_, before))| {
                ((part.activity, part.cells), (now - before) as f64 * part.macs as f64)
            })
            .collect();
        let total: f64 = moved.iter().map(|(_, macs)| macs).sum();
        for (kind, macs) in moved {
            let spent = self.spent.entry(kind).or_default();
            spent.seconds += seconds * macs / total;
            spent.macs += macs;
        }
    }

    /// Seconds for a multiply-accumulate of this part: as measured for its kind, else over all.
    fn pace(&self, part: &Part) -> Option<f64> {
        let own = self.spent.get(&(part.activity, part.cells)).copied();
        let spent = own.unwrap_or_else(|| {
            self.spent.values().fold(Spent::default(), |sum, spent| Spent {
                seconds: sum.seconds + spent.seconds,
                macs: sum.macs + spent.macs,
            })
        });
        (spent.macs > 0.0).then(|| spent.seconds / spent.macs)
    }
}
