//! The average generator: an exponential moving average of the weights.
//!
//! `average = decay * average + (1 - decay) * weights` after each generator step (reference notes,
//! section 5). Only parameters are averaged. What the average generator uses as batch norm
//! statistics is the caller's decision: the reference takes the raw generator's
//! ([`Average::with_buffers_of`]); the sound way is to measure them anew for the averaged weights
//! ([`recalibrate`](super::recalibrate)).

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use std::collections::BTreeMap;

use super::names::{Path, follow_path, is_buffer};
use super::state::NamedTensors;

/// Averaged weights of a module, on the module's device and outside of autodiff.
#[derive(Clone, Debug)]
pub struct Average<M: Module> {
    module: M,
    decay: f64,
}

impl<M: Module> Average<M> {
    /// Starts at the module's present weights. `decay` is 0.999 in the reference.
    pub fn new(module: &M, decay: f64) -> Self {
        Self { module: module.valid(), decay }
    }

    /// Moves the average towards `module`'s weights.
    pub fn update(&mut self, module: &M) {
        let mut newest = Flattened::default();
        module.visit(&mut newest);
        self.module = self.module.clone().map(&mut Blend {
            path: Path::default(),
            newest: newest.tensors,
            decay: self.decay,
        });
    }

    /// The average weights, with whatever buffers they started with.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The average weights with the buffers (batch norm statistics) of `module`.
    pub fn with_buffers_of(&self, module: &M) -> M {
        let mut newest = Flattened::default();
        module.visit(&mut newest);
        // `valid` gives buffers of its own, which the average does not share.
        self.module.valid().map(&mut Buffers { path: Path::default(), newest: newest.tensors })
    }

    /// Replaces the average, as read from a checkpoint.
    ///
    /// # Errors
    ///
    /// If names or shapes do not fit.
    pub fn restore(self, tensors: &NamedTensors) -> Result<Self, super::StateError> {
        Ok(Self { module: super::restore(self.module, tensors)?, ..self })
    }
}

/// A module's tensors by name, flattened so that one map holds all ranks.
///
/// In the order of names, in which they are also let go of: burn's fusion keeps a plan for ever for each order
/// that it meets.
#[derive(Default)]
struct Flattened {
    path: Path,
    tensors: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Flattened {
    follow_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.base().without_autodiff();
        let count = tensor.shape().num_elements();
        self.tensors.insert(self.path.name(), tensor.reshape([count]));
    }
}

struct Blend {
    path: Path,
    newest: BTreeMap<String, Tensor<1>>,
    decay: f64,
}

impl ModuleMapper for Blend {
    follow_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(newest) = self.newest.get(&self.path.name()) else {
            return param;
        };
        if is_buffer(self.path.field()) {
            return param;
        }
        let average = param.val();
        let newest = newest.clone().reshape(average.shape());
        let blended = average * self.decay + newest * (1.0 - self.decay);
        Param::initialized(param.id, blended)
    }
}

struct Buffers {
    path: Path,
    newest: BTreeMap<String, Tensor<1>>,
}

impl ModuleMapper for Buffers {
    follow_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.newest.get(&self.path.name()) {
            Some(newest) if is_buffer(self.path.field()) => {
                let shape = param.lazy_shape();
                Param::initialized(param.id, newest.clone().reshape(shape))
            }
            _ => param,
        }
    }
}
