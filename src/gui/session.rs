//! One run that the window shows: its state, kept up to date by a thread, and its worker where the window
//! has started one.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::state::{RunState, Status};
use crate::config::RunConfig;
use crate::engine::{Control, JobSpec, LiveEvent};
use crate::ipc::{Child, Death, Follower, WorkerCommand, WorkerMessage};
use crate::run;

/// Time between two looks into the run folder.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Messages that wait at most; a worker that sends more waits itself.
const WAITING: usize = 256;
/// What comes while a run goes on (points of curves, samples, lines of the log) is drawn at most this often, because a
/// frame costs much on machines that draw without a GPU.
const DRAW_EVERY: Duration = Duration::from_millis(500);
/// Milliseconds between two previews that are asked for.
const PREVIEW_EVERY_MS: u64 = 1000;

/// A worker that lives sends something each second; after so long the window says that it does not.
const SILENCE: Duration = Duration::from_secs(5);

/// A worker of somebody else's that is gone and left something behind may be on its way to begin anew in a process of
/// its own; after so long it is not.
const COMES_BACK: Duration = Duration::from_secs(3);

/// What a worker died of that this window did not start and that took no leave.
const VANISHED: &str = "the worker process, which this window did not start, is gone and did not say why: it was killed, it crashed, or \
     memory ran out";

/// Called when there is something new to show.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A run that the window shows.
pub struct Session {
    dir: PathBuf,
    state: Arc<Mutex<RunState>>,
    /// Held as long as the run is shown: its watcher ends without it.
    watched: Arc<()>,
    child: Option<Child>,
    wake: Wake,
    /// Whether the window has begun it itself, so that it sees all of its events come.
    is_new: bool,
}

impl Session {
    fn new(dir: &Path, wake: Wake) -> Self {
        let (state, watched) = (Arc::default(), Arc::default());
        Self { dir: dir.to_owned(), state, watched, child: None, wake, is_new: false }
    }

    /// Shows the run in `dir`, whether somebody works on it or not.
    pub fn open(dir: &Path, wake: Wake) -> Self {
        let session = Self::new(dir, wake);
        session.watch(None);
        session
    }

    /// Begins a run in the new folder `dir`.
    ///
    /// # Errors
    ///
    /// If there can be no worker, in a sentence.
    pub fn start(
        program: &Path,
        job: JobSpec,
        config: RunConfig,
        dir: &Path,
        wake: Wake,
    ) -> Result<Self, String> {
        let mut session = Self::new(dir, wake);
        session.lock().job = Some(job.clone());
        session.is_new = true;
        let config = Box::new(config);
        session.spawn_worker(program, &WorkerCommand::Start { job, config, dir: dir.to_owned() })?;
        Ok(session)
    }

    /// Goes on with the run, which nobody works on.
    ///
    /// # Errors
    ///
    /// If there can be no worker, in a sentence.
    pub fn resume(&mut self, program: &Path) -> Result<(), String> {
        (self.child, self.is_new) = (None, false);
        // The watcher of what was before ends; a new one reads all anew.
        self.watched = Arc::default();
        self.spawn_worker(program, &WorkerCommand::Resume { dir: self.dir.clone(), after_reexec: false })
    }

    fn spawn_worker(&mut self, program: &Path, command: &WorkerCommand) -> Result<(), String> {
        let (send, messages) = sync_channel(WAITING);
        let no_worker = |error: std::io::Error| format!("the worker process cannot be started ({error})");
        let mut child = Child::spawn(program, move |message| drop(send.send(message))).map_err(no_worker)?;
        child.send(command).map_err(no_worker)?;
        let previews = Control::Preview { every_ms: Some(PREVIEW_EVERY_MS) };
        child.send(&previews.into()).map_err(no_worker)?;
        self.child = Some(child);
        self.lock().status = Status::Preparing { what: "starting the worker".to_owned(), done: 0.0 };
        self.watch(Some(messages));
        Ok(())
    }

    /// The run folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its name.
    pub fn name(&self) -> String {
        run::run_name(&self.dir)
    }

    /// The worker process that the window has started for it, by its number in the operating system.
    pub fn worker(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Its state now. Held for a frame at most, because the watcher waits for it.
    pub fn lock(&self) -> MutexGuard<'_, RunState> {
        lock(&self.state)
    }

