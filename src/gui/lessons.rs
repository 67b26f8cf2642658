//! Lessons in the window: which step is shown, when the lesson goes on, and the bar that says it.

mod bar;
mod chooser;

pub use bar::LessonRequest;
pub use chooser::{LessonChoice, choose};

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::commands::Action;
use super::panels::PanelId;
use super::state::{RunState, Status};
use crate::app::{Lesson, LessonControl, LessonError, LessonGoal, LessonStep};
use crate::engine::{Control, Stride};
use crate::search::{Activity, Curve};

/// Time between two updates in slow motion.
pub const SLOW_MOTION: Duration = Duration::from_millis(700);

/// The keys of all panels, which steps may name.
pub fn panel_keys() -> Vec<&'static str> {
    PanelId::all().map(<&str>::from).collect()
}

/// Reads a lesson from a file.
///
/// # Errors
///
/// If it cannot be used.
pub fn read(path: &Path) -> Result<Lesson, LessonError> {
    Lesson::read(path, &panel_keys())
}

/// A lesson that is under way.
pub struct ShownLesson {
    lesson: Lesson,
    /// The folder of its run.
    dir: PathBuf,
    step: usize,
    /// The panel that the step asks for, until it was brought to the front.
    panel: Option<PanelId>,
    /// Whether what the step waits for was so when the step began; none until the run was looked at.
    was_met: Option<bool>,
    /// Whether the run is to go in slow motion.
    is_slow: bool,
    /// Whether the run waits because of that.
    holds: bool,
    /// When it last sent a command for that.
    sent: Option<Instant>,
}

impl ShownLesson {
    /// A lesson at its first step, about the run in `dir`.
    pub fn new(lesson: Lesson, dir: PathBuf) -> Self {
        let mut shown = Self {
            lesson,
            dir,
            step: 0,
            panel: None,
            was_met: None,
            is_slow: false,
            holds: false,
            sent: None,
        };
        shown.go(0);
        shown
    }

    /// The folder of its run.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the run is to go in slow motion.
    pub fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// The panel that the step asks for, once.
    pub fn take_panel(&mut self) -> Option<PanelId> {
        self.panel.take()
    }

    /// Whether the lesson has no place for a command.
    pub fn hides(&self, action: Action) -> bool {
        let control = match action {
            Action::Step(Stride::Both) => LessonControl::Step,
            Action::Step(Stride::Discriminator) => LessonControl::DiscriminatorStep,
            Action::Step(Stride::Generator) => LessonControl::GeneratorStep,
            Action::Checkpoint => LessonControl::Checkpoint,
            Action::Stop => LessonControl::Stop,
            Action::Result => LessonControl::Result,
            Action::Create => LessonControl::Create,
            Action::Export => LessonControl::Export,
            _ => return false,
        };
        self.lesson.hide.contains(&control)
    }

    /// Looks at its run: goes on where the step waited for what happened, and returns a command for slow motion.
    pub fn look(&mut self, state: &RunState, now: Instant) -> Option<Control> {
        let is_met = is_met(self.shown_step().until, state);
        let was_met = *self.was_met.get_or_insert(is_met);
        if is_met && !was_met && !self.is_last() {
            self.go(self.step + 1);
        }
        self.pace(&state.status, now)
    }

    /// The command after which the run goes on by itself, if it waits because of the lesson.
    pub fn release(&mut self, status: &Status) -> Option<Control> {
        (std::mem::take(&mut self.holds) && *status == Status::Paused).then_some(Control::Continue)
    }

    fn pace(&mut self, status: &Status, now: Instant) -> Option<Control> {
        if !self.is_slow {
            // The answer to the last command is waited for.
            return if *status == Status::Paused { self.release(status) } else { None };
        }
        if self.sent.is_some_and(|sent| now.duration_since(sent) < SLOW_MOTION) {
            return None;
        }
        let control = match status {
            Status::Running => Control::Pause,
            Status::Paused => Control::Step { stride: Stride::Both },
            _ => return None,
        };
        (self.holds, self.sent) = (true, Some(now));
        Some(control)
    }

    fn shown_step(&self) -> &LessonStep {
        &self.lesson.steps[self.step]
    }

    fn is_last(&self) -> bool {
        self.step + 1 == self.lesson.steps.len()
    }

