//! What the tests share.

use rayon::ThreadPoolBuilder;

use crate::model::kernels::cpu::extent::Extent;

/// Sizes with odd sides, one pixel, few channels, channels that fill no register, one image and none.
pub(crate) const EXTENTS: [Extent; 9] = [
    extent(0, 4, 4, 8),
    extent(1, 1, 1, 1),
    extent(1, 5, 7, 3),
    extent(2, 6, 12, 5),
    extent(7, 7, 7, 20),
    extent(3, 24, 24, 33),
    extent(2, 48, 48, 16),
    extent(5, 4, 4, 1030),
    extent(4, 32, 32, 64),
];

/// An [`Extent`] from its four sizes.
pub(crate) const fn extent(images: usize, height: usize, width: usize, channels: usize) -> Extent {
    Extent { images, height, width, channels }
}

/// Values in -1..1 that depend on `seed` alone.
pub(crate) fn random(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    // The first few still show the seed.
    (0..len + 8).map(|_| next()).skip(8).collect()
}

/// `values` in double precision.
pub(crate) fn double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// Result of `work`, having asserted that 1, 2 and 4 threads give the same.
pub(crate) fn same_bits<T: PartialEq + std::fmt::Debug + Send>(work: impl Fn() -> T + Send + Sync) -> T {
    let run = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        pool.install(&work)
    };
    let one = run(1);
    assert!(one == run(2), "two threads give other bits than one");
    assert!(one == run(4), "four threads give other bits than one");
    one
}

/// Asserts that the root mean square error is at most `bound` of the root mean square of `expected`.
pub(crate) fn assert_close(actual: &[f32], expected: &[f64], bound: f64) {
    assert_eq!(actual.len(), expected.len(), "lengths differ");
    let error: f64 = actual.iter().zip(expected).map(|(&a, e)| (f64::from(a) - e).powi(2)).sum();
    let size: f64 = expected.iter().map(|e| e * e).sum();
    assert!(error.sqrt() <= bound * size.sqrt() + 1e-30, "error {}", error.sqrt() / size.sqrt());
}

/// Scalar product in double precision.
pub(crate) fn product(one: &[f32], other: &[f32]) -> f64 {
    assert_eq!(one.len(), other.len(), "lengths differ");
    one.iter().zip(other).map(|(&one, &other)| f64::from(one) * f64::from(other)).sum()
}

/// Asserts that `backward` is the adjoint of the linear map `forward`: `<y, A x> = <Aᵀ y, x>`.
pub(crate) fn assert_adjoint(x: &[f32], forward: &[f32], y: &[f32], backward: &[f32]) {
    let (one, other) = (product(y, forward), product(backward, x));
    let size = (product(y, y) * product(forward, forward)).sqrt();
    assert!((one - other).abs() <= 1e-6 * size, "{one} is not {other}");
}
