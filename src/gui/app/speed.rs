//! Learns from the searches that are shown how fast a device computes.

use crate::config::RunConfig;
use crate::engine::{JobSpec, expected_macs};
use crate::gui::state::RunState;

/// A run's speed is believed from this share of it on.
const BELIEVED: f32 = 0.05;

/// Learns speeds.
#[derive(Default)]
pub struct Speedometer {
    /// Settings of the search that was looked at last, and its multiply-accumulates; to count them takes too
    /// long for every frame.
    work: Option<(RunConfig, Option<u64>)>,
}

impl Speedometer {
    /// The device of a run and the multiply-accumulates a second it reaches, once that can be told.
    pub fn read<'a>(&mut self, state: &'a RunState) -> Option<(&'a str, f64)> {
        let (progress, config, device) = (state.progress?, state.config.as_ref()?, state.device.as_ref()?);
        let left = progress.eta.filter(|_| progress.done >= BELIEVED && progress.done < 1.0)?;
        // The parts of a search are known from its settings; a training's architecture is not here.
        if state.board_at(state.event_index).is_empty() {
            return None;
        }
        if self.work.as_ref().is_none_or(|(of, _)| of != config) {
            self.work = Some((config.clone(), expected_macs(&JobSpec::Search, config).ok()));
        }
        let work = self.work.as_ref().and_then(|(_, work)| *work)?;
        let speed = work as f64 * f64::from(1.0 - progress.done) / left;
        (speed.is_finite() && speed > 0.0).then_some((device, speed))
    }
}
