//! Whether a run works, is paused, steps or waits, as the commands that it receives say: from its own process, or
//! through its folder. Shows the same there.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::control::{Control, Stride};
use super::event::{Event, LiveEvent};
use crate::run::LiveStatus;
use crate::search::Counts;

/// Time between two looks into the folder's inbox.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Time between two states that the folder shows.
const SHOW_EVERY: Duration = Duration::from_secs(1);

/// Both ends of what a run is connected by: commands in, events out.
pub(super) struct Channel<'a> {
    /// Where commands come from.
    pub controls: &'a Receiver<Control>,
    /// Takes events.
    pub emit: &'a mut dyn FnMut(&Event),
}

impl Channel<'_> {
    /// Emits an event.
    pub fn emit(&mut self, event: impl Into<Event>) {
        (self.emit)(&event.into());
    }
}

/// What the engine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ControlAction {
    /// A piece of work.
    Work,
    /// A checkpoint.
    Checkpoint,
    /// A checkpoint, and the end.
    Stop,
}

/// What ended the waiting of a run that could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitEnd {
    /// Its time.
    Timeout,
    /// A command to try again.
    Retry,
    /// A command to stop.
    Stop,
}

/// Shows others how far a run's preparation is, until it can begin.
pub(super) struct PreparationStatus {
    live: LiveStatus,
    shown: Option<Instant>,
}

impl PreparationStatus {
    /// Of the run in `dir`. What came before only `after_reexec` is meant for it.
    pub fn new(dir: &Path, after_reexec: bool) -> Self {
        let live = if after_reexec { LiveStatus::take_over(dir) } else { LiveStatus::begin(dir) };
        Self { live, shown: None }
    }

    /// Shows an event, where it says how far the preparation is.
    pub fn show(&mut self, event: &Event) {
        let Event::Live(preparing @ LiveEvent::Preparing { done, total, .. }) = event else { return };
        let is_end = *done == 0 || done >= total;
        if is_end || self.shown.is_none_or(|shown| shown.elapsed() >= SHOW_EVERY) {
            self.shown = Some(Instant::now());
            // It is for looking only, as what the run itself shows.
            if let Err(error) = self.live.publish(&[preparing]) {
                tracing::debug!("the preparation is not shown: {error}");
            }
        }
    }

    /// Leaves what was shown, and the commands that came meanwhile, to the run, which begins.
    pub fn end(mut self) {
        self.live.hand_over();
    }
}

/// What comes of receiving.
enum Received {
    Command(Control),
    Nothing,
    /// Nobody is left who could send what is waited for.
    Disconnected,
}

/// The state that commands put a run in.
pub(super) struct ControlState {
    live: LiveStatus,
    /// Commands that came through the folder and are still to be done.
    queued: VecDeque<Control>,
    looked: Instant,
    shown: Instant,
    paused: bool,
    /// Why the run cannot go on at the moment.
    waiting: Option<String>,
    /// A step that was asked for and is not done.
    stepping: Option<Stride>,
    /// The run was asked to stop, and waits for nothing more.
    stopping: bool,
    /// Whether somebody is there who can say what a run that waits shall do.
    attended: Option<Box<dyn Fn() -> bool>>,
    /// Time between two previews, where somebody wants them.
    preview_every: Option<Duration>,
    previewed: Option<Instant>,
}

impl ControlState {
    /// Receives what comes through the run folder `dir`, too, and what came there during the run's
    /// [preparation](PreparationStatus).
    pub fn new(dir: &Path) -> Self {
        Self {
            live: LiveStatus::take_over(dir),
            queued: VecDeque::new(),
            looked: Instant::now(),
            shown: Instant::now(),
            paused: false,
            waiting: None,
            stepping: None,
            stopping: false,
            attended: None,
            preview_every: None,
            previewed: None,
        }
    }

    /// Somebody is there as long as `attended` says so.
    pub fn set_attended(&mut self, attended: impl Fn() -> bool + 'static) {
        self.attended = Some(Box::new(attended));
    }

    /// Whether somebody is there who can say what a run that waits shall do.
    pub fn is_attended(&self) -> bool {
        self.attended.as_ref().is_some_and(|attended| attended())
    }

