//! How much a search does in the time that it may take: between the amounts of the presets, as far as the measured speed
//! allows. Arithmetic alone: nothing is measured or drawn here.

use crate::arch::MAX_CELLS;
use crate::config::RunConfig;
use crate::engine::{JobSpec, RunSpeed, TimeRange, expected_time};

/// The presets that amounts lie between, from the least to the most.
const PRESETS: [&str; 3] = ["quick", "standard", "paper-cifar10"];
/// So many amounts are tried from one preset to the next; each step takes a few percent longer.
const BETWEEN: u32 = 64;
/// Numbers that grow with the time, those of iterations apart.
const COUNTS: usize = 11;

/// How long a search may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeBudget {
    /// Ten minutes: enough to see how a search works.
    TenMinutes,
    /// An hour.
    Hour,
    /// Eight hours.
    Night,
}

impl TimeBudget {
    /// All, the shortest first.
    pub const ALL: [Self; 3] = [Self::TenMinutes, Self::Hour, Self::Night];

    /// What its button is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::TenMinutes => "Ten minutes",
            Self::Hour => "An hour",
            Self::Night => "A night",
        }
    }

    /// Its length in seconds.
    pub fn seconds(self) -> f64 {
        match self {
            Self::TenMinutes => 600.0,
            Self::Hour => 3_600.0,
            Self::Night => 8.0 * 3_600.0,
        }
    }

    /// Gives settings the amounts that this time has where nothing is known of the speed: a preset's.
    pub fn set_unmeasured(self, config: &mut RunConfig) {
        let step = match self {
            Self::TenMinutes => 0,
            Self::Hour => BETWEEN,
            Self::Night => BETWEEN + BETWEEN / 2,
        };
        AmountScale::new().at(step).write(config);
    }

    /// Which amounts those are, as a part of a sentence.
    pub fn unmeasured_words(self) -> &'static str {
        match self {
            Self::TenMinutes => "the search has as many steps as the preset quick",
            Self::Hour => "the search has as many steps as the preset standard",
            Self::Night => "the search has steps between those of the presets standard and paper-cifar10",
        }
    }
}

/// Settings that fit into a time.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedSettings {
    /// The settings.
    pub config: RunConfig,
    /// How long their search takes. Only where even the least amounts take longer than asked for, this does, too.
    pub time: TimeRange,
}

/// The settings of a search with the largest amounts that are sure to be done in so many seconds, but never less than
/// the least preset has and never more than the largest; all else stays as it is. `images` are those that were found.
/// None where `speed` is not that of the search's networks.
pub fn fitted(
    config: &RunConfig,
    speed: &RunSpeed,
    images: Option<usize>,
    seconds: f64,
) -> Option<FittedSettings> {
    let scale = AmountScale::new();
    let of = |step: u32| {
        let mut config = config.clone();
        scale.at(step).write(&mut config);
        let time = expected_time(&JobSpec::Search, &config, speed, images)?;
        Some(FittedSettings { config, time })
    };
    let mut best = of(0)?;
    let (mut fits, mut above) = (0, 2 * BETWEEN + 1);
    while above - fits > 1 {
        let middle = fits.midpoint(above);
        match of(middle) {
            Some(found) if found.time.most <= seconds => (fits, best) = (middle, found),
            _ => above = middle,
        }
    }
    Some(best)
}

/// How much of everything a search does: what a time decides.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchAmounts {
    /// Iterations with one cell, with two and so on.
    iterations: Vec<f64>,
    /// All other counts, as [`SearchAmounts::write`] names them.
    counts: [f64; COUNTS],
    /// Learning rate of the controller: the fewer steps it has, the larger.
    learning_rate: f64,
}

impl SearchAmounts {
    /// The amounts of some settings.
    pub fn of(config: &RunConfig) -> Self {
        let RunConfig { search, derive, winner, recipe, .. } = config;
        Self {
            iterations: search.iterations.iter().map(|&count| count as f64).collect(),
            counts: [
                search.shared_steps as f64 / recipe.n_critic.max(1) as f64,
                search.reset.window as f64,
                search.controller.steps as f64,
                search.candidates as f64,
                search.top_k as f64,
                derive.steps as f64,
                derive.evaluate_every as f64,
                derive.samples_every as f64,
                winner.steps as f64,
                winner.evaluate_every as f64,
                winner.samples_every as f64,
            ],
            learning_rate: search.controller.learning_rate,
        }
    }