    fn go(&mut self, step: usize) {
        self.step = step.min(self.lesson.steps.len() - 1);
        (self.was_met, self.sent) = (None, None);
        self.is_slow = self.shown_step().slow;
        self.panel = self.shown_step().panel.clone().and_then(|panel| PanelId::try_from(panel).ok());
    }
}

/// Whether what a step waits for is so.
fn is_met(goal: LessonGoal, state: &RunState) -> bool {
    let was_in = |activity| state.phases.iter().any(|phase| phase.activity == activity);
    match goal {
        LessonGoal::Next => false,
        LessonGoal::Training => state.series.keys().any(|curve| matches!(curve, Curve::Loss { .. })),
        LessonGoal::Controller => was_in(Activity::Control),
        LessonGoal::Ranking => was_in(Activity::Rank),
        LessonGoal::Finalists => was_in(Activity::Derive),
        LessonGoal::Winner => was_in(Activity::Winner),
        LessonGoal::Scored => !state.evaluations.is_empty(),
        LessonGoal::Finished => state.summary.is_some(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::app::LESSONS;
    use crate::search::SearchEvent;

    fn lesson(steps: &str) -> ShownLesson {
        let text = format!("title = \"T\"\npreset = \"quick\"\nhide = [\"stop\", \"step\"]\n{steps}");
        ShownLesson::new(Lesson::parse(&text, "a test", &panel_keys()).unwrap(), "run".into())
    }

    fn running() -> RunState {
        RunState { status: Status::Running, ..RunState::default() }
    }

    #[test]
    fn a_step_ends_by_itself_when_what_it_waits_for_happens_and_not_when_it_was_so_before() {
        let mut shown = lesson(
            "[[step]]\ntext = \"a\"\nuntil = \"controller\"\npanel = \"samples\"\n[[step]]\ntext = \"b\"\nuntil = \"controller\"",
        );
        assert_eq!(shown.take_panel(), PanelId::try_from("samples".to_owned()).ok());
        assert_eq!(shown.take_panel(), None, "it is asked for once");
        let (mut state, now) = (running(), Instant::now());
        assert_eq!((shown.look(&state, now), shown.step), (None, 0));
        let phase = SearchEvent::Phase { activity: Activity::Control, cells: 1, iteration: 0 };
        state.log_event(phase.into());
        shown.look(&state, now);
        assert_eq!(shown.step, 1);
        shown.look(&state, now);
        assert_eq!(shown.step, 1, "the last step stays");
        shown.go(0);
        shown.look(&state, now);
        assert_eq!(shown.step, 0, "who goes back may read");
    }

    #[test]
    fn slow_motion_does_one_update_at_a_time_and_lets_go_afterwards() {
        let mut shown = lesson("[[step]]\ntext = \"a\"\nslow = true\n[[step]]\ntext = \"b\"");
        let (begun, running) = (Instant::now(), running());
        let paused = RunState { status: Status::Paused, ..RunState::default() };
        let preparing = Status::Preparing { what: "x".to_owned(), done: 0.1 };
        assert_eq!(shown.look(&RunState { status: preparing, ..RunState::default() }, begun), None);
        assert_eq!(shown.look(&running, begun), Some(Control::Pause));
        assert_eq!(shown.look(&paused, begun), None, "it is slow");
        let later = begun + SLOW_MOTION;
        assert_eq!(shown.look(&paused, later), Some(Control::Step { stride: Stride::Both }));
        shown.go(1);
        assert_eq!(shown.look(&running, later), None, "the step is under way");
        assert_eq!(shown.look(&paused, later), Some(Control::Continue));
        assert_eq!(shown.look(&paused, later), None, "a pause of the reader's own stays");
    }

    #[test]
    fn hidden_commands_are_hidden_and_no_others() {
        let shown = lesson("[[step]]\ntext = \"a\"");
        assert!(shown.hides(Action::Stop) && shown.hides(Action::Step(Stride::Both)));
        assert!(!shown.hides(Action::Step(Stride::Generator)) && !shown.hides(Action::Pause));
    }

    #[test]
    fn the_lessons_of_the_program_name_panels_that_there_are() {
        for (name, text) in LESSONS {
            assert!(Lesson::parse(text, name, &panel_keys()).is_ok(), "{name}");
        }
    }
}