    /// Whether the run was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// What to do next. Waits as long as the run is paused.
    pub fn next(&mut self, channel: &mut Channel) -> ControlAction {
        loop {
            let waits = self.paused && self.stepping.is_none();
            match self.receive(channel.controls, waits) {
                Received::Command(Control::Pause) => self.pause(true, channel),
                Received::Command(Control::Continue) => self.pause(false, channel),
                Received::Command(Control::Step { stride }) => {
                    self.pause(true, channel);
                    self.stepping = Some(stride);
                }
                Received::Command(Control::Preview { every_ms }) => self.preview(every_ms),
                Received::Command(Control::Checkpoint) => return ControlAction::Checkpoint,
                Received::Command(Control::Stop) | Received::Disconnected => {
                    self.stopping = true;
                    return ControlAction::Stop;
                }
                Received::Nothing if self.queued.is_empty() && !waits => return ControlAction::Work,
                Received::Nothing => {}
            }
        }
    }

    /// The next command, if there is one; where the run `waits` for it, after a moment at most.
    fn receive(&mut self, controls: &Receiver<Control>, waits: bool) -> Received {
        if let Some(control) = self.queued.pop_front() {
            return Received::Command(control);
        }
        let patience = if waits { LOOK_EVERY } else { Duration::ZERO };
        match controls.recv_timeout(patience) {
            Ok(control) => return Received::Command(control),
            Err(RecvTimeoutError::Disconnected) if waits => return Received::Disconnected,
            Err(_) => {}
        }
        if self.looked.elapsed() >= LOOK_EVERY {
            self.looked = Instant::now();
            self.queued.extend(self.live.receive::<Control>());
        }
        Received::Nothing
    }

    /// Waits because the run cannot go on for `reason`, for a while or until a command ends the waiting.
    pub fn wait(&mut self, reason: &str, patience: Duration, channel: &mut Channel) -> WaitEnd {
        if self.waiting.as_deref() != Some(reason) {
            self.waiting = Some(reason.to_owned());
            self.show(None);
            channel.emit(LiveEvent::Waiting { reason: self.waiting.clone() });
        }
        let begun = Instant::now();
        while begun.elapsed() < patience {
            match self.receive(channel.controls, true) {
                Received::Command(Control::Continue | Control::Step { .. } | Control::Checkpoint) => {
                    return WaitEnd::Retry;
                }
                Received::Command(Control::Stop) => return WaitEnd::Stop,
                Received::Command(Control::Preview { every_ms }) => self.preview(every_ms),
                Received::Disconnected => std::thread::sleep(patience.saturating_sub(begun.elapsed())),
                // It waits already.
                Received::Command(Control::Pause) | Received::Nothing => {}
            }
        }
        WaitEnd::Timeout
    }

    /// What the run waited for is over.
    pub fn end_wait(&mut self, channel: &mut Channel) {
        if self.waiting.take().is_some() {
            self.show(None);
            channel.emit(LiveEvent::Waiting { reason: None });
        }
    }

    /// Whether the run just works, and no command waits.
    pub fn is_idle(&self) -> bool {
        !self.paused && self.queued.is_empty()
    }

    /// Leaves what comes from now on for the process that takes this one's place.
    pub fn hand_over(&mut self) {
        self.live.hand_over();
    }

    fn preview(&mut self, every_ms: Option<u64>) {
        self.preview_every = every_ms.map(Duration::from_millis);
        self.previewed = None;
    }

    fn pause(&mut self, paused: bool, channel: &mut Channel) {
        self.stepping = None;
        if self.paused != paused {
            self.paused = paused;
            self.show(None);
            channel.emit(LiveEvent::Paused { paused });
        }
    }

    /// A piece of work was done: a step that was asked for may be done with it, and the run waits again.
    pub fn worked(&mut self, before: Counts, after: Counts, channel: &mut Channel) {
        if self.stepping.is_some_and(|stride| stride.ends(before, after)) {
            self.stepping = None;
            channel.emit(LiveEvent::Paused { paused: true });
        }
    }

    /// Whether a preview is wanted now.
    pub fn wants_preview(&mut self) -> bool {
        let Some(every) = self.preview_every else {
            return false;
        };
        let due = self.previewed.is_none_or(|previewed| previewed.elapsed() >= every);
        if due {
            self.previewed = Some(Instant::now());
        }
        due
    }

