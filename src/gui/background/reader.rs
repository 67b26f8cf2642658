//! Reads something on a thread of its own, again and again while it is looked at.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::gui::background::BackgroundTask;
use crate::gui::session::Wake;

/// A value that is read on a thread of its own, and read again when it is old.
pub struct BackgroundReader<T> {
    found: Option<Arc<T>>,
    reading: Option<BackgroundTask<T>>,
    /// The time at which the last reading began.
    begun: Option<Instant>,
    wake: Wake,
}

impl<T: PartialEq + Send + 'static> BackgroundReader<T> {
    /// Nothing read yet; `wake` is called when something is.
    pub fn new(wake: Wake) -> Self {
        Self { found: None, reading: None, begun: None, wake }
    }

    /// The value that was read last. Reads anew where that was begun longer than `every` ago.
    pub fn get<R>(&mut self, every: Duration, read: impl FnOnce() -> R) -> Option<Arc<T>>
    where
        R: FnOnce() -> T + Send + 'static,
    {
        // One that panicked is passed over; the next may not.
        if let Some(Some(found)) = BackgroundTask::take(&mut self.reading) {
            // The same stays the same, for those who keep it.
            if self.found.as_deref() != Some(&found) {
                self.found = Some(Arc::new(found));
            }
        }
        if self.reading.is_none() && self.begun.is_none_or(|begun| begun.elapsed() >= every) {
            (self.reading, self.begun) =
                (Some(BackgroundTask::begin(&self.wake, read())), Some(Instant::now()));
        }
        self.found.clone()
    }

    /// Reads anew with the next call of [`get`](Self::get).
    pub fn again(&mut self) {
        self.begun = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    #[test]
    fn the_same_is_kept_and_something_else_replaces_it() {
        let (send, woken) = channel();
        let send = Mutex::new(send);
        let wake: Wake = Arc::new(move || drop(send.lock().map(|send| send.send(()))));
        let mut reader = BackgroundReader::new(wake);
        let mut get = |value: u32, again: bool| {
            if again {
                reader.again();
            }
            reader.get(Duration::MAX, || move || value)
        };
        assert_eq!(get(1, false), None);
        assert!(woken.recv().is_ok());
        let first = get(2, false);
        assert_eq!(first.as_deref(), Some(&1), "it is not read anew so soon");
        assert_eq!(get(1, true).as_deref(), Some(&1));
        assert!(woken.recv().is_ok());
        let same = get(2, true);
        assert!(first.zip(same).is_some_and(|(first, same)| Arc::ptr_eq(&first, &same)));
        assert!(woken.recv().is_ok());
        assert_eq!(get(9, false).as_deref(), Some(&2));
    }
}
