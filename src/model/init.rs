//! Initial weights, as the reference draws them and as it means to.
//!
//! The reference applies one scheme to all `Conv2d` weights, gives batch norm weights N(1, 0.02) and
//! leaves everything else at PyTorch's defaults. In the released code the scheme misses the
//! discriminator's spectrally normalised convolutions (reference notes, section 2); see
//! [`ModelConfig::discriminator_scheme`](super::ModelConfig::discriminator_scheme).

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::names::{Path, follow_path};
use super::state::replace;
use crate::rng::{normals, rng, uniforms};

/// How the weights of convolutions start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// U(±sqrt(6 / (fan_in + fan_out))) (Glorot and Bengio 2010, gain 1).
    #[default]
    XavierUniform,
    /// N(0, 0.02).
    Normal,
    /// PyTorch's default: U(±1 / sqrt(fan_in)).
    FanIn,
}

/// Fills every parameter of `module` from host-drawn numbers, one stream for each name, so that a
/// derived generator starts like the shared one's part and every device starts alike.
///
/// `scheme` is for plain convolutions, `spectral` for spectrally normalised ones.
pub fn initialise<M: Module>(module: M, scheme: Init, spectral: Init, seed: u64, stream: &str) -> M {
    module.map(&mut Filler { path: Path::default(), scheme, spectral, seed, stream, fan_in: 1 })
}

struct Filler<'a> {
    path: Path,
    scheme: Init,
    spectral: Init,
    seed: u64,
    stream: &'a str,
    /// Of the layer's weight, which comes before its bias: PyTorch's biases need it.
    fan_in: usize,
}

impl Filler<'_> {
    /// Values for the current parameter; `None` leaves it as it was built.
    fn values(&mut self, shape: &[usize]) -> Option<Vec<f32>> {
        let count = shape.iter().product();
        let stream = format!("{}/{}", self.stream, self.path.name());
        let generator = &mut rng(self.seed, &stream, 0);
        if shape.len() > 1 {
            self.fan_in = shape[1..].iter().product();
        }
        let values = match (self.path.layer(), self.path.field()) {
            ("Conv2d", "weight") => weights(generator, self.scheme, shape),
            ("SpectralConv", "weight_orig") => weights(generator, self.spectral, shape),
            ("ConvTranspose2d" | "Linear", "weight") | ("SpectralLinear", "weight_orig") => {
                weights(generator, Init::FanIn, shape)
            }
            ("Conv2d" | "SpectralConv" | "ConvTranspose2d" | "Linear", "bias") => {
                uniforms(generator, count, 1.0 / (self.fan_in as f32).sqrt())
            }
            ("BatchNorm", "weight") => {
                let draws = normals(generator, count);
                draws.iter().map(|x| 1.0 + 0.02 * x).collect()
            }
            (_, "weight_u" | "weight_v") => unit(normals(generator, count)),
            ("Embedding", "weight") => normals(generator, count),
            // PyTorch: U(±1/sqrt(hidden)); every tensor of the cell has 4 * hidden rows.
            ("LstmCell", _) => uniforms(generator, count, (4.0 / shape[0] as f32).sqrt()),
            _ => return None,
        };
        Some(values)
    }
}

/// Convolutions are `[out, in, k, k]`, transposed ones `[in, out, k, k]`, linear ones `[out, in]`.
/// PyTorch takes dimension 1 for the fan-in of all of them, and so does the reference.
fn weights(generator: &mut impl Rng, init: Init, shape: &[usize]) -> Vec<f32> {
    let field: usize = shape[2..].iter().product();
    let (fan_in, fan_out) = ((shape[1] * field) as f32, (shape[0] * field) as f32);
    let count = shape.iter().product();
    match init {
        Init::XavierUniform => uniforms(generator, count, (6.0 / (fan_in + fan_out)).sqrt()),
        Init::FanIn => uniforms(generator, count, 1.0 / fan_in.sqrt()),
        Init::Normal => normals(generator, count).iter().map(|x| 0.02 * x).collect(),
    }
}

fn unit(mut values: Vec<f32>) -> Vec<f32> {
    let norm = values.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    values.iter_mut().for_each(|x| *x /= norm);
    values
}

impl ModuleMapper for Filler<'_> {
    follow_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape().to_vec();
        match self.values(&shape) {
            Some(values) => replace(param, TensorData::new(values, shape)),
            None => param,
        }
    }
}
