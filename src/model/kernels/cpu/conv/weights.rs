//! Other orders of a layer's weights. `T` is the number of taps (9 for a kernel of 3x3).

use rayon::prelude::*;

use crate::model::kernels::cpu::fill::zeros;

/// Rows and columns of a block of [`transpose`]: 16 values are one cache line.
const BLOCK: usize = 16;

/// Transposes a row-major matrix of `rows` x `columns`.
pub(crate) fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    debug_assert_eq!(values.len(), rows * columns);
    let mut turned = zeros(values.len());
    turned.par_chunks_mut((BLOCK * rows).max(1)).enumerate().for_each(|(block, turned)| {
        let first = block * BLOCK;
        for start in (0..rows).step_by(BLOCK) {
            let end = rows.min(start + BLOCK);
            for (line, turned) in turned.chunks_exact_mut(rows).enumerate() {
                let column = values[start * columns + first + line..].iter().step_by(columns);
                for (turned, value) in turned[start..end].iter_mut().zip(column) {
                    *turned = *value;
                }
            }
        }
    });
    turned
}

/// Transposes each of many small row-major matrices of `rows` x `columns`, one after the other.
pub(crate) fn transpose_each(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = zeros(values.len());
    let len = (rows * columns).max(1);
    turned.par_chunks_mut(len).zip(values.par_chunks(len)).with_min_len(8).for_each(|(turned, values)| {
        for (column, turned) in turned.chunks_exact_mut(rows).enumerate() {
            for (turned, value) in turned.iter_mut().zip(values[column..].iter().step_by(columns)) {
                *turned = *value;
            }
        }
    });
    turned
}

/// `[out, in, T]` to `[in, T, out]`.
pub(crate) fn by_input(weight: &[f32], outputs: usize, inputs: usize, taps: usize) -> Vec<f32> {
    transpose(weight, outputs, inputs * taps)
}

/// `[out, in, T]` to `[T, in, out]`: what a patch `[T, in]` is multiplied with in the forward pass.
pub(crate) fn by_tap(weight: &[f32], outputs: usize, inputs: usize, taps: usize) -> Vec<f32> {
    permute(&by_input(weight, outputs, inputs, taps), outputs, |row| (row % inputs) * taps + row / inputs)
}

/// `[out, in, T]` to `[in, T, out]` with the taps in reverse: the transpose of what a patch `[T, out]` of the output
/// gradient is multiplied with.
pub(crate) fn reversed(weight: &[f32], outputs: usize, inputs: usize, taps: usize) -> Vec<f32> {
    permute(&by_input(weight, outputs, inputs, taps), outputs, |row| {
        row / taps * taps + taps - 1 - row % taps
    })
}

/// `[T, in, out]` to `[out, in, T]`.
pub(crate) fn from_taps(gradient: &[f32], outputs: usize, inputs: usize, taps: usize) -> Vec<f32> {
    let by_input = permute(gradient, outputs, |row| (row % taps) * inputs + row / taps);
    transpose(&by_input, inputs * taps, outputs)
}

/// `[out, in, T]` to `[out, T, in]` with the taps in reverse, for few values in one of the two.
pub(crate) fn reversed_by_output(weight: &[f32], inputs: usize, taps: usize) -> Vec<f32> {
    let turn = |weight: &[f32]| -> Vec<f32> {
        (0..taps)
            .rev()
            .flat_map(|tap| weight[tap..].iter().step_by(taps).copied().collect::<Vec<_>>())
            .collect()
    };
    weight.chunks_exact((inputs * taps).max(1)).flat_map(turn).collect()
}

/// `[T, out, in]` with the taps in reverse to `[out, in, T]`.
pub(crate) fn from_reversed_taps(gradient: &[f32], outputs: usize, inputs: usize, taps: usize) -> Vec<f32> {
    let pairs = outputs * inputs;
    let mut pairs: Vec<f32> = transpose(gradient, taps, pairs);
    pairs.chunks_exact_mut(taps.max(1)).for_each(<[f32]>::reverse);
    pairs
}

/// Copies rows of `columns` values: row `r` of the result is row `from(r)` of `values`.
fn permute(values: &[f32], columns: usize, from: impl Fn(usize) -> usize + Sync) -> Vec<f32> {
    let mut rows = zeros(values.len());
    rows.par_chunks_mut(columns.max(1)).with_min_len(64).enumerate().for_each(|(row, target)| {
        target.copy_from_slice(&values[from(row) * columns..][..columns]);
    });
    rows
}
