//! Where a run's time goes and how long the rest takes, measured on this machine.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::arch::Genotype;
use crate::engine::event::{LiveEvent, TimeSpent};
use crate::engine::forecast::Paces;
use crate::search::{Activity, Job, WorkItem};

/// Shortest time between two progress events.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Kinds of work whose speed is measured apart: small images keep a processor less busy.
type WorkKind = (Activity, usize);

/// What was spent on a kind of work, and how much was done for it.
#[derive(Clone, Copy, Default)]
struct Spent {
    seconds: f64,
    units: u64,
}

/// Measures the speed of each kind of work.
pub(super) struct ProgressClock {
    spent: BTreeMap<WorkKind, Spent>,
    paces: Paces,
    done: Vec<(WorkItem, u64)>,
    /// When the last measurement was made.
    seen: Instant,
    /// When the last piece of work was done.
    worked: Instant,
    /// Seconds since the last measurement, and before it without a unit completed: of updates and estimates, and of
    /// evaluations that interrupt a training.
    uncharged: [f64; 2],
    /// Evaluations that ended in that time.
    evaluations: u64,
    was_evaluating: bool,
    /// The training whose steps moved on last, if it was one that is interrupted for evaluations.
    trained: Option<WorkItem>,
    /// Units a second of the current work, when last a unit was completed.
    speed: Option<f64>,
    /// The architecture that was emitted last as the current one.
    current: Option<Genotype>,
}

impl ProgressClock {
    pub fn new(job: &dyn Job) -> Self {
        let now = Instant::now();
        Self {
            spent: BTreeMap::new(),
            paces: Paces::default(),
            done: job.progress(),
            seen: now,
            worked: now,
            uncharged: [0.0; 2],
            evaluations: 0,
            was_evaluating: false,
            trained: None,
            speed: None,
            current: None,
        }
    }

    /// What was done before is of another process: the run goes on from a checkpoint that was loaded.
    pub fn loaded(&mut self, job: &dyn Job) {
        self.done = job.progress();
        (self.uncharged, self.evaluations) = ([0.0; 2], 0);
        (self.seen, self.worked) = (Instant::now(), Instant::now());
    }

    /// Leaves out a time in which the run waited for a command.
    pub fn waited(&mut self, waited: Duration) {
        self.worked += waited;
    }

    /// Notes that a piece of work was done, with what followed from the one before, such as a checkpoint.
    pub fn worked(&mut self, job: &dyn Job) {
        let is_evaluating = job.is_evaluating();
        let evaluates = is_evaluating || self.was_evaluating;
        self.uncharged[usize::from(evaluates)] += self.worked.elapsed().as_secs_f64();
        self.evaluations += u64::from(self.was_evaluating && !is_evaluating);
        (self.worked, self.was_evaluating) = (Instant::now(), is_evaluating);
    }

    /// A progress event, when it is time for one.
    pub fn progress(&mut self, job: &dyn Job) -> Option<LiveEvent> {
        let elapsed = self.seen.elapsed();
        if elapsed < PROGRESS_EVERY {
            return None;
        }
        let now = self.measure(job);
        let total: f64 = now.iter().map(|(item, _)| item.cost(item.units)).sum();
        let done: f64 =
            now.iter().map(|(item, done)| item.cost(item.units) - item.cost(item.units - done)).sum();
        let eta_seconds = self.paces.left(&now);
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
        self.seen = Instant::now();
        let now = job.progress();
        let moved: Vec<(&WorkItem, u64)> = now
            .iter()
            .zip(&self.done)
            .filter(|((_, now), (_, before))| now > before)
            .map(|((item, now), (_, before))| (item, now - before))
            .collect();
        let cost = |item: &WorkItem, units: u64| units as f64 * item.macs as f64;
        let total: f64 = moved.iter().map(|(item, units)| cost(item, *units)).sum();
        let [mut updates, mut evaluations] = self.uncharged;
        let trained = moved.iter().map(|(item, _)| *item).find(|item| item.evaluate_every > 0);
        if trained.is_none() && !moved.is_empty() {
            // Estimates are units of their own.
            (updates, evaluations) = (updates + evaluations, 0.0);
            self.evaluations = 0;
        }
        if !moved.is_empty() {
            self.trained = trained.cloned();
        }
        for (item, units) in &moved {
            let seconds = updates * cost(item, *units) / total.max(f64::MIN_POSITIVE);
            self.speed = Some(*units as f64 / seconds.max(f64::MIN_POSITIVE));
            self.paces.note_units(item, cost(item, *units), seconds);
            let spent = self.spent.entry((item.activity, item.cells)).or_default();
            spent.seconds += seconds;
            spent.units += units;
        }
        if !moved.is_empty() {
            updates = 0.0;
        }
        // One that is under way is charged when it ends.
        if let Some(item) = self.trained.as_ref().filter(|_| self.evaluations > 0) {
            let macs = self.evaluations as f64 * item.evaluation_macs as f64;
            self.paces.note_evaluations(item, macs, evaluations);
            self.spent.entry((item.activity, item.cells)).or_default().seconds += evaluations;
            (self.evaluations, evaluations) = (0, 0.0);
        }
        self.uncharged = [updates, evaluations];
        self.done.clone_from(&now);
        now
    }
}
