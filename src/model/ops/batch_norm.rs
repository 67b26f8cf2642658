//! Batch norm as PyTorch defines it.
//!
//! burn's own batch norm keeps the biased batch variance as running statistic and decides by the device whether it
//! trains. Here the running variance is the unbiased one, as in PyTorch's checkpoints, and the caller says what the
//! pass is for.

use burn::tensor::{Tensor, module};

use super::super::kernels;
use super::super::layer::Pass;
use super::activation::relu;
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
            Pass::Eval => return self.in_use(x, &layer).into(),
            Pass::Train => MOMENTUM,
            Pass::Measure { seen } => 1.0 / (seen as f64 + 1.0),
        };
        let [batch, _, height, width] = x.dims();
        let count = (batch * height * width) as f64;
        let unbiased = if count > 1.0 { count / (count - 1.0) } else { 1.0 };
        let in_one = kernels::are_used() && !kernels::is_cpu(&x.device());
        let (output, [mean, variance]) = self.by_batch(x, layer.weight("weight"), layer.weight("bias"));
        if in_one {
            let running = [layer.buffer(MEAN), layer.buffer(VARIANCE)];
            let [mean, variance] = kernels::blended(running, [mean, variance], momentum, unbiased);
            layer.set_buffer(MEAN, mean);
            layer.set_buffer(VARIANCE, variance);
        } else {
            blend(&mut layer, MEAN, mean, momentum);
            blend(&mut layer, VARIANCE, variance * unbiased, momentum);
        }
        output.into()
    }
}

impl BatchNorm {
    /// Normalised by the batch's own statistics; these are outside of autodiff.
    fn by_batch(self, x: Tensor<4>, weight: Tensor<1>, bias: Tensor<1>) -> (Tensor<4>, [Tensor<1>; 2]) {
        if kernels::are_used() {
            return kernels::batch_norm(x, weight, bias, self.relu);
        }
        let made = module::batch_norm_train(x, weight, bias, EPSILON);
        let statistics = [made.mean, made.variance].map(Tensor::without_autodiff);
        (self.activated(made.output), statistics)
    }

    /// Normalised by the running statistics.
    fn in_use(self, x: Tensor<4>, layer: &Layer<'_>) -> Tensor<4> {
        let (weight, bias) = (layer.weight("weight"), layer.weight("bias"));
        let statistics = [layer.buffer(MEAN), layer.buffer(VARIANCE)];
        if kernels::are_used() {
            return kernels::batch_norm_in_use(x, [weight, bias], statistics, self.relu);
        }
        let autodiff = x.is_autodiff();
        let [mean, variance] =
            statistics.map(|statistic| if autodiff { Tensor::from_inner(statistic) } else { statistic });
        self.activated(by_statistics(x, weight, bias, mean, variance))
    }

    fn activated(self, x: Tensor<4>) -> Tensor<4> {
        if self.relu { relu(x) } else { x }
    }
}

fn by_statistics(
    x: Tensor<4>,
    weight: Tensor<1>,
    bias: Tensor<1>,
    mean: Tensor<1>,
    variance: Tensor<1>,
) -> Tensor<4> {
    let bias = bias + variance.clone().sqrt() * TRACE;
    module::batch_norm(x, weight, bias, mean, variance, EPSILON)
}

/// Moves a running statistic towards the newest batch's.
fn blend(layer: &mut Layer<'_>, name: &str, newest: Tensor<1>, momentum: f64) {
    let moved = layer.buffer(name) * (1.0 - momentum) + newest * momentum;
    layer.set_buffer(name, moved);
}
