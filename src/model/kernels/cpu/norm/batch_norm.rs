//! Batch norm (Ioffe and Szegedy 2015) as PyTorch defines it, with an optional ReLU behind it.

use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::norm::Norm;
use crate::model::kernels::cpu::norm::{ChannelStatistics, NormGradients};
use crate::model::kernels::cpu::sections::Sections;

/// The settings of one batch norm layer.
#[derive(Clone, Copy, Debug)]
pub struct FusedBatchNorm<'a> {
    /// `[channels]`: multiplies the normalised values.
    pub weight: &'a [f32],
    /// `[channels]`: added to them.
    pub bias: &'a [f32],
    /// Whether a ReLU follows.
    pub relu: bool,
}

impl FusedBatchNorm<'_> {
    /// `x` normalised by the batch's own statistics, which are returned too: mean and biased variance by channel, NaN
    /// for a batch of no pixels. Where the variance overflows single precision the output is NaN.
    ///
    /// # Panics
    ///
    /// If `x`, weight or bias do not have `extent`'s size.
    pub fn train(&self, x: &[f32], extent: Extent) -> (Vec<f32>, ChannelStatistics) {
        let norm = self.norm(extent);
        let statistics = norm.measure(x);
        (norm.forward(x, &statistics), statistics)
    }

    /// Gradients given that of [`FusedBatchNorm::train`]'s output, in whose memory that of `x` is returned. `statistics` are
    /// those that it returned.
    ///
    /// # Panics
    ///
    /// If a size does not agree with `extent`.
    pub fn train_backward(
        &self,
        x: &[f32],
        extent: Extent,
        statistics: &ChannelStatistics,
        gradient: Vec<f32>,
    ) -> NormGradients {
        self.norm(extent).backward(x, statistics, gradient, false)
    }

    /// `x` normalised by `running` statistics, one mean and variance by channel. Where a variance overflows single
    /// precision the output is NaN.
    ///
    /// # Panics
    ///
    /// If a size does not agree with `extent`.
    pub fn eval(&self, x: &[f32], extent: Extent, running: &ChannelStatistics) -> Vec<f32> {
        self.norm(extent).forward(x, running)
    }

    /// Gradients given that of [`FusedBatchNorm::eval`]'s output, in whose memory that of `x` is returned. An infinite `x`
    /// makes its own gradient NaN.
    ///
    /// # Panics
    ///
    /// If a size does not agree with `extent`.
    pub fn eval_backward(
        &self,
        x: &[f32],
        extent: Extent,
        running: &ChannelStatistics,
        gradient: Vec<f32>,
    ) -> NormGradients {
        self.norm(extent).backward(x, running, gradient, true)
    }

    fn norm(&self, extent: Extent) -> Norm<'_> {
        let sections = Sections::new(1, extent.pixels(), extent.channels);
        Norm { sections, affine: Some((self.weight, self.bias)), relu: self.relu }
    }
}
