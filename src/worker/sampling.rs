//! Images from a trained generator.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use burn::tensor::{Device, Tensor, TensorData};

use super::engine::WEIGHTS;
use crate::arch::Genotype;
use crate::gan::latents;
use crate::model::{
    ModelConfig, ModelFile, NamedTensors, Pass, SkipTap, from_safetensors, host, to_safetensors,
};
use crate::rng::SAMPLE_STREAM;

/// Images that are generated at a time.
pub(super) const BATCH: usize = 64;

/// Which latents to make images of.
pub enum Latents {
    /// So many draws.
    Drawn {
        /// How many.
        count: usize,
        /// Their seed.
        seed: u64,
    },
    /// The tensor `z`, `[n, latent]`, in the bytes of a safetensors file.
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

/// The model file that is meant: a file itself, or the winner of a run folder.
///
/// # Errors
///
/// If the run has no winner yet.
pub fn model_file(model: &Path) -> anyhow::Result<PathBuf> {
    if !model.is_dir() {
        return Ok(model.to_owned());
    }
    let path = model.join(WEIGHTS);
    ensure!(
        path.exists(),
        "{0} has no trained generator yet; finish it with: autogan search --resume {0}",
        model.display()
    );
    Ok(path)
}

/// Reads a model file. With `arch`, the file need not describe itself: weights that only their shapes
/// tell the sizes of, such as the reference's, run as released.
///
/// # Errors
///
/// If the bytes are no generator's weights.
pub fn read_model(bytes: &[u8], arch: Option<&Genotype>) -> anyhow::Result<ModelFile> {
    let Some(genotype) = arch else {
        return Ok(ModelFile::from_bytes(bytes)?);
    };
    let (tensors, _) = from_safetensors(bytes)?;
    let shape = |name: &str| tensors.get(name).map(|data| data.shape().to_vec());
    let (Some([rows, latent]), Some([channels])) = (
        shape("l1.weight").and_then(|shape| <[usize; 2]>::try_from(shape).ok()),
        shape("to_rgb.0.weight").and_then(|shape| <[usize; 1]>::try_from(shape).ok()),
    ) else {
        bail!("it has no tensors l1.weight and to_rgb.0.weight, so it is no generator of AutoGAN's kind");
    };
    let config = ModelConfig {
        latent,
        bottom_width: (rows / channels.max(1)).isqrt(),
        generator_channels: channels,
        skip_tap: SkipTap::AfterAddition,
        ..ModelConfig::default()
    };
    Ok(ModelFile { genotype: genotype.clone(), config, tensors })
}

/// Generates images on `device`.
///
/// # Errors
///
/// If weights or latents do not fit the architecture.
pub fn sample(file: &ModelFile, from: &Latents, device: &Device) -> anyhow::Result<Images> {
    let generator = file.generator(device)?;
    let latent = file.config.latent;
    let z = match from {
        Latents::Drawn { count, seed } => latents(*seed, SAMPLE_STREAM, 0, *count, latent, device),
        Latents::Given(bytes) => read_latents(bytes, latent, device)?,
    };
    let [count, _] = z.dims();
    let batches = (0..count).step_by(BATCH);
    let values = batches.flat_map(|first| {
        let batch = z.clone().narrow(0, first, BATCH.min(count - first));
        host(generator.forward(batch, &file.genotype, Pass::Eval))
    });
    Ok(Images { values: values.collect(), count, side: file.config.side(file.genotype.cells.len()) })
}

/// The bytes of a file with one latent, as [`Latents::Given`] takes it.
///
/// # Errors
///
/// None that a latent could bring about.
pub fn latent_file(values: &[f32]) -> anyhow::Result<Vec<u8>> {
    let z = TensorData::new(values.to_vec(), [1, values.len()]);
    Ok(to_safetensors(&NamedTensors::from([("z".to_owned(), z)]), Default::default())?)
}

fn read_latents(bytes: &[u8], latent: usize, device: &Device) -> anyhow::Result<Tensor<2>> {
    let (tensors, _) = from_safetensors(bytes).context("the latents cannot be used")?;
    let z = tensors.get("z").context("the latents' file has no tensor z of [n, latent]")?;
    match z.shape().to_vec()[..] {
        [n, length] if n > 0 && length == latent => Ok(Tensor::from_data(z.clone(), device)),
        ref other => bail!("the latents' tensor z has shape {other:?}; the model wants [n, {latent}]"),
    }
}