    /// Whether the window has started the worker that works on it.
    pub fn is_own(&self) -> bool {
        self.child.is_some() && self.lock().status.is_live()
    }

    /// Sends a command to whoever works on the run.
    ///
    /// # Errors
    ///
    /// If it cannot be sent, in a sentence.
    pub fn send(&mut self, control: Control) -> Result<(), String> {
        self.lock().wants_checkpoint |= matches!(control, Control::Checkpoint);
        match &mut self.child {
            Some(child) => child.send(&control.into()).map_err(|_| "the worker is gone".to_owned()),
            None => run::send_message(&self.dir, &control).map_err(|error| error.to_string()),
        }
    }

    /// Lets the worker go on by itself.
    pub fn leave(self) {
        if let Some(child) = self.child {
            // One that is gone needs no leave.
            let _ = child.detach();
        }
    }

    /// Ends the worker at once, as a crash does.
    pub fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill();
        }
    }

    /// Waits until the worker has saved a checkpoint and ended.
    pub fn close(mut self) {
        if let Some(mut child) = self.child.take() {
            // One that is gone has nothing to save.
            let _ = child.send(&Control::Stop.into());
            child.wait();
        }
    }

    fn watch(&self, messages: Option<Receiver<WorkerMessage>>) {
        let watcher = Watcher {
            dir: self.dir.clone(),
            state: self.state.clone(),
            watched: Arc::downgrade(&self.watched),
            messages,
            ended: None,
            wake: self.wake.clone(),
            is_new: self.is_new,
            reads_on: false,
        };
        thread::spawn(move || watcher.run());
    }
}

fn lock(state: &Mutex<RunState>) -> MutexGuard<'_, RunState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Folds the events of the folder and of the worker into the state.
struct Watcher {
    dir: PathBuf,
    state: Arc<Mutex<RunState>>,
    watched: Weak<()>,
    messages: Option<Receiver<WorkerMessage>>,
    /// When a worker that is not this window's was seen no more.
    ended: Option<Instant>,
    wake: Wake,
    /// Whether all events came while this watched.
    is_new: bool,
    /// Whether old events are being read that are too many for one look.
    reads_on: bool,
}

/// What a look at a run has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// Nothing to show.
    Nothing,
    /// What comes many times a second, and is drawn now and then.
    News,
    /// Another status, which is drawn at once.
    Status,
}

impl Watcher {
    fn run(mut self) {
        let mut follower = None;
        let mut received = Instant::now();
        let (mut found, mut drawn) = (Found::Nothing, None::<Instant>);
        while self.watched.strong_count() > 0 {
            let messages = self.receive();
            if !messages.is_empty() || self.messages.is_none() {
                received = Instant::now();
            }
            let silent = self.note_silence(received.elapsed());
            if follower.is_none() {
                // A worker makes the folder soon; until then there is nothing to read.
                follower = Follower::new(&self.dir).map(|follower| (follower, true)).ok();
            }
            found = found.max(self.fold(&mut follower, messages));
            let rested = drawn.is_none_or(|drawn| drawn.elapsed() >= DRAW_EVERY);
            if silent || found == Found::Status || found == Found::News && rested {
                (found, drawn) = (Found::Nothing, Some(Instant::now()));
                (self.wake)();
            }
        }
    }

    /// Waits for a message of the worker, but not long.
    fn receive(&mut self) -> Vec<WorkerMessage> {
        let Some(messages) = &self.messages else {
            thread::sleep(LOOK_EVERY);
            return Vec::new();
        };
        match messages.recv_timeout(LOOK_EVERY) {
            Ok(first) => std::iter::once(first).chain(messages.try_iter()).take(WAITING).collect(),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => {
                self.messages = None;
                Vec::new()
            }
        }
    }

    /// Notes how long nothing came, where that is too long. Returns whether there is something to show.
    fn note_silence(&self, silence: Duration) -> bool {
        let silent = (silence >= SILENCE).then_some(silence.as_secs());
        let mut state = lock(&self.state);
        std::mem::replace(&mut state.silent, silent) != silent
    }

