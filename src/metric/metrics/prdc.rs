//! Precision and recall (Kynkäänniemi et al. 2019) and density and coverage (Naeem et al. 2020) of generated
//! features, as the authors' package `prdc` defines them.
//!
//! Each sample has a ball around it that reaches to its k-th nearest neighbour in its own set. What lies in
//! whose balls is decided by comparing squared distances with squared radii, both `f64` sums of squared
//! differences, always in the same order: so equal samples have distance 0, a distance is the same in both
//! directions, and ties are ties. (`prdc` takes distances from scalar products, where a distance of 0 can come
//! out as 1e-7.) Scalar products are used here as well, a block of samples at a time, because they are
//! much faster, but only where their rounding cannot change the answer; the others are computed anew.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

use super::super::error::{MetricError, check_rows};
use super::super::feature_set::FeatureSet;
use super::super::feature_set::Material;
use super::definition::{Metric, MetricName, MetricSettings, MetricValue, Naming, PreparedMetric};

/// The name of the precision.
pub const PRECISION: MetricName = MetricName(&Naming {
    key: "precision",
    label: "Precision",
    inception_label: "Precision",
    larger_is_better: true,
    about: "Share of generated images within the real ones' neighbourhoods (Kynkäänniemi 2019): 0 to 1, quality",
});
/// The name of the recall.
pub const RECALL: MetricName = MetricName(&Naming {
    key: "recall",
    label: "Recall",
    inception_label: "Recall",
    larger_is_better: true,
    about: "Share of real images within the generated ones' neighbourhoods (Kynkäänniemi 2019): 0 to 1, variety",
});
/// The name of the density.
pub const DENSITY: MetricName = MetricName(&Naming {
    key: "density",
    label: "Density",
    inception_label: "Density",
    larger_is_better: true,
    about: "Real neighbourhoods that a generated image lies in, over what is expected (Naeem 2020): 0 or more, quality",
});
/// The name of the coverage.
pub const COVERAGE: MetricName = MetricName(&Naming {
    key: "coverage",
    label: "Coverage",
    inception_label: "Coverage",
    larger_is_better: true,
    about: "Share of real images with a generated one in their neighbourhood (Naeem 2020): 0 to 1, variety",
});

/// Samples of each set that are compared with each other at a time.
const BLOCK: usize = 256;

/// Precision, recall, density and coverage: what lies in whose neighbourhoods.
#[derive(Debug)]
pub(super) struct Neighbourhoods;

impl Metric for Neighbourhoods {
    fn word(&self) -> &'static str {
        "prdc"
    }

    fn noun(&self) -> &'static str {
        "prdc"
    }

    fn values(&self) -> &'static [MetricName] {
        &[PRECISION, RECALL, DENSITY, COVERAGE]
    }

    fn material(&self) -> Material {
        Material::Features
    }

    fn fewest_images(&self, settings: &MetricSettings) -> (usize, Option<&'static str>) {
        (settings.neighbours.get().saturating_add(1), Some("neighbours"))
    }

    fn setting(&self, settings: &MetricSettings) -> Option<String> {
        Some(format!("k = {}", settings.neighbours))
    }

    fn memory(&self, settings: &MetricSettings, real: usize, generated: usize, width: usize) -> u64 {
        prdc_memory(real, generated, width, settings.neighbours)
    }

    fn prepare(
        &self,
        real: &Arc<FeatureSet>,
        settings: &MetricSettings,
    ) -> Result<Box<dyn PreparedMetric>, MetricError> {
        let radii = radii(real.features()?, real.width(), settings.neighbours)?;
        Ok(Box::new(Real { set: Arc::clone(real), radii, neighbours: settings.neighbours }))
    }
}

/// The real images with the radii of their balls.
#[derive(Debug)]
struct Real {
    set: Arc<FeatureSet>,
    radii: Vec<f64>,
    neighbours: NonZeroUsize,
}

impl PreparedMetric for Real {
    fn evaluate(&self, generated: &FeatureSet) -> Result<Vec<MetricValue>, MetricError> {
        let (real, generated) = (self.set.features()?, generated.features()?);
        let found = compare(real, &self.radii, generated, self.set.width(), self.neighbours)?;
        Ok([found.precision, found.recall, found.density, found.coverage].map(MetricValue::from).to_vec())
    }
}

/// How well generated samples cover the real ones and stay among them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prdc {
    /// Share of generated samples in the ball of some real one, 0 to 1.
    pub precision: f64,
    /// Share of real samples in the ball of some generated one, 0 to 1.
    pub recall: f64,
    /// Mean number of real balls that a generated sample lies in, divided by k: 0 or more, may exceed 1.
    pub density: f64,
    /// Share of real samples with some generated one in their ball, 0 to 1.
    pub coverage: f64,
}

