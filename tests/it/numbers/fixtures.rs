//! Reads what `tests/fixtures/make_fixtures.py` computed with PyTorch.

use std::path::PathBuf;

use autogan::arch::Genotype;
use autogan::model::{NamedTensors, from_safetensors};
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value;

/// Sizes of the networks in the fixtures.
pub const CHANNELS: usize = 8;
pub const LATENT: usize = 16;

/// A fixture file.
pub struct Fixture {
    tensors: NamedTensors,
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A fixture that is JSON.
pub fn json(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path(file)).unwrap()).unwrap()
}

/// The part of the index that describes one file.
pub fn index(file: &str) -> Value {
    json("fixtures.json")[file].clone()
}

/// The genotype in a JSON list of tokens.
pub fn genotype(tokens: &Value) -> Genotype {
    let tokens: Vec<u32> = serde_json::from_value(tokens.clone()).unwrap();
    Genotype::from_tokens(&tokens).unwrap()
}

impl Fixture {
    pub fn open(name: &str) -> Self {
        let bytes = std::fs::read(path(&format!("{name}.safetensors"))).unwrap();
        let (tensors, _) = from_safetensors(&bytes).unwrap();
        Self { tensors }
    }

    pub fn data(&self, name: &str) -> &TensorData {
        self.tensors.get(name).unwrap_or_else(|| panic!("no tensor {name} in the fixture"))
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    pub fn values(&self, name: &str) -> Vec<f32> {
        self.data(name).try_to_vec().unwrap()
    }

    pub fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        Tensor::from_data(self.data(name).clone(), device)
    }

    /// The tensors whose names start with `prefix`, without it.
    pub fn under(&self, prefix: &str) -> NamedTensors {
        let stripped = |(name, data): (&String, &TensorData)| {
            Some((name.strip_prefix(prefix)?.to_owned(), data.clone()))
        };
        self.tensors.iter().filter_map(stripped).collect()
    }
}

/// Largest difference, relative to the largest magnitude in `wanted`.
pub fn relative_error(found: &[f32], wanted: &[f32]) -> f64 {
    assert_eq!(found.len(), wanted.len(), "as many values as wanted");
    let scale = wanted.iter().fold(0.0f32, |scale, x| scale.max(x.abs()));
    let differences = found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    let worst = differences.fold(0.0f32, |worst, x| if x.is_nan() { f32::NAN } else { worst.max(x) });
    f64::from(worst) / f64::from(scale.max(f32::MIN_POSITIVE))
}

/// Fails with the name unless `found` is within `tolerance` of `wanted` (see [`relative_error`]).
pub fn assert_close(name: &str, found: &[f32], wanted: &[f32], tolerance: f64) {
    let error = relative_error(found, wanted);
    assert!(error <= tolerance, "{name}: relative error {error:.2e}, allowed {tolerance:.0e}");
}

pub fn values(data: &TensorData) -> Vec<f32> {
    data.try_to_vec().unwrap()
}
