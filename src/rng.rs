//! Counter-based random streams.
//!
//! Random numbers never have state here: every draw is a function of the run's seed, the name of a
//! stream and a counter. So a run that was killed and resumed draws the same numbers as one that was
//! not, on every device, and no generator state goes into a checkpoint.

mod latent;

pub use latent::{FIXED_STREAM, Latent, SAMPLE_STREAM, fixed_latent};

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use sha2::{Digest, Sha256};

/// The generator for one `(seed, stream, counter)`. Two different triples give independent sequences.
///
/// `stream` names what is drawn (`"latent/train"`, `"shuffle"`), `counter` says which draw of that
/// kind it is (a step, an epoch, an image's index).
///
/// ```
/// use autogan::rng::{normals, rng};
///
/// let draw = |counter| normals(&mut rng(1, "latent/train", counter), 4);
/// assert_eq!(draw(7), draw(7));
/// assert_ne!(draw(7), draw(8));
/// ```
pub fn rng(seed: u64, stream: &str, counter: u64) -> ChaCha8Rng {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    hasher.update(stream.as_bytes());
    let mut generator = ChaCha8Rng::from_seed(hasher.finalize().into());
    generator.set_stream(counter);
    generator
}

/// `n` draws from the standard normal distribution.
pub fn normals(generator: &mut impl Rng, n: usize) -> Vec<f32> {
    (0..n).map(|_| generator.sample(StandardNormal)).collect()
}

/// `n` draws from the uniform distribution on `[-bound, bound)`.
pub fn uniforms(generator: &mut impl Rng, n: usize, bound: f32) -> Vec<f32> {
    (0..n).map(|_| (generator.random::<f32>() * 2.0 - 1.0) * bound).collect()
}

/// A uniformly random order of `0..n` (Fisher-Yates).
///
/// ```
/// use autogan::rng::{permutation, rng};
///
/// let mut order = permutation(&mut rng(1, "shuffle", 0), 5);
/// order.sort();
/// assert_eq!(order, [0, 1, 2, 3, 4]);
/// ```
pub fn permutation(generator: &mut impl Rng, n: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        order.swap(i, generator.random_range(0..=i));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_triple_draws_the_same_and_any_other_draws_differently() {
        let base = normals(&mut rng(1, "latent", 7), 64);
        assert_eq!(base, normals(&mut rng(1, "latent", 7), 64));
        for other in [rng(2, "latent", 7), rng(1, "shuffle", 7), rng(1, "latent", 8)] {
            let mut other = other;
            assert_ne!(base, normals(&mut other, 64));
        }
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let draws = normals(&mut rng(3, "latent", 0), 100_000);
        let mean = draws.iter().sum::<f32>() / draws.len() as f32;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / draws.len() as f32;
        assert!(mean.abs() < 0.02, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
    }

    #[test]
    fn a_permutation_holds_every_index_once() {
        let mut order = permutation(&mut rng(5, "shuffle", 0), 1000);
        assert_ne!(order[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(i, &v)| i as u32 == v));
    }
}
