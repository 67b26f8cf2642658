//! New vectors, filled by a parallel loop.

use rayon::prelude::*;

/// Values of a task: 64 kB, which stay in the second-level cache between two passes over them.
pub(crate) const PIECE: usize = 16_384;

/// A vector of `len` values which `write` fills piece by piece, given where the piece starts.
///
/// The vector is zeroed first, which costs about 0.1 ms for 8 MB of memory that the allocator has ready: only unsafe
/// code could leave that out.
pub(crate) fn fill(len: usize, piece: usize, write: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let mut out = vec![0.0; len];
    let piece = piece.max(1);
    out.par_chunks_mut(piece).enumerate().for_each(|(index, out)| write(index * piece, out));
    out
}

/// A vector of `len` values which `write` fills row by row, given the row's index. Rows begin as zeros.
pub(crate) fn fill_rows(len: usize, row: usize, write: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    fill_rows_with(len, row, || (), |(), index, out| write(index, out))
}

/// [`fill_rows`] with scratch memory, which `scratch` makes and a task's rows share.
pub(crate) fn fill_rows_with<S>(
    len: usize,
    row: usize,
    scratch: impl Fn() -> S + Sync,
    write: impl Fn(&mut S, usize, &mut [f32]) + Sync,
) -> Vec<f32> {
    let row = row.max(1);
    let rows = (PIECE / row).max(1);
    fill(len, rows * row, |start, piece| {
        let mut scratch = scratch();
        for (index, out) in (start / row..).zip(piece.chunks_mut(row)) {
            write(&mut scratch, index, out);
        }
    })
}
