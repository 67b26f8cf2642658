//! How often a run diverged and was taken back to a checkpoint.

use serde::{Deserialize, Serialize};

use crate::engine::event::Tick;

/// Rollbacks in a row after which a run does not go on by itself.
pub(super) const MOST_ROLLBACKS: u32 = 3;
/// Ticks after the place of a divergence with which it counts as passed: more than it takes until weights that
/// are not finite there are noticed.
const PASSED_AFTER: u64 = 4 * crate::gan::WEIGHTS_EVERY;

/// The count of a run's rollbacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rollbacks {
    in_a_row: u32,
    in_all: u64,
    /// Where the run diverged last.
    at: Tick,
}

impl Rollbacks {
    /// Adds one, after a divergence at `tick`. Returns whether the run may go on by itself.
    pub fn add(&mut self, tick: Tick) -> bool {
        self.in_a_row += 1;
        self.in_all += 1;
        self.at = self.at.max(tick);
        self.in_a_row <= MOST_ROLLBACKS
    }

    /// The run has come to `tick`: a divergence that lies well behind it is over.
    pub fn passed(&mut self, tick: Tick) {
        if tick.0 > self.at.0 + PASSED_AFTER {
            self.reset();
        }
    }

    /// The row ends here, because somebody wants the run to go on.
    pub fn reset(&mut self) {
        self.in_a_row = 0;
    }

    /// The number since the run began. Each has other random numbers.
    pub fn in_all(&self) -> u64 {
        self.in_all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_after_three_rollbacks_in_a_row_and_those_that_lie_behind_do_not_count() {
        let mut rollbacks = Rollbacks::default();
        assert!((0..MOST_ROLLBACKS).all(|_| rollbacks.add(Tick(10))));
        assert!(!rollbacks.add(Tick(9)));
        rollbacks.passed(Tick(10 + PASSED_AFTER));
        assert!(!rollbacks.add(Tick(10)));
        rollbacks.passed(Tick(11 + PASSED_AFTER));
        assert!(rollbacks.add(Tick(11 + PASSED_AFTER)));
        assert_eq!(rollbacks.in_all(), 6, "each has other random numbers");
        assert!(!(0..9).all(|_| rollbacks.add(Tick(0))));
        rollbacks.reset();
        assert!(rollbacks.add(Tick(0)));
    }
}
