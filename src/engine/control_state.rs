//! What a run is told while it works, by its own process or through its folder, and what it shows of
//! itself there.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::control::{Control, Stride};
use super::event::Event;
use super::job::Counts;
use crate::run::Live;

/// Time between two looks into the folder's inbox.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Time between two states that the folder shows.
const SHOW_EVERY: Duration = Duration::from_secs(1);

/// What the engine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// A piece of work.
    Work,
    /// A checkpoint.
    Checkpoint,
    /// A checkpoint, and the end.
    Stop,
}

/// What a run was told while it was held up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing.
    None,
    /// To try again.
    Again,
    /// To stop.
    Stop,
}

/// What comes of listening.
enum Heard {
    Told(Control),
    Nothing,
    /// Nobody is left who could tell what is waited for.
    Nobody,
}

/// Listens while the engine works.
pub(super) struct Attention {
    live: Live,
    /// What was told through the folder and is still to be done.
    waiting: VecDeque<Control>,
    looked: Instant,
    shown: Instant,
    paused: bool,
    /// Why the run cannot go on at the moment.
    held: Option<String>,
    /// A step that was asked for and is not done.
    stepping: Option<Stride>,
    /// Time between two previews, where somebody wants them.
    preview_every: Option<Duration>,
    previewed: Option<Instant>,
}

impl Attention {
    /// Listens to what is told through the run folder `dir`, too; what was told before only where this process
    /// is `renewed`, so that it was meant for this run of it.
    pub fn new(dir: &Path, renewed: bool) -> Self {
        Self {
            live: if renewed { Live::take_over(dir) } else { Live::begin(dir) },
            waiting: VecDeque::new(),
            looked: Instant::now(),
            shown: Instant::now(),
            paused: false,
            held: None,
            stepping: None,
            preview_every: None,
            previewed: None,
        }
    }

    /// What to do next. Waits as long as the run is paused.
    pub fn turn(&mut self, controls: &Receiver<Control>, tell: &mut dyn FnMut(&Event)) -> Turn {
        loop {
            let waits = self.paused && self.stepping.is_none();
            match self.listen(controls, waits) {
                Heard::Told(Control::Pause) => self.pause(true, tell),
                Heard::Told(Control::Continue) => self.pause(false, tell),
                Heard::Told(Control::Step { stride }) => {
                    self.pause(true, tell);
                    self.stepping = Some(stride);
                }
                Heard::Told(Control::Live { every_ms }) => self.preview(every_ms),
                Heard::Told(Control::Checkpoint) => return Turn::Checkpoint,
                Heard::Told(Control::Stop) | Heard::Nobody => return Turn::Stop,
                Heard::Nothing if self.waiting.is_empty() && !waits => return Turn::Work,
                Heard::Nothing => {}
            }
        }
    }

    /// What is told next, if something is; where the run `waits` for it, after a moment at most.
    fn listen(&mut self, controls: &Receiver<Control>, waits: bool) -> Heard {
        if let Some(control) = self.waiting.pop_front() {
            return Heard::Told(control);
        }
        let patience = if waits { LOOK_EVERY } else { Duration::ZERO };
        match controls.recv_timeout(patience) {
            Ok(control) => return Heard::Told(control),
            Err(RecvTimeoutError::Disconnected) if waits => return Heard::Nobody,
            Err(_) => {}
        }
        if self.looked.elapsed() >= LOOK_EVERY {
            self.looked = Instant::now();
            self.waiting.extend(self.live.told::<Control>());
        }
        Heard::Nothing
    }

    /// Waits because the run cannot go on for `reason`, for a while or until it is told something that ends
    /// the waiting.
    pub fn hold(
        &mut self,
        reason: &str,
        patience: Duration,
        controls: &Receiver<Control>,
        tell: &mut dyn FnMut(&Event),
    ) -> Word {
        if self.held.as_deref() != Some(reason) {
            self.held = Some(reason.to_owned());
            self.show(None);
            tell(&Event::Held { reason: self.held.clone() });
        }
        let begun = Instant::now();
        while begun.elapsed() < patience {
            match self.listen(controls, true) {
                Heard::Told(Control::Continue | Control::Step { .. } | Control::Checkpoint) => {
                    return Word::Again;
                }
                Heard::Told(Control::Stop) => return Word::Stop,
                Heard::Told(Control::Live { every_ms }) => self.preview(every_ms),
                Heard::Nobody => std::thread::sleep(patience.saturating_sub(begun.elapsed())),
                // It waits already.
                Heard::Told(Control::Pause) | Heard::Nothing => {}
            }
        }
        Word::None
    }

    /// What held the run up is over.
    pub fn release(&mut self, tell: &mut dyn FnMut(&Event)) {
        if self.held.take().is_some() {
            self.show(None);
            tell(&Event::Held { reason: None });
        }
    }

    /// Whether the run just works, and nothing that it was told is still to be done.
    pub fn is_at_ease(&self) -> bool {
        !self.paused && self.waiting.is_empty()
    }

    /// Leaves what is told from now on for the process that takes this one's place.
    pub fn hand_over(&mut self) {
        self.live.hand_over();
    }

    fn preview(&mut self, every_ms: Option<u64>) {
        self.preview_every = every_ms.map(Duration::from_millis);
        self.previewed = None;
    }

    fn pause(&mut self, paused: bool, tell: &mut dyn FnMut(&Event)) {
        self.stepping = None;
        if self.paused != paused {
            self.paused = paused;
            self.show(None);
            tell(&Event::Paused { paused });
        }
    }

