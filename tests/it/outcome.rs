//! What came out of runs that tests make up.

use autogan::arch::Genotype;
use autogan::engine::{Summary, Trained};
use autogan::metric::{FRECHET_DISTANCE, Score};

/// A Fréchet distance of the toys.
pub fn distance(value: f64) -> Score {
    Score {
        metric: FRECHET_DISTANCE,
        value,
        std: None,
        extractor: "toys-v1".to_owned(),
        samples: 2000,
        reference: Some("toys".to_owned()),
        splits: None,
        seed: 1,
        setting: None,
    }
}

/// The outcome of a run that trained one architecture, which has so many parameters and
/// multiply-accumulates, to one score.
pub fn summary(genotype: Genotype, [params, macs]: [u64; 2], score: Score, side: usize) -> Summary {
    let trained = Trained {
        vector: genotype.to_string(),
        genotype,
        params,
        macs,
        scores: vec![score],
        best_step: 100,
        steps: 100,
    };
    Summary {
        data: "toys".to_owned(),
        side,
        trained: vec![trained],
        candidates: 0,
        estimate_macs: 0,
        weights: "export/weights.safetensors".to_owned(),
        grid: "export/grid.png".to_owned(),
    }
}
