//! The average generator: an exponential moving average of the weights.

use burn::backend::DispatchTensor;

use super::{NamedTensors, StateError, Weights};

/// Averaged weights of a network, on its device and outside of autodiff:
/// `average = decay * average + (1 - decay) * weights` after each generator step.
///
/// Only parameters are averaged. What the average generator uses as batch norm statistics is the caller's decision: the
/// released code takes the raw generator's ([`Weights::with_buffers_of`]); the corrected way is to measure them anew for
/// the averaged weights ([`Generator::recalibrated`](super::Generator::recalibrated)).
#[derive(Clone, Debug)]
pub struct Average {
    weights: Weights,
    decay: f64,
}

impl Average {
    /// Starts at the present weights. `decay` is 0.999 in the released code.
    pub fn new(weights: &Weights, decay: f64) -> Self {
        Self { weights: weights.without_autodiff(), decay }
    }

    /// Moves the average towards `weights`.
    pub fn update(&mut self, weights: &Weights) {
        self.weights.blend(weights, self.decay);
    }

    /// The average weights, with whatever buffers they started with.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Replaces the values of each tensor; see [`Weights::map_tensors`].
    pub(crate) fn map_tensors(&mut self, change: &mut dyn FnMut(DispatchTensor) -> DispatchTensor) {
        self.weights.map_tensors(change);
    }

    /// Replaces the average, as read from a checkpoint.
    ///
    /// # Errors
    ///
    /// If names or shapes do not fit.
    pub fn load_state_dict(&mut self, tensors: &NamedTensors) -> Result<(), StateError> {
        self.weights.load_state_dict(tensors)
    }
}
