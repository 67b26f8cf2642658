//! Where the images of a score come from.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use burn::tensor::{Device, Tensor, TensorData};

use crate::app::sample::{Latents, Sampler};
use crate::data::{DataError, Source, SourcePlace, Split, Stream};
use crate::engine::{ModelOptions, model_file, read_model};
use crate::input::{self, StandIn};
use crate::metric::CountedImages;
use crate::run::RunView;
use crate::tensors::Moments;

/// Images, or what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Images that are there.
    Images(Source),
    /// A generator: its file, or a run.
    Model(PathBuf),
    /// Mean and covariance of features.
    Statistics(PathBuf),
}

impl Origin {
    /// What is meant by `text`: a source of images with its prefix, a file by how its name ends and in NumPy's
    /// archives by the arrays in it, a run folder, or a folder of images.
    ///
    /// # Errors
    ///
    /// If it is nothing of these.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        if let Ok(source) = text.parse::<Source>() {
            let kind = source.reader().kind();
            // The toys have no path, and any path may be a folder of images.
            if kind.place != SourcePlace::Drawn && !kind.prefix.is_empty() {
                return Ok(Self::Images(source));
            }
        }
        let path = Path::new(text);
        if let Ok(Some(stand_in)) = StandIn::at(path) {
            bail!("{text} is {}", stand_in.words());
        }
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        Ok(match ending.as_deref() {
            Some("npy") => Self::Images(format!("numpy:{text}").parse()?),
            Some("npz") if holds_images(path) => Self::Images(format!("numpy:{text}").parse()?),
            Some("npz") => Self::Statistics(path.to_owned()),
            Some("pth" | "pt" | "ckpt" | "bin" | "pkl" | "safetensors") => Self::Model(path.to_owned()),
            // As PyTorch's examples call their checkpoints, which are no archives.
            Some("tar") if text.to_lowercase().ends_with(".pth.tar") => Self::Model(path.to_owned()),
            _ if RunView::open(path).is_ok() => Self::Model(path.to_owned()),
            _ => Self::Images(text.parse()?),
        })
    }
}

/// Whether NumPy's archive at `path` has no mean and covariance, so that images are looked for in it. One that
/// cannot be opened is refused by the reader of statistics.
fn holds_images(path: &Path) -> bool {
    input::open(path).is_ok_and(|(file, _)| Moments::are_in(file).is_ok_and(|are| !are))
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Images(source) => source.fmt(f),
            Self::Model(path) | Self::Statistics(path) => path.display().fmt(f),
        }
    }
}

/// How a generator's images become whole numbers from 0 to 255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantization {
    /// To the nearest one, as pictures are saved.
    #[default]
    Rounded,
    /// To the next lower one, as the authors' code does.
    Truncated,
}

/// How images are generated.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Which generator of a file, where it leaves that open.
    pub model: ModelOptions,
    /// How many.
    pub count: usize,
    /// Seed of the latents.
    pub seed: u64,
    /// How they become 8-bit images.
    pub quantization: Quantization,
}

/// Images that can be read, some at a time.
pub(super) enum OpenedOrigin {
    Images(Stream),
    Model {
        name: String,
        sampler: Box<Sampler>,
        /// How many were read.
        done: usize,
        generation: Generation,
        notes: Vec<String>,
    },
}

impl OpenedOrigin {
    /// Opens images that are there, or a generator on `device`.
    pub fn new(
        origin: &Origin,
        split: Split,
        generation: &Generation,
        device: &Device,
    ) -> anyhow::Result<Option<Self>> {
        match origin {
            Origin::Statistics(_) => Ok(None),
            Origin::Images(source) => Ok(Some(Self::Images(source.stream(split)?))),
            Origin::Model(model) => {
                let path = model_file(model)?;
                let unusable = || format!("{} cannot be used as a model", path.display());
                let bytes = input::read_weights(&path).with_context(unusable)?;
                let read = read_model(&bytes, &generation.model).with_context(unusable)?;
                let latents = Latents::Drawn { count: generation.count, seed: generation.seed };
                let sampler = Sampler::new(&read.file, &latents, &device.clone().inner());
                Ok(Some(Self::Model {
                    name: origin.to_string(),
                    sampler: Box::new(sampler.with_context(unusable)?),
                    done: 0,
                    generation: generation.clone(),
                    notes: read.notes,
                }))
            }
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Images(stream) => stream.name(),
            Self::Model { name, .. } => name,
        }
    }

    /// What a person should know of it.
    pub fn notes(&self) -> Vec<String> {
        match self {
            Self::Images(stream) => {
                let counts = stream.counts();
                let left_out = (!counts.left_out.is_empty()).then(|| counts.to_string());
                left_out.into_iter().chain(counts.notes.clone()).collect()
            }
            Self::Model { notes, .. } => notes.clone(),
        }
    }

    /// Looks for pictures that cannot be read.
    pub fn check(&self) -> Result<(), DataError> {
        match self {
            Self::Images(stream) => stream.check(),
            Self::Model { .. } => Ok(()),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Images(stream) => stream.len(),
            Self::Model { sampler, .. } => sampler.len(),
        }
    }

    /// How many images there are, in words; of a model as many as were asked for.
    pub fn counted(&self) -> CountedImages {
        match self {
            Self::Images(stream) => CountedImages::there(stream.name(), stream.len()),
            Self::Model { generation, .. } => CountedImages::asked_for("--n", generation.count),
        }
    }

    /// At most `most` of the images that come next, in -1 to 1, those of one size together.
    pub fn batch(&mut self, most: usize, device: &Device) -> anyhow::Result<Vec<Tensor<4>>> {
        Ok(match self {
            Self::Images(stream) => {
                let tensor = |group: crate::data::Pictures| {
                    let shape = [group.len(), 3, group.height, group.width];
                    Tensor::from_data(TensorData::new(group.values(), shape), device)
                };
                stream.read(most)?.into_iter().map(tensor).collect()
            }
            Self::Model { sampler, done, generation, .. } => {
                let count = most.min(sampler.len() - *done);
                let images = sampler.images(*done, count);
                *done += count;
                vec![match generation.quantization {
                    Quantization::Rounded => images,
                    Quantization::Truncated => (images * 127.5 + 127.5).floor() / 127.5 - 1.0,
                }]
            }
        })
    }
}