    /// Shows the run's progress to whoever looks into its folder.
    pub fn show_progress(&mut self, progress: &LiveEvent) {
        if self.shown.elapsed() >= SHOW_EVERY {
            self.show(Some(progress));
        }
    }

    fn show(&mut self, progress: Option<&LiveEvent>) {
        self.shown = Instant::now();
        let status = match self.waiting.clone() {
            None => LiveEvent::Paused { paused: self.paused },
            reason => LiveEvent::Waiting { reason },
        };
        let state: Vec<&LiveEvent> = progress.into_iter().chain([&status]).collect();
        // It is for looking only, and what is wrong with the disk will be said where it matters.
        if let Err(error) = self.live.publish(&state) {
            tracing::debug!("the state is not shown: {error}");
        }
    }
}

impl Stride {
    /// Whether a step ends with the piece of work between two counts.
    fn ends(self, before: Counts, after: Counts) -> bool {
        let is_unit = before.units != after.units;
        let untrained = before.updates == after.updates;
        let reached = match self {
            Self::Both => is_unit,
            Self::Discriminator => before.updates.discriminator != after.updates.discriminator,
            Self::Generator => before.updates.generator != after.updates.generator,
        };
        // Waiting for a network that is not trained now would be waiting for the next iteration.
        reached || (is_unit && untrained)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gan::Updates;
    use crate::run;
    use std::sync::mpsc::channel;

    fn next(state: &mut ControlState, controls: &Receiver<Control>) -> (ControlAction, Vec<Event>) {
        let mut events = Vec::new();
        let emit = &mut |event: &Event| events.push(event.clone());
        let action = state.next(&mut Channel { controls, emit });
        (action, events)
    }

    fn paused(paused: bool) -> Vec<Event> {
        vec![LiveEvent::Paused { paused }.into()]
    }

    #[test]
    fn a_paused_run_does_one_step_at_a_time_and_then_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = ControlState::new(dir.path());
        let (send, controls) = channel();
        send.send(Control::Step { stride: Stride::Both }).unwrap();
        assert_eq!(next(&mut state, &controls), (ControlAction::Work, paused(true)));
        assert_eq!(next(&mut state, &controls), (ControlAction::Work, vec![]), "the step is not done yet");
        let mut events = Vec::new();
        let done = Counts { units: 1, ..Counts::default() };
        let emit = &mut |event: &Event| events.push(event.clone());
        state.worked(Counts::default(), done, &mut Channel { controls: &controls, emit });
        assert_eq!(events, paused(true));
        send.send(Control::Checkpoint).unwrap();
        assert_eq!(next(&mut state, &controls), (ControlAction::Checkpoint, vec![]));
        send.send(Control::Continue).unwrap();
        assert_eq!(next(&mut state, &controls), (ControlAction::Work, paused(false)));
    }

    #[test]
    fn a_step_of_one_network_ends_with_its_update_or_where_none_is_trained() {
        let counts =
            |units, discriminator, generator| Counts { units, updates: Updates { discriminator, generator } };
        let (start, half, whole) = (counts(4, 4, 4), counts(4, 5, 4), counts(5, 5, 5));
        for (stride, after_half, after_whole) in [
            (Stride::Both, false, true),
            (Stride::Discriminator, true, false),
            (Stride::Generator, false, true),
        ] {
            assert_eq!(stride.ends(start, half), after_half, "{stride:?}");
            assert_eq!(stride.ends(half, whole), after_whole, "{stride:?}");
            assert!(stride.ends(whole, counts(6, 5, 5)), "{stride:?}: an estimate trains none");
            assert!(!stride.ends(whole, whole), "{stride:?}: a batch of an evaluation");
        }
    }

    #[test]
    fn others_see_how_far_a_preparation_is_and_its_run_receives_what_they_sent() {
        let dir = tempfile::tempdir().unwrap();
        let shown = || run::live_status::<Vec<LiveEvent>>(dir.path());
        let preparing = |done| LiveEvent::Preparing { what: "reading images".to_owned(), done, total: 9 };
        let mut preparation = PreparationStatus::new(dir.path(), false);
        preparation.show(&preparing(0).into());
        assert_eq!(shown(), Some(vec![preparing(0)]));
        // Too soon after the one before, and another event.
        preparation.show(&preparing(1).into());
        preparation.show(&LiveEvent::Stopped.into());
        assert_eq!(shown(), Some(vec![preparing(0)]));
        preparation.show(&preparing(9).into());
        assert_eq!(shown(), Some(vec![preparing(9)]));
        run::send_message(dir.path(), &Control::Stop).unwrap();
        preparation.end();
        let (send, controls) = channel();
        // A paused run waits for what comes, and looks for it.
        send.send(Control::Pause).unwrap();
        assert_eq!(next(&mut ControlState::new(dir.path()), &controls).0, ControlAction::Stop);
        // One that fails leaves nothing.
        let mut failed = PreparationStatus::new(dir.path(), false);
        failed.show(&preparing(0).into());
        drop(failed);
        assert_eq!(shown(), None);
    }

