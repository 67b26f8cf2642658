//! Runs of neighbouring channels in vector registers.

use core::ops::{Add, Neg, Sub};

use pulp::{Simd, bytemuck};

use crate::model::kernels::cpu::simd::ARCH;

/// Least number of channels that [`starts`] can cut into runs: the width of the widest register.
pub(crate) const LEAST: usize = 16;

/// A run of neighbouring channels, as many as a register of `S` holds.
#[derive(Clone, Copy)]
pub(crate) struct Lanes<S: Simd> {
    /// The instruction set.
    simd: S,
    /// The register.
    values: S::f32s,
}

impl<S: Simd> Lanes<S> {
    /// Number of channels in a run.
    const WIDTH: usize = size_of::<S::f32s>() / size_of::<f32>();

    /// Zero in each channel.
    #[inline(always)]
    pub(crate) fn zero(simd: S) -> Self {
        Self { simd, values: simd.splat_f32s(0.0) }
    }

    /// Reads the run that begins at `values[at]`.
    #[inline(always)]
    pub(crate) fn load(simd: S, values: &[f32], at: usize) -> Self {
        let bytes = bytemuck::cast_slice(&values[at..at + Self::WIDTH]);
        Self { simd, values: bytemuck::pod_read_unaligned(bytes) }
    }

    /// Writes the run to `values[at]` and on.
    #[inline(always)]
    pub(crate) fn store(self, values: &mut [f32], at: usize) {
        let bytes = bytemuck::cast_slice_mut(&mut values[at..at + Self::WIDTH]);
        bytes.copy_from_slice(bytemuck::bytes_of(&self.values));
    }

    /// Multiplies each channel by a half.
    #[inline(always)]
    pub(crate) fn half(self) -> Self {
        let half = self.simd.splat_f32s(0.5);
        Self { values: self.simd.mul_f32s(self.values, half), ..self }
    }
}

impl<S: Simd> Add for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self { values: self.simd.add_f32s(self.values, other.values), ..self }
    }
}

impl<S: Simd> Sub for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self { values: self.simd.sub_f32s(self.values, other.values), ..self }
    }
}

impl<S: Simd> Neg for Lanes<S> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self { values: self.simd.neg_f32s(self.values), ..self }
    }
}

/// First channels of the runs that cover `channels`, at least [`LEAST`]; the last run goes back over the one before
/// where the width does not divide `channels`, so what is written must not depend on what is there.
#[inline(always)]
pub(crate) fn starts<S: Simd>(channels: usize) -> impl Iterator<Item = usize> {
    let width = Lanes::<S>::WIDTH;
    (0..channels.div_ceil(width)).map(move |run| (run * width).min(channels - width))
}

/// Columns of a square of runs as rows.
///
/// Here and below loops over references fill arrays: `map`, `from_fn` and iterators over values are not always inlined
/// and then go through memory.
#[inline(always)]
pub(crate) fn turned<S: Simd, const R: usize, const C: usize>(
    simd: S,
    square: &[[Lanes<S>; C]; R],
) -> [[Lanes<S>; R]; C] {
    let mut turned = [[Lanes::zero(simd); R]; C];
    for (x, line) in turned.iter_mut().enumerate() {
        for (value, line) in line.iter_mut().zip(square) {
            *value = line[x];
        }
    }
    turned
}

/// Reads the columns of a square; the run in row `y` and column `x` is at `first + (y * N + x) * step`.
#[inline(always)]
pub(crate) fn columns<S: Simd, const N: usize>(
    simd: S,
    values: &[f32],
    first: usize,
    step: usize,
) -> [[Lanes<S>; N]; N] {
    let mut columns = [[Lanes::zero(simd); N]; N];
    for (x, column) in columns.iter_mut().enumerate() {
        for (y, value) in column.iter_mut().enumerate() {
            *value = Lanes::load(simd, values, first + (y * N + x) * step);
        }
    }
    columns
}

/// Writes a square: the run in row `y` and column `x` goes to `first + (y * N + x) * step`.
#[inline(always)]
pub(crate) fn store<S: Simd, const N: usize>(
    square: &[[Lanes<S>; N]; N],
    values: &mut [f32],
    first: usize,
    step: usize,
) {
    for (y, line) in square.iter().enumerate() {
        for (x, value) in line.iter().enumerate() {
            value.store(values, first + (y * N + x) * step);
        }
    }
}

/// Applies a transform to each line of a square.
#[inline(always)]
pub(crate) fn each<S: Simd, const R: usize, const C: usize, const D: usize>(
    simd: S,
    square: &[[Lanes<S>; C]; R],
    transform: impl Fn([Lanes<S>; C]) -> [Lanes<S>; D],
) -> [[Lanes<S>; D]; R] {
    let mut done = [[Lanes::zero(simd); D]; R];
    for (done, line) in done.iter_mut().zip(square) {
        *done = transform(*line);
    }
    done
}

/// Work on runs of channels that is compiled for several instruction sets.
pub(crate) trait Vectorized {
    /// The work; must be `#[inline(always)]`, and so must be all that it calls.
    fn run<S: Simd>(self, simd: S);
}

/// Does the work with the widest registers of this processor.
pub(crate) fn dispatch(work: impl Vectorized) {
    ARCH.dispatch(Dispatched(work));
}

/// Adapter to the dispatch of `pulp`.
struct Dispatched<W>(W);

impl<W: Vectorized> pulp::WithSimd for Dispatched<W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.0.run(simd);
    }
}