    /// Puts the amounts into settings.
    pub(super) fn write(&self, config: &mut RunConfig) {
        let [
            shared,
            window,
            controller,
            candidates,
            top_k,
            derive,
            derive_scores,
            derive_pictures,
            winner,
            winner_scores,
            winner_pictures,
        ] = self.counts;
        let whole = |count: f64| count.round() as u64;
        let RunConfig { search, .. } = config;
        let iterations = self.iterations.iter().take(config.space.cells.max(1));
        search.iterations = iterations.map(|&count| whole(count)).collect();
        search.shared_steps = whole(shared * config.recipe.n_critic.max(1) as f64);
        search.reset.window = whole(window) as usize;
        search.controller.steps = whole(controller);
        // Two digits say enough of it.
        search.controller.learning_rate =
            format!("{:.1e}", self.learning_rate).parse().unwrap_or(self.learning_rate);
        (search.candidates, search.top_k) = (whole(candidates) as usize, whole(top_k) as usize);
        config.derive.steps = whole(derive);
        config.derive.evaluate_every = whole(derive_scores);
        config.derive.samples_every = whole(derive_pictures);
        config.winner.steps = whole(winner).max(config.derive.steps);
        config.winner.evaluate_every = whole(winner_scores);
        config.winner.samples_every = whole(winner_pictures);
    }

    /// The amounts of a preset for any number of cells, nowhere below those of the preset `before`.
    fn of_preset(name: &str, before: Option<&Self>) -> Self {
        let mut own = Self::of(&RunConfig::preset(name).unwrap_or_default());
        let stages = &mut own.iterations;
        while stages.len() < MAX_CELLS {
            // As many more with another cell as the last cell brought.
            let more = match stages[..] {
                [.., before, last] => (last - before).max(0.0),
                _ => 0.0,
            };
            stages.push(stages.last().copied().unwrap_or(1.0) + more);
        }
        if let Some(before) = before {
            let raise = |own: &mut [f64], least: &[f64]| {
                own.iter_mut().zip(least).for_each(|(own, &least)| *own = own.max(least));
            };
            raise(&mut own.iterations, &before.iterations);
            raise(&mut own.counts, &before.counts);
        }
        own
    }
}

/// The amounts of the presets, and those between them.
struct AmountScale([SearchAmounts; 3]);

impl AmountScale {
    fn new() -> Self {
        let [least, usual, most] = PRESETS;
        let least = SearchAmounts::of_preset(least, None);
        let usual = SearchAmounts::of_preset(usual, Some(&least));
        let most = SearchAmounts::of_preset(most, Some(&usual));
        Self([least, usual, most])
    }

