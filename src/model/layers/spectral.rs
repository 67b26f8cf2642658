//! Spectral normalisation (Miyato et al. 2018), as `torch.nn.utils.spectral_norm` does it.
//!
//! The effective weight is `W / sigma` with `sigma = uᵀ W v`. `u` and `v` are constants for the
//! gradient and move by one power iteration in each training pass; `W` is viewed as
//! `[out, in * kh * kw]`. Names are PyTorch's: `weight_orig`, `weight_u`, `weight_v`.
//!
//! PyTorch makes NaN of a weight of zeros. Here it stays zeros and keeps its vectors, so that it can grow
//! again. Both are decided by adding where something is exactly zero, not by a maximum, which could turn
//! a NaN into a number on a GPU.

use burn::module::{Module, Param, RunningState};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, module};

use super::Pass;
use super::batch_norm::store;

/// Keeps the normalisation of a zero vector finite (PyTorch's default).
const EPSILON: f64 = 1e-12;

/// A convolution that keeps height and width, with a spectrally normalised weight if `normalised`.
#[derive(Module, Debug)]
pub struct SpectralConv {
    /// `[out, in, k, k]`
    pub weight_orig: Param<Tensor<4>>,
    /// `[out]`
    pub bias: Param<Tensor<1>>,
    /// Left singular vector estimate, `[out]`
    pub weight_u: RunningState<Tensor<1>>,
    /// Right singular vector estimate, `[in * k * k]`
    pub weight_v: RunningState<Tensor<1>>,
    normalised: bool,
}

impl SpectralConv {
    /// A layer of zeros; [`initialise`](crate::model::initialise) fills it. `kernel` is odd.
    pub fn new(inputs: usize, outputs: usize, kernel: usize, normalised: bool, device: &Device) -> Self {
        let plain = device.clone().inner();
        Self {
            weight_orig: Param::from_tensor(Tensor::zeros([outputs, inputs, kernel, kernel], device)),
            bias: Param::from_tensor(Tensor::zeros([outputs], device)),
            weight_u: RunningState::new(Tensor::zeros([outputs], &plain)),
            weight_v: RunningState::new(Tensor::zeros([inputs * kernel * kernel], &plain)),
            normalised,
        }
    }

    /// `[batch, in, height, width]` to `[batch, out, height, width]`.
    pub fn forward(&self, x: Tensor<4>, pass: Pass) -> Tensor<4> {
        let weight = self.weight_orig.val();
        let [outputs, inputs, kernel, _] = weight.dims();
        let weight = match self.normalised {
            true => normalise(
                weight.reshape([outputs, inputs * kernel * kernel]),
                &self.weight_u,
                &self.weight_v,
                pass,
            )
            .reshape([outputs, inputs, kernel, kernel]),
            false => weight,
        };
        let pad = kernel / 2;
        let options = ConvOptions::new([1, 1], [pad, pad], [1, 1], 1);
        module::conv2d(x, weight, Some(self.bias.val()), options)
    }
}

/// A linear layer without bias, with a spectrally normalised weight if `normalised`.
#[derive(Module, Debug)]
pub struct SpectralLinear {
    /// `[out, in]`
    pub weight_orig: Param<Tensor<2>>,
    /// Left singular vector estimate, `[out]`
    pub weight_u: RunningState<Tensor<1>>,
    /// Right singular vector estimate, `[in]`
    pub weight_v: RunningState<Tensor<1>>,
    normalised: bool,
}

impl SpectralLinear {
    /// A layer of zeros; [`initialise`](crate::model::initialise) fills it.
    pub fn new(inputs: usize, outputs: usize, normalised: bool, device: &Device) -> Self {
        let plain = device.clone().inner();
        Self {
            weight_orig: Param::from_tensor(Tensor::zeros([outputs, inputs], device)),
            weight_u: RunningState::new(Tensor::zeros([outputs], &plain)),
            weight_v: RunningState::new(Tensor::zeros([inputs], &plain)),
            normalised,
        }
    }

    /// `[batch, in]` to `[batch, out]`.
    pub fn forward(&self, x: Tensor<2>, pass: Pass) -> Tensor<2> {
        let weight = self.weight_orig.val();
        let weight = match self.normalised {
            true => normalise(weight, &self.weight_u, &self.weight_v, pass),
            false => weight,
        };
        match weight.dims() {
            // A fused wgpu kernel of burn 0.22.1 misreads the gradient of a matrix product with one
            // output; the self-test watches over it.
            [1, inputs] => (x * weight.reshape([1, inputs])).sum_dim(1),
            _ => x.matmul(weight.transpose()),
        }
    }
}

/// `W / sigma` for `weight` of `[rows, columns]`; in [`Pass::Train`] after one power iteration.
fn normalise(
    weight: Tensor<2>,
    u: &RunningState<Tensor<1>>,
    v: &RunningState<Tensor<1>>,
    pass: Pass,
) -> Tensor<2> {
    let [rows, columns] = weight.dims();
    let (mut left, mut right) = (u.value(), v.value());
    if pass == Pass::Train {
        let constant = weight.clone().without_autodiff();
        let product = left.clone().reshape([1, rows]).matmul(constant.clone()).reshape([columns]);
        right = unit(product, right);
        let product = constant.matmul(right.clone().reshape([columns, 1])).reshape([rows]);
        left = unit(product, left);
        store(u, left.clone());
        store(v, right.clone());
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
