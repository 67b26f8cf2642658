//! Tensors: graphs at work, and their weights.
//!
//! [`run`] interprets a graph on [`Weights`], a map from name to tensor; [`Generator`] is an architecture's graph with
//! its weights, ready to make images.

mod controller;
mod directions;
mod ema;
mod file;
mod generator;
mod import;
mod init;
pub(crate) mod kernels;
mod layer;
mod ops;
mod recalibrate;
mod run;
mod spectral;
mod state;
mod tables;
mod weights;

pub use controller::{Controller, Hidden, Unrolled};
pub use directions::{PrincipalDirection, principal_directions};
pub use ema::Average;
pub(crate) use file::non_finite;
pub use file::{ModelFile, WeightsError, from_safetensors, to_safetensors};
pub use generator::Generator;
pub use import::{ImportError, Imported, cells_of, import};
pub use init::Init;
pub use layer::{Pass, Value};
pub use recalibrate::recalibrate;
pub use run::{Forwarded, run};
pub use state::{NamedTensors, StateError, add_prefix, is_buffer, named, strip_prefix};
pub use tables::{GeneratorTable, TableError};
pub use weights::{Buffers, Weight, Weights, copied};

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::arch::graph::{discriminator, generator};
use crate::arch::{Critic, Genotype, Graph, NetShape, Space, shared_parameters};
use crate::device::note_readback;

pub use crate::arch::SkipTap;
pub use crate::arch::graph::{Parameter, Parameters};

/// Sizes and switches of the networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Length of a latent vector.
    #[serde(alias = "latent")]
    pub latent_dim: usize,
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
            latent_dim: 128,
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
            latent: self.latent_dim,
            bottom_width: self.bottom_width,
            ..NetShape::default()
        }
    }

    /// Side in pixels of the images of a generator with `cells` cells.
    pub fn side(&self, cells: usize) -> usize {
        self.bottom_width << cells
    }

    /// The generator of a genotype.
    pub fn generator_graph(&self, genotype: &Genotype) -> Graph {
        generator(genotype, &self.net_shape(), self.skip_tap)
    }

    /// The discriminator for images of a generator with `cells` cells.
    pub fn discriminator_graph(&self, cells: usize) -> Graph {
        let critic = Critic { channels: self.discriminator_channels, spectral_norm: self.spectral_norm };
        discriminator(&critic, cells - 1, self.side(cells))
    }

    /// Initial weights of the shared generator. `stream` tells restarts apart.
    pub fn shared_generator(&self, space: &Space, device: &Device, seed: u64, stream: &str) -> Weights {
        let parameters = shared_parameters(space, &self.net_shape(), self.allocate_unused);
        let stream = format!("init/{stream}/generator");
        Weights::initial(&parameters, [self.init; 2], &device.clone().autodiff(), seed, &stream)
    }

    /// Initial weights of the generator of one genotype.
    pub fn derived_generator(
        &self,
        genotype: &Genotype,
        device: &Device,
        seed: u64,
        stream: &str,
    ) -> Weights {
        let parameters = self.generator_graph(genotype).parameters();
        let stream = format!("init/{stream}/generator");
        Weights::initial(&parameters, [self.init; 2], &device.clone().autodiff(), seed, &stream)
    }

    /// Initial weights of a discriminator that grows with a generator up to `cells` cells.
    pub fn discriminator(&self, cells: usize, device: &Device, seed: u64, stream: &str) -> Weights {
        let parameters = self.discriminator_graph(cells).parameters();
        let schemes = [self.init, self.discriminator_init];
        let stream = format!("init/{stream}/discriminator");
        Weights::initial(&parameters, schemes, &device.clone().autodiff(), seed, &stream)
    }
}

/// A tensor's values on the host, in row-major order.
pub fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    note_readback();
    let values = tensor.into_data().try_into_vec();
    values.unwrap_or_else(|_| unreachable!("all devices compute in f32"))
}

/// The only value of a tensor, on the host.
pub fn scalar(tensor: Tensor<1>) -> f32 {
    note_readback();
    tensor.into_scalar()
}

/// The two outputs of a feature extractor: features `[batch, features]` and logits `[batch, classes]`.
pub fn features_and_logits(forwarded: Forwarded) -> (Tensor<2>, Tensor<2>) {
    match <[Value; 2]>::try_from(forwarded.outputs) {
        Ok([features, logits]) => (features.features(), logits.features()),
        Err(outputs) => panic!("{} outputs of a feature extractor, which has two", outputs.len()),
    }
}
