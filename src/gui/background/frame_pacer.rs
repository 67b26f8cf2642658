//! When the window is drawn for something new that comes by itself: at once while somebody uses the window, else twice a
//! second, and once where there is no GPU: a frame costs a seventh of a second of CPU time there, which a run needs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eframe::egui;

/// After so many milliseconds without a key, a click or a move of the pointer nobody uses the window.
const USED_FOR: u64 = 2000;
/// Milliseconds between two frames then, with a GPU and without one.
const CALM_EVERY: u64 = 500;
const CALM_WITHOUT_GPU: u64 = 1000;

/// Says how long what is new waits for its frame.
pub struct FramePacer {
    begun: Instant,
    /// Milliseconds between two frames while nobody uses the window.
    calm: u64,
    /// Milliseconds from the beginning to the last frame, and to the last one in which the window was used.
    drawn: AtomicU64,
    used: AtomicU64,
}

impl FramePacer {
    /// One that counts from now on.
    pub fn new(has_gpu: bool) -> Self {
        let calm = if has_gpu { CALM_EVERY } else { CALM_WITHOUT_GPU };
        Self { begun: Instant::now(), calm, drawn: AtomicU64::new(0), used: AtomicU64::new(0) }
    }

    /// Notes that a frame is drawn.
    pub fn note(&self, ctx: &egui::Context) {
        let now = self.now();
        self.drawn.store(now, Ordering::Relaxed);
        if ctx.input(|input| !input.events.is_empty()) {
            self.used.store(now, Ordering::Relaxed);
        }
    }

    /// How long the frame for something new waits.
    pub fn wait(&self) -> Duration {
        let [drawn, used] = [&self.drawn, &self.used].map(|time| time.load(Ordering::Relaxed));
        Duration::from_millis(wait(self.now(), drawn, used, self.calm))
    }

    fn now(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }
}

fn wait(now: u64, drawn: u64, used: u64, calm: u64) -> u64 {
    let is_used = now.saturating_sub(used) < USED_FOR;
    let due = if is_used { now } else { drawn + calm };
    // A request without a delay is for two frames.
    due.saturating_sub(now).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_is_drawn_at_once_while_the_window_is_used_and_twice_a_second_else() {
        assert_eq!(wait(1999, 1990, 0, CALM_EVERY), 1, "just opened");
        assert_eq!(wait(9000, 8990, 7500, CALM_EVERY), 1, "used a moment ago");
        assert_eq!(wait(9000, 8900, 6000, CALM_EVERY), 400, "since the last frame");
        assert_eq!(wait(9000, 8900, 6000, CALM_WITHOUT_GPU), 900);
        assert_eq!(wait(9000, 3000, 2000, CALM_EVERY), 1, "the last frame is long ago");
    }
}
