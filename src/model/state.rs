//! Tensors by name on the host: for checkpoints, exports and fixtures.

use std::collections::BTreeMap;

use burn::tensor::TensorData;
use thiserror::Error;

use crate::tensors::NamedArrays;

/// Tensors by the names of PyTorch's state dicts. Values are `f32`.
pub type NamedTensors = BTreeMap<String, TensorData>;

/// Plain numbers of a file as tensors on the host.
pub fn named(arrays: NamedArrays) -> NamedTensors {
    arrays.into_iter().map(|(name, array)| (name, TensorData::new(array.values, array.shape))).collect()
}

/// Named tensors do not fit a network.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// Names that the network has and the file lacks.
    #[error("{} of the network's tensors are missing, first of them {}; the weights belong to another architecture", .0.len(), .0[0])]
    Missing(Vec<String>),
    /// Names that the file has and the network lacks.
    #[error("{} tensors have no place in the network, first of them {}; the weights belong to another architecture", .0.len(), .0[0])]
    Unused(Vec<String>),
    /// A tensor of the right name and the wrong shape.
    #[error(
        "tensor {name} has shape {found:?}, the network wants {wanted:?}; check channels, latent length and bottom width"
    )]
    Shape {
        /// The tensor's name.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// The shape the network has.
        wanted: Vec<usize>,
    },
}

/// Whether `tensors` has every name that is wanted.
pub(super) fn check_names(
    wanted: &BTreeMap<String, Vec<usize>>,
    tensors: &NamedTensors,
) -> Result<(), StateError> {
    let missing = names_without(wanted.keys(), |name| tensors.contains_key(name));
    if missing.is_empty() { Ok(()) } else { Err(StateError::Missing(missing)) }
}

/// Whether every tensor that is wanted, all of them there, has its shape.
pub(super) fn check_shapes(
    wanted: &BTreeMap<String, Vec<usize>>,
    tensors: &NamedTensors,
) -> Result<(), StateError> {
    for (name, wanted) in wanted {
        let found = tensors[name].shape().to_vec();
        if found != *wanted {
            return Err(StateError::Shape { name: name.clone(), found, wanted: wanted.clone() });
        }
    }
    Ok(())
}

/// Names that `tensors` has and that are not wanted.
pub(super) fn unused_names(wanted: &BTreeMap<String, Vec<usize>>, tensors: &NamedTensors) -> Vec<String> {
    names_without(tensors.keys(), |name| wanted.contains_key(name))
}

fn names_without<'a>(names: impl Iterator<Item = &'a String>, known: impl Fn(&str) -> bool) -> Vec<String> {
    names.filter(|name| !known(name)).cloned().collect()
}

/// Whether a name is that of a buffer: a running statistic or a spectral vector, which no gradient reaches.
pub fn is_buffer(name: &str) -> bool {
    let field = name.rsplit('.').next().unwrap_or(name);
    matches!(field, "running_mean" | "running_var" | "weight_u" | "weight_v")
}

/// The tensors with their names put under `prefix/`.
pub fn add_prefix(prefix: &str, tensors: NamedTensors) -> NamedTensors {
    let named = |(name, data)| (format!("{prefix}/{name}"), data);
    tensors.into_iter().map(named).collect()
}

/// The tensors under `prefix/`, without it: the inverse of [`add_prefix`].
pub fn strip_prefix(prefix: &str, tensors: &NamedTensors) -> NamedTensors {
    let start = format!("{prefix}/");
    let stripped = |(name, data): (&String, &TensorData)| {
        name.strip_prefix(&start).map(|name| (name.to_owned(), data.clone()))
    };
    tensors.iter().filter_map(stripped).collect()
}