/// Precision, recall, density and coverage of `generated` against `real`, features `[samples, width]`,
/// row-major, with balls to the `neighbours`-th nearest neighbour (5 is usual). A sample is in a ball when it
/// is nearer than the radius. The numbers of samples may differ, but recall and coverage depend on them.
/// The same input gives the same result on any number of threads.
///
/// Time grows with the square of the samples, memory does not.
///
/// # Errors
/// When a set has no more samples than `neighbours`, no whole rows, or a feature is not finite.
///
/// ```
/// use autogan::metric::prdc;
///
/// // Real images of two kinds, and generated ones of the first kind only: faithful, and without variety.
/// let real = [0.0, 0.1, 0.2, 9.0, 9.1, 9.2];
/// let generated = [0.05, 0.1, 0.15];
/// let one = std::num::NonZeroUsize::MIN;
/// let found = prdc(&real, &generated, 1, one)?;
/// assert_eq!((found.precision, found.coverage), (1.0, 0.5));
/// # Ok::<(), autogan::metric::MetricError>(())
/// ```
pub fn prdc(
    real: &[f32],
    generated: &[f32],
    width: usize,
    neighbours: NonZeroUsize,
) -> Result<Prdc, MetricError> {
    let real_radii = radii(real, width, neighbours)?;
    compare(real, &real_radii, generated, width, neighbours)
}

/// The squared radii of a set's balls.
fn radii(set: &[f32], width: usize, neighbours: NonZeroUsize) -> Result<Vec<f64>, MetricError> {
    check_rows(set, width, 0)?;
    let (k, samples) = (neighbours.get(), set.len() / width);
    if k >= samples {
        let what = "each set, for a ball to so distant a neighbour,";
        return Err(MetricError::TooFewSamples { what, needed: k.saturating_add(1), samples });
    }
    Ok(squared_radii(&Rows::new(set, width), k))
}

/// [`prdc`] with the radii of the real samples' balls.
fn compare(
    real: &[f32],
    real_radii: &[f64],
    generated: &[f32],
    width: usize,
    neighbours: NonZeroUsize,
) -> Result<Prdc, MetricError> {
    let generated_radii = radii(generated, width, neighbours)?;
    let (real, generated) = (Rows::new(real, width), Rows::new(generated, width));
    let found = real
        .blocks()
        .into_par_iter()
        .map(|block| Neighbours::in_block(&real, &generated, block, real_radii, &generated_radii))
        .reduce(|| Neighbours::none(generated.len()), Neighbours::and);
    let share = |count: usize, of: &Rows<'_>| count as f64 / of.len() as f64;
    let balls: u64 = found.balls.iter().map(|count| u64::from(*count)).sum();
    Ok(Prdc {
        precision: share(found.balls.iter().filter(|count| **count > 0).count(), &generated),
        recall: share(found.recalled, &real),
        density: balls as f64 / generated.len() as f64 / neighbours.get() as f64,
        coverage: share(found.covered, &real),
    })
}

/// Memory in bytes that [`prdc`] takes besides the features: on each thread a block of both sets and their
/// products in `f64` (9 MB for features of 2,048), its nearest neighbours, and a count for each generated
/// sample; and two numbers for each sample.
fn prdc_memory(real: usize, generated: usize, width: usize, neighbours: NonZeroUsize) -> u64 {
    let [real, generated, width, k] = [real, generated, width, neighbours.get()].map(|count| count as u64);
    let block = BLOCK as u64;
    let row = width.saturating_mul(2).saturating_add(block).saturating_add(k);
    // One that is filled, and one that it is added to.
    let counts = generated.saturating_mul(2 * size_of::<u32>() as u64);
    let numbers = block.saturating_mul(row).saturating_mul(size_of::<f64>() as u64);
    let samples = real.saturating_add(generated).saturating_mul(2 * size_of::<f64>() as u64);
    let threads = rayon::current_num_threads() as u64;
    threads.saturating_mul(numbers.saturating_add(counts)).saturating_add(samples)
}

/// A set of features with the squared length of each row.
struct Rows<'a> {
    values: &'a [f32],
    width: usize,
    squares: Vec<f64>,
}

impl<'a> Rows<'a> {
    fn new(values: &'a [f32], width: usize) -> Self {
        let square = |row: &[f32]| row.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        Self { values, width, squares: values.chunks_exact(width).map(square).collect() }
    }

    fn len(&self) -> usize {
        self.squares.len()
    }

    fn row(&self, index: usize) -> &'a [f32] {
        &self.values[index * self.width..][..self.width]
    }

    /// The whole set in pieces of up to [`BLOCK`] rows.
    fn blocks(&self) -> Vec<Range<usize>> {
        (0..self.len()).step_by(BLOCK).map(|start| start..self.len().min(start + BLOCK)).collect()
    }

    /// The numbers of a block.
    fn numbers(&self, block: &Range<usize>) -> Vec<f64> {
        self.values[block.start * self.width..block.end * self.width].iter().map(|x| f64::from(*x)).collect()
    }
}

/// A squared distance that is known up to rounding.
struct ApproximateDistance {
    value: f64,
    /// How far at most the squared distance as [`exactly`] computes it may be from the value.
    error: f64,
}

