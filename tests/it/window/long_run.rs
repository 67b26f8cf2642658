//! A run as it is after days of searching, written without searching.

use std::path::Path;

use autogan::arch::{Genotype, NetShape, Space, SpaceConfig};
use autogan::config::RunConfig;
use autogan::data::{Split, toys};
use autogan::engine::{COLUMNS, ENLARGED, LogEvent, Tick};
use autogan::export::Picture;
use autogan::run::{RunFolder, RunInfo};
use autogan::search::{Activity, Candidate, Curve, EstimatorId, SampleSource, SearchEvent};

use crate::outcome;

/// Steps of shared training, each with two losses.
const STEPS: u64 = 50_000;
const CANDIDATES: usize = 500;
const ITERATIONS: u64 = 17;

/// A number from 0 to 1 that looks random and is not.
fn noise(at: u64) -> f64 {
    (((at as f64 + 1.0) * 12.9898).sin() * 43_758.547).rem_euclid(1.0)
}

/// Probabilities of `choices` that become surer of the first with each iteration.
fn distribution(token: usize, choices: usize, iteration: u64) -> Vec<f32> {
    let sure = iteration as f64 / ITERATIONS as f64;
    let weight = |choice: usize| (sure * 3.0 * noise((token * 10 + choice) as u64)).exp();
    let sum: f64 = (0..choices).map(weight).sum();
    (0..choices).map(|choice| (weight(choice) / sum) as f32).collect()
}

/// Writes a run of 100,000 metric points and 500 candidates into the new folder `dir`.
pub fn write(dir: &Path) {
    let config = RunConfig::default();
    let info = RunInfo::new("cpu", 1, time::OffsetDateTime::UNIX_EPOCH);
    let mut folder = RunFolder::create(dir, &info, &config.to_toml().unwrap()).unwrap();
    let space = Space::new(SpaceConfig::default(), NetShape::default()).unwrap();
    let mut log = |event: SearchEvent| folder.events.append(&event).unwrap();
    log(SearchEvent::Phase { activity: Activity::Shared, cells: 3, iteration: 0 });
    for step in 0..STEPS {
        for (at, network) in [(0u64, "generator"), (1, "discriminator")] {
            let curve = Curve::from(format!("shared/{network}_loss"));
            let wave = (step as f64 * 0.0004 + at as f64).sin();
            let value = 1.6 + 0.4 * wave + 0.5 * noise(2 * step + at);
            log(SearchEvent::Metric { curve, step, value });
        }
    }
    let mut board: Vec<Genotype> = Vec::new();
    for id in 0..CANDIDATES {
        let (iteration, step) = (id as u64 / 30, id as u64 + 1);
        let genotype = space.at(id as u64 * 701);
        board.push(genotype.clone());
        let reward = 2.0 + iteration as f64 * 0.1 + noise(step);
        let entropy = 9.0 - iteration as f64 * 0.3;
        for (name, value) in
            [("reward", reward), ("baseline", 2.0 + iteration as f64 * 0.1), ("entropy", entropy)]
        {
            log(SearchEvent::Metric { curve: Curve::Controller(name.to_owned()), step, value });
        }
        log(SearchEvent::Candidate(Candidate {
            id,
            genotype,
            parent: id.checked_sub(100),
            cells: 3,
            iteration,
            strategy: "reinforce".to_owned(),
            estimator: EstimatorId::SharedWeights,
            scores: vec![outcome::distance(300.0 - 10.0 * reward)],
            reward,
            macs: 1,
            picture: None,
        }));
        if (id + 1).is_multiple_of(30) {
            let tokens = space.tokens(2).iter().enumerate();
            let distributions =
                tokens.map(|(at, token)| distribution(at, token.values.len(), iteration)).collect();
            log(SearchEvent::Probabilities { cells: 3, iteration, distributions });
        }
    }
    log(SearchEvent::Beam { cells: 3, candidates: (490..500).collect() });
    let pictures = toys::toys(Split::Test, COLUMNS * COLUMNS, 32, 1, &|_, _| {}).unwrap();
    let all: Vec<u32> = (0..pictures.len() as u32).collect();
    let picture = Picture::grid(&pictures.batch_f32(&all), 32, COLUMNS).enlarged(ENLARGED);
    std::fs::write(dir.join("samples/000001.png"), picture.png()).unwrap();
    let (source, file) = (SampleSource::Shared { iteration: 16 }, "samples/000001.png".to_owned());
    let genotype = board.pop();
    folder.events.append(&LogEvent::Samples { source, genotype, tick: Tick(1), file }).unwrap();
    folder.events.flush().unwrap();
}
