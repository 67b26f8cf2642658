//! Scores, on the host: about 10,000 cases.

use std::num::NonZeroUsize;

use autogan::data::Resizer;
use autogan::metric::{
    FRECHET_DISTANCE, Gaussian, INCEPTION_SCORE, KidConfig, MetricError, MetricName, Reward, RewardScale,
    Score, Statistics, Target, frechet_distance, inception_score, kid, prdc,
};
use autogan::rng::rng;
use rand::RngExt;

use super::{Kind, NON_FINITE, close};

/// Two sets of the same kind with some width and numbers of samples.
struct Sets {
    kind: Kind,
    width: usize,
    real: Vec<f32>,
    generated: Vec<f32>,
}

fn sets(number: usize, stream: &str) -> Sets {
    let kind = Kind::of(number);
    let generator = &mut rng(20, stream, number as u64);
    let width = generator.random_range(1..6);
    let samples = generator.random_range(1..9usize);
    let real = Kind::Tame.numbers(generator, width * samples);
    let real = if generator.random() { real } else { kind.numbers(generator, real.len()) };
    let samples = generator.random_range(1..9usize);
    let generated = kind.numbers(generator, width * samples);
    Sets { kind, width, real, generated }
}

fn gaussian(values: &[f32], width: usize) -> Result<Gaussian, MetricError> {
    let mut statistics = Statistics::new(width);
    // In two batches, which are merged.
    let (first, second) = values.split_at(values.len() / width / 2 * width);
    statistics.push(first)?;
    statistics.push(second)?;
    statistics.gaussian()
}

/// Mean and variance (over n - 1) of column `column`.
fn moments(values: &[f32], width: usize, column: usize) -> (f64, f64) {
    let column: Vec<f64> = values.iter().skip(column).step_by(width).map(|x| f64::from(*x)).collect();
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    let squares = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    (mean, squares / (column.len() - 1) as f64)
}

fn relatively_close(found: f64, expected: f64, scale: f64) -> bool {
    (found - expected).abs() <= 1e-6 * scale.max(1e-30)
}

#[test]
fn statistics_and_frechet_distances_of_3000_cases() {
    let mut answered = [0; 3];
    for number in 0..3000 {
        let Sets { kind, width, real, generated } = sets(number, "non_finite/frechet");
        let (a, b) = (gaussian(&real, width), gaussian(&generated, width));
        let few = real.len() / width < 2 || generated.len() / width < 2;
        let (Ok(a), Ok(b)) = (a, b) else {
            assert!(few || kind == Kind::NonFinite, "{real:?} {generated:?}");
            continue;
        };
        assert!(kind != Kind::NonFinite, "{real:?} {generated:?}");
        for (values, gaussian) in [(&real, &a), (&generated, &b)] {
            for column in 0..width {
                let (mean, variance) = moments(values, width, column);
                let most = values.iter().fold(0.0, |most, x| f64::from(x.abs()).max(most));
                assert!(relatively_close(gaussian.mean[column], mean, most), "{values:?}");
                let found = gaussian.covariance[(column, column)];
                assert!(found >= 0.0 && relatively_close(found, variance, most * most), "{values:?}");
            }
        }
        assert_eq!(frechet_distance(&a, &a), Ok(0.0), "{real:?}");
        let distance = frechet_distance(&a, &b);
        let Ok(distance) = distance else {
            assert_eq!(kind, Kind::Huge, "{distance:?}: {real:?} {generated:?}");
            continue;
        };
        assert!(distance.is_finite() && distance >= 0.0, "{distance}");
        if width == 1 {
            let ((m1, v1), (m2, v2)) = (moments(&real, 1, 0), moments(&generated, 1, 0));
            let expected = (m1 - m2).powi(2) + (v1.sqrt() - v2.sqrt()).powi(2);
            assert!(relatively_close(distance, expected, v1.max(v2).max(expected)), "{distance}, {expected}");
        }
        answered[number % 3] += 1;
    }
    assert!(answered[0] > 500 && answered[1] > 500, "{answered:?} distances by kind");
}

