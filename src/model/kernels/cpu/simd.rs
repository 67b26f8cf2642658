//! Loops compiled for every instruction set that `pulp` knows, the best of which is chosen at run time.

use std::sync::LazyLock;

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::model::kernels::cpu::fill::{PIECE, fill};

/// Values of the widest register (AVX-512).
pub(crate) const LANES: usize = 16;

/// Values that go through the first-level cache when a function replaces them.
const BUFFER: usize = 1024;

/// The instruction sets of this machine.
pub(crate) static ARCH: LazyLock<pulp::Arch> = LazyLock::new(pulp::Arch::new);

/// Runs `kernel` compiled for this machine's instruction set.
///
/// What `call` runs is compiled so only where it is inlined into it, hence `#[inline(always)]` on all of it. Loops
/// belong in functions that take each slice as an argument: that is how the compiler learns that what is written does
/// not overlap what is read. Loops over arrays of lanes came out worse: it unrolls them before it vectorises.
#[inline]
pub(crate) fn dispatch<K: NullaryFnOnce>(kernel: K) -> K::Output {
    ARCH.dispatch(kernel)
}

/// A function of one value and `N` others in the same place, applied to whole slices by [`map`].
pub(crate) trait Elementwise<const N: usize>: Copy + Sync {
    /// The function; to be `#[inline(always)]`.
    fn apply(self, value: f32, others: [f32; N]) -> f32;
}

/// `f` of `values` and `others`, place by place, in a new vector.
///
/// # Panics
///
/// If lengths differ.
pub(crate) fn map<const N: usize, F: Elementwise<N>>(f: F, values: &[f32], others: [&[f32]; N]) -> Vec<f32> {
    assert_lengths(values.len(), others);
    fill(values.len(), PIECE, |start, out| {
        let others = others.map(|other| &other[start..start + out.len()]);
        dispatch(Map { f, values: &values[start..start + out.len()], others, out });
    })
}

/// Replaces each of `values` by `f` of it and `others` in the same place.
///
/// # Panics
///
/// If lengths differ.
pub(crate) fn map_in_place<const N: usize, F: Elementwise<N>>(f: F, values: &mut [f32], others: [&[f32]; N]) {
    assert_lengths(values.len(), others);
    values.par_chunks_mut(PIECE).enumerate().for_each(|(index, values)| {
        let start = index * PIECE;
        let others = others.map(|other| &other[start..start + values.len()]);
        dispatch(MapInPlace { f, values, others });
    });
}

/// Replaces each of `values` by `f` of it, by this thread alone.
pub(crate) fn replace(f: impl Elementwise<0>, values: &mut [f32]) {
    dispatch(MapInPlace { f, values, others: [] });
}

/// Panics if one of `others` is not of length `len`.
fn assert_lengths<const N: usize>(len: usize, others: [&[f32]; N]) {
    for other in others {
        assert_eq!(other.len(), len, "slices of different lengths");
    }
}

/// Writes the function of a piece to `out`.
struct Map<'a, F, const N: usize> {
    f: F,
    values: &'a [f32],
    others: [&'a [f32]; N],
    out: &'a mut [f32],
}

impl<F: Elementwise<N>, const N: usize> NullaryFnOnce for Map<'_, F, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        write(self.f, self.values, self.others, self.out);
    }
}

/// The loop of [`Map`] and [`MapInPlace`].
#[inline(always)]
fn write<const N: usize>(f: impl Elementwise<N>, values: &[f32], others: [&[f32]; N], out: &mut [f32]) {
    let others = others.map(|other| &other[..out.len()]);
    for (i, (out, &value)) in out.iter_mut().zip(values).enumerate() {
        *out = f.apply(value, others.map(|other| other[i]));
    }
}

/// Replaces a piece by its function.
struct MapInPlace<'a, F, const N: usize> {
    f: F,
    values: &'a mut [f32],
    others: [&'a [f32]; N],
}

impl<F: Elementwise<N>, const N: usize> NullaryFnOnce for MapInPlace<'_, F, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        // By way of a buffer, or else the compiler makes a store under a mask of what ReLU leaves alone, which costs
        // four times as much in AVX2 on Zen 4.
        let mut buffer = [0.0; BUFFER];
        for (index, values) in self.values.chunks_mut(BUFFER).enumerate() {
            let buffer = &mut buffer[..values.len()];
            write(self.f, values, self.others.map(|other| &other[index * BUFFER..]), buffer);
            values.copy_from_slice(buffer);
        }
    }
}

/// Adds `row` to `sums`; to be called under [`dispatch`].
#[inline(always)]
pub(crate) fn add_to(sums: &mut [f32], row: &[f32]) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += x;
    }
}

/// Adds `row · factor` to `sums`; to be called under [`dispatch`].
#[inline(always)]
pub(crate) fn add_scaled(sums: &mut [f32], row: &[f32], factor: f32) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += x * factor;
    }
}
