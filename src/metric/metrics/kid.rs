//! Kernel distance (Bińkowski et al. 2018, "Demystifying MMD GANs"): KID on the Inception network's features.

use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use super::super::error::{MetricError, check_rows};
use super::super::feature_set::FeatureSet;
use super::super::feature_set::Material;
use super::definition::{
    KidConfig, MeanStd, Metric, MetricName, MetricSettings, MetricValue, Naming, PreparedMetric,
};
use crate::arch::words::thousands;
use crate::rng::{permutation, rng};

/// The name of its value.
pub const KERNEL_DISTANCE: MetricName = MetricName(&Naming {
    key: "kernel_distance",
    label: "Kernel distance",
    inception_label: "KID",
    larger_is_better: false,
    about: "Squared discrepancy of real and generated features (Bińkowski 2018): about 0 for equal sets, unbiased",
});

/// Squared maximum mean discrepancy of the features with a cubic kernel, averaged over subsets.
#[derive(Debug)]
pub(super) struct KernelDistance;

impl Metric for KernelDistance {
    fn word(&self) -> &'static str {
        "kid"
    }

    fn noun(&self) -> &'static str {
        "the kernel distance"
    }

    fn values(&self) -> &'static [MetricName] {
        &[KERNEL_DISTANCE]
    }

    fn material(&self) -> Material {
        Material::Features
    }

    fn fewest_images(&self, settings: &MetricSettings) -> (usize, Option<&'static str>) {
        (settings.kid.subset_size, Some("kid_subset_size"))
    }

    fn setting(&self, settings: &MetricSettings) -> Option<String> {
        let KidConfig { subsets, subset_size } = settings.kid;
        Some(format!("{subsets} subsets of {}", thousands(subset_size as u64)))
    }

    fn memory(&self, settings: &MetricSettings, _real: usize, _generated: usize, width: usize) -> u64 {
        settings.kid.memory(width)
    }

    fn prepare(
        &self,
        real: &Arc<FeatureSet>,
        settings: &MetricSettings,
    ) -> Result<Box<dyn PreparedMetric>, MetricError> {
        enough(SOURCE, settings.kid.subset_size, real.features()?.len() / real.width().max(1))?;
        Ok(Box::new(ToReal { real: Arc::clone(real), config: settings.kid, seed: settings.seed }))
    }
}

/// The real images and what the subsets are drawn with.
#[derive(Debug)]
struct ToReal {
    real: Arc<FeatureSet>,
    config: KidConfig,
    seed: u64,
}

impl PreparedMetric for ToReal {
    fn evaluate(&self, generated: &FeatureSet) -> Result<Vec<MetricValue>, MetricError> {
        let (real, generated) = (self.real.features()?, generated.features()?);
        Ok(vec![kid(real, generated, self.real.width(), self.config, self.seed)?.into()])
    }
}

impl KidConfig {
    /// Memory in bytes that [`kid`] takes besides the features, for features of the given width: on each
    /// thread both subsets and their products in `f64` (41 MB for 1,000 samples of 2,048), and the list of
    /// what is in the subsets.
    pub fn memory(&self, width: usize) -> u64 {
        let [subsets, size, width] = [self.subsets.get(), self.subset_size, width].map(|count| count as u64);
        let threads = subsets.min(rayon::current_num_threads() as u64);
        let numbers = size.saturating_mul(width.saturating_mul(2).saturating_add(size));
        let lists = subsets.saturating_mul(size).saturating_mul(2 * size_of::<u32>() as u64);
        threads.saturating_mul(numbers).saturating_mul(size_of::<f64>() as u64).saturating_add(lists)
    }
}

/// Which samples of the real and of the generated set one subset has, by their indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KidSubset {
    /// Indices into the real set.
    pub real: Vec<u32>,
    /// Indices into the generated set.
    pub generated: Vec<u32>,
}

/// What a set with too few samples for a subset is, in the message.
const SOURCE: &str = "a set that the subsets of a kernel distance are drawn from";

