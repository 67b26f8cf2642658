#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::rng::{normals, rng};

fn k(neighbours: usize) -> NonZeroUsize {
    NonZeroUsize::new(neighbours).unwrap()
}

/// `prdc.py` line by line, with whole matrices.
fn brute_force(real: &[f32], generated: &[f32], width: usize, k: usize) -> Prdc {
    let distances = |a: &[f32], b: &[f32]| -> Vec<Vec<f64>> {
        a.chunks_exact(width).map(|a| b.chunks_exact(width).map(|b| exactly(a, b)).collect()).collect()
    };
    let radii = |set: &[f32]| -> Vec<f64> {
        let kth = |mut row: Vec<f64>| {
            row.sort_by(f64::total_cmp);
            row[k] // The smallest k + 1, the sample itself among them.
        };
        distances(set, set).into_iter().map(kth).collect()
    };
    let (real_radii, generated_radii) = (radii(real), radii(generated));
    let distance = distances(real, generated);
    let (n, m) = (real_radii.len(), generated_radii.len());
    let in_real = |i: usize, j: usize| distance[i][j] < real_radii[i];
    let count = |of: usize, what: &dyn Fn(usize) -> bool| (0..of).filter(|i| what(*i)).count() as f64;
    let balls: usize = (0..m).map(|j| (0..n).filter(|i| in_real(*i, j)).count()).sum();
    let nearest = |i: usize| distance[i].iter().copied().fold(f64::INFINITY, f64::min);
    Prdc {
        precision: count(m, &|j| (0..n).any(|i| in_real(i, j))) / m as f64,
        recall: count(n, &|i| (0..m).any(|j| distance[i][j] < generated_radii[j])) / n as f64,
        density: balls as f64 / m as f64 / k as f64,
        coverage: count(n, &|i| nearest(i) < real_radii[i]) / n as f64,
    }
}

fn features(counter: u64, samples: usize, width: usize, offset: f32) -> Vec<f32> {
    let mut draws = normals(&mut rng(7, "test/prdc", counter), samples * width);
    draws.iter_mut().for_each(|x| *x += offset);
    draws
}

#[test]
fn blocks_give_what_whole_matrices_give() {
    // Also far from zero, where scalar products lose the distances altogether.
    for (n, m, width, offset) in
        [(600, 530, 5, 0.0), (257, 256, 16, 3e4), (300, 700, 3, 1e7), (40, 513, 33, -20.0)]
    {
        let (real, generated) = (features(0, n, width, offset), features(1, m, width, offset));
        let found = prdc(&real, &generated, width, k(5)).unwrap();
        assert_eq!(found, brute_force(&real, &generated, width, 5), "{n} {m} {width} {offset}");
        assert!(found.coverage > 0.3 && found.precision > 0.3, "{found:?}");
    }
}

#[test]
fn equal_sets_distant_sets_and_a_single_mode() {
    let real = features(0, 400, 4, 0.0);
    let same = prdc(&real, &real, 4, k(5)).unwrap();
    assert_eq!((same.precision, same.recall, same.coverage), (1.0, 1.0, 1.0));
    // Each sample lies in its own ball and in those it is one of the four nearer neighbours of.
    assert_eq!(same.density, 1.0);
    let far = prdc(&real, &features(1, 400, 4, 1e3), 4, k(5)).unwrap();
    assert_eq!(far, Prdc { precision: 0.0, recall: 0.0, density: 0.0, coverage: 0.0 });
    // One real sample again and again: precise, but it covers next to nothing.
    let copies = real[..4].repeat(400);
    let collapsed = prdc(&real, &copies, 4, k(5)).unwrap();
    assert!(
        collapsed.precision == 1.0 && collapsed.recall == 0.0 && collapsed.coverage < 0.05,
        "{collapsed:?}"
    );
}

#[test]
fn three_points_by_hand() {
    // Reals at 0, 1, 3: radii to the nearest 1, 1, 2. Generated at 0.5, 5, 9: radii 4.5, 4, 4.
    let found = prdc(&[0.0, 1.0, 3.0], &[0.5, 5.0, 9.0], 1, k(1)).unwrap();
    // 0.5 lies in the balls of 0 and 1; 5 lies on the edge of that of 3, which is not inside.
    let expected = Prdc { precision: 1.0 / 3.0, recall: 1.0, density: 2.0 / 3.0, coverage: 2.0 / 3.0 };
    assert_eq!(found, expected);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (real, generated) = (features(0, 700, 6, 0.0), features(1, 800, 6, 0.3));
    let of = || prdc(&real, &generated, 6, k(3)).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(of(), pool.install(of));
}

#[test]
fn bad_input_is_refused_and_memory_is_known() {
    let x = features(0, 6, 2, 0.0);
    assert!(prdc(&x, &x, 2, k(5)).is_ok());
    let few = prdc(&x, &x[..10], 2, k(5)).unwrap_err().to_string();
    assert!(few.contains("needs at least 6 samples and got 5: add images"), "{few}");
    assert!(prdc(&x, &x, 2, k(usize::MAX)).is_err());
    assert!(prdc(&x[1..], &x, 2, k(1)).is_err());
    assert!(prdc(&x, &[], 2, k(1)).is_err());
    assert!(prdc(&x, &[f32::INFINITY; 12], 2, k(1)).is_err());
    let threads = rayon::current_num_threads() as u64;
    let expected = threads * (8 * 256 * (2 * 2048 + 256 + 5) + 8 * 50_000) + 16 * 100_000;
    assert_eq!(prdc_memory(50_000, 50_000, 2048, k(5)), expected);
    assert_eq!(prdc_memory(usize::MAX, usize::MAX, usize::MAX, k(5)), u64::MAX);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// On a grid nearly every distance is a tie and many samples are equal.
    #[test]
    fn ties_and_copies_are_decided_as_by_brute_force(
        real in prop::collection::vec(-2..3i8, 8..120),
        generated in prop::collection::vec(-2..3i8, 8..120),
        width in 1..4usize,
        neighbours in 1..3usize,
        offset in prop::sample::select(vec![0.0f32, 0.1, 1e5]),
    ) {
        let rows = |values: &[i8]| -> Vec<f32> {
            values[..values.len() / width * width].iter().map(|x| f32::from(*x) * 0.3 + offset).collect()
        };
        let (real, generated) = (rows(&real), rows(&generated));
        prop_assume!(real.len() / width > neighbours && generated.len() / width > neighbours);
        let found = prdc(&real, &generated, width, k(neighbours)).unwrap();
        prop_assert_eq!(found, brute_force(&real, &generated, width, neighbours));
    }

    #[test]
    fn the_estimate_is_as_good_as_it_says(
        a in prop::collection::vec(-1e6..1e6f32, 40),
        changes in prop::collection::vec(-1.0..1.0f32, 40),
        scale in prop::sample::select(vec![0.0f32, 1e-3, 1.0, 1e6]),
    ) {
        let b: Vec<f32> = a.iter().zip(&changes).map(|(a, change)| a + change * scale).collect();
        let (a, b) = (Rows::new(&a, 40), Rows::new(&b, 40));
        let exact = exactly(a.row(0), b.row(0));
        prop_assert_eq!(exact.to_bits(), exactly(b.row(0), a.row(0)).to_bits());
        let mut pairs = 0;
        for_each_pair(&a, &(0..1), &b, |_, _, ApproximateDistance { value, error }| {
            assert!((value - exact).abs() <= error, "{value} {exact} {error}");
            pairs += 1;
        });
        prop_assert_eq!(pairs, 1);
    }
}
