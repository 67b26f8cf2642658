//! New vectors, made and filled by all threads.

use rayon::prelude::*;

/// Values of a task: 64 kB, which stay in the second-level cache between two passes over them.
pub(crate) const PIECE: usize = 16_384;

/// Values that are zeroed at a time.
const BLOCK: usize = 64;

/// A vector of `len` zeros.
///
/// Only unsafe code could leave the zeros out where all values are written afterwards. So they are written by all
/// threads: one thread took a tenth of an update of large networks for them, most of it for memory that the system had
/// to make.
pub(crate) fn zeros(len: usize) -> Vec<f32> {
    if len < 4 * PIECE {
        return vec![0.0; len];
    }
    let mut blocks: Vec<[f32; BLOCK]> = Vec::new();
    rayon::iter::repeat_n([0.0; BLOCK], len.div_ceil(BLOCK)).collect_into_vec(&mut blocks);
    let mut zeros = blocks.into_flattened();
    zeros.truncate(len);
    zeros
}

/// A vector of `len` values which `write` fills piece by piece, given where the piece starts. Pieces begin as zeros.
pub(crate) fn fill(len: usize, piece: usize, write: impl Fn(usize, &mut [f32]) + Sync) -> Vec<f32> {
    let mut out = zeros(len);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_zeros_is_made() {
        for len in [0, 1, 4 * PIECE - 1, 4 * PIECE, 4 * PIECE + 1, 5 * PIECE + 63] {
            let zeros = zeros(len);
            assert_eq!(zeros.len(), len);
            assert!(zeros.iter().all(|value| value.to_bits() == 0));
        }
    }
}
