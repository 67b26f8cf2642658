//! Writes the events of a worker to whoever reads them, or does not.
//!
//! A thread of its own writes. A reader that takes its time never holds the work up: what only shows how
//! things stand is replaced by newer of its kind, and what the run folder keeps is left out where too much
//! of it waits, since readers have it from there.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::engine::{Event, LiveEvent};

/// Bytes that wait at most before what the run folder keeps is left out.
const WAITING: usize = 4 << 20;
/// Time between two signs of life.
const BEAT: Duration = Duration::from_secs(1);

/// Takes events in at once and hands them on as fast as they are read.
#[derive(Clone)]
pub(super) struct EventWriter {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Waiting>,
    bytes: usize,
    /// When the last event came.
    emitted: Option<Instant>,
    closed: bool,
    /// A line is being written.
    writing: bool,
}

struct Waiting {
    /// Of what kind it is, where a newer one of its kind replaces it.
    kind: Option<std::mem::Discriminant<LiveEvent>>,
    line: String,
}

impl EventWriter {
    /// One that writes to `output`, and the thread that does so: it ends when this is
    /// closed and all is written, or when nobody reads any more.
    pub fn new(output: impl Write + Send + 'static) -> (Self, JoinHandle<()>) {
        let shared = Arc::<Shared>::default();
        let writer = shared.clone();
        let thread = thread::spawn(move || writer.write(output, BEAT));
        (Self { shared }, thread)
    }

