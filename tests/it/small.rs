//! Settings of searches that take seconds and a minute.

use std::path::Path;

use autogan::config::RunConfig;

/// Networks and batches as small as they can be.
pub const NETWORKS: [&str; 6] = [
    "model.bottom_width=4",
    "model.latent_dim=16",
    "model.generator_channels=8",
    "model.discriminator_channels=8",
    "recipe.batch=8",
    "recipe.generator_batch=8",
];

/// Every phase of a search, as small as it can be: 8 and 16 px, 8 channels.
const SETTINGS: [&str; 16] = [
    "data.toys_count=256",
    "recipe.n_critic=2",
    "search.iterations=[2, 2]",
    "search.shared_steps=6",
    "search.controller.steps=3",
    "search.candidates=3",
    "search.top_k=2",
    "search.reward_samples=64",
    "search.reward_splits=2",
    "derive.steps=6",
    "derive.evaluate_every=3",
    "derive.samples_every=3",
    "winner.steps=10",
    "winner.evaluate_every=4",
    "winner.samples_every=5",
    "score.samples=128",
];

/// A training of two steps that is scored with the Inception network and few images.
pub const SCORED_TRAINING: [&str; 5] = [
    "winner.steps=2",
    "score.extractor=\"inception\"",
    "score.samples=6",
    "score.splits=2",
    "score.reference=7",
];

/// Several batches to a score, so that a kill also falls between them.
const SCORES: [&str; 4] =
    ["score.splits=2", "score.batch=16", "score.reference=256", "checkpoint.every_seconds=1"];

/// What makes it last a minute on two cores.
const LONGER: [&str; 7] = [
    "search.shared_steps=200",
    "search.controller.steps=60",
    "search.candidates=20",
    "derive.steps=150",
    "derive.evaluate_every=50",
    "winner.steps=1000",
    "winner.evaluate_every=200",
];

/// The arguments of the quick search on the CPU, into `dir`.
pub fn quick_search(dir: &Path) -> Vec<String> {
    let words = ["search", "--preset", "quick", "--device", "cpu", "--seed", "1", "--out"];
    words.into_iter().map(str::to_owned).chain([dir.display().to_string()]).collect()
}

/// The arguments of a search of seconds on the CPU, into `dir`.
pub fn small_search(dir: &Path) -> Vec<String> {
    with_settings(quick_search(dir), NETWORKS.iter().chain(&SETTINGS).chain(&SCORES))
}

/// The arguments of a search of a minute on the CPU, into `dir`.
pub fn minute_search(dir: &Path) -> Vec<String> {
    with_settings(small_search(dir), &LONGER)
}

/// The arguments with settings behind them, which count instead of the same ones before.
pub fn with_settings<'a>(
    arguments: Vec<String>,
    settings: impl IntoIterator<Item = &'a &'a str>,
) -> Vec<String> {
    let settings = settings.into_iter().flat_map(|setting| ["--set", setting]);
    arguments.into_iter().chain(settings.map(str::to_owned)).collect()
}

/// The same search's settings.
pub fn small_config() -> RunConfig {
    let mut config = RunConfig::preset("quick").unwrap();
    let settings = NETWORKS.iter().chain(&SETTINGS).chain(&SCORES).chain(&["device=cpu"]);
    settings.for_each(|setting| config.apply(setting).unwrap());
    config
}