/// The kernel distance of `real` and `generated`, features `[samples, width]`, row-major. It has no bias, so it
/// may be a little below zero; its mean is 0 for equal distributions. The same seed gives the same subsets and, on any number of threads, the same bits. [`KidConfig::memory`] says what
/// memory it takes.
///
/// # Errors
/// When a set has fewer samples than a subset, a subset fewer than 2, there are no whole rows, or a
/// feature is not finite.
pub fn kid(
    real: &[f32],
    generated: &[f32],
    width: usize,
    config: KidConfig,
    seed: u64,
) -> Result<MeanStd, MetricError> {
    check_rows(real, width, 0)?;
    check_rows(generated, width, 0)?;
    let size = config.subset_size;
    for set in [real, generated] {
        enough(SOURCE, size, set.len() / width)?;
    }
    let draw = |stream: &str, set: &[f32], subset: usize| {
        let mut chosen = permutation(&mut rng(seed, stream, subset as u64), set.len() / width);
        chosen.truncate(size);
        chosen
    };
    let subsets: Vec<KidSubset> = (0..config.subsets.get())
        .map(|subset| KidSubset {
            real: draw("kid/real", real, subset),
            generated: draw("kid/generated", generated, subset),
        })
        .collect();
    kid_of_subsets(real, generated, width, &subsets)
}

/// The same for given subsets, to be compared with a program that draws others.
///
/// # Errors
/// As [`kid`], and when there is no subset or an index lies beyond its set.
pub fn kid_of_subsets(
    real: &[f32],
    generated: &[f32],
    width: usize,
    subsets: &[KidSubset],
) -> Result<MeanStd, MetricError> {
    check_rows(real, width, 0)?;
    check_rows(generated, width, 0)?;
    enough("a kernel distance of one subset or more", 1, subsets.len())?;
    for subset in subsets {
        for (chosen, set) in [(&subset.real, real), (&subset.generated, generated)] {
            enough("each subset of a kernel distance", 2, chosen.len())?;
            let last = chosen.iter().max().map_or(0, |last| *last as usize);
            enough("a set with the given subsets", last + 1, set.len() / width)?;
        }
    }
    let values: Vec<f64> = subsets
        .par_iter()
        .map_init(Workspace::new, |workspace, subset| workspace.distance(real, generated, width, subset))
        .collect();
    Ok(MeanStd::of(&values))
}

fn enough(what: &'static str, needed: usize, samples: usize) -> Result<(), MetricError> {
    if samples < needed { Err(MetricError::TooFewSamples { what, needed, samples }) } else { Ok(()) }
}

/// Memory of one thread.
struct Workspace {
    real: Vec<f64>,
    generated: Vec<f64>,
    products: Mat<f64>,
}

impl Workspace {
    fn new() -> Self {
        Self { real: Vec::new(), generated: Vec::new(), products: Mat::new() }
    }

    /// The unbiased estimate of the squared discrepancy of one subset: the mean kernel of two different real
    /// samples, plus that of two different generated ones, minus twice that of a real and a generated one.
    fn distance(&mut self, real: &[f32], generated: &[f32], width: usize, subset: &KidSubset) -> f64 {
        gather(&mut self.real, real, width, &subset.real);
        gather(&mut self.generated, generated, width, &subset.generated);
        let x = MatRef::from_row_major_slice(&self.real, subset.real.len(), width);
        let y = MatRef::from_row_major_slice(&self.generated, subset.generated.len(), width);
        within(&mut self.products, x) + within(&mut self.products, y)
            - 2.0 * between(&mut self.products, x, y)
    }
}

fn gather(into: &mut Vec<f64>, set: &[f32], width: usize, chosen: &[u32]) {
    into.clear();
    let rows = chosen.iter().map(|index| *index as usize * width);
    into.extend(rows.flat_map(|start| &set[start..start + width]).map(|value| f64::from(*value)));
}