    /// Takes an event in.
    pub fn emit(&self, event: &Event) {
        let line = serde_json::json!(event).to_string();
        let kind = match event {
            Event::Live(
                live @ (LiveEvent::Progress { .. }
                | LiveEvent::Preview { .. }
                | LiveEvent::CurrentArchitecture { .. }
                | LiveEvent::Preparing { .. }),
            ) => Some(std::mem::discriminant(live)),
            _ => None,
        };
        let mut queue = self.shared.lock();
        queue.emitted = Some(Instant::now());
        // The newest ones are there already where nobody has read the last.
        if let Some(old) = queue.lines.iter().position(|waiting| kind.is_some() && waiting.kind == kind) {
            queue.bytes -= queue.lines.remove(old).map_or(0, |waiting| waiting.line.len());
        } else if queue.bytes >= WAITING && matches!(event, Event::Log(_)) {
            return;
        }
        queue.bytes += line.len();
        queue.lines.push_back(Waiting { kind, line });
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// No more events come. What waits is still written.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }

    /// Waits until all is written, or nobody reads it any more, for so long at most. Returns whether it is.
    pub fn drained(&self, patience: Duration) -> bool {
        let waits = |queue: &mut Queue| queue.writing || !queue.lines.is_empty();
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), patience, waits);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut output: impl Write, beat: Duration) {
        // That nobody reads it any more is no reason to stop the work: it may have been let go.
        while let Some(line) = self.next(beat) {
            let written = writeln!(output, "{line}").and_then(|()| output.flush());
            self.lock().writing = false;
            if written.is_err() {
                self.abandon();
                break;
            }
            self.changed.notify_all();
        }
    }

    /// The next line, or a sign of life where none comes for so long; nothing when all is written.
    fn next(&self, beat: Duration) -> Option<String> {
        let queue = self.lock();
        let waits = |queue: &mut Queue| queue.lines.is_empty() && !queue.closed;
        let waited = self.changed.wait_timeout_while(queue, beat, waits);
        let (mut queue, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        let line = match queue.lines.pop_front() {
            Some(waiting) => {
                queue.bytes -= waiting.line.len();
                Some(waiting.line)
            }
            None if timeout.timed_out() && !queue.closed => {
                let quiet = queue.emitted.map_or(Duration::ZERO, |emitted| emitted.elapsed());
                let quiet_ms = u64::try_from(quiet.as_millis()).unwrap_or(u64::MAX);
                Some(serde_json::json!(LiveEvent::Alive { quiet_ms }).to_string())
            }
            None => None,
        };
        queue.writing = line.is_some();
        line
    }

    /// Takes events in and forgets them.
    fn abandon(&self) {
        let mut queue = self.lock();
        loop {
            (queue.lines, queue.bytes) = (VecDeque::new(), 0);
            self.changed.notify_all();
            if queue.closed {
                return;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gan::Network;
    use crate::search::{Curve, GanId, SampleSource, SearchEvent};
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// A pipe that takes a line when the test says so.
    struct Slow {
        permits: Receiver<()>,
        written: Sender<String>,
        line: Vec<u8>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.line.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.permits.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
            let line = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
            self.written.send(line).map_err(|_| io::ErrorKind::BrokenPipe.into())
        }
    }

    fn slow() -> (Slow, Sender<()>, Receiver<String>) {
        let ((permit, permits), (written, lines)) = (channel(), channel());
        (Slow { permits, written, line: Vec::new() }, permit, lines)
    }

    fn metric(step: u64) -> Event {
        let curve = Curve::Loss { gan: GanId::Shared, network: Network::Generator };
        SearchEvent::Metric { curve, step, value: 0.5 }.into()
    }

    fn progress(done: f64) -> Event {
        LiveEvent::Progress { done, eta_seconds: None, speed: None }.into()
    }

    #[test]
    fn a_reader_that_stalls_holds_nothing_up_and_costs_a_bounded_memory() {
        let (output, permit, lines) = slow();
        let (events, thread) = EventWriter::new(output);
        for step in 0..200_000 {
            events.emit(&metric(step));
            events.emit(&progress(step as f64));
            let preview = LiveEvent::Preview {
                source: SampleSource::Shared { iteration: 0 },
                genotype: "1 0 1 1".parse().unwrap(),
                columns: 8,
                png: "x".repeat(100),
            };
            events.emit(&preview.into());
        }
        events.emit(&LiveEvent::Stopped.into());
        let waiting = events.shared.lock().bytes;
        assert!((WAITING..WAITING + (64 << 10)).contains(&waiting), "{waiting}");
        events.close();
        let _ = (0..300_000).try_for_each(|_| permit.send(()));
        thread.join().unwrap();
        let lines: Vec<Event> = lines.iter().map(|line| serde_json::from_str(&line).unwrap()).collect();
        let count = |wanted: fn(&Event) -> bool| lines.iter().filter(|event| wanted(event)).count();
        // One was on its way when the stall began.
        assert!(count(|event| matches!(event, Event::Live(LiveEvent::Progress { .. }))) <= 2);
        assert!(count(|event| matches!(event, Event::Live(LiveEvent::Preview { .. }))) <= 2);
        assert!(lines.contains(&progress(199_999.0)), "the newest stands for all");
        assert_eq!(lines.last(), Some(&LiveEvent::Stopped.into()), "what matters is never left out");
        assert!(lines.contains(&metric(0)) && lines.len() < 200_000);
    }

    #[test]
    fn a_reader_in_time_gets_all_in_order() {
        let (output, permit, lines) = slow();
        let (events, thread) = EventWriter::new(output);
        let emitted =
            [metric(1), LiveEvent::Paused { paused: true }.into(), metric(2), LiveEvent::Stopped.into()];
        emitted.iter().for_each(|event| events.emit(event));
        events.close();
        (0..4).for_each(|_| permit.send(()).unwrap());
        thread.join().unwrap();
        let lines: Vec<Event> = lines.iter().map(|line| serde_json::from_str(&line).unwrap()).collect();
        assert_eq!(lines, emitted);
    }

    #[test]
    fn whether_all_was_read_is_known() {
        let (output, permit, lines) = slow();
        let (events, _thread) = EventWriter::new(output);
        let (soon, late) = (Duration::from_millis(50), Duration::from_secs(60));
        assert!(events.drained(soon), "there is nothing to read");
        [metric(1), metric(2)].iter().for_each(|event| events.emit(event));
        permit.send(()).unwrap();
        lines.recv().unwrap();
        assert!(!events.drained(soon), "the second one is on its way, and not there");
        permit.send(()).unwrap();
        assert!(events.drained(late));
        drop((permit, lines));
        events.emit(&metric(3));
        assert!(events.drained(late), "nobody reads any more");
    }

    #[test]
    fn silence_is_filled_with_signs_of_life_that_say_how_long_it_lasts() {
        let shared = Shared::default();
        let beat = Duration::from_millis(20);
        let alive = |line: String| match serde_json::from_str(&line).unwrap() {
            Event::Live(LiveEvent::Alive { quiet_ms }) => quiet_ms,
            other => panic!("{other:?}"),
        };
        shared.lock().emitted = Some(Instant::now());
        let (first, second) = (shared.next(beat).unwrap(), shared.next(beat).unwrap());
        assert!(alive(first.clone()) >= 20 && alive(second) >= alive(first) + 20);
        shared.lock().closed = true;
        assert_eq!(shared.next(beat), None);
    }

    #[test]
    fn a_closed_pipe_stops_no_work() {
        let (output, permit, lines) = slow();
        drop((permit, lines));
        let (events, thread) = EventWriter::new(output);
        (0..1000).for_each(|step| events.emit(&metric(step)));
        events.close();
        thread.join().unwrap();
        assert_eq!(events.shared.lock().bytes, 0);
    }
}
