//! Serves a trained generator: images of the latents that it is asked for, as long as it is asked.
//!
//! Nothing is kept in a run's folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::event::{Event, LiveEvent};
use super::model_file::{ModelOptions, ModelRead, model_file, read_model};
use crate::arch::{Genotype, params};
use crate::config::RunConfig;
use crate::device::{self, DeviceChoice, OpenedDevice};
use crate::export::{Tiles, sha256};
use crate::input;
use crate::model::{Generator, host};
use crate::rng::Latent;
use crate::run::RunView;

/// Images that are generated at a time.
pub(crate) const IMAGE_BATCH: usize = 64;
/// Most images of one request: a bound on memory.
pub const MOST_IMAGES: usize = 512;
/// Directions of latent space that are found of a generator, at most.
pub const DIRECTIONS: usize = 6;
/// What the name of a file with raw weights ends with, after the name of the file with the average ones.
const RAW_SUFFIX: &str = "-raw";

/// Which of a generator's weights make the images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleWeights {
    /// The moving average over the training: what is scored and exported.
    #[default]
    Average,
    /// Those of the training's last step before.
    Raw,
}

/// Images that are wanted of the generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleRequest {
    /// Names the answer.
    pub id: u64,
    /// One for each image.
    pub latents: Vec<Latent>,
    /// The largest number in a latent; none for no truncation.
    pub truncation: Option<f64>,
    /// What is added to the numbers of every latent, after truncation; none to add nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offset: Vec<f32>,
    /// Of which weights.
    pub weights: SampleWeights,
}

/// A generator that is served.
struct SampleServer {
    genotype: Genotype,
    average: Generator,
    raw: Option<Generator>,
    side: usize,
    device: OpenedDevice,
}

/// Serves the generator of a run folder or in a model file until `next` has no more requests.
///
/// # Errors
///
/// If there is no such generator or device.
pub fn serve_samples(
    model: &Path,
    device: Option<&str>,
    mut next: impl FnMut() -> Option<SampleRequest>,
    emit: &mut dyn FnMut(&Event),
) -> anyhow::Result<()> {
    let path = model_file(model)?;
    let unusable = || format!("{} cannot be used as a generator", path.display());
    let (ModelRead { file, table, notes }, digest) = read(&path).with_context(unusable)?;
    let raw_path = raw_beside(&path);
    // One of another architecture is not this generator's.
    let raw = read(&raw_path).ok().filter(|(raw, _)| raw.file.genotype == file.genotype);
    let (raw, raw_sha256) = raw.unzip();
    let opened = open(model, device)?;
    let server = SampleServer {
        average: file.generator(&opened.device).with_context(unusable)?,
        raw: raw.map(|raw| raw.file.generator(&opened.device)).transpose().with_context(unusable)?,
        side: file.config.side(file.genotype.cells.len()),
        genotype: file.genotype,
        device: opened,
    };
    let loaded = LiveEvent::Loaded {
        vector: server.genotype.to_string(),
        genotype: server.genotype.clone(),
        latent: server.average.latent(),
        side: server.side,
        params: params(&server.genotype, &file.config.net_shape()),
        sha256: digest,
        table,
        raw_sha256,
        device: server.device.name.clone(),
        notes,
        directions: server.average.directions(DIRECTIONS),
    };
    emit(&loaded.into());
    while let Some(request) = next() {
        let id = request.id;
        let answer = match server.generate(&request) {
            Ok(tiles) => LiveEvent::Generated {
                id,
                side: tiles.side(),
                count: tiles.count(),
                rgba: BASE64_STANDARD.encode(tiles.rgba()),
            },
            // The next request may be a better one.
            Err(error) => LiveEvent::NotGenerated { id, text: format!("{error:#}") },
        };
        emit(&answer.into());
    }
    Ok(())
}

/// A generator with the SHA-256 of its file.
fn read(path: &Path) -> anyhow::Result<(ModelRead, String)> {
    let bytes = input::read_weights(path).context("it cannot be read")?;
    Ok((read_model(&bytes, &ModelOptions::default())?, sha256(&bytes)))
}

/// `winner-raw.safetensors` for `winner.safetensors`.
fn raw_beside(path: &Path) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(RAW_SUFFIX);
    let mut path = path.with_file_name(name);
    path.as_mut_os_string().push(".safetensors");
    path
}

/// The device that is asked for; else the one that the run is set to use, if this machine has it; else
/// the best.
fn open(model: &Path, device: Option<&str>) -> anyhow::Result<OpenedDevice> {
    let choice = |name: &str| {
        let Ok(choice) = name.parse::<DeviceChoice>();
        device::open(&choice)
    };
    if let Some(name) = device {
        return Ok(choice(name)?);
    }
    let text = RunView::open(model).and_then(|view| view.config()).ok();
    let config = text.and_then(|text| RunConfig::from_toml(&text, "config.toml").ok());
    match config.and_then(|config| choice(&config.device).ok()) {
        Some(opened) => Ok(opened),
        None => Ok(choice(DeviceChoice::AUTO)?),
    }
}

impl SampleServer {
    fn generate(&self, request: &SampleRequest) -> anyhow::Result<Tiles> {
        let SampleRequest { latents, truncation, offset, weights, .. } = request;
        ensure!(
            (1..=MOST_IMAGES).contains(&latents.len()),
            "{} images were asked for; from 1 to {MOST_IMAGES} can be made at a time",
            latents.len()
        );
        let length = self.average.latent();
        ensure!(
            [0, length].contains(&offset.len()),
            "latents were to be moved by {} numbers; they have {length}",
            offset.len()
        );
        let generator = match (weights, &self.raw) {
            (SampleWeights::Average, _) => &self.average,
            (SampleWeights::Raw, Some(raw)) => raw,
            (SampleWeights::Raw, None) => {
                bail!("the raw weights of this generator were not kept; use the average")
            }
        };
        let mut values = Vec::new();
        for batch in latents.chunks(IMAGE_BATCH) {
            values.extend(self.batch(generator, batch, *truncation, offset));
        }
        ensure!(
            values.iter().all(|value| value.is_finite()),
            "the images are not finite; export the generator again from an earlier checkpoint"
        );
        Tiles::of(&values, self.side).context("the generator made no whole images")
    }

    /// Images of so many latents, `[latents, 3, side, side]`.
    fn batch(
        &self,
        generator: &Generator,
        latents: &[Latent],
        truncation: Option<f64>,
        offset: &[f32],
    ) -> Vec<f32> {
        let length = generator.latent();
        let mut z: Vec<f32> =
            latents.iter().flat_map(|latent| latent.truncated(length, truncation)).collect();
        if !offset.is_empty() {
            z.iter_mut().zip(offset.iter().cycle()).for_each(|(value, offset)| *value += offset);
        }
        // A GPU's kernels are tuned for every size anew, so it sees few of them.
        let size = if self.device.is_gpu { latents.len().next_power_of_two() } else { latents.len() };
        z.resize(size * length, 0.0);
        let plain: Device = self.device.device.clone().inner();
        let z = Tensor::<2>::from_data(TensorData::new(z, [size, length]), &plain);
        let mut images = host(generator.generate(z));
        images.truncate(latents.len() * 3 * self.side * self.side);
        images
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_weights_lie_beside_the_average_ones() {
        let beside = |path: &str| raw_beside(Path::new(path));
        assert_eq!(beside("run/export/winner.safetensors"), Path::new("run/export/winner-raw.safetensors"));
        assert_eq!(beside("a.b.safetensors"), Path::new("a.b-raw.safetensors"));
    }
}