/// Mean kernel of two different rows. The products are symmetric, so the half below the diagonal is enough.
fn within(products: &mut Mat<f64>, rows: MatRef<'_, f64>) -> f64 {
    let count = rows.nrows();
    products.resize_with(count, count, |_, _| 0.0);
    let (half, whole) = (BlockStructure::StrictTriangularLower, BlockStructure::Rectangular);
    let transposed = rows.transpose();
    triangular::matmul(&mut *products, half, Accum::Replace, rows, whole, transposed, whole, 1.0, Par::Seq);
    let column = |j| ((j + 1)..count).map(|i| kernel(products[(i, j)], rows.ncols())).sum::<f64>();
    let sum: f64 = (0..count).map(column).sum();
    2.0 * sum / (count as f64 * (count - 1) as f64)
}

/// Mean kernel of a row of each.
fn between(products: &mut Mat<f64>, x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> f64 {
    products.resize_with(x.nrows(), y.nrows(), |_, _| 0.0);
    matmul(&mut *products, Accum::Replace, x, y.transpose(), 1.0, Par::Seq);
    let column = |j| (0..x.nrows()).map(|i| kernel(products[(i, j)], x.ncols())).sum::<f64>();
    let sum: f64 = (0..y.nrows()).map(column).sum();
    sum / (x.nrows() as f64 * y.nrows() as f64)
}

/// The polynomial kernel of degree 3, gamma 1 / width and coefficient 1, of a scalar product.
fn kernel(product: f64, width: usize) -> f64 {
    (product / width as f64 + 1.0).powi(3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::num::NonZeroUsize;

    use super::*;
    use crate::rng::normals;

    const WIDTH: usize = 7;

    fn features(counter: u64, samples: usize, shift: f32) -> Vec<f32> {
        let mut draws = normals(&mut rng(3, "test/kid", counter), samples * WIDTH);
        draws.iter_mut().for_each(|x| *x += shift);
        draws
    }

    fn config(subsets: usize, subset_size: usize) -> KidConfig {
        KidConfig { subsets: NonZeroUsize::new(subsets).unwrap(), subset_size }
    }

    /// The definition, term by term.
    fn naive(x: &[f32], y: &[f32]) -> f64 {
        let k = |a: &[f32], b: &[f32]| {
            let dot: f64 = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            (dot / WIDTH as f64 + 1.0).powi(3)
        };
        let rows = |set: &[f32]| set.chunks_exact(WIDTH).map(<[f32]>::to_vec).collect::<Vec<_>>();
        let (x, y) = (rows(x), rows(y));
        let within = |set: &[Vec<f32>]| {
            let n = set.len();
            let pairs = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|(i, j)| i != j);
            pairs.map(|(i, j)| k(&set[i], &set[j])).sum::<f64>() / (n * (n - 1)) as f64
        };
        let cross: f64 = x.iter().map(|a| y.iter().map(|b| k(a, b)).sum::<f64>()).sum();
        within(&x) + within(&y) - 2.0 * cross / (x.len() * y.len()) as f64
    }

    fn all(samples: usize) -> Vec<u32> {
        (0..samples as u32).collect()
    }

    #[test]
    fn one_subset_of_everything_is_the_definition() {
        // Beyond the block sizes of the product, and of different sizes.
        for (n, m) in [(2, 2), (3, 17), (150, 131)] {
            let (x, y) = (features(0, n, 0.0), features(1, m, 0.5));
            let found =
                kid_of_subsets(&x, &y, WIDTH, &[KidSubset { real: all(n), generated: all(m) }]).unwrap();
            let expected = naive(&x, &y);
            assert!((found.mean - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found:?}, {expected}");
            assert_eq!(found.std, 0.0);
        }
    }

    #[test]
    fn mean_and_deviation_are_those_over_the_given_subsets() {
        let (x, y) = (features(0, 9, 0.0), features(1, 9, 0.5));
        let subsets = [[0, 4, 2], [8, 7, 6], [1, 3, 5]];
        let pick = |set: &[f32], chosen: &[u32]| -> Vec<f32> {
            chosen.iter().flat_map(|i| set[*i as usize * WIDTH..][..WIDTH].to_vec()).collect()
        };
        let values = subsets.map(|chosen| naive(&pick(&x, &chosen), &pick(&y, &chosen[..2])));
        let mean = values.iter().sum::<f64>() / 3.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 3.0;
        let given = subsets.map(|chosen| KidSubset { real: chosen.into(), generated: chosen[..2].into() });
        let found = kid_of_subsets(&x, &y, WIDTH, &given).unwrap();
        assert!((found.mean - mean).abs() < 1e-12 && (found.std - variance.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn equal_distributions_are_near_zero_and_shifted_ones_are_not() {
        let real = features(0, 1200, 0.0);
        let same = kid(&real, &features(1, 1300, 0.0), WIDTH, config(10, 500), 1).unwrap();
        assert!(same.mean.abs() < 4.0 * same.std / 10f64.sqrt() && same.std > 0.0, "{same:?}");
        let near = kid(&real, &features(1, 1300, 0.3), WIDTH, config(10, 500), 1).unwrap();
        let far = kid(&real, &features(1, 1300, 1.0), WIDTH, config(10, 500), 1).unwrap();
        assert!(near.mean > 0.05 && far.mean > 10.0 * near.mean, "{near:?} {far:?}");
    }

    #[test]
    fn a_seed_decides_the_subsets_on_any_number_of_threads() {
        let (x, y) = (features(0, 60, 0.0), features(1, 50, 0.2));
        let of = |seed| kid(&x, &y, WIDTH, config(8, 20), seed).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(of(1), pool.install(|| of(1)));
        assert_ne!(of(1), of(2));
        let whole = kid(&x, &x, WIDTH, config(3, 60), 1).unwrap();
        assert!(whole.std < 1e-12, "with all samples, subsets differ only in their order");
    }

    #[test]
    fn bad_input_is_refused() {
        let (x, y) = (features(0, 20, 0.0), features(1, 10, 0.0));
        let refusal = |size| kid(&x, &y, WIDTH, config(2, size), 1).unwrap_err().to_string();
        assert!(refusal(11).contains("needs at least 11 samples and got 10: add images"), "{}", refusal(11));
        for size in [0, 1] {
            assert!(
                refusal(size).contains("each subset of a kernel distance needs at least 2"),
                "{}",
                refusal(size)
            );
        }
        let subset = |real: &[u32]| vec![KidSubset { real: real.into(), generated: vec![0, 1] }];
        assert!(kid_of_subsets(&x, &y, WIDTH, &subset(&[0, 19])).is_ok());
        let beyond = kid_of_subsets(&x, &y, WIDTH, &subset(&[0, 20])).unwrap_err();
        assert!(beyond.to_string().contains("at least 21 samples and got 20"), "{beyond}");
        assert!(kid_of_subsets(&x, &y, WIDTH, &[]).is_err());
        assert!(kid(&x[1..], &y, WIDTH, config(2, 5), 1).is_err());
        assert!(kid(&x, &[f32::NAN; WIDTH * 5], WIDTH, config(2, 5), 1).is_err());
        assert!(kid(&[], &[], WIDTH, config(2, 5), 1).is_err());
    }

    #[test]
    fn the_default_is_the_field_s_and_its_memory_is_known() {
        let config = KidConfig::default();
        assert_eq!((config.subsets.get(), config.subset_size), (100, 1000));
        let threads = 100.min(rayon::current_num_threads() as u64);
        assert_eq!(config.memory(2048), threads * 8 * (2 * 1000 * 2048 + 1_000_000) + 800_000);
        let endless = KidConfig { subset_size: usize::MAX, ..config };
        assert_eq!(endless.memory(usize::MAX), u64::MAX);
    }
}
