//! Batch norm and instance norm as PyTorch defines them.
//!
//! burn's own batch norm keeps the biased batch variance as running statistic and decides by the
//! device whether it trains. Here the running variance is the unbiased one (the reference's
//! checkpoints and our fixtures hold it) and the caller says what the pass is for.

use burn::module::{Module, Param, RunningState};
use burn::tensor::{Device, Tensor, module};

use super::Pass;

/// Added to the variance before the square root (PyTorch's default).
const EPSILON: f64 = 1e-5;
/// Weight of the newest batch in the running statistics (PyTorch's default).
const MOMENTUM: f64 = 0.1;

/// Share of the deviation that is added to what was divided by it. A variance overflows when values lie
/// further apart than 1e19, and what is divided by infinity is 0, the most ordinary of numbers; with this it
/// is infinite. Any finite deviation adds 2e-11 at most.
const TRACE: f32 = 1e-30;

/// Batch normalisation over `[batch, channels, height, width]` with affine parameters.
#[derive(Module, Debug)]
pub struct BatchNorm {
    /// `[channels]`
    pub weight: Param<Tensor<1>>,
    /// `[channels]`
    pub bias: Param<Tensor<1>>,
    /// `[channels]`
    pub running_mean: RunningState<Tensor<1>>,
    /// `[channels]`, unbiased
    pub running_var: RunningState<Tensor<1>>,
}

impl BatchNorm {
    /// Identity: weight and variance one, bias and mean zero.
    pub fn new(channels: usize, device: &Device) -> Self {
        let plain = device.clone().inner();
        Self {
            weight: Param::from_tensor(Tensor::ones([channels], device)),
            bias: Param::from_tensor(Tensor::zeros([channels], device)),
            running_mean: RunningState::new(Tensor::zeros([channels], &plain)),
            running_var: RunningState::new(Tensor::ones([channels], &plain)),
        }
    }

    /// Normalises `x`: by the running statistics in [`Pass::Eval`], else by its own, which move
    /// the running ones.
    pub fn forward(&self, x: Tensor<4>, pass: Pass) -> Tensor<4> {
        let momentum = match pass {
            Pass::Eval => return self.forward_eval(x),
            Pass::Train => MOMENTUM,
            Pass::Measure { seen } => 1.0 / (seen as f64 + 1.0),
        };
        let [batch, _, height, width] = x.dims();
        let count = (batch * height * width) as f64;
        let unbiased = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
        let out = module::batch_norm_train(x, self.weight.val(), self.bias.val(), EPSILON);
        blend(&self.running_mean, out.mean, momentum);
        blend(&self.running_var, out.variance * unbiased, momentum);
        out.output
    }

    fn forward_eval(&self, x: Tensor<4>) -> Tensor<4> {
        let statistic = |running: &RunningState<Tensor<1>>| match x.is_autodiff() {
            true => Tensor::from_inner(running.value()),
            false => running.value(),
        };
        let (mean, var) = (statistic(&self.running_mean), statistic(&self.running_var));
        let bias = self.bias.val() + var.clone().sqrt() * TRACE;
        module::batch_norm(x, self.weight.val(), bias, mean, var, EPSILON)
    }
}

/// Moves a running statistic towards the newest batch's.
fn blend(running: &RunningState<Tensor<1>>, newest: Tensor<1>, momentum: f64) {
    let newest = newest.without_autodiff() * momentum;
    store(running, running.value() * (1.0 - momentum) + newest);
}

/// Makes `value` the current one at once; `update` alone only queues it.
pub(super) fn store(running: &RunningState<Tensor<1>>, value: Tensor<1>) {
    running.update(value);
    running.value_sync();
}

/// Instance normalisation without affine parameters or running statistics
/// (`InstanceNorm2d` as PyTorch builds it by default).
///
/// Each image's channel is one channel of a single large image, so the fused batch norm serves.
pub fn instance_norm(x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    if x.shape().num_elements() == 0 {
        return x;
    }
    let device = x.device();
    let planes = batch * channels;
    let ones = Tensor::ones([planes], &device);
    let zeros = Tensor::zeros([planes], &device);
    let out = module::batch_norm_train(x.reshape([1, planes, height, width]), ones, zeros, EPSILON);
    let trace = out.variance.sqrt().reshape([batch, channels, 1, 1]) * TRACE;
    out.output.reshape([batch, channels, height, width]) + trace
}
