//! Latent vectors, always drawn on the host.

use burn::tensor::{Device, Tensor, TensorData};

use crate::rng::{normals, rng};

/// The stream that is drawn from in place of `stream` after so many reseeds: a GAN that was taken back to
/// a saved state, because it diverged, must not meet again what broke them.
pub fn reseeded(stream: &str, reseeds: u64) -> String {
    match reseeds {
        0 => stream.to_owned(),
        _ => format!("{stream}/reseed {reseeds}"),
    }
}

/// `[count, length]` draws from N(0, 1), a pure function of seed, stream and counter.
pub fn latents(
    seed: u64,
    stream: &str,
    counter: u64,
    count: usize,
    length: usize,
    device: &Device,
) -> Tensor<2> {
    let values = normals(&mut rng(seed, stream, counter), count * length);
    Tensor::from_data(TensorData::new(values, [count, length]), device)
}
