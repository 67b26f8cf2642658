//! Spectral normalisation (Miyato et al. 2018), as `torch.nn.utils.spectral_norm` does it.
//!
//! The effective weight is `W / sigma` with `sigma = uᵀ W v`; `W` is a matrix `[rows, columns]`, of a convolution
//! `[out, in · kh · kw]`. `u` and `v` are constants for the gradient and move by one power iteration in each training
//! pass. PyTorch makes NaN of a weight of zeros; here it stays zeros and keeps its vectors, so that it can grow again.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::model::kernels::cpu::simd::{LANES, add_scaled, dispatch};

#[cfg(test)]
mod tests;

/// Keeps the normalisation of a short vector finite (PyTorch's default).
const EPSILON: f64 = 1e-12;

/// One layer's weight and vectors.
#[derive(Clone, Copy, Debug)]
pub struct SpectralLayer<'a> {
    /// `[rows, columns]`, by rows.
    pub weight: &'a [f32],
    /// `u`, `[rows]`.
    pub left: &'a [f32],
    /// `v`, `[columns]`.
    pub right: &'a [f32],
}

/// A normalised weight and what made it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectralWeight {
    /// `W / sigma`.
    pub weight: Vec<f32>,
    /// `u`, `[rows]`, after the power iteration if there was one.
    pub left: Vec<f32>,
    /// `v`, `[columns]`, likewise.
    pub right: Vec<f32>,
    /// What the weight was divided by: the spectral norm, or 1 where that is 0.
    pub sigma: f32,
}

/// What the gradient of a layer's weight is made of.
#[derive(Clone, Copy, Debug)]
pub struct SpectralGradient<'a> {
    /// `W`, `[rows, columns]`.
    pub weight: &'a [f32],
    /// The gradient of `W / sigma`.
    pub gradient: &'a [f32],
    /// The vector `u` that sigma was made with.
    pub left: &'a [f32],
    /// The vector `v` that sigma was made with.
    pub right: &'a [f32],
    /// [`SpectralWeight::sigma`].
    pub sigma: f32,
}

/// Normalises every layer's weight; with `iterate`, after one power iteration.
///
/// # Panics
///
/// If a weight is not of its vectors' sizes.
pub fn spectral_norm(layers: &[SpectralLayer<'_>], iterate: bool) -> Vec<SpectralWeight> {
    for layer in layers {
        assert_eq!(layer.weight.len(), layer.left.len() * layer.right.len(), "vectors of another weight");
    }
    large_first(layers, |layer| layer.weight.len(), |layer| dispatch(Normalise { layer, iterate }))
}

/// Gradients of every layer's weight: `G / sigma - <G, W> / sigma² · u vᵀ`, where `G` is that of `W / sigma`.
///
/// # Panics
///
/// If sizes of a layer do not agree.
pub fn spectral_norm_backward(layers: &[SpectralGradient<'_>]) -> Vec<Vec<f32>> {
    for layer in layers {
        let len = layer.left.len() * layer.right.len();
        assert!([layer.weight.len(), layer.gradient.len()] == [len; 2], "vectors of another weight");
    }
    large_first(layers, |layer| layer.weight.len(), |layer| dispatch(Backward { layer }))
}

/// `work` on every layer in parallel, where long tasks begin first; results in the layers' order.
fn large_first<L: Copy + Sync, T: Send>(
    layers: &[L],
    size: impl Fn(&L) -> usize,
    work: impl Fn(L) -> T + Sync,
) -> Vec<T> {
    let mut order: Vec<usize> = (0..layers.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(size(&layers[index])));
    let mut results: Vec<(usize, T)> =
        order.into_par_iter().with_max_len(1).map(|index| (index, work(layers[index]))).collect();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Normalises one layer's weight.
struct Normalise<'a> {
    layer: SpectralLayer<'a>,
    iterate: bool,
}

impl NullaryFnOnce for Normalise<'_> {
    type Output = SpectralWeight;

    #[inline(always)]
    fn call(self) -> SpectralWeight {
        let SpectralLayer { weight, left, right } = self.layer;
        let (mut left, mut right) = (left.to_vec(), right.to_vec());
        if self.iterate {
            right = unit(row_sum(weight, &left, right.len()), right);
        }
        let product = by_vector(weight, &right);
        if self.iterate {
            left = unit(product.clone(), left);
        }
        let sigma = dot(&left, &product) as f32;
        let sigma = if sigma == 0.0 { 1.0 } else { sigma };
        let mut out = vec![0.0; weight.len()];
        divide(weight, sigma, &mut out);
        SpectralWeight { weight: out, left, right, sigma }
    }
}

/// The gradient of one layer's weight.
struct Backward<'a> {
    layer: SpectralGradient<'a>,
}

