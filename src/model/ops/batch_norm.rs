//! Batch norm as PyTorch defines it.
//!
//! burn's own batch norm keeps the biased batch variance as running statistic and decides by the device whether it
//! trains. Here the running variance is the unbiased one, as in PyTorch's checkpoints, and the caller says what the
//! pass is for.

use burn::tensor::{Tensor, activation, module};

use super::super::layer::Pass;
use super::{Forward, Layer, Value, maps};
use crate::arch::graph::ops::BatchNorm;

/// Added to the variance before the square root (PyTorch's default).
pub(super) const EPSILON: f64 = 1e-5;
/// Weight of the newest batch in the running statistics (PyTorch's default).
const MOMENTUM: f64 = 0.1;

/// Share of the deviation that is added to what was divided by it. A variance overflows when values lie
/// further apart than 1e19, and what is divided by infinity is 0, the most ordinary of numbers; with this it
/// is infinite. Any finite deviation adds 2e-11 at most.
pub(super) const TRACE: f32 = 1e-30;

const MEAN: &str = "running_mean";
const VARIANCE: &str = "running_var";

impl Forward for BatchNorm {
    /// Normalises by the running statistics in [`Pass::Eval`], else by the batch's own, which move the running ones.
    fn forward(&self, inputs: Vec<Value>, mut layer: Layer<'_>) -> Value {
        let x = maps(inputs);
        let momentum = match layer.pass {
            Pass::Eval => return self.activated(in_use(x, &layer)).into(),
            Pass::Train => MOMENTUM,
            Pass::Measure { seen } => 1.0 / (seen as f64 + 1.0),
        };
        let [batch, _, height, width] = x.dims();
        let count = (batch * height * width) as f64;
        let unbiased = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
        let out = module::batch_norm_train(x, layer.weight("weight"), layer.weight("bias"), EPSILON);
        blend(&mut layer, MEAN, out.mean, momentum);
        blend(&mut layer, VARIANCE, out.variance * unbiased, momentum);
        self.activated(out.output).into()
    }
}

impl BatchNorm {
    fn activated(self, x: Tensor<4>) -> Tensor<4> {
        if self.relu { activation::relu(x) } else { x }
    }
}

fn in_use(x: Tensor<4>, layer: &Layer<'_>) -> Tensor<4> {
    let autodiff = x.is_autodiff();
    let statistic = |name: &str| {
        let buffer = layer.buffer(name);
        if autodiff { Tensor::from_inner(buffer) } else { buffer }
    };
    let (mean, var) = (statistic(MEAN), statistic(VARIANCE));
    let bias = layer.weight("bias") + var.clone().sqrt() * TRACE;
    module::batch_norm(x, layer.weight("weight"), bias, mean, var, EPSILON)
}

/// Moves a running statistic towards the newest batch's.
fn blend(layer: &mut Layer<'_>, name: &str, newest: Tensor<1>, momentum: f64) {
    let newest = newest.without_autodiff() * momentum;
    let moved = layer.buffer(name) * (1.0 - momentum) + newest;
    layer.set_buffer(name, moved);
}