/// Calls `visit` with the indices of each pair of a row of `a` in `block` and a row of `b`, and with an
/// estimate of their squared distance: for each row of `a` in ascending order of the other.
fn for_each_pair(
    a: &Rows<'_>,
    block: &Range<usize>,
    b: &Rows<'_>,
    mut visit: impl FnMut(usize, usize, ApproximateDistance),
) {
    let left = a.numbers(block);
    let left = MatRef::from_row_major_slice(&left, block.len(), a.width);
    let mut products = Mat::zeros(0, 0);
    // |fl(x.y) - x.y| <= g |x||y| with g = n u / (1 - n u) in any order of summation (Higham 2002, section
    // 3.1), the same for the squares, and the sum of squared differences is within g of itself. Together that
    // is below 4 g (|x|^2 + |y|^2); the factor leaves twice as much room.
    let relative = 8.0 * (a.width + 8) as f64 * (f64::EPSILON / 2.0);
    for other in b.blocks() {
        let right = b.numbers(&other);
        let right = MatRef::from_row_major_slice(&right, other.len(), b.width);
        products.resize_with(other.len(), block.len(), |_, _| 0.0);
        matmul(&mut products, Accum::Replace, right, left.transpose(), 1.0, Par::Seq);
        for (column, i) in block.clone().enumerate() {
            for (row, j) in other.clone().enumerate() {
                let squares = a.squares[i] + b.squares[j];
                let value = squares - 2.0 * products[(row, column)];
                visit(i, j, ApproximateDistance { value, error: relative * squares });
            }
        }
    }
}

/// The squared distance: the same bits for (a, b) and (b, a), and 0 for equal rows.
fn exactly(a: &[f32], b: &[f32]) -> f64 {
    // Eight sums, which the processor can add to at once.
    let mut sums = [0.0; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            let difference = f64::from(*a) - f64::from(*b);
            *sum += difference * difference;
        }
    }
    for ((sum, a), b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        let difference = f64::from(*a) - f64::from(*b);
        *sum += difference * difference;
    }
    sums.iter().sum()
}

/// The squared distance of each sample to its k-th nearest neighbour in its own set. (With the sample itself,
/// at distance 0, it is the one after that, as `prdc` counts.)
fn squared_radii(rows: &Rows<'_>, k: usize) -> Vec<f64> {
    let of_block = |block: Range<usize>| {
        // The k smallest so far, in ascending order.
        let mut nearest: Vec<Vec<f64>> = vec![Vec::with_capacity(k + 1); block.len()];
        for_each_pair(rows, &block, rows, |i, j, estimate| {
            let nearest = &mut nearest[i - block.start];
            let full = nearest.len() == k;
            let too_far = full && nearest.last().is_some_and(|last| estimate.value - estimate.error >= *last);
            if i == j || too_far {
                return;
            }
            let distance = exactly(rows.row(i), rows.row(j));
            nearest.insert(nearest.partition_point(|other| *other <= distance), distance);
            nearest.truncate(k);
        });
        nearest.into_iter().filter_map(|nearest| nearest.last().copied()).collect::<Vec<f64>>()
    };
    rows.blocks().into_par_iter().flat_map_iter(of_block).collect()
}

/// What was found in some blocks of real samples.
struct Neighbours {
    /// For each generated sample, the number of real balls that it lies in.
    balls: Vec<u32>,
    /// Real samples in the ball of some generated one.
    recalled: usize,
    /// Real samples with some generated one in their ball.
    covered: usize,
}

impl Neighbours {
    fn none(generated: usize) -> Self {
        Self { balls: vec![0; generated], recalled: 0, covered: 0 }
    }

    fn in_block(
        real: &Rows<'_>,
        generated: &Rows<'_>,
        block: Range<usize>,
        real_radii: &[f64],
        generated_radii: &[f64],
    ) -> Self {
        let mut found = Self::none(generated.len());
        let mut recalled = vec![false; block.len()];
        let mut covered = vec![false; block.len()];
        for_each_pair(real, &block, generated, |i, j, ApproximateDistance { value, error }| {
            let mut exact = None;
            let mut is_nearer = |radius: f64| match (value - error >= radius, value + error < radius) {
                (true, _) => false,
                (_, true) => true,
                _ => *exact.get_or_insert_with(|| exactly(real.row(i), generated.row(j))) < radius,
            };
            let place = i - block.start;
            if is_nearer(real_radii[i]) {
                found.balls[j] += 1;
                covered[place] = true;
            }
            recalled[place] |= is_nearer(generated_radii[j]);
        });
        let count = |flags: Vec<bool>| flags.into_iter().filter(|flag| *flag).count();
        Self { recalled: count(recalled), covered: count(covered), ..found }
    }

    fn and(mut self, other: Self) -> Self {
        self.balls.iter_mut().zip(other.balls).for_each(|(ours, theirs)| *ours += theirs);
        Self { recalled: self.recalled + other.recalled, covered: self.covered + other.covered, ..self }
    }
}

#[cfg(test)]
mod tests;