    #[test]
    fn a_paused_run_receives_commands_through_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = ControlState::new(dir.path());
        let (send, controls) = channel();
        send.send(Control::Pause).unwrap();
        let path = dir.path().to_owned();
        let other = std::thread::spawn(move || run::send_message(&path, &Control::Stop).unwrap());
        assert_eq!(next(&mut state, &controls).0, ControlAction::Stop);
        other.join().unwrap();
        let shown: Vec<LiveEvent> = run::live_status(dir.path()).unwrap();
        assert_eq!(shown, [LiveEvent::Paused { paused: true }]);
    }

    #[test]
    fn no_command_that_comes_through_the_folder_with_others_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = ControlState::new(dir.path());
        let (send, controls) = channel();
        send.send(Control::Pause).unwrap();
        for control in [Control::Checkpoint, Control::Checkpoint, Control::Continue] {
            run::send_message(dir.path(), &control).unwrap();
        }
        let actions: Vec<ControlAction> = (0..3).map(|_| next(&mut state, &controls).0).collect();
        assert_eq!(actions, [ControlAction::Checkpoint, ControlAction::Checkpoint, ControlAction::Work]);
    }

    #[test]
    fn a_paused_run_that_nobody_can_continue_stops_and_a_busy_one_works_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = ControlState::new(dir.path());
        let (send, controls) = channel();
        drop(send);
        assert_eq!(next(&mut state, &controls).0, ControlAction::Work);
        let (send, controls) = channel();
        send.send(Control::Pause).unwrap();
        drop(send);
        assert_eq!(next(&mut state, &controls).0, ControlAction::Stop);
    }

    #[test]
    fn a_run_that_cannot_go_on_waits_for_a_command_or_for_its_time_and_says_why_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = ControlState::new(dir.path());
        let (send, controls) = channel();
        let mut events = Vec::new();
        let mut emit = |event: &Event| events.push(event.clone());
        let mut channel = Channel { controls: &controls, emit: &mut emit };
        let (soon, late) = (Duration::from_millis(1), Duration::from_secs(3600));
        assert_eq!(state.wait("full", soon, &mut channel), WaitEnd::Timeout);
        assert_eq!(state.wait("full", soon, &mut channel), WaitEnd::Timeout);
        let waiting = |reason: Option<&str>| LiveEvent::Waiting { reason: reason.map(str::to_owned) };
        let shown: Vec<LiveEvent> = run::live_status(dir.path()).unwrap();
        assert_eq!(shown, [waiting(Some("full"))]);
        for (control, end) in [(Control::Continue, WaitEnd::Retry), (Control::Stop, WaitEnd::Stop)] {
            send.send(Control::Pause).unwrap();
            send.send(control).unwrap();
            assert_eq!(state.wait("full", late, &mut channel), end);
        }
        drop(send);
        let end = state.wait("full", soon, &mut channel);
        assert_eq!(end, WaitEnd::Timeout, "there may be space again without a command");
        state.end_wait(&mut channel);
        state.end_wait(&mut channel);
        assert_eq!(events, [waiting(Some("full")), waiting(None)].map(Event::from));
    }

    #[test]
    fn previews_are_made_only_while_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let mut state = ControlState::new(dir.path());
        assert!(!state.wants_preview());
        let (send, controls) = channel();
        send.send(Control::Preview { every_ms: Some(3_600_000) }).unwrap();
        next(&mut state, &controls);
        assert!(state.wants_preview());
        assert!(!state.wants_preview(), "the next one is due in an hour");
        send.send(Control::Preview { every_ms: None }).unwrap();
        next(&mut state, &controls);
        assert!(!state.wants_preview());
    }
}
