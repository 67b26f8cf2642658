//! Initial weights, as the released code of AutoGAN draws them and as it means to.
//!
//! The released code applies one scheme to all `Conv2d` weights, gives batch norm weights N(1, 0.02) and leaves
//! everything else at PyTorch's defaults. There the scheme misses the discriminator's spectrally normalised
//! convolutions; see [`ModelConfig::discriminator_init`](super::ModelConfig::discriminator_init).

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::arch::graph::{Parameter, Start};
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

/// The values that a tensor starts with, drawn from the random stream `stream` of `seed`. `scheme` is for plain
/// convolutions, `spectral` for spectrally normalised ones.
pub(super) fn initial_values(
    parameter: &Parameter,
    [scheme, spectral]: [Init; 2],
    seed: u64,
    stream: &str,
) -> Vec<f32> {
    let generator = &mut rng(seed, stream, 0);
    let (shape, count) = (&parameter.shape, parameter.count() as usize);
    match parameter.start {
        Start::Scheme => weights(generator, scheme, shape),
        Start::SpectralScheme => weights(generator, spectral, shape),
        Start::FanIn => weights(generator, Init::FanIn, shape),
        Start::Uniform(bound) => uniforms(generator, count, bound),
        Start::Normal => normals(generator, count),
        Start::AroundOne => normals(generator, count).iter().map(|x| 1.0 + 0.02 * x).collect(),
        Start::UnitVector => unit(normals(generator, count)),
        Start::Zeros => vec![0.0; count],
        Start::Ones => vec![1.0; count],
    }
}

/// Convolutions are `[out, in, k, k]`, transposed ones `[in, out, k, k]`, linear ones `[out, in]`.
/// PyTorch takes dimension 1 for the fan-in of all of them, and so does the released code.
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
