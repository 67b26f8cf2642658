//! Named tensors as safetensors bytes, and a generator as a file.

use std::collections::HashMap;

use burn::tensor::{Device, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Generator, ModelConfig, NamedTensors, StateError, restore};
use crate::arch::Genotype;

/// Key of a model file's description in the safetensors metadata.
const DESCRIPTION: &str = "autogan";
/// Most tensors a file may declare; the shared generator of six cells has under a thousand.
const MOST_TENSORS: usize = 100_000;

/// Bytes are no usable weights.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// Not safetensors, or damaged.
    #[error("not a usable safetensors file ({0}); export or download it again")]
    Format(#[from] safetensors::SafeTensorError),
    /// A tensor of another type than `f32`, or too many of them.
    #[error("{0}")]
    Content(String),
    /// The file does not say which architecture it holds.
    #[error("the file does not say which architecture it holds; name it with --arch")]
    Undescribed,
    /// The description cannot be read.
    #[error("the file's description cannot be read ({0}); it may be of a newer version")]
    Description(#[from] serde_json::Error),
    /// The tensors do not fit the described architecture.
    #[error(transparent)]
    State(#[from] StateError),
}

/// `tensors` (all `f32`) as the bytes of a safetensors file with `metadata`.
///
/// # Errors
///
/// If a tensor is not `f32`.
pub fn to_safetensors(
    tensors: &NamedTensors,
    metadata: HashMap<String, String>,
) -> Result<Vec<u8>, WeightsError> {
    let mut views = Vec::with_capacity(tensors.len());
    for (name, data) in tensors {
        if data.as_slice::<f32>().is_err() {
            return Err(WeightsError::Content(format!("tensor {name} is not f32")));
        }
        let view = TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes())?;
        views.push((name, view));
    }
    let metadata = (!metadata.is_empty()).then_some(metadata);
    Ok(safetensors::serialize(views, metadata)?)
}

/// The tensors and the metadata of a safetensors file.
///
/// # Errors
///
/// If the bytes are not such a file or hold anything but `f32`.
pub fn from_safetensors(bytes: &[u8]) -> Result<(NamedTensors, HashMap<String, String>), WeightsError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let file = SafeTensors::deserialize(bytes)?;
    if file.len() > MOST_TENSORS {
        let problem = format!("{} tensors are declared; a model has far fewer", file.len());
        return Err(WeightsError::Content(problem));
    }
    let mut tensors = NamedTensors::new();
    for (name, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            let problem = format!("tensor {name} is {:?}; only F32 is read", view.dtype());
            return Err(WeightsError::Content(problem));
        }
        let words = view.data().chunks_exact(4);
        let values: Vec<f32> =
            words.map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
        tensors.insert(name.to_owned(), TensorData::new(values, view.shape().to_vec()));
    }
    Ok((tensors, header.metadata().clone().unwrap_or_default()))
}

/// A generator as it is exported: architecture, sizes and weights.
#[derive(Clone, Debug)]
pub struct ModelFile {
    /// The architecture.
    pub genotype: Genotype,
    /// Sizes and switches.
    pub config: ModelConfig,
    /// Weights and batch norm statistics by the reference's names.
    pub tensors: NamedTensors,
}

#[derive(Serialize, Deserialize)]
struct Description {
    genotype: Genotype,
    model: ModelConfig,
}

impl ModelFile {
    /// The bytes of a safetensors file whose metadata describes the architecture.
    ///
    /// # Errors
    ///
    /// If a tensor is not `f32`.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        let description = serde_json::to_string(&Description {
            genotype: self.genotype.clone(),
            model: self.config.clone(),
        })?;
        let metadata = HashMap::from([(DESCRIPTION.to_owned(), description)]);
        to_safetensors(&self.tensors, metadata)
    }

    /// Reads what [`ModelFile::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are no such file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let (tensors, metadata) = from_safetensors(bytes)?;
        let description = metadata.get(DESCRIPTION).ok_or(WeightsError::Undescribed)?;
        let Description { genotype, model } = serde_json::from_str(description)?;
        Ok(Self { genotype, config: model, tensors })
    }

    /// The generator on `device`, outside of autodiff.
    ///
    /// # Errors
    ///
    /// If the tensors do not fit the architecture.
    pub fn generator(&self, device: &Device) -> Result<Generator, WeightsError> {
        let plain = device.clone().inner();
        let generator = Generator::derived(&self.config, &self.genotype, &plain);
        Ok(restore(generator, &self.tensors)?)
    }
}
