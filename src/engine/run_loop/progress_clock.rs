//! Where a run's time goes and how long the rest takes, measured on this machine.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::arch::Genotype;
use crate::engine::event::{LiveEvent, TimeSpent};
use crate::search::{Activity, Job, WorkItem};

/// Shortest time between two progress events.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Kinds of work whose speed is measured apart: small images keep a processor less busy.
type WorkKind = (Activity, usize);

/// What was spent on a kind of work, and how much was done for it.
#[derive(Clone, Copy, Default)]
struct Spent {
    seconds: f64,
    macs: f64,
    units: u64,
}

/// Measures the speed of each kind of work.
pub(super) struct ProgressClock {
    spent: BTreeMap<WorkKind, Spent>,
    done: Vec<(WorkItem, u64)>,
    seen: Instant,
    /// Seconds in which no unit of work was completed yet.
    uncharged: f64,
    /// Units a second of the current work, when last a unit was completed.
    speed: Option<f64>,
    /// The architecture that was emitted last as the current one.
    current: Option<Genotype>,
}

impl ProgressClock {
    pub fn new(job: &dyn Job) -> Self {
        Self {
            spent: BTreeMap::new(),
            done: job.progress(),
            seen: Instant::now(),
            uncharged: 0.0,
            speed: None,
            current: None,
        }
    }

    /// A progress event, when it is time for one.
    pub fn progress(&mut self, job: &dyn Job) -> Option<LiveEvent> {
        let elapsed = self.seen.elapsed();
        if elapsed < PROGRESS_EVERY {
            return None;
        }
        let now = self.measure(job);
        let cost = |item: &WorkItem, units: u64| units as f64 * item.macs as f64;
        let total: f64 = now.iter().map(|(item, _)| cost(item, item.units)).sum();
        let done: f64 = now.iter().map(|(item, done)| cost(item, *done)).sum();
        let left = |(item, done): &(WorkItem, u64)| Some(cost(item, item.units - done) * self.pace(item)?);
        let eta_seconds = now.iter().map(left).sum();
        Some(LiveEvent::Progress { done: done / total.max(1.0), eta_seconds, speed: self.speed })
    }

    /// The architecture that is trained or estimated, if it is another one than at the last call.
    pub fn current(&mut self, job: &dyn Job) -> Option<LiveEvent> {
        let current = job.current();
        if current == self.current.as_ref() {
            return None;
        }
        self.current = current.cloned();
        self.current.clone().map(|genotype| LiveEvent::CurrentArchitecture { genotype })
    }

    /// Where the time went so far.
    pub fn time_spent(&mut self, job: &dyn Job) -> LiveEvent {
        self.measure(job);
        let work = self.spent.iter().map(|(&(activity, cells), spent)| TimeSpent {
            activity,
            cells,
            units: spent.units,
            seconds: spent.seconds,
        });
        LiveEvent::TimeSpent { work: work.collect() }
    }

    /// Charges the time since the last measurement to the kinds of work that moved on, by their cost.
    fn measure(&mut self, job: &dyn Job) -> Vec<(WorkItem, u64)> {
        let seconds = self.uncharged + self.seen.elapsed().as_secs_f64();
        self.seen = Instant::now();
        let now = job.progress();
        let moved: Vec<(WorkKind, u64, f64)> = now
            .iter()
            .zip(&self.done)
            .filter(|((_, now), (_, before))| now > before)
            .map(|((item, now), (_, before))| {
                let units = now - before;
                ((item.activity, item.cells), units, units as f64 * item.macs as f64)
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

    /// Seconds for a multiply-accumulate of this item: as measured for its kind, else over all.
    fn pace(&self, item: &WorkItem) -> Option<f64> {
        let own = self.spent.get(&(item.activity, item.cells)).copied();
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