/// Statistics may come from a file, with anything in them: in f64, an overflow is within reach.
#[test]
fn gaussians_of_1000_damaged_files_have_no_distance() {
    let healthy = || Gaussian::new(vec![0.5, 1.0, -1.0], &[2.0, 0.1, 0.0, 0.1, 1.0, 0.3, 0.0, 0.3, 0.5]);
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200, -1e200, f64::MAX, 1e-310, -1.0];
    let mut refused = 0;
    for number in 0..1000 {
        let generator = &mut rng(21, "non_finite/gaussian", number);
        let value = bad[generator.random_range(0..bad.len())];
        let mut damaged = healthy();
        let place = generator.random_range(0..3);
        match generator.random_range(0..3) {
            0 => damaged.mean[place] = value,
            1 => damaged.covariance[(place, place)] = value,
            _ => {
                let other = (place + 1) % 3;
                damaged.covariance[(place, other)] = value;
                damaged.covariance[(other, place)] = value;
            }
        }
        for distance in [
            frechet_distance(&damaged, &healthy()),
            frechet_distance(&healthy(), &damaged),
            Target::new(damaged.clone()).and_then(|target| target.distance(&damaged)),
        ] {
            match distance {
                Ok(distance) => {
                    assert!(value.is_finite() && distance.is_finite(), "{value} in {damaged:?}: {distance}");
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("feature"), "{error}");
                }
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn inception_scores_of_2000_cases() {
    for number in 0..2000 {
        let Sets { kind, width, generated, .. } = sets(number, "non_finite/inception");
        let samples = generated.len() / width;
        let splits = 1 + number % 3;
        let score = inception_score(&generated, width, splits);
        match score {
            Err(error) => assert!(kind == Kind::NonFinite || samples < splits, "{error}: {generated:?}"),
            Ok(score) => {
                assert!(kind != Kind::NonFinite && samples >= splits, "{generated:?}");
                let bounds = 1.0 - 1e-9..=width as f64 + 1e-9;
                assert!(bounds.contains(&score.mean), "{score:?} of {width} classes: {generated:?}");
                assert!(score.std.is_finite() && score.std <= width as f64, "{score:?}");
            }
        }
    }
    // Classes that are never predicted, with probability zero.
    let certain = [0.0, -3e38, -3e38, 3e38, 0.0, 0.0].repeat(2);
    let score = inception_score(&certain, 3, 1).unwrap();
    assert!((score.mean - 1.0).abs() < 1e-12, "{score:?}");
    assert!(inception_score(&[], 3, 1).is_err() && inception_score(&[], 0, 1).is_err());
}

fn squared(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
}

/// Precision and coverage by their definition.
fn precision_and_coverage(real: &[f32], generated: &[f32], width: usize, k: usize) -> (f64, f64) {
    let rows: Vec<&[f32]> = real.chunks_exact(width).collect();
    let radius = |i: usize| {
        let others = (0..rows.len()).filter(|j| *j != i);
        let mut distances: Vec<f64> = others.map(|j| squared(rows[i], rows[j])).collect();
        distances.sort_by(f64::total_cmp);
        distances[k - 1]
    };
    let inside = |i: usize, row: &[f32]| squared(rows[i], row) < radius(i);
    let made: Vec<&[f32]> = generated.chunks_exact(width).collect();
    let precise = made.iter().filter(|row| (0..rows.len()).any(|i| inside(i, row))).count();
    let covered = (0..rows.len()).filter(|i| made.iter().any(|row| inside(*i, row))).count();
    (precise as f64 / made.len() as f64, covered as f64 / rows.len() as f64)
}

#[test]
fn precision_recall_density_and_coverage_of_1500_cases() {
    for number in 0..1500 {
        let Sets { kind, width, real, generated } = sets(number, "non_finite/prdc");
        let k = 1 + number % 4;
        let few = k >= real.len() / width || k >= generated.len() / width;
        match prdc(&real, &generated, width, NonZeroUsize::new(k).unwrap()) {
            Err(error) => assert!(few || kind == Kind::NonFinite, "{error}: {real:?} {generated:?}"),
            Ok(found) => {
                assert!(!few && kind != Kind::NonFinite, "{real:?} {generated:?}");
                let (precision, coverage) = precision_and_coverage(&real, &generated, width, k);
                assert_eq!(
                    (found.precision, found.coverage),
                    (precision, coverage),
                    "{real:?} {generated:?}"
                );
                assert!((0.0..=1.0).contains(&found.recall) && found.density.is_finite(), "{found:?}");
            }
        }
    }
}

/// The kernel distance of all samples, by its definition in f64.
fn discrepancy(x: &[f32], y: &[f32], width: usize) -> f64 {
    let kernel = |a: &[f32], b: &[f32]| {
        let dot: f64 = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        (dot / width as f64 + 1.0).powi(3)
    };
    let rows = |set: &'_ [f32]| set.chunks_exact(width).map(<[f32]>::to_vec).collect::<Vec<_>>();
    let (x, y) = (rows(x), rows(y));
    let within = |set: &[Vec<f32>]| {
        let pairs = (0..set.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let sum: f64 = pairs.map(|(i, j)| kernel(&set[i], &set[j])).sum();
        2.0 * sum / (set.len() * (set.len() - 1)) as f64
    };
    let between: f64 = x.iter().flat_map(|a| y.iter().map(move |b| kernel(a, b))).sum();
    within(&x) + within(&y) - 2.0 * between / (x.len() * y.len()) as f64
}

#[test]
fn kernel_distances_of_1000_cases() {
    for number in 0..1000 {
        let Sets { kind, width, real, generated } = sets(number, "non_finite/kid");
        let count = (real.len() / width).min(generated.len() / width);
        let (real, generated) = (&real[..count * width], &generated[..count * width]);
        let non_finite = real.iter().chain(generated).any(|value| !value.is_finite());
        let config = KidConfig { subsets: NonZeroUsize::new(2).unwrap(), subset_size: count };
        match kid(real, generated, width, config, 1) {
            Err(error) => assert!(count < 2 || non_finite, "{error}: {real:?} {generated:?}"),
            Ok(found) => {
                assert!(count >= 2 && !non_finite, "{real:?} {generated:?}");
                let expected = discrepancy(real, generated, width);
                let most = real.iter().chain(generated).fold(1.0, |most, x| f64::from(x.abs()).max(most));
                let scale = (most * most + 1.0).powi(3);
                assert!(relatively_close(found.mean, expected, scale), "{kind:?}: {found:?}, {expected}");
                assert!(kind == Kind::Huge || found.std.is_finite(), "{found:?}");
            }
        }
    }
}

fn score(metric: MetricName, value: f64) -> Score {
    Score {
        metric,
        value,
        std: None,
        extractor: "toys-v1".to_owned(),
        samples: 100,
        reference: None,
        splits: None,
        seed: 0,
        setting: None,
    }
}

#[test]
fn rewards_of_1000_cases_are_numbers_or_refused() {
    let tame = [0.0, 1e-310, 1e-9, 0.5, 1.0, 7.3, 1e9, f64::MAX];
    let kinds = [Reward::RawInceptionScore, Reward::InceptionScore, Reward::FrechetDistance, Reward::Mix];
    for number in 0..1000 {
        let generator = &mut rng(22, "non_finite/reward", number);
        let mut any = |non_finite: bool| {
            if non_finite {
                f64::from(NON_FINITE[generator.random_range(0..NON_FINITE.len())])
            } else {
                tame[generator.random_range(0..tame.len())]
            }
        };
        let non_finite = [number % 4 == 1, number % 4 == 2, number % 4 == 3];
        let (inception, distance, real_spread) = (any(non_finite[0]), any(non_finite[1]), any(non_finite[2]));
        let scores = [score(FRECHET_DISTANCE, distance), score(INCEPTION_SCORE, inception)];
        for kind in kinds {
            let reward = kind.of(&scores, &RewardScale { classes: Some(10), real_spread });
            match reward {
                Ok(reward) => {
                    assert!(reward.is_finite() && !non_finite.contains(&true), "{kind:?} {scores:?}")
                }
                Err(error) => assert!(non_finite.contains(&true), "{error}: {kind:?} {scores:?}"),
            }
        }
        if !non_finite.contains(&true) {
            let scale = RewardScale { classes: None, real_spread };
            let closeness = Reward::FrechetDistance.of(&scores, &scale).unwrap();
            assert!((0.0..=1.0).contains(&closeness), "{distance} at a spread of {real_spread}: {closeness}");
            assert!(closeness < 1.0 || distance <= 1e-3 || real_spread >= 1e9, "{distance}, {real_spread}");
        }
    }
    // Real images that are all alike: only the same picture is a match.
    let scale = RewardScale { classes: None, real_spread: 0.0 };
    let of = |distance| Reward::Mix.of(&[score(FRECHET_DISTANCE, distance)], &scale).unwrap();
    assert_eq!((of(0.0), of(1e-9), of(40.0)), (1.0, 0.0, 0.0));
}

/// A score that is not finite is better than none and worse than none.
#[test]
fn no_number_is_ever_the_better_score() {
    for metric in [FRECHET_DISTANCE, INCEPTION_SCORE] {
        let non_finite = score(metric, f64::NAN);
        for value in [0.0, 1.0, f64::MAX, f64::NAN] {
            assert!(!non_finite.better(&score(metric, value)) && !score(metric, value).better(&non_finite));
        }
    }
}

/// An area of one pixel, a line, and sizes that do not divide each other.
#[test]
fn pictures_of_1000_sizes_keep_their_range_when_resized() {
    for number in 0..1000 {
        let generator = &mut rng(23, "non_finite/resizer", number);
        let mut side = || match generator.random_range(0..4) {
            0 => 1,
            _ => generator.random_range(1..40usize),
        };
        let (width, height, out_width, out_height) = (side(), side(), side(), side());
        let (least, most) = [(0, 255), (17, 17), (255, 255), (0, 1), (254, 255)][number as usize % 5];
        let image: Vec<u8> = (0..width * height * 3).map(|_| generator.random_range(least..=most)).collect();
        let out = Resizer::new(width, height, out_width, out_height).apply(&image);
        assert_eq!(out.len(), out_width * out_height * 3);
        assert!(
            out.iter().all(|value| (least..=most).contains(value)),
            "{width} x {height}: {image:?} {out:?}"
        );
    }
}

#[test]
fn the_tolerance_of_these_tests_is_one() {
    assert!(close(1.0, 1.00005) && !close(1.0, 1.001) && !close(f64::NAN, 1.0));
    assert!(relatively_close(1e70, 1.0000001e70, 1e70) && !relatively_close(1e70, 1.1e70, 1e70));
}
