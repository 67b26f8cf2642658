//! Latent vectors, always drawn on the host.

use burn::tensor::{Device, Tensor, TensorData};

use crate::rng::{normals, rng};

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
