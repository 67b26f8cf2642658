//! Work on a thread of its own, whose outcome a frame asks for without waiting.

pub mod exporter;
pub mod frame_pacer;
pub mod pictures;
pub mod reader;

use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use crate::gui::session::Wake;

/// Work under way.
pub struct BackgroundTask<T>(Receiver<T>);

impl<T: Send + 'static> BackgroundTask<T> {
    /// Begins the work; `wake` is called when it is done.
    pub fn begin(wake: &Wake, work: impl FnOnce() -> T + Send + 'static) -> Self {
        let (send, outcome) = channel();
        let wake = wake.clone();
        thread::spawn(move || {
            // Nobody may want to know any more.
            let _ = send.send(work());
            wake();
        });
        Self(outcome)
    }

    /// The result of the work in `slot` once it is done; empties the slot then. `Some(None)` where the
    /// work panicked.
    pub fn take(slot: &mut Option<Self>) -> Option<Option<T>> {
        let outcome = match slot.as_ref()?.0.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => return None,
        };
        *slot = None;
        Some(outcome)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn an_outcome_is_returned_once_and_a_panic_ends_the_work() {
        let (send, woken) = channel();
        let send = Mutex::new(send);
        let wake: Wake = Arc::new(move || drop(send.lock().map(|send| send.send(()))));
        let (go, gate) = channel();
        let mut slot = Some(BackgroundTask::begin(&wake, move || gate.recv().unwrap() + 1));
        assert_eq!(BackgroundTask::take(&mut slot), None);
        go.send(4).unwrap();
        woken.recv().unwrap();
        assert_eq!(BackgroundTask::take(&mut slot), Some(Some(5)));
        assert!(slot.is_none() && BackgroundTask::take(&mut slot).is_none());
        let mut slot: Option<BackgroundTask<()>> =
            Some(BackgroundTask::begin(&wake, || panic!("as it may be")));
        while slot.is_some() {
            assert!(matches!(BackgroundTask::take(&mut slot), None | Some(None)));
        }
    }
}
