//! An extractor's weights on the host, and the safetensors file that carries them.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ExtractorError;
use crate::export::sha256;
use crate::model::{NamedTensors, from_safetensors, non_finite, to_safetensors};
use crate::run::write_file;

/// Key of the file's metadata under which the [`ModelCard`] stands, as JSON.
const CARD: &str = "autogan.extractor";

/// What the network learned to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The classes of a labelled set.
    Labels,
    /// By how many quarter turns an unlabelled image was rotated (Gidaris et al. 2018).
    Rotations,
}

/// How an extractor came about; stands in its weights file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// What the network learned to tell apart.
    pub task: Task,
    /// The images it learned from, in words.
    pub images: String,
    /// Share of held-out images that it names correctly, from 0 to 1.
    pub accuracy: f64,
    /// Number of held-out images.
    pub test_images: usize,
    /// Seed of initial weights, order and augmentation.
    pub seed: u64,
    /// Gradient steps.
    pub steps: usize,
    /// Images in a step.
    pub batch: usize,
}

/// The first 8 hex digits of the SHA-256 of names, shapes and values.
pub(super) fn short_hash(weights: &NamedTensors) -> String {
    let mut bytes = Vec::new();
    for (name, tensor) in weights {
        bytes.extend_from_slice(format!("{name} {:?} ", tensor.shape()).as_bytes());
        bytes.extend_from_slice(tensor.as_bytes());
    }
    sha256(&bytes)[..8].to_owned()
}

/// The safetensors file with these weights and `card`. The same input gives the same bytes.
pub(super) fn to_bytes(weights: &NamedTensors, card: &ModelCard) -> Vec<u8> {
    let card = serde_json::to_string(card).expect("a card has only plain fields");
    let metadata = HashMap::from([(CARD.to_owned(), card)]);
    to_safetensors(weights, metadata).expect("an extractor's weights are few, in f32 and on the host")
}

/// Reads what [`to_bytes`] wrote. `source` names the file in errors.
pub(super) fn from_bytes(bytes: &[u8], source: &str) -> Result<(NamedTensors, ModelCard), ExtractorError> {
    let damaged = |why: String| ExtractorError::Damaged { file: source.to_owned(), why };
    let (weights, metadata) = from_safetensors(bytes).map_err(|error| damaged(error.to_string()))?;
    let card = metadata.get(CARD);
    let card = card.ok_or_else(|| damaged(format!("it has no {CARD} entry")))?;
    let card = serde_json::from_str(card).map_err(|error| damaged(error.to_string()))?;
    // A ReLU on a GPU may turn a NaN into zero, and the scores would look like any others.
    match non_finite(&weights) {
        Some(name) => Err(damaged(format!("tensor {name} holds NaN or infinity"))),
        None => Ok((weights, card)),
    }
}

/// Writes a file in the cache, in one piece ([`write_file`]), with the folders that lead to it.
pub(in crate::metric) fn write_cached(path: &Path, bytes: &[u8]) -> Result<(), ExtractorError> {
    let failed = |why: String| ExtractorError::Write { path: path.to_owned(), why };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    write_file(path, bytes).map_err(|error| failed(error.reason()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use burn::tensor::TensorData;
    use safetensors::tensor::TensorView;

    fn sample() -> (NamedTensors, ModelCard) {
        let mut weights = NamedTensors::new();
        weights.insert("a".into(), TensorData::new(vec![1.0f32, -2.5], [1, 2]));
        weights.insert("b".into(), TensorData::new(vec![0.1f32; 3], [3]));
        let card = ModelCard {
            task: Task::Rotations,
            images: "photos, 30 images".into(),
            accuracy: 0.75,
            test_images: 3,
            seed: 1,
            steps: 10,
            batch: 8,
        };
        (weights, card)
    }

    #[test]
    fn a_file_gives_weights_and_card_back_and_is_the_same_every_time() {
        let (weights, card) = sample();
        let bytes = to_bytes(&weights, &card);
        assert_eq!(bytes, to_bytes(&weights, &card));
        assert_eq!(from_bytes(&bytes, "x").unwrap(), (weights, card));
    }

    #[test]
    fn damage_is_an_error_that_names_the_file() {
        let (weights, card) = sample();
        let bytes = to_bytes(&weights, &card);
        let foreign: Vec<(String, TensorView)> = vec![];
        let foreign = safetensors::serialize(foreign, None).unwrap();
        for bytes in [&bytes[..bytes.len() - 1], &bytes[..4], &[], &foreign] {
            let error = from_bytes(bytes, "cache/x").unwrap_err().to_string();
            assert!(error.contains("cache/x") && error.contains("delete"), "{error}");
        }
    }

    #[test]
    fn the_hash_sees_values_and_shapes() {
        let (weights, _) = sample();
        let mut others = [weights.clone(), weights.clone()];
        others[0].insert("b".into(), TensorData::new(vec![0.2f32; 3], [3]));
        others[1].insert("a".into(), TensorData::new(vec![1.0f32, -2.5], [2, 1]));
        assert_eq!(short_hash(&weights).len(), 8);
        for other in others {
            assert_ne!(short_hash(&weights), short_hash(&other));
        }
    }

    #[test]
    fn writing_replaces_the_whole_file_and_leaves_nothing_else_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/file");
        write_cached(&path, b"long first content").unwrap();
        write_cached(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        let error = write_cached(&path.join("below a file"), b"").unwrap_err();
        assert!(error.to_string().contains("below a file"), "{error}");
    }
}
