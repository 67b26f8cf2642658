//! Two ways to search: as the released code does, or with its mistakes corrected.

use super::RunConfig;
use crate::gan::{AverageStatistics, HealthConfig, UnusedParams};
use crate::metric::Reward;
use crate::model::{Init, SkipTap};
use crate::search::Baseline;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The quirks of the released code, to the number.
    AsReleased,
    /// Each of them corrected: the default.
    Corrected,
}

impl RunConfig {
    /// Sets every switch that the two modes differ in, and nothing else.
    pub fn set_mode(&mut self, mode: Mode) {
        let released = mode == Mode::AsReleased;
        let pick = |yes: bool| released == yes;
        self.model.discriminator_init = if released { Init::FanIn } else { Init::XavierUniform };
        self.model.skip_tap = if released { SkipTap::AfterAddition } else { SkipTap::BeforeAddition };
        self.model.allocate_unused = pick(true);
        self.recipe.keep_last_batch = pick(true);
        self.recipe.adam.unused_params =
            if released { UnusedParams::DecayMoments } else { UnusedParams::Skip };
        let search = &mut self.search;
        search.deduplicate = pick(false);
        search.fixed_noise = pick(false);
        search.recalibrate = pick(false);
        search.reward = if released { Reward::RawInceptionScore } else { Reward::Mix };
        search.controller.baseline = if released { Baseline::AsReleased } else { Baseline::Persistent };
        search.reset.before_controller = pick(false);
        search.reset.diversity = if released { 0.0 } else { HealthConfig::default().diversity };
        let statistics = if released { AverageStatistics::Raw } else { AverageStatistics::Recalibrated };
        self.derive.average_statistics = statistics;
        self.winner.average_statistics = statistics;
    }

    /// The mode that all switches agree on, if there is one.
    pub fn mode(&self) -> Option<Mode> {
        [Mode::AsReleased, Mode::Corrected].into_iter().find(|&mode| {
            let mut other = self.clone();
            other.set_mode(mode);
            other == *self
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_default_is_corrected_and_the_papers_search_is_as_released() {
        assert_eq!(RunConfig::default().mode(), Some(Mode::Corrected));
        assert_eq!(RunConfig::preset("quick").unwrap().mode(), Some(Mode::Corrected));
        assert_eq!(RunConfig::preset("paper-cifar10").unwrap().mode(), Some(Mode::AsReleased));
        // The paper trains on STL-10 but does not search there.
        assert_eq!(RunConfig::preset("paper-stl10").unwrap().mode(), None);
    }

    #[test]
    fn a_single_switch_makes_a_mode_of_its_own() {
        let mut config = RunConfig::default();
        config.set_mode(Mode::AsReleased);
        assert_eq!(config.mode(), Some(Mode::AsReleased));
        config.search.deduplicate = true;
        assert_eq!(config.mode(), None);
        config.set_mode(Mode::Corrected);
        assert_eq!(config, RunConfig::default());
    }
}
