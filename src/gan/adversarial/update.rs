//! One update of one network.

use burn::backend::DispatchTensor;
use burn::tensor::Tensor;

use crate::gan::loss::Loss;
use crate::gan::schedule::Network;
use crate::gan::step::{Gan, Networks};
use crate::model::Average;

/// What updates change.
pub(super) struct LoopState {
    pub gan: Gan,
    /// The moving average of the generator's weights, where one is kept.
    pub average: Option<Average>,
}

impl LoopState {
    /// Replaces each tensor by what `change` makes of it, in an order of its own; all are outside of autodiff.
    pub fn map_tensors(&mut self, change: &mut dyn FnMut(DispatchTensor) -> DispatchTensor) {
        self.gan.map_tensors(change);
        if let Some(average) = &mut self.average {
            average.map_tensors(change);
        }
    }
}

/// What an update is done on; both are on the plain device.
#[derive(Clone)]
pub(super) struct UpdateInputs {
    /// `[batch, latent]`.
    pub z: Tensor<2>,
    /// `[batch, 3, side, side]`, for the discriminator.
    pub real: Option<Tensor<4>>,
}

/// An update of one network.
pub(super) struct NetworkUpdate<'a> {
    pub network: Network,
    pub networks: &'a Networks,
    pub loss: Loss,
    pub learning_rate: f64,
}

impl NetworkUpdate<'_> {
    /// Does it, and moves the average after one of the generator. Returns the loss, `[1]`, which is still on the device.
    pub fn run(&self, state: &mut LoopState, inputs: UpdateInputs) -> Tensor<1> {
        let Self { network, networks, loss, learning_rate } = *self;
        let UpdateInputs { z, real } = inputs;
        let value = match real {
            Some(real) => state.gan.discriminator_step(loss, networks, real, z, learning_rate),
            None => state.gan.generator_step(loss, networks, z, learning_rate),
        };
        if let (Network::Generator, Some(average)) = (network, &mut state.average) {
            average.update(&state.gan.generator);
        }
        value
    }
}
