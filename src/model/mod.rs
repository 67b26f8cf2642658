//! Tensors: the networks of AutoGAN and their weights.

mod cell;
mod controller;
mod discriminator;
mod ema;
mod generator;
mod import;
mod init;
pub mod layers;
mod names;
mod recalibrate;
mod state;
mod weights;

pub use controller::{Controller, Hidden, Unrolled};
pub use discriminator::Discriminator;
pub use ema::Average;
pub use generator::Generator;
pub use import::{ImportError, Imported, import};
pub use init::{Init, initialise};
pub use layers::Pass;
pub use names::is_buffer;
pub(crate) use names::{Path, follow_path};
pub use recalibrate::recalibrate;
pub use state::{
    NamedTensors, StateError, collect, collect_gradients, inherit, parameter_count, parts, restore, shapes,
    snapshot, with_prefix,
};
pub use weights::{ModelFile, WeightsError, from_safetensors, to_safetensors};

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::arch::{Genotype, NetShape, Space};

/// Where a cell's output for later cells' skips is tapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipTap {
    /// After earlier cells' skips were added: what the released code does, by aliasing.
    AfterAddition,
    /// Before: what the paper's figure shows.
    #[default]
    BeforeAddition,
}

/// Sizes and switches of the networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Length of a latent vector.
    pub latent: usize,
    /// Side of the first feature map in pixels; each cell doubles it.
    pub bottom_width: usize,
    /// Channels of every generator cell.
    pub generator_channels: usize,
    /// Channels of every discriminator block.
    pub discriminator_channels: usize,
    /// Spectral norm in the discriminator.
    pub spectral_norm: bool,
    /// How convolutions start.
    pub init: Init,
    /// How the discriminator's spectrally normalised convolutions start. In the released code the
    /// scheme misses them and they keep PyTorch's default, `fan_in`.
    pub discriminator_init: Init,
    /// Where skips are tapped.
    pub skip_tap: SkipTap,
    /// Allocate the shared generator's modules that no genotype can use, as the released code does.
    pub allocate_unused: bool,
    /// Decay of the average generator.
    pub ema_decay: f64,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            latent: 128,
            bottom_width: 4,
            generator_channels: 128,
            discriminator_channels: 64,
            spectral_norm: true,
            init: Init::XavierUniform,
            discriminator_init: Init::XavierUniform,
            skip_tap: SkipTap::BeforeAddition,
            allocate_unused: false,
            ema_decay: 0.999,
        }
    }
}

impl ModelConfig {
    /// What `arch` needs to know to count parameters and multiply-accumulates.
    pub fn net_shape(&self) -> NetShape {
        NetShape {
            channels: self.generator_channels,
            latent: self.latent,
            bottom_width: self.bottom_width,
            ..NetShape::default()
        }
    }

    /// Side in pixels of the images of a generator with `cells` cells.
    pub fn side(&self, cells: usize) -> usize {
        self.bottom_width << cells
    }

    /// The shared generator with its initial weights. `stream` tells restarts apart.
    pub fn shared_generator(&self, space: &Space, device: &Device, seed: u64, stream: &str) -> Generator {
        let generator = Generator::shared(self, space, &device.clone().autodiff());
        initialise(generator, self.init, self.init, seed, &format!("init/{stream}/generator"))
    }

    /// A generator for one genotype with its initial weights.
    pub fn derived_generator(
        &self,
        genotype: &Genotype,
        device: &Device,
        seed: u64,
        stream: &str,
    ) -> Generator {
        let generator = Generator::derived(self, genotype, &device.clone().autodiff());
        initialise(generator, self.init, self.init, seed, &format!("init/{stream}/generator"))
    }

    /// A discriminator for up to `cells` stages with its initial weights.
    pub fn discriminator(&self, cells: usize, device: &Device, seed: u64, stream: &str) -> Discriminator {
        let discriminator = Discriminator::new(self, cells, &device.clone().autodiff());
        initialise(
            discriminator,
            self.init,
            self.discriminator_init,
            seed,
            &format!("init/{stream}/discriminator"),
        )
    }
}

/// A controller with its initial weights (PyTorch's defaults, as in the reference).
pub fn initialise_controller(controller: Controller, seed: u64, stream: &str) -> Controller {
    initialise(controller, Init::FanIn, Init::FanIn, seed, stream)
}

/// A tensor's values on the host, in row-major order.
pub fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let values = tensor.into_data().try_into_vec();
    values.unwrap_or_else(|_| unreachable!("all devices compute in f32"))
}
