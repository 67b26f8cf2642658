//! The layers that burn lacks or does differently from the reference.

mod batch_norm;
mod linear;
mod spectral;
mod upsample;

pub use batch_norm::{BatchNorm, instance_norm};
pub use linear::Linear;
pub use spectral::{SpectralConv, SpectralLinear};
pub use upsample::{deconv, resize};

use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::Device;

/// What a forward pass is for. It decides about batch statistics and power iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Batch norm uses and records batch statistics; spectral norm does one power iteration.
    Train,
    /// Everything stands still: running statistics, stored spectral vectors.
    Eval,
    /// Batch norm uses batch statistics and averages them into the running ones; `seen` batches
    /// were measured before this one.
    Measure {
        /// Number of batches before this one; 0 forgets what was there.
        seen: usize,
    },
}

/// A convolution with an odd kernel that keeps height and width.
pub(super) fn conv(channels_in: usize, channels_out: usize, kernel: usize, device: &Device) -> Conv2d {
    let pad = kernel / 2;
    Conv2dConfig::new([channels_in, channels_out], [kernel, kernel])
        .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
        .init(device)
}
