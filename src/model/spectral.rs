//! Spectral normalisation (Miyato et al. 2018), as `torch.nn.utils.spectral_norm` does it.
//!
//! The effective weight is `W / sigma` with `sigma = uᵀ W v`. `u` and `v` are constants for the
//! gradient and move by one power iteration in each training pass; `W` is viewed as
//! `[out, in * kh * kw]`. Names are PyTorch's: `weight_orig`, `weight_u`, `weight_v`.
//!
//! PyTorch makes NaN of a weight of zeros. Here it stays zeros and keeps its vectors, so that it can grow
//! again. Both are decided by adding where something is exactly zero, not by a maximum, which could turn
//! a NaN into a number on a GPU.

use burn::tensor::Tensor;

use super::kernels;
use super::layer::{Layer, Pass};
use super::weights::Rank;
use crate::arch::graph::ops::Reparameterisation;

/// Keeps the normalisation of a zero vector finite (PyTorch's default).
const EPSILON: f64 = 1e-12;

const LEFT: &str = "weight_u";
const RIGHT: &str = "weight_v";

/// The weight as it is stored.
pub(super) fn stored<const D: usize>(how: Reparameterisation, layer: &Layer<'_>) -> Tensor<D>
where
    Tensor<D>: Rank,
{
    match how {
        Reparameterisation::None => layer.weight("weight"),
        Reparameterisation::Spectral | Reparameterisation::SpectralOff => layer.weight("weight_orig"),
    }
}

/// `W / sigma` for `weight` of `[rows, columns]`; in [`Pass::Train`] after one power iteration.
pub(super) fn normalise(weight: Tensor<2>, layer: &mut Layer<'_>) -> Tensor<2> {
    let [rows, columns] = weight.dims();
    let (mut left, mut right) = (layer.buffer(LEFT), layer.buffer(RIGHT));
    let iterates = layer.pass == Pass::Train;
    if kernels::are_used(&weight.device()) {
        let (normalised, [left, right]) = kernels::spectral_norm(weight, [left, right], iterates);
        if iterates {
            layer.set_buffer(LEFT, left);
            layer.set_buffer(RIGHT, right);
        }
        return normalised;
    }
    if iterates {
        let constant = weight.clone().without_autodiff();
        let product = left.clone().reshape([1, rows]).matmul(constant.clone()).reshape([columns]);
        right = unit(product, right);
        let product = constant.matmul(right.clone().reshape([columns, 1])).reshape([rows]);
        left = unit(product, left);
        layer.set_buffer(LEFT, left.clone());
        layer.set_buffer(RIGHT, right.clone());
    }
    if weight.is_autodiff() {
        (left, right) = (Tensor::from_inner(left), Tensor::from_inner(right));
    }
    let sigma = left.reshape([1, rows]).matmul(weight.clone()).matmul(right.reshape([columns, 1]));
    let zero = sigma.clone().detach().equal_elem(0.0).float();
    weight / (sigma + zero)
}

/// `x` with length one, or `before` where it has none.
fn unit(x: Tensor<1>, before: Tensor<1>) -> Tensor<1> {
    let norm = x.clone().square().sum().sqrt();
    let zero = norm.clone().equal_elem(0.0).float();
    x / norm.clamp_min(EPSILON) + before * zero
}
