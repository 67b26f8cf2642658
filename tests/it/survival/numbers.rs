//! Divergence: numbers that are not finite.

use std::fs;

use autogan::engine::{Control, Event, JobSpec, LiveEvent, LogEvent};
use autogan::ipc::{Child, WorkerCommand, WorkerMessage};
use autogan::search::SearchEvent;

use super::{Run, resume};
use crate::runs::resume::run;
use crate::small::{small_config, small_search};

/// A learning rate with which no network lives for long.
const DEADLY: &str = "recipe.generator_learning_rate=1e30";

fn with(dir: &std::path::Path, setting: &str) -> Vec<String> {
    [small_search(dir), vec!["--set".to_owned(), setting.to_owned()]].concat()
}

fn rollbacks(events: &[Event]) -> usize {
    let is_one = |event: &&Event| {
        matches!(
            event,
            Event::Log(LogEvent::Search(SearchEvent::Warning { text })) if text.contains("went back to its checkpoint")
        )
    };
    events.iter().filter(is_one).count()
}

#[test]
fn a_run_that_diverges_again_and_again_ends_with_advice_and_a_good_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let (events, status) = Run::of(&with(&dir, DEADLY)).end();
    assert_eq!((status.code(), rollbacks(&events)), (Some(1), 3));
    let Some(Event::Live(LiveEvent::Failed { text })) = events.last() else { panic!("{events:?}") };
    for part in ["again after 3 rollbacks", "checkpoint 0", "Lower the learning rates", "--resume"] {
        assert!(text.contains(part), "{text}");
    }
    // What the advice says works.
    let cured =
        [resume(&dir), vec!["--set".to_owned(), "recipe.generator_learning_rate=2e-4".to_owned()]].concat();
    run(&cured);
    assert!(fs::read_to_string(dir.join("summary.json")).unwrap().contains("trained"));
}

#[test]
fn in_a_window_the_run_waits_with_an_explanation_and_tries_again_on_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Box::new(small_config());
    config.apply(DEADLY).unwrap();
    let (send, messages) = std::sync::mpsc::channel();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_autogan"));
    let mut child = Child::spawn(program, move |notice| drop(send.send(notice))).unwrap();
    child
        .send(&WorkerCommand::Start { job: JobSpec::Search, config, dir: folder.path().join("run") })
        .unwrap();
    let mut waited = 0;
    let (mut events, mut last) = (Vec::new(), None);
    for notice in messages {
        match notice {
            WorkerMessage::Event(Event::Live(LiveEvent::Waiting { reason: Some(reason) })) => {
                assert!(reason.contains("again after 3 rollbacks"), "{reason}");
                waited += 1;
                let control = if waited == 1 { Control::Continue } else { Control::Stop };
                child.send(&control.into()).unwrap();
            }
            WorkerMessage::Event(event) => events.push(event),
            WorkerMessage::Gone(death) => last = Some(death),
        }
    }
    assert_eq!(waited, 2, "it tried again and waited again");
    // The last attempt of the second row is the one that ended in waiting.
    assert_eq!(rollbacks(&events), 3 + 1 + 3);
    assert!(last.is_some_and(|death| death.orderly && death.text.contains("Lower the learning rates")));
}
