//! Loops over slices that several kernels have in common; to be called under [`crate::model::kernels::cpu::simd::dispatch`].

/// Adds `row` to `sums`.
#[inline(always)]
pub(crate) fn add_to(sums: &mut [f32], row: &[f32]) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += x;
    }
}

/// Adds `row · factor` to `sums`.
#[inline(always)]
pub(crate) fn add_scaled(sums: &mut [f32], row: &[f32], factor: f32) {
    for (sum, x) in sums.iter_mut().zip(row) {
        *sum += x * factor;
    }
}
