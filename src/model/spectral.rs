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

use super::kernels::{self, SpectralTensors};
use super::layer::{Layer, Normalised, Pass};
use super::weights::{Rank, Weights};
use crate::arch::Graph;
use crate::arch::graph::ops::{Op, Reparameterisation};

/// Keeps the normalisation of a zero vector finite (PyTorch's default).
const EPSILON: f64 = 1e-12;

const WEIGHT: &str = "weight_orig";
const LEFT: &str = "weight_u";
const RIGHT: &str = "weight_v";

/// The normalised weights of all layers of a graph: on a GPU of all at once, elsewhere of none, which are normalised
/// one by one.
pub(super) fn normalise_all(graph: &Graph, weights: &Weights, pass: Pass) -> Normalised {
    if !kernels::are_used() || kernels::is_cpu(weights.device()) {
        return Normalised::new();
    }
    let spectral = graph.nodes().iter().filter(|node| is_spectral(&node.op));
    let names: Vec<&String> = spectral.filter_map(|node| node.weights.as_ref()).collect();
    if names.is_empty() {
        return Normalised::new();
    }
    let layers = names.iter().map(|name| SpectralTensors {
        weight: weights.plain(&format!("{name}.{WEIGHT}")),
        vectors: [LEFT, RIGHT].map(|vector| weights.buffer(&format!("{name}.{vector}"))),
    });
    let made = kernels::spectral_norm_of_layers(layers.collect(), pass == Pass::Train);
    names.into_iter().cloned().zip(made).collect()
}

fn is_spectral(op: &Op) -> bool {
    let reparameterisation = match op {
        Op::Conv(conv) => conv.reparameterisation,
        Op::UpsampledConv(upsampled) => upsampled.conv.reparameterisation,
        Op::PooledConv(pooled) => pooled.conv.reparameterisation,
        Op::Linear(linear) => linear.reparameterisation,
        _ => Reparameterisation::None,
    };
    reparameterisation == Reparameterisation::Spectral
}

/// The weight as it is stored.
pub(super) fn stored<const D: usize>(how: Reparameterisation, layer: &Layer<'_>) -> Tensor<D>
where
    Tensor<D>: Rank,
{
    match how {
        Reparameterisation::None => layer.weight("weight"),
        Reparameterisation::Spectral | Reparameterisation::SpectralOff => layer.weight(WEIGHT),
    }
}

/// `W / sigma` for a weight whose first dimension counts the rows of `W`; in [`Pass::Train`] after one power iteration.
pub(super) fn normalise<const D: usize>(weight: Tensor<D>, layer: &mut Layer<'_>) -> Tensor<D> {
    let iterates = layer.pass == Pass::Train;
    if let Some(made) = layer.normalised() {
        if iterates {
            let [left, right] = made.vectors.clone();
            layer.set_buffer(LEFT, left);
            layer.set_buffer(RIGHT, right);
        }
        return made.of(weight);
    }
    let (mut left, mut right) = (layer.buffer(LEFT), layer.buffer(RIGHT));
    if kernels::are_used() {
        let (normalised, [left, right]) = kernels::spectral_norm(weight, [left, right], iterates);
        if iterates {
            layer.set_buffer(LEFT, left);
            layer.set_buffer(RIGHT, right);
        }
        return normalised;
    }
    let shape = weight.dims();
    let (rows, columns) = (shape[0], shape[1..].iter().product());
    let weight: Tensor<2> = weight.reshape([rows, columns]);
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
    (weight / (sigma + zero)).reshape(shape)
}

/// `x` with length one, or `before` where it has none.
fn unit(x: Tensor<1>, before: Tensor<1>) -> Tensor<1> {
    let norm = x.clone().square().sum().sqrt();
    let zero = norm.clone().equal_elem(0.0).float();
    x / norm.clamp_min(EPSILON) + before * zero
}