    /// The amounts at a step of the scale: [`BETWEEN`] steps lead from one preset to the next, each by the same factor.
    fn at(&self, step: u32) -> SearchAmounts {
        let Self(presets) = self;
        let below = ((step / BETWEEN) as usize).min(presets.len() - 1);
        let above = (below + 1).min(presets.len() - 1);
        let share = f64::from(step % BETWEEN) / f64::from(BETWEEN);
        let (one, other) = (&presets[below], &presets[above]);
        let between = |one: f64, other: f64| if share > 0.0 { one * (other / one).powf(share) } else { one };
        let mut counts = one.counts;
        counts.iter_mut().zip(&other.counts).for_each(|(count, &other)| *count = between(*count, other));
        let iterations = one.iterations.iter().zip(&other.iterations);
        SearchAmounts {
            iterations: iterations.map(|(&one, &other)| between(one, other)).collect(),
            counts,
            learning_rate: between(one.learning_rate, other.learning_rate),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::engine::{MeasuredNetworks, PieceTimes, network_sizes};
    use proptest::prelude::*;

    /// The preset `quick` for so many cells.
    fn settings(cells: usize) -> RunConfig {
        let mut config = RunConfig::preset("quick").unwrap();
        config.space.cells = cells;
        TimeBudget::TenMinutes.set_unmeasured(&mut config);
        config
    }

    /// A machine on which a generator step with one update of the discriminator takes so many seconds.
    fn speed(config: &RunConfig, step: f64) -> RunSpeed {
        let times = PieceTimes {
            discriminator: 0.4 * step,
            generator: 0.6 * step,
            image: 0.02 * step,
            score: 0.02 * step,
        };
        let networks = network_sizes(&JobSpec::Search, config).into_iter();
        let networks = networks.map(|size| MeasuredNetworks { size, times: vec![times] }).collect();
        RunSpeed { device: "cpu".to_owned(), networks, extractor_step: None }
    }

    fn fit(config: &RunConfig, step: f64, seconds: f64) -> FittedSettings {
        fitted(config, &speed(config, step), Some(20_000), seconds).unwrap()
    }

    /// Whether no amount is below another's.
    fn is_at_least(one: &RunConfig, least: &RunConfig) -> bool {
        let (one, least) = (SearchAmounts::of(one), SearchAmounts::of(least));
        let all = one.counts.iter().chain(&one.iterations).zip(least.counts.iter().chain(&least.iterations));
        one.iterations.len() == least.iterations.len() && all.into_iter().all(|(one, least)| one >= least)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_estimate_lies_within_the_time_or_nothing_less_can_be_done(
            cells in 2..=5usize, step in -4.0..1.0f64, seconds in 60.0..100_000.0f64, critic in 1..=5u64,
        ) {
            let mut config = settings(cells);
            config.recipe.n_critic = critic;
            let step = 10f64.powf(step);
            let found = fit(&config, step, seconds);
            let mut least = config.clone();
            AmountScale::new().at(0).write(&mut least);
            prop_assert!(found.time.most <= seconds || found.config == least, "{:?}", found.time);
            prop_assert!(is_at_least(&found.config, &least));
            prop_assert_eq!(found.config.validate_search(), Ok(()));
            let images = Some(20_000);
            let speed = speed(&config, step);
            prop_assert_eq!(
                expected_time(&JobSpec::Search, &found.config, &speed, images), Some(found.time)
            );
            prop_assert_eq!(fitted(&found.config, &speed, images, seconds), Some(found));
        }

        #[test]
        fn more_time_and_a_faster_machine_never_mean_less(
            step in -4.0..0.0f64, seconds in 60.0..50_000.0f64, more in 1.0..4.0f64,
        ) {
            let (config, step) = (settings(3), 10f64.powf(step));
            let usual = fit(&config, step, seconds).config;
            prop_assert!(is_at_least(&fit(&config, step, seconds * more).config, &usual));
            prop_assert!(is_at_least(&fit(&config, step / more, seconds).config, &usual));
        }
    }

    #[test]
    fn the_time_is_used() {
        let config = settings(2);
        for (step, seconds) in [(0.01, 600.0), (0.05, 3_600.0), (0.1, 28_800.0)] {
            let found = fit(&config, step, seconds);
            assert!(found.time.most > 0.85 * seconds, "{seconds}: {:?}", found.time);
        }
        let hours = fit(&config, 0.1, 28_800.0).config;
        assert!(hours.winner.steps > 20_000 && hours.search.iterations[1] > 8, "{hours:?}");
    }

    #[test]
    fn where_time_is_short_and_where_it_is_long_the_amounts_are_those_of_presets() {
        let quick = RunConfig::preset("quick").unwrap();
        assert_eq!(fit(&quick, 10.0, 600.0).config, quick, "nothing less than the least");
        let paper = RunConfig::preset("paper-cifar10").unwrap();
        let mut large = settings(3);
        large.recipe.n_critic = paper.recipe.n_critic;
        let all = fit(&large, 1e-5, 28_800.0).config;
        assert_eq!(all.search.iterations, [15, 20, 30]);
        assert_eq!((all.search.shared_steps, all.winner.steps), (11_730, 50_048));
        assert_eq!(all.search.controller.learning_rate, 3.5e-4);
    }

    #[test]
    fn nothing_but_the_amounts_is_changed() {
        let mut config = settings(2);
        for set in ["recipe.batch=16", "name=mine", "score.samples=3000", "search.strategy=random"] {
            config.apply(set).unwrap();
        }
        let found = fit(&config, 0.001, 3_600.0).config;
        assert_ne!(found, config);
        let mut back = found.clone();
        SearchAmounts::of(&config).write(&mut back);
        assert_eq!(back, config);
    }

    #[test]
    fn without_a_speed_the_amounts_are_those_of_presets_and_grow_with_the_time() {
        let quick = RunConfig::preset("quick").unwrap();
        let of = |budget: TimeBudget| {
            let mut config = quick.clone();
            budget.set_unmeasured(&mut config);
            assert_eq!(config.validate_search(), Ok(()));
            config
        };
        let [short, hour, night] = TimeBudget::ALL.map(of);
        assert_eq!(short, quick);
        let standard = RunConfig::preset("standard").unwrap();
        let per_update = standard.search.shared_steps / standard.recipe.n_critic;
        assert_eq!(hour.search.shared_steps, per_update);
        assert_eq!((hour.derive.steps, hour.winner.steps), (standard.derive.steps, standard.winner.steps));
        assert!(is_at_least(&night, &hour) && night.winner.steps > 3 * hour.winner.steps);
    }

    #[test]
    fn a_speed_of_other_networks_fits_nothing() {
        let speed = speed(&settings(2), 0.01);
        assert_eq!(fitted(&settings(3), &speed, None, 600.0), None);
    }
}
