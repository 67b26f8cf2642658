//! Images from a trained generator.

use std::collections::HashMap;

use anyhow::{Context as _, bail, ensure};
use burn::tensor::{Device, Tensor, TensorData};

use crate::engine::IMAGE_BATCH;
use crate::gan::latents;
use crate::model::{Generator, ModelFile, NamedTensors, host, named, to_safetensors};
use crate::rng::SAMPLE_STREAM;
use crate::tensors::TensorFile;

/// Most latents that a file may hold: the images of all of them are held.
const MOST_LATENTS: usize = 100_000;

/// Most tensors that a message names.
const MOST_NAMED: usize = 3;

/// The tensor of a file of latents.
const LATENTS: &str = "z";

/// Which latents to make images of.
pub enum Latents {
    /// So many draws.
    Drawn {
        /// How many.
        count: usize,
        /// Their seed.
        seed: u64,
    },
    /// The tensor `z`, `[n, latent]`, in the bytes of a safetensors or PyTorch file.
    Given(Vec<u8>),
}

/// Generated images on the host.
pub struct Images {
    /// `[count, 3, side, side]`, row-major, from -1 to 1.
    pub values: Vec<f32>,
    /// Number of images.
    pub count: usize,
    /// Their side in pixels.
    pub side: usize,
}

impl Images {
    /// The bytes of a safetensors file with the tensor `images`.
    ///
    /// # Errors
    ///
    /// If they cannot be written as one.
    pub fn to_safetensors(&self) -> anyhow::Result<Vec<u8>> {
        let shape = [self.count, 3, self.side, self.side];
        let data = TensorData::new(self.values.clone(), shape);
        let tensors = NamedTensors::from([("images".to_owned(), data)]);
        Ok(to_safetensors(&tensors, HashMap::new())?)
    }
}

/// Why no images were generated.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The weights do not fit the architecture.
    #[error(transparent)]
    Model(anyhow::Error),
    /// The file of latents cannot be used; the caller knows its name and adds it.
    #[error(transparent)]
    Latents(anyhow::Error),
}

/// Generates images on `device`.
///
/// # Errors
///
/// If weights or latents do not fit the architecture.
pub fn sample(file: &ModelFile, from: &Latents, device: &Device) -> Result<Images, SampleError> {
    let sampler = Sampler::new(file, from, device)?;
    let count = sampler.len();
    let batches = (0..count).step_by(IMAGE_BATCH);
    let values = batches.flat_map(|first| host(sampler.images(first, IMAGE_BATCH.min(count - first))));
    Ok(Images { values: values.collect(), count, side: sampler.side })
}

/// A generator with the latents that images are made of, some at a time.
pub(super) struct Sampler {
    generator: Generator,
    z: Tensor<2>,
    side: usize,
}

impl Sampler {
    /// The generator of a file on `device`.
    ///
    /// # Errors
    ///
    /// If weights or latents do not fit the architecture.
    pub fn new(file: &ModelFile, from: &Latents, device: &Device) -> Result<Self, SampleError> {
        let latent = file.config.latent_dim;
        // Its sizes are those of the tensors then, and nothing is made for others.
        let generator = file.generator(device).map_err(|error| SampleError::Model(error.into()))?;
        let z = match from {
            Latents::Drawn { count, seed } => latents(*seed, SAMPLE_STREAM, 0, *count, latent, device),
            Latents::Given(bytes) => read_latents(bytes, latent, device).map_err(SampleError::Latents)?,
        };
        let side = file.config.side(file.genotype.cells.len());
        Ok(Self { generator, z, side })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        let [count, _] = self.z.dims();
        count
    }

    /// `count` images from the number `first`, `[count, 3, side, side]` in -1 to 1.
    pub fn images(&self, first: usize, count: usize) -> Tensor<4> {
        let z = self.z.clone().narrow(0, first, count);
        self.generator.generate(z)
    }
}

/// The bytes of a file with one latent, as [`Latents::Given`] takes it.
///
/// # Errors
///
/// None that a latent could bring about.
pub fn latent_file(values: &[f32]) -> anyhow::Result<Vec<u8>> {
    let z = TensorData::new(values.to_vec(), [1, values.len()]);
    Ok(to_safetensors(&NamedTensors::from([(LATENTS.to_owned(), z)]), Default::default())?)
}

fn read_latents(bytes: &[u8], latent: usize, device: &Device) -> anyhow::Result<Tensor<2>> {
    let mut file = TensorFile::open(bytes)?;
    let list = file.list()?;
    let Some(z) = list.iter().find(|tensor| tensor.name == LATENTS) else {
        let there: Vec<String> = list.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = if list.len() > there.len() { " and others" } else { "" };
        bail!(
            "it has no tensor {LATENTS} of shape [n, {latent}] but {}{more}; save the latents under that name",
            there.join(", ")
        );
    };
    match z.shape.as_deref() {
        Some(&[n, _]) if n > MOST_LATENTS => {
            bail!("its tensor {LATENTS} has {n} latents, and at most {MOST_LATENTS} are read; split the file")
        }
        Some(&[n, length]) if n > 0 && length == latent => {}
        Some(other) => bail!(
            "its tensor {LATENTS} has shape {other:?}, and the model takes [n, {latent}]; choose latents of that shape"
        ),
        None => bail!("its tensor {LATENTS} is described in an unknown way; save it again"),
    }
    let read = named(file.read(&|name| name == LATENTS)?);
    let (_, z) = read.into_iter().next().context("its tensor z is not there; save it again")?;
    let finite = z.as_slice::<f32>().is_ok_and(|values| values.iter().all(|value| value.is_finite()));
    ensure!(finite, "its tensor {LATENTS} holds NaN or infinity; save it again");
    Ok(Tensor::from_data(z, device))
}
