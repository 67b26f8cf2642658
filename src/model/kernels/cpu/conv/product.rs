//! Matrix products on slices, one thread each.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::model::kernels::cpu::activation::relu_band;

/// What is done with the sums of a convolution.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finish<'a> {
    /// Added to each pixel, `[outputs]`.
    pub bias: Option<&'a [f32]>,
    /// Whether ReLU follows.
    pub relu: bool,
}

impl<'a> From<Option<&'a [f32]>> for Finish<'a> {
    fn from(bias: Option<&'a [f32]>) -> Self {
        Self { bias, relu: false }
    }
}

impl Finish<'_> {
    /// Does what is left to do with a band of sums that hold the bias.
    pub(crate) fn activate(&self, sums: &mut [f32]) {
        if self.relu {
            relu_band(sums);
        }
    }
}

/// View of row-major `values` as `rows` x `columns`.
pub(crate) fn matrix(values: &[f32], rows: usize, columns: usize) -> MatRef<'_, f32> {
    strided(values, rows, columns, columns)
}

/// View of `values` as `rows` x `columns`, where a row begins `stride` values after the one before.
pub(crate) fn strided(values: &[f32], rows: usize, columns: usize, stride: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice_with_stride(values, rows, columns, stride)
}

/// `target = lhs rhs`, or `target += lhs rhs` with [`Accum::Add`]; `target` is row-major and contiguous.
pub(crate) fn multiply(target: &mut [f32], start: Accum, lhs: MatRef<'_, f32>, rhs: MatRef<'_, f32>) {
    let (rows, columns) = (lhs.nrows(), rhs.ncols());
    // Not `from_row_major_slice_with_stride_mut`: in faer 0.24.4 it swaps the strides and so writes out of bounds.
    let target =
        MatMut::from_column_major_slice_mut(&mut target[..rows * columns], columns, rows).transpose_mut();
    matmul(target, start, lhs, rhs, 1.0, Par::Seq);
}

/// Fills a row-major `target` with the bias, one value a column, and says how a product has to be put there.
pub(crate) fn start(target: &mut [f32], bias: Option<&[f32]>) -> Accum {
    let Some(bias) = bias else { return Accum::Replace };
    for row in target.chunks_exact_mut(bias.len().max(1)) {
        row.copy_from_slice(bias);
    }
    Accum::Add
}