impl NullaryFnOnce for Backward<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn call(self) -> Vec<f32> {
        let SpectralGradient { weight, gradient, left, right, sigma } = self.layer;
        let mut out = vec![0.0; weight.len()];
        let columns = right.len().max(1);
        let rows = weight.chunks_exact(columns).zip(gradient.chunks_exact(columns));
        let inner: f64 = rows.map(|(weight, gradient)| dot(weight, gradient)).sum();
        let sigma = f64::from(sigma);
        let (scale, slope) = (sigma.recip() as f32, inner / (sigma * sigma));
        let rows = out.chunks_exact_mut(columns).zip(gradient.chunks_exact(columns));
        for ((out, gradient), &left) in rows.zip(left) {
            project(gradient, scale, right, (slope * f64::from(left)) as f32, out);
        }
        out
    }
}

/// One row of the gradient: `gradient · scale - slope · right`.
#[inline(always)]
fn project(gradient: &[f32], scale: f32, right: &[f32], slope: f32, out: &mut [f32]) {
    for ((out, gradient), right) in out.iter_mut().zip(gradient).zip(right) {
        *out = gradient * scale - slope * right;
    }
}

/// `x / by`.
#[inline(always)]
fn divide(x: &[f32], by: f32, out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = x / by;
    }
}

/// `Wᵀ u`: the rows of `weight`, each times its element of `left`, added up.
#[inline(always)]
fn row_sum(weight: &[f32], left: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    let (quads, rest) = left.as_chunks::<4>();
    let mut rows = weight.chunks_exact(4 * columns.max(1));
    for (rows, &left) in rows.by_ref().zip(quads) {
        let (a, b) = rows.split_at(2 * columns);
        let ((a, b), (c, d)) = (a.split_at(columns), b.split_at(columns));
        add_four(&mut sums, [a, b, c, d], left);
    }
    for (row, &left) in rows.remainder().chunks_exact(columns.max(1)).zip(rest) {
        add_scaled(&mut sums, row, left);
    }
    sums
}

/// Adds four rows, each times its factor.
#[inline(always)]
fn add_four(sums: &mut [f32], [a, b, c, d]: [&[f32]; 4], [e, f, g, h]: [f32; 4]) {
    for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *sum += (a * e + b * f) + (c * g + d * h);
    }
}

/// `W v`.
#[inline(always)]
fn by_vector(weight: &[f32], right: &[f32]) -> Vec<f32> {
    weight.chunks_exact(right.len().max(1)).map(|row| dot(row, right) as f32).collect()
}

/// `x` with length one, or `before` where all its squares are 0 in single precision, as they are of a weight of zeros.
#[inline(always)]
fn unit(mut x: Vec<f32>, before: Vec<f32>) -> Vec<f32> {
    let square: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    if square as f32 == 0.0 {
        return before;
    }
    let length = square.sqrt();
    // A comparison, since `max` would make a number of NaN.
    let length = if length < EPSILON { EPSILON } else { length };
    x.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    x
}

/// Scalar product, by lanes in single precision and over lanes in double.
#[inline(always)]
fn dot(one: &[f32], other: &[f32]) -> f64 {
    const WIDTH: usize = 4 * LANES;
    let mut lanes = [0.0f32; WIDTH];
    for (one, other) in one.chunks(WIDTH).zip(other.chunks(WIDTH)) {
        add_products(&mut lanes, one, other);
    }
    lanes.iter().fold(0.0, |sum, &lane| sum + f64::from(lane))
}

/// Adds products place by place.
#[inline(always)]
fn add_products(sums: &mut [f32], one: &[f32], other: &[f32]) {
    for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
        *sum += one * other;
    }
}