    /// A piece of work was done: a step that was asked for may be done with it, and the run waits again.
    pub fn worked(&mut self, before: Counts, after: Counts, tell: &mut dyn FnMut(&Event)) {
        if self.stepping.is_some_and(|stride| stride.ends(before, after)) {
            self.stepping = None;
            tell(&Event::Paused { paused: true });
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
    pub fn progressed(&mut self, progress: &Event) {
        if self.shown.elapsed() >= SHOW_EVERY {
            self.show(Some(progress));
        }
    }

    fn show(&mut self, progress: Option<&Event>) {
        self.shown = Instant::now();
        let standing = match self.held.clone() {
            None => Event::Paused { paused: self.paused },
            reason => Event::Held { reason },
        };
        let state: Vec<&Event> = progress.into_iter().chain([&standing]).collect();
        // It is for looking only, and what is wrong with the disk will be said where it matters.
        if let Err(error) = self.live.show(&state) {
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

    fn turn(attention: &mut Attention, controls: &Receiver<Control>) -> (Turn, Vec<Event>) {
        let mut told = Vec::new();
        let turn = attention.turn(controls, &mut |event| told.push(event.clone()));
        (turn, told)
    }

    #[test]
    fn a_paused_run_does_one_step_at_a_time_and_then_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut attention = Attention::new(dir.path(), false);
        let (send, controls) = channel();
        send.send(Control::Step { stride: Stride::Both }).unwrap();
        let paused = |paused| vec![Event::Paused { paused }];
        assert_eq!(turn(&mut attention, &controls), (Turn::Work, paused(true)));
        assert_eq!(turn(&mut attention, &controls), (Turn::Work, vec![]), "the step is not done yet");
        let mut told = Vec::new();
        let done = Counts { units: 1, ..Counts::default() };
        attention.worked(Counts::default(), done, &mut |event| told.push(event.clone()));
        assert_eq!(told, paused(true));
        send.send(Control::Checkpoint).unwrap();
        assert_eq!(turn(&mut attention, &controls), (Turn::Checkpoint, vec![]));
        send.send(Control::Continue).unwrap();
        assert_eq!(turn(&mut attention, &controls), (Turn::Work, paused(false)));
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
    fn a_paused_run_hears_what_is_told_through_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let mut attention = Attention::new(dir.path(), false);
        let (send, controls) = channel();
        send.send(Control::Pause).unwrap();
        let path = dir.path().to_owned();
        let other = std::thread::spawn(move || run::tell(&path, &Control::Stop).unwrap());
        assert_eq!(turn(&mut attention, &controls).0, Turn::Stop);
        other.join().unwrap();
        let state: Vec<Event> = run::seen(dir.path()).unwrap();
        assert_eq!(state, [Event::Paused { paused: true }]);
    }

    #[test]
    fn nothing_that_is_told_through_the_folder_at_once_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let mut attention = Attention::new(dir.path(), false);
        let (send, controls) = channel();
        send.send(Control::Pause).unwrap();
        for control in [Control::Checkpoint, Control::Checkpoint, Control::Continue] {
            run::tell(dir.path(), &control).unwrap();
        }
        let turns: Vec<Turn> = (0..3).map(|_| turn(&mut attention, &controls).0).collect();
        assert_eq!(turns, [Turn::Checkpoint, Turn::Checkpoint, Turn::Work]);
    }

    #[test]
    fn a_paused_run_that_nobody_can_continue_stops_and_a_busy_one_works_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut attention = Attention::new(dir.path(), false);
        let (send, controls) = channel();
        drop(send);
        assert_eq!(turn(&mut attention, &controls).0, Turn::Work);
        let (send, controls) = channel();
        send.send(Control::Pause).unwrap();
        drop(send);
        assert_eq!(turn(&mut attention, &controls).0, Turn::Stop);
    }

    #[test]
    fn a_run_that_is_held_up_waits_for_a_word_or_for_its_time_and_says_why_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut attention = Attention::new(dir.path(), false);
        let (send, controls) = channel();
        let mut told = Vec::new();
        let mut hold = |attention: &mut Attention, patience| {
            attention.hold("full", patience, &controls, &mut |event| told.push(event.clone()))
        };
        let (soon, late) = (Duration::from_millis(1), Duration::from_secs(3600));
        assert_eq!(hold(&mut attention, soon), Word::None);
        assert_eq!(hold(&mut attention, soon), Word::None);
        let held = |reason: Option<&str>| Event::Held { reason: reason.map(str::to_owned) };
        let state: Vec<Event> = run::seen(dir.path()).unwrap();
        assert_eq!(state, [held(Some("full"))]);
        for (control, word) in [(Control::Continue, Word::Again), (Control::Stop, Word::Stop)] {
            send.send(Control::Pause).unwrap();
            send.send(control).unwrap();
            assert_eq!(hold(&mut attention, late), word);
        }
        drop(send);
        assert_eq!(hold(&mut attention, soon), Word::None, "there may be space again without a word");
        attention.release(&mut |event| told.push(event.clone()));
        attention.release(&mut |event| told.push(event.clone()));
        assert_eq!(told, [held(Some("full")), held(None)]);
    }

    #[test]
    fn previews_are_made_only_while_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let mut attention = Attention::new(dir.path(), false);
        assert!(!attention.wants_preview());
        let (send, controls) = channel();
        send.send(Control::Live { every_ms: Some(3_600_000) }).unwrap();
        turn(&mut attention, &controls);
        assert!(attention.wants_preview());
        assert!(!attention.wants_preview(), "the next one is due in an hour");
        send.send(Control::Live { every_ms: None }).unwrap();
        turn(&mut attention, &controls);
        assert!(!attention.wants_preview());
    }
}