    /// Takes all in; returns what there was. `follower` comes with whether this is its first look.
    fn fold(&mut self, follower: &mut Option<(Follower, bool)>, messages: Vec<WorkerMessage>) -> Found {
        // What a worker emitted may speak of a folder that it cut back, so the folder is read afterwards.
        let update = follower.as_mut().map(|(follower, first)| {
            let mut update = follower.poll();
            update.anew |= std::mem::take(first);
            update
        });
        let read = |(follower, _): &(Follower, bool)| {
            let config = follower.view().config().ok();
            let config = config.and_then(|text| RunConfig::from_toml(&text, "config.toml").ok());
            (config, JobSpec::of(follower.view().info()))
        };
        let facts = update.as_ref().filter(|update| update.anew).and(follower.as_ref()).map(read);
        let mut state = lock(&self.state);
        // A new watcher has taken over: what this one knows is older.
        if self.watched.strong_count() == 0 {
            return Found::Nothing;
        }
        let before = (state.event_index, state.status.clone());
        let mut changed = !messages.is_empty();
        let own = self.messages.is_some();
        let update = update.unwrap_or_default();
        if update.anew {
            state.begin_anew();
            (state.config, state.job) = facts.unwrap_or_default();
        }
        // What was there before the window looked came at a time that it does not know.
        let is_old = (update.anew || self.reads_on) && !self.is_new;
        self.reads_on = is_old && update.more;
        for event in update.events {
            if is_old { state.log_event(event) } else { state.log_event_now(event) }
        }
        if update.anew {
            state.read_anew();
        }
        for message in messages {
            match message {
                WorkerMessage::Event(event) => state.worker_event(event),
                WorkerMessage::Gone(death) => state.gone(death),
            }
        }
        if !own {
            // Somebody else's run, or nobody's.
            match (update.running, state.status.is_live()) {
                // One that was given up came back after all.
                (true, false) if self.ended.is_some() || !matches!(state.status, Status::Died(_)) => {
                    (state.status, self.ended) = (Status::Running, None);
                }
                (false, true) => (state.status, self.ended) = (Status::Idle, Some(Instant::now())),
                (false, false) if state.status == Status::Idle && self.has_vanished(&state) => {
                    let (text, details) = (VANISHED.to_owned(), String::new());
                    state.gone(Death { orderly: false, text, details });
                }
                _ => {}
            }
            changed |= !update.seen.is_empty();
            update.seen.into_iter().for_each(|event| state.live_event(event));
        }
        if state.status == Status::Idle && state.summary.is_some() {
            state.status = Status::Finished;
        }
        changed |= before != (state.event_index, state.status.clone());
        // How far a preparation is changes many times a second.
        if std::mem::discriminant(&before.1) != std::mem::discriminant(&state.status) {
            Found::Status
        } else if changed {
            Found::News
        } else {
            Found::Nothing
        }
    }

    /// Whether a worker of somebody else's is gone for good without the end of its run: one that ends in order takes
    /// with it what it showed of itself.
    fn has_vanished(&self, state: &RunState) -> bool {
        state.summary.is_none()
            && self.ended.is_some_and(|ended| ended.elapsed() >= COMES_BACK)
            && run::live_status::<Vec<LiveEvent>>(&self.dir).is_some()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::engine::{Event, LiveEvent};

    #[test]
    fn what_comes_many_times_a_second_is_drawn_twice_a_second() {
        let folder = tempfile::tempdir().unwrap();
        let wakes = Arc::new(AtomicU32::new(0));
        let counted = wakes.clone();
        let wake: Wake = Arc::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let session = Session::new(&folder.path().join("none yet"), wake);
        // Each waits until the one before was taken, so that they are not taken all at once.
        let (send, messages) = sync_channel(0);
        session.watch(Some(messages));
        let begun = Instant::now();
        for step in 0..500 {
            let progress =
                LiveEvent::Progress { done: f64::from(step) / 500.0, eta_seconds: None, speed: None };
            send.send(WorkerMessage::Event(Event::Live(progress))).unwrap();
        }
        let most = 2.0 + 2.0 * begun.elapsed().as_secs_f64();
        let wakes = f64::from(wakes.load(Ordering::Relaxed));
        assert!((1.0..=most).contains(&wakes), "{wakes} of at most {most}");
    }
}
