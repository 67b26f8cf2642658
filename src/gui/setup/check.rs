//! Looks at the images on a thread of its own, before a run begins.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::labels::of_images;
use crate::data::{DataConfig, Report, Source, SourcePlace, Split, load};
use crate::gui::session::Wake;

/// Images that are shown.
pub const STRIP: usize = 16;
/// Toys that are drawn to look at; all of them look alike.
const TOYS: usize = 256;

/// What is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRequest {
    /// The images.
    pub data: DataConfig,
    /// The side in pixels that they are brought to.
    pub side: usize,
}

/// What was found.
pub struct CheckedImages {
    /// Counts, sizes, classes, skipped files.
    pub report: Report,
    /// The first [`STRIP`] images, `[image][row][column][channel]`, fewer where there are fewer.
    pub strip: Vec<Vec<u8>>,
}

/// What was found, or why nothing can be.
type Outcome = Result<Arc<CheckedImages>, String>;

#[derive(Default)]
struct Shared {
    outcome: Mutex<Option<(CheckRequest, Outcome)>>,
    done: AtomicUsize,
    total: AtomicUsize,
    /// The number of the newest request: older ones are given up.
    newest: AtomicUsize,
}

/// Looks at images.
pub struct Checker {
    shared: Arc<Shared>,
    requests: Sender<(usize, CheckRequest)>,
    requested: Option<CheckRequest>,
}

/// How far a check is.
pub enum State {
    /// No path is named yet: what is to be named.
    Unnamed(&'static str),
    /// It goes on: so many of so many images.
    Busy(usize, usize),
    /// It is done.
    Done(Outcome),
}

impl State {
    /// How many images were found that can be learned from, once that is known.
    pub fn used(&self) -> Option<usize> {
        match self {
            Self::Done(Ok(found)) => Some(found.report.used),
            _ => None,
        }
    }
}

impl Checker {
    /// Nothing looked at yet; `wake` is called when something is.
    pub fn new(wake: Wake) -> Self {
        let (requests, receiver) = channel();
        let shared = Arc::<Shared>::default();
        let worker = shared.clone();
        thread::spawn(move || look(&worker, &receiver, &wake));
        Self { shared, requests, requested: None }
    }

    /// How far the check of `wanted` is; it begins when it was not requested before.
    pub fn get(&mut self, wanted: &CheckRequest) -> State {
        if self.requested.as_ref() != Some(wanted) {
            self.requested = Some(wanted.clone());
            let number = self.shared.newest.fetch_add(1, Ordering::Relaxed) + 1;
            // How far the one before was is not how far this one is.
            self.shared.done.store(0, Ordering::Relaxed);
            self.shared.total.store(0, Ordering::Relaxed);
            // The looker lives as long as this does.
            let _ = self.requests.send((number, wanted.clone()));
        }
        let outcome = self.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome.as_ref().filter(|(of, _)| of == wanted) {
            Some((_, result)) => State::Done(result.clone()),
            None => {
                let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
                State::Busy(count(&self.shared.done), count(&self.shared.total))
            }
        }
    }
}

fn look(shared: &Shared, requests: &Receiver<(usize, CheckRequest)>, wake: &Wake) {
    while let Ok(first) = requests.recv() {
        // Only the newest request counts: typing a path makes one with every letter, and the first of them may be `/`.
        let (number, wanted) = requests.try_iter().last().unwrap_or(first);
        let stop = || shared.newest.load(Ordering::Relaxed) != number;
        let progress = |done: usize, total: usize| {
            if !stop() {
                shared.done.store(done, Ordering::Relaxed);
                shared.total.store(total, Ordering::Relaxed);
                wake();
            }
        };
        progress(0, 0);
        let result = examine(&wanted, &progress, &stop).map(Arc::new);
        *shared.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some((wanted, result));
        wake();
    }
}

fn examine(
    wanted: &CheckRequest,
    progress: &(dyn Fn(usize, usize) + Sync),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<CheckedImages, String> {
    let source: Source = wanted.data.source.parse().map_err(|error| of_images(&error))?;
    let mut options = wanted.data.options(wanted.side, Split::Train);
    (options.progress, options.stop) = (progress, stop);
    let drawn = source.reader().kind().place == SourcePlace::Drawn;
    if drawn {
        options.toys_count = options.toys_count.min(TOYS);
    }
    let loaded = load(&source, &options).map_err(|error| of_images(&error))?;
    let mut report = loaded.report;
    if drawn {
        let count = wanted.data.toys_count;
        (report.found, report.used) = (count, wanted.data.limit.map_or(count, |limit| limit.min(count)));
    }
    // From the whole set, since the images of a class often lie together.
    let (count, shown) = (loaded.set.len(), loaded.set.len().min(STRIP));
    let strip = (0..shown).map(|place| loaded.set.image(place * count / shown).to_vec()).collect();
    Ok(CheckedImages { report, strip })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(data: DataConfig) -> Result<Arc<CheckedImages>, String> {
        let (send, woken) = channel();
        let send = Mutex::new(send);
        let mut checker = Checker::new(Arc::new(move || send.lock().unwrap().send(()).unwrap_or_default()));
        let wanted = CheckRequest { data, side: 16 };
        loop {
            if let State::Done(result) = checker.get(&wanted) {
                return result;
            }
            woken.recv().unwrap();
        }
    }

    #[test]
    fn toys_are_counted_as_the_run_will_draw_them() {
        let found = check(DataConfig { toys_count: 5_000, ..DataConfig::default() }).unwrap();
        assert_eq!((found.report.used, found.strip.len()), (5_000, STRIP));
        let few = check(DataConfig { limit: Some(7), ..DataConfig::default() }).unwrap();
        assert_eq!((few.report.used, few.strip.len()), (7, 7));
        assert_eq!(found.strip[0].len(), 16 * 16 * 3);
    }

    /// Whoever types a path that begins with `/` requests the whole disk first.
    #[test]
    fn an_older_request_is_given_up() {
        let older = AtomicUsize::new(0);
        let wanted =
            CheckRequest { data: DataConfig { source: "/".to_owned(), ..DataConfig::default() }, side: 16 };
        let stop = || older.fetch_add(1, Ordering::Relaxed) == 3;
        let stopped = examine(&wanted, &|_, _| {}, &stop);
        assert!(stopped.err().unwrap().contains("stopped"));
        assert_eq!(older.into_inner(), 4, "it looked on");
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_sentence() {
        let problem = check(DataConfig { source: "/not/there".to_owned(), ..DataConfig::default() });
        assert!(problem.err().unwrap().contains("/not/there"));
    }
}
