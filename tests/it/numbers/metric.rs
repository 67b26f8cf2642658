//! Fréchet distances, kernel distances and Inception Scores against NumPy, SciPy and PyTorch in float64.

use autogan::metric::{KidSubset, Statistics, frechet_distance, inception_score, kid_of_subsets};
use serde_json::Value;

use crate::numbers::fixtures::{Fixture, json};

/// Covariances without full rank have eigenvalues of about 1e-16 instead of 0, and their roots are added.
const TOLERANCE: f64 = 1e-8;

fn assert_near(name: &str, found: f64, wanted: &Value) {
    let wanted = wanted.as_f64().unwrap();
    let error = (found - wanted).abs() / wanted;
    assert!(error < TOLERANCE, "{name}: {found} instead of {wanted}, relative error {error:.1e}");
}

#[test]
fn frechet_distances_are_those_of_numpy_also_with_fewer_samples_than_features() {
    let fixture = Fixture::open("metric");
    let gaussian = |tensor: &str| {
        let data = fixture.data(tensor);
        let mut statistics = Statistics::new(data.shape()[1]);
        // In uneven batches, as a last batch would be.
        for batch in fixture.values(tensor).chunks(7 * data.shape()[1]) {
            statistics.push(batch).unwrap();
        }
        statistics.gaussian().unwrap()
    };
    let sets = json("metric.json")["feature_sets"].clone();
    for set in sets.as_array().unwrap() {
        let name = set["name"].as_str().unwrap();
        let (x, y) = (gaussian(&format!("{name}.x")), gaussian(&format!("{name}.y")));
        assert_near(name, frechet_distance(&x, &y).unwrap(), &set["frechet"]);
    }
    assert_eq!(sets.as_array().unwrap().len(), 4);
}

#[test]
fn kernel_distances_are_those_of_numpy() {
    let fixture = Fixture::open("metric");
    for set in json("metric.json")["feature_sets"].as_array().unwrap() {
        let name = set["name"].as_str().unwrap();
        let [real, generated] = ["x", "y"].map(|part| format!("{name}.{part}"));
        let count = |tensor: &str| fixture.data(tensor).shape()[0] as u32;
        let width = fixture.data(&real).shape()[1];
        let all =
            KidSubset { real: (0..count(&real)).collect(), generated: (0..count(&generated)).collect() };
        let found =
            kid_of_subsets(&fixture.values(&real), &fixture.values(&generated), width, &[all]).unwrap();
        assert_near(name, found.mean, &set["kid"]);
    }
}

#[test]
fn inception_scores_of_logits_are_those_of_pytorch() {
    let fixture = Fixture::open("metric");
    let sets = json("metric.json")["logit_sets"].clone();
    for set in sets.as_array().unwrap() {
        let name = set["name"].as_str().unwrap();
        let logits = format!("{name}.logits");
        let splits = set["splits"].as_u64().unwrap();
        let classes = fixture.data(&logits).shape()[1];
        let found = inception_score(&fixture.values(&logits), classes, splits as usize).unwrap();
        assert_near(name, found.mean, &set["mean"]);
        assert_near(name, found.std, &set["std"]);
    }
    assert_eq!(sets.as_array().unwrap().len(), 3);
}
