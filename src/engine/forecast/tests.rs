#![allow(clippy::unwrap_used)]
use super::*;

fn item(activity: Activity, cells: usize, units: u64, macs: u64) -> WorkItem {
    WorkItem { activity, cells, units, macs, evaluate_every: 0, evaluation_macs: 0 }
}

#[test]
fn nothing_is_said_before_there_is_ground_for_it() {
    let work = [(item(Activity::Winner, 2, 100, 10), 40)];
    let mut paces = Paces::default();
    assert_eq!(paces.left(&work), None);
    paces.note_units(&work[0].0, 40.0, GROUND - 0.5);
    assert_eq!(paces.left(&work), None);
    paces.note_units(&work[0].0, 10.0, 0.5);
    let left = paces.left(&work).unwrap();
    assert!((left - 60.0 * 10.0 * GROUND / 50.0).abs() < 1e-9, "{left}");
}

#[test]
fn a_few_quick_steps_of_a_new_phase_do_not_make_it_jump() {
    let work = [(item(Activity::Shared, 1, 100, 10), 100), (item(Activity::Derive, 1, 1000, 10), 10)];
    let mut paces = Paces::default();
    paces.note_units(&work[0].0, 1000.0, 100.0);
    let before = paces.left(&work).unwrap();
    // Ten steps that were only handed to the GPU: a hundred times as fast.
    paces.note_units(&work[1].0, 100.0, 0.1);
    let after = paces.left(&work).unwrap();
    assert!(after > 0.8 * before && after < before, "{before} {after}");
    // Many of them are believed.
    paces.note_units(&work[1].0, 100_000.0, 100.0);
    assert!(paces.left(&work).unwrap() < 0.1 * before);
}

#[test]
fn scores_to_come_count_before_one_was_made() {
    let winner =
        WorkItem { evaluate_every: 100, evaluation_macs: 500, ..item(Activity::Winner, 1, 1000, 10) };
    let work = [(winner, 500)];
    let mut paces = Paces::default();
    paces.note_units(&work[0].0, 100.0, 10.0);
    // 5,000 of updates and five evaluations of 500, at a tenth of a second each.
    assert!((paces.left(&work).unwrap() - 750.0).abs() < 1e-9);
    paces.note_evaluations(&work[0].0, 500.0, 5_000.0);
    let left = paces.left(&work).unwrap();
    assert!(left > 24_000.0 && left < 27_000.0, "its own pace: {left}");
}

const TIMES: PieceTimes = PieceTimes { discriminator: 0.02, generator: 0.03, image: 1e-3, score: 1e-3 };

fn speed(spec: &JobSpec, config: &RunConfig, times: PieceTimes) -> RunSpeed {
    let networks = network_sizes(spec, config);
    let networks = networks.into_iter().map(|size| MeasuredNetworks { size, times: vec![times] });
    RunSpeed { device: "cpu".to_owned(), networks: networks.collect(), extractor_step: None }
}

#[test]
fn a_training_takes_its_updates_scores_and_pictures() {
    let mut config = RunConfig::preset("quick").unwrap();
    for set in ["winner.steps=1000", "winner.evaluate_every=1000", "score.reference=2"] {
        config.apply(set).unwrap();
    }
    let spec = JobSpec::Train("1 0 1 1 1 0 0 1 1".parse().unwrap());
    let time = expected_time(&spec, &config, &speed(&spec, &config, TIMES), Some(20_000)).unwrap();
    // 1,000 steps of 50 ms, and 2,048 images that are made and scored; pictures and checkpoints on top.
    let bare = 50.0 + 2.048 * 2.0;
    assert!(time.least < bare && time.most > bare && time.most < 1.6 * bare, "{time:?}");
}

#[test]
fn a_run_of_ten_times_the_steps_takes_ten_times_as_long() {
    let mut config = RunConfig::preset("quick").unwrap();
    config.apply("score.reference=2").unwrap();
    let search = |config: &RunConfig| {
        expected_time(&JobSpec::Search, config, &speed(&JobSpec::Search, config, TIMES), None).unwrap()
    };
    let short = search(&config);
    for set in
        ["search.shared_steps=2000", "search.iterations=[3, 4]", "derive.steps=4000", "winner.steps=30000"]
    {
        config.apply(set).unwrap();
    }
    let long = search(&config);
    let ratio = long.most / short.most;
    assert!(ratio > 5.0 && ratio < 10.0, "{short:?} {long:?}");
    assert!(short.least < short.most && short.most < 2.0 * short.least, "{short:?}");
}

#[test]
fn what_is_measured_are_the_networks_of_the_run() {
    let mut config = RunConfig::preset("quick").unwrap();
    let sizes = |config: &RunConfig| network_sizes(&JobSpec::Search, config);
    let size = |cells, is_derived| NetworkSize { cells, is_derived };
    assert_eq!(sizes(&config), [size(2, false), size(1, false)]);
    config.apply("derived_model.generator_channels=64").unwrap();
    assert_eq!(sizes(&config), [size(2, true), size(2, false), size(1, false)]);
    config.apply("search.levels=single").unwrap();
    assert_eq!(sizes(&config), [size(2, true), size(2, false)]);
    let usual = usual_architectures(&JobSpec::Search, &config, size(1, false)).unwrap();
    assert!(!usual.is_empty() && usual.iter().all(|genotype| genotype.cells.len() == 1));
}

#[test]
fn few_of_a_small_space_are_new() {
    assert_eq!(distinct(1.0, 5.0), 1.0);
    assert!((distinct(2.0, 2.0) - 1.5).abs() < 1e-9);
    assert_eq!(distinct(f64::INFINITY, 7.0), 7.0);
}
