//! Named tensors as safetensors bytes, and a generator as a file.

use std::collections::HashMap;

use burn::tensor::{Device, TensorData};
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Generator, ModelConfig, NamedTensors, StateError, Weights, named};
use crate::arch::{ArchError, Genotype};
use crate::input::MOST_TEXT;
use crate::tensors::{MOST_SAVED, MOST_TENSORS, TensorsError, open_safetensors, read_safetensors};

/// Key of a model file's description in the safetensors metadata.
const DESCRIPTION: &str = "autogan";
/// The first layer's weight, whose shape tells latent, channels and bottom width.
const FIRST: &str = "l1.weight";

/// Bytes are no usable weights.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// Not safetensors, damaged, or more than is accepted.
    #[error(transparent)]
    Unreadable(#[from] TensorsError),
    /// Tensors that cannot be written.
    #[error("the weights cannot be written as safetensors ({0}); please report it")]
    Unwritable(#[from] safetensors::SafeTensorError),
    /// A tensor that cannot be written or used, or too many of them.
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
    /// The described sizes cannot be.
    #[error(transparent)]
    Arch(#[from] ArchError),
}

/// `tensors` (all `f32`) as the bytes of a safetensors file with `metadata`.
///
/// # Errors
///
/// If a tensor is not `f32`, or there are more than [`from_safetensors`] reads.
pub fn to_safetensors(
    tensors: &NamedTensors,
    metadata: HashMap<String, String>,
) -> Result<Vec<u8>, WeightsError> {
    if tensors.len() > MOST_SAVED {
        let problem = format!("{} tensors are more than the {MOST_SAVED} that are read again", tensors.len());
        return Err(WeightsError::Content(problem));
    }
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

/// The tensors of a safetensors file, as `f32`, and its metadata: of a checkpoint, which holds several networks.
///
/// # Errors
///
/// If the bytes are not such a file, hold numbers of a kind that is not read or are over a limit.
pub fn from_safetensors(bytes: &[u8]) -> Result<(NamedTensors, HashMap<String, String>), WeightsError> {
    read(bytes, MOST_SAVED)
}

fn read(bytes: &[u8], most: usize) -> Result<(NamedTensors, HashMap<String, String>), WeightsError> {
    let (file, metadata) = open_safetensors(bytes, most)?;
    Ok((named(read_safetensors(&file, &|_| true)?), metadata))
}

/// The first tensor with a value that is NaN or infinite.
pub(crate) fn non_finite(tensors: &NamedTensors) -> Option<&String> {
    let finite = |data: &TensorData| {
        data.as_slice::<f32>().is_ok_and(|values| values.iter().all(|value| value.is_finite()))
    };
    tensors.iter().find(|(_, data)| !finite(data)).map(|(name, _)| name)
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
struct ModelDescription {
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
        let description = serde_json::to_string(&ModelDescription {
            genotype: self.genotype.clone(),
            model: self.config.clone(),
        })?;
        // The name that files of 0.1 have, so that the same model is the same file.
        let description = description.replacen("\"latent_dim\":", "\"latent\":", 1);
        let metadata = HashMap::from([(DESCRIPTION.to_owned(), description)]);
        to_safetensors(&self.tensors, metadata)
    }

    /// Reads what [`ModelFile::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are no such file, describe impossible sizes, or hold a number that is none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let (tensors, metadata) = read(bytes, MOST_TENSORS)?;
        let description = metadata.get(DESCRIPTION).ok_or(WeightsError::Undescribed)?;
        if description.len() as u64 > MOST_TEXT {
            let problem =
                format!("its description has {} bytes, and at most {MOST_TEXT} are read", description.len());
            return Err(WeightsError::Content(problem));
        }
        let ModelDescription { genotype, model } = serde_json::from_str(description)?;
        // Before anything is built of these sizes.
        model.net_shape().check()?;
        if let Some(name) = non_finite(&tensors) {
            let problem = format!(
                "tensor {name} holds NaN or infinity, so the training had diverged; take an earlier checkpoint"
            );
            return Err(WeightsError::Content(problem));
        }
        Ok(Self { genotype, config: model, tensors })
    }

    /// The generator on `device`, outside of autodiff.
    ///
    /// # Errors
    ///
    /// If the tensors do not fit the architecture, or one holds NaN or infinity, of which a GPU may make an
    /// ordinary picture. Memory is taken only for sizes that the tensors have.
    pub fn generator(&self, device: &Device) -> Result<Generator, WeightsError> {
        self.check_sizes()?;
        if let Some(name) = non_finite(&self.tensors) {
            let what =
                format!("tensor {name} holds NaN or infinity; use the weights of an earlier checkpoint");
            return Err(WeightsError::Content(what));
        }
        let plain = device.clone().inner();
        let parameters = self.config.generator_graph(&self.genotype).parameters();
        let weights = Weights::from_state_dict(&parameters, &self.tensors, &plain)?;
        Ok(Generator::new(&self.config, &self.genotype, &weights))
    }

    /// A description may name any sizes, and the first layer and the norms are allocated as they are built:
    /// the tensors, which are there, have to bear the sizes out before.
    fn check_sizes(&self) -> Result<(), WeightsError> {
        self.config.net_shape().check()?;
        let ModelConfig { latent_dim, bottom_width, generator_channels, .. } = self.config;
        let name = FIRST.to_owned();
        let wanted = vec![bottom_width * bottom_width * generator_channels, latent_dim];
        match self.tensors.get(FIRST).map(|first| first.shape().to_vec()) {
            None => Err(StateError::Missing(vec![name]).into()),
            Some(found) if found != wanted => Err(StateError::Shape { name, found, wanted }.into()),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::{NetShape, Space, SpaceConfig};

    fn file() -> ModelFile {
        let config = ModelConfig { latent_dim: 4, generator_channels: 3, ..ModelConfig::default() };
        let genotype = Genotype::parse("1 0 1 1").unwrap();
        let tensors = config.derived_generator(&genotype, &Device::flex(), 1, "test").state_dict();
        ModelFile { genotype, config, tensors }
    }

    #[test]
    fn a_model_whose_sizes_or_numbers_cannot_be_is_refused_before_anything_is_built() {
        let good = file();
        assert_eq!(ModelFile::from_bytes(&good.to_bytes().unwrap()).unwrap().tensors, good.tensors);
        let refused = |change: &dyn Fn(&mut ModelFile)| {
            let mut file = file();
            change(&mut file);
            ModelFile::from_bytes(&file.to_bytes().unwrap()).unwrap_err().to_string()
        };
        for (refusal, named) in [
            (refused(&|file| file.config.latent_dim = 1 << 60), "latent"),
            (refused(&|file| file.config.generator_channels = usize::MAX), "channels"),
            (refused(&|file| file.config.bottom_width = 1 << 40), "bottom_width"),
        ] {
            assert!(refusal.contains(named), "{refusal}");
        }
        for bad in [f32::NAN, f32::INFINITY] {
            let set = |file: &mut ModelFile| {
                file.tensors.insert("l1.bias".to_owned(), TensorData::new(vec![bad; 48], [48]));
            };
            assert!(refused(&set).contains("l1.bias holds NaN or infinity"));
        }
        // Sizes that can be and are not those of the tensors.
        let mut other = file();
        other.config.latent_dim = 16_384;
        let other = ModelFile::from_bytes(&other.to_bytes().unwrap()).unwrap();
        let refusal = other.generator(&Device::flex()).unwrap_err().to_string();
        assert!(refusal.contains("l1.weight has shape"), "{refusal}");
    }

    #[test]
    fn sizes_that_the_tensors_do_not_bear_out_are_refused_before_memory_is_taken() {
        let refused = |change: &dyn Fn(&mut ModelFile)| {
            let mut file = file();
            change(&mut file);
            file.generator(&Device::flex()).unwrap_err().to_string()
        };
        // Each number is one that a network may have; together they are a first layer of 70 TB.
        let refusal = refused(&|file| {
            let ModelConfig { latent_dim, generator_channels, bottom_width, .. } = &mut file.config;
            (*latent_dim, *generator_channels, *bottom_width) = (16_384, 16_384, 256);
        });
        assert!(refusal.contains("l1.weight has shape [48, 4]"), "{refusal}");
        let refusal = refused(&|file| drop(file.tensors.remove(FIRST)));
        assert!(refusal.contains("first of them l1.weight"), "{refusal}");
        // Not only a file's description is held to it.
        let refusal = refused(&|file| (file.config.bottom_width, file.config.latent_dim) = (usize::MAX, 0));
        assert!(refusal.contains("of the generator is"), "{refusal}");
    }

    /// The shared networks of six cells with all that may be allocated, their moments, and a derivation beside
    /// them that has as much again.
    #[test]
    fn the_largest_checkpoint_is_within_the_limits() {
        let config = ModelConfig { generator_channels: 2, allocate_unused: true, ..ModelConfig::default() };
        let space = SpaceConfig { cells: 6, ..SpaceConfig::default() };
        let space = Space::new(space, NetShape { channels: 2, ..NetShape::default() }).unwrap();
        let shared = config.shared_generator(&space, &Device::flex(), 1, "test").shapes().len();
        // Weights, two moments and a count of each, average, best and best raw ones, a leader; and twice.
        assert!((100..MOST_SAVED / 16).contains(&shared), "{shared} tensors");
    }
}
