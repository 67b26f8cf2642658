//! Where a run's time goes and how long the rest takes, measured on this machine.

use std::collections::BTreeMap;
use std::time::Instant;

use super::event::{Event, Work};
use super::job::Task;
use super::run_loop::PROGRESS_EVERY;
use crate::search::{Activity, Part};

/// Kinds of work whose speed is measured apart: small images keep a processor less busy.
type Kind = (Activity, usize);

/// What was spent on a kind of work, and how much was done for it.
#[derive(Clone, Copy, Default)]
struct Spent {
    seconds: f64,
    macs: f64,
    units: u64,
}

/// Measures the speed of each kind of work.
pub(super) struct Clock {
    spent: BTreeMap<Kind, Spent>,
    done: Vec<(Part, u64)>,
    seen: Instant,
    /// Seconds in which no unit of work was completed yet.
    uncharged: f64,
    /// Units a second of the work at hand, when last a unit was completed.
    speed: Option<f64>,
}

impl Clock {
    pub fn new(task: &Task) -> Self {
        Self {
            spent: BTreeMap::new(),
            done: task.progress(),
            seen: Instant::now(),
            uncharged: 0.0,
            speed: None,
        }
    }

    /// A progress event, when it is time for one.
    pub fn progress(&mut self, task: &Task) -> Option<Event> {
        let elapsed = self.seen.elapsed();
        if elapsed < PROGRESS_EVERY {
            return None;
        }
        let now = self.look(task);
        let cost = |part: &Part, units: u64| units as f64 * part.macs as f64;
        let total: f64 = now.iter().map(|(part, _)| cost(part, part.units)).sum();
        let done: f64 = now.iter().map(|(part, done)| cost(part, *done)).sum();
        let left = |(part, done): &(Part, u64)| Some(cost(part, part.units - done) * self.pace(part)?);
        let eta_seconds = now.iter().map(left).sum();
        Some(Event::Progress { done: done / total.max(1.0), eta_seconds, speed: self.speed })
    }

    /// Where the time went so far.
    pub fn took(&mut self, task: &Task) -> Event {
        self.look(task);
        let work = self.spent.iter().map(|(&(activity, cells), spent)| Work {
            activity,
            cells,
            units: spent.units,
            seconds: spent.seconds,
        });
        Event::Took { work: work.collect() }
    }

    /// Charges the time since the last look to the kinds of work that moved on, by their cost.
    fn look(&mut self, task: &Task) -> Vec<(Part, u64)> {
        let seconds = self.uncharged + self.seen.elapsed().as_secs_f64();
        self.seen = Instant::now();
        let now = task.progress();
        let moved: Vec<(Kind, u64, f64)> = now
            .iter()
            .zip(&self.done)
            .filter(|((_, now), (_, before))| now > before)
            .map(|((part, now), (_, before))| {
                let units = now - before;
                ((part.activity, part.cells), units, units as f64 * part.macs as f64)
            })
            .collect();
        let total: f64 = moved.iter().map(|(_, _, macs)| macs).sum();
        self.uncharged = if moved.is_empty() { seconds } else { 0.0 };
        for (kind, units, macs) in moved {
            let spent = self.spent.entry(kind).or_default();
            let share = seconds * macs / total;
            self.speed = Some(units as f64 / share.max(f64::MIN_POSITIVE));
            spent.seconds += share;
            spent.macs += macs;
            spent.units += units;
        }
        self.done.clone_from(&now);
        now
    }

    /// Seconds for a multiply-accumulate of this part: as measured for its kind, else over all.
    fn pace(&self, part: &Part) -> Option<f64> {
        let own = self.spent.get(&(part.activity, part.cells)).copied();
        let spent = own.unwrap_or_else(|| {
            self.spent.values().fold(Spent::default(), |sum, spent| Spent {
                seconds: sum.seconds + spent.seconds,
                macs: sum.macs + spent.macs,
                units: sum.units + spent.units,
            })
        });
        (spent.macs > 0.0).then(|| spent.seconds / spent.macs)
    }
}
