//! A module's tensors by name: for checkpoints, exports, fixtures and the average generator.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};
use thiserror::Error;

use super::host;
use super::names::{Path, follow_path, is_buffer};

/// Tensors by the reference's names. Values are `f32`.
pub type NamedTensors = BTreeMap<String, TensorData>;

/// Named tensors do not fit a module.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// Names the module has and the file lacks.
    #[error("{} of the network's tensors are missing, first of them {}; the weights belong to another architecture", .0.len(), .0[0])]
    Missing(Vec<String>),
    /// Names the file has and the module lacks.
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

/// All parameters and buffers of `module`, copied to the host.
pub fn collect<M: Module>(module: &M) -> NamedTensors {
    let mut collector = Collector::default();
    module.visit(&mut collector);
    collector.tensors
}

/// The gradient of every parameter that `gradients` reached, copied to the host.
pub fn collect_gradients<M: Module>(module: &M, gradients: &Gradients) -> NamedTensors {
    let mut collector = GradientCollector { path: Path::default(), gradients, tensors: NamedTensors::new() };
    module.visit(&mut collector);
    collector.tensors
}

/// A tensor's values, copied now: on a GPU `into_data` copies at first use, and optimisers and
/// running statistics change tensors in place meanwhile.
pub fn snapshot<const D: usize>(tensor: Tensor<D>) -> TensorData {
    let shape = tensor.dims();
    TensorData::new(host(tensor), shape)
}

/// Shape of every parameter and buffer.
pub fn shapes<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    let mut surveyor = Surveyor::default();
    module.visit(&mut surveyor);
    surveyor.shapes
}

/// Number of parameters (buffers not counted) that `module` holds.
pub fn parameter_count<M: Module>(module: &M) -> u64 {
    let shapes = shapes(module);
    let parameters = shapes.iter().filter(|(name, _)| !is_buffer(name));
    parameters.map(|(_, shape)| shape.iter().product::<usize>() as u64).sum()
}

/// `module` with the values of `tensors`: each tensor must be there with its shape, and no other.
///
/// # Errors
///
/// If a name or a shape does not fit; nothing is changed then.
pub fn restore<M: Module>(module: M, tensors: &NamedTensors) -> Result<M, StateError> {
    let wanted = shapes(&module);
    all_there(&wanted, tensors)?;
    let unused = names_without(tensors.keys(), |name| wanted.contains_key(name));
    if !unused.is_empty() {
        return Err(StateError::Unused(unused));
    }
    all_fit(wanted, tensors)?;
    Ok(module.map(&mut Restorer { path: Path::default(), tensors }))
}

/// Whether `tensors` has every name that is wanted.
pub(super) fn all_there(
    wanted: &BTreeMap<String, Vec<usize>>,
    tensors: &NamedTensors,
) -> Result<(), StateError> {
    let missing = names_without(wanted.keys(), |name| tensors.contains_key(name));
    if missing.is_empty() { Ok(()) } else { Err(StateError::Missing(missing)) }
}

/// Whether every tensor that is wanted, all of them there, has its shape.
pub(super) fn all_fit(
    wanted: BTreeMap<String, Vec<usize>>,
    tensors: &NamedTensors,
) -> Result<(), StateError> {
    for (name, wanted) in wanted {
        let found = tensors[&name].shape().to_vec();
        if found != wanted {
            return Err(StateError::Shape { name, found, wanted });
        }
    }
    Ok(())
}

/// `module` with the values of those of its tensors that `tensors` has in the right shape: how a
/// derived generator inherits weights from the shared one. Returns how many it took.
pub fn inherit<M: Module>(module: M, tensors: &NamedTensors) -> (M, usize) {
    let mut fitting = collect(&module);
    let mut taken = 0;
    for (name, own) in &mut fitting {
        if let Some(theirs) = tensors.get(name).filter(|theirs| theirs.shape() == own.shape()) {
            *own = theirs.clone();
            taken += 1;
        }
    }
    let module = module.map(&mut Restorer { path: Path::default(), tensors: &fitting });
    (module, taken)
}

fn names_without<'a>(names: impl Iterator<Item = &'a String>, known: impl Fn(&str) -> bool) -> Vec<String> {
    names.filter(|name| !known(name)).cloned().collect()
}

#[derive(Default)]
struct Collector {
    path: Path,
    tensors: NamedTensors,
}

impl ModuleVisitor for Collector {
    follow_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors.insert(self.path.name(), snapshot(param.base()));
    }
}

struct GradientCollector<'a> {
    path: Path,
    gradients: &'a Gradients,
    tensors: NamedTensors,
}

impl ModuleVisitor for GradientCollector<'_> {
    follow_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.base().grad(self.gradients) {
            self.tensors.insert(self.path.name(), snapshot(gradient));
        }
    }
}

#[derive(Default)]
struct Surveyor {
    path: Path,
    shapes: BTreeMap<String, Vec<usize>>,
}

impl ModuleVisitor for Surveyor {
    follow_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.shapes.insert(self.path.name(), param.lazy_shape().to_vec());
    }
}

struct Restorer<'a> {
    path: Path,
    tensors: &'a NamedTensors,
}

impl ModuleMapper for Restorer<'_> {
    follow_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let data = self.tensors[&self.path.name()].clone();
        replace(param, data)
    }
}

/// The parameter with new values, on its device, trainable where that device can.
pub(super) fn replace<const D: usize>(param: Param<Tensor<D>>, data: TensorData) -> Param<Tensor<D>> {
    let device = param.lazy_device();
    let tensor = Tensor::<D>::from_data(data, &device);
    let tensor = match device.is_autodiff() {
        true => tensor.require_grad(),
        false => tensor,
    };
    Param::initialized(param.id, tensor)
}

/// The tensors with their names put under `prefix/`.
pub fn with_prefix(prefix: &str, tensors: NamedTensors) -> NamedTensors {
    let named = |(name, data)| (format!("{prefix}/{name}"), data);
    tensors.into_iter().map(named).collect()
}

/// The tensors under `prefix/`, without it: the inverse of [`with_prefix`].
pub fn parts(prefix: &str, tensors: &NamedTensors) -> NamedTensors {
    let start = format!("{prefix}/");
    let stripped = |(name, data): (&String, &TensorData)| {
        name.strip_prefix(&start).map(|name| (name.to_owned(), data.clone()))
    };
    tensors.iter().filter_map(stripped).collect()
}
