//! Adam with its state by parameter name.
//!
//! A checkpoint is one map of named tensors, and the released code's habit of feeding zero gradients to parameters
//! without a gradient can be had.

use std::collections::BTreeMap;

use burn::backend::DispatchTensor;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::kernels::{self, AdamStep, AdamTensors};
use crate::model::{NamedTensors, Weight, Weights, copied};

/// What to do with a parameter that the loss does not reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnusedParams {
    /// Leave it and its moments alone (PyTorch 2).
    #[default]
    Skip,
    /// Once it had a gradient, give it zeros, so its second moment decays (the released code, on
    /// PyTorch 1).
    DecayMoments,
}

/// Adam's settings (Kingma and Ba 2015), without weight decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamConfig {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// Parameters without a gradient.
    #[serde(alias = "idle")]
    pub unused_params: UnusedParams,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta1: 0.0, beta2: 0.9, epsilon: 1e-8, unused_params: UnusedParams::Skip }
    }
}

/// State of one parameter; tensors are flat.
#[derive(Clone, Debug)]
struct AdamMoments {
    steps: u32,
    first: Tensor<1>,
    second: Tensor<1>,
}

impl AdamMoments {
    /// Those of a parameter that has had no step yet.
    fn new(count: usize, device: &Device) -> Self {
        Self { steps: 0, first: Tensor::zeros([count], device), second: Tensor::zeros([count], device) }
    }
}

/// The optimiser of one network.
#[derive(Clone, Debug)]
pub struct Adam {
    config: AdamConfig,
    moments: BTreeMap<String, AdamMoments>,
}

impl Adam {
    /// An optimiser that has seen nothing yet.
    pub fn new(config: AdamConfig) -> Self {
        Self { config, moments: BTreeMap::new() }
    }

    /// One step of size `learning_rate` along the gradients that `gradients` holds for `weights`.
    pub fn step(&mut self, weights: &mut Weights, mut gradients: Gradients, learning_rate: f64) {
        if kernels::are_used() {
            return self.step_at_once(weights, gradients, learning_rate);
        }
        for (name, weight) in weights.parameters_mut() {
            if let Some(gradient) = self.gradient(name, weight, &mut gradients) {
                let step = self.direction(name, gradient, learning_rate);
                *weight = weight.replaced(weight.flat() - step);
            }
        }
    }

    /// The same in one pass over all parameters.
    fn step_at_once(&mut self, weights: &mut Weights, mut gradients: Gradients, learning_rate: f64) {
        let AdamConfig { beta1, beta2, epsilon, unused_params } = self.config;
        let device = weights.device().clone().inner();
        let (mut names, mut moved, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
        for (name, weight) in weights.parameters_mut() {
            let taken = weight.take_plain_gradient(&mut gradients);
            let decays = unused_params == UnusedParams::DecayMoments;
            let moments = self.moments.get(name).filter(|_| decays);
            let zeros = || moments.map(|moments| moments.second.zeros_like().into_dispatch());
            let Some(gradient) = taken.or_else(zeros) else { continue };
            let count = weight.shape().iter().product();
            let moments = self.moments.remove(name);
            let AdamMoments { steps, first, second } =
                moments.unwrap_or_else(|| AdamMoments::new(count, &device));
            let step = AdamStep { beta1, beta2, epsilon, learning_rate, steps: steps + 1 };
            let moments = [first, second];
            parameters.push(AdamTensors { weight: weight.plain(), gradient, moments, step });
            names.push((name.clone(), steps + 1));
            moved.push(weight);
        }
        for (((name, steps), weight), (values, [first, second])) in
            names.into_iter().zip(moved).zip(kernels::adam(parameters))
        {
            *weight = weight.moved(values);
            self.moments.insert(name, AdamMoments { steps, first, second });
        }
    }

    /// The gradient of a parameter, or the zeros that one without is given.
    ///
    /// It is taken out, since what stays there is let go of in no order at all, and burn's fusion keeps a plan for ever
    /// for each order that it meets.
    fn gradient(&self, name: &str, weight: &Weight, gradients: &mut Gradients) -> Option<Tensor<1>> {
        match weight.take_gradient(gradients) {
            None if self.config.unused_params == UnusedParams::DecayMoments => {
                self.moments.get(name).map(|moments| moments.second.zeros_like())
            }
            gradient => gradient,
        }
    }

    /// What a parameter is moved by, against the direction of `gradient`.
    fn direction(&mut self, name: &str, gradient: Tensor<1>, learning_rate: f64) -> Tensor<1> {
        let AdamConfig { beta1, beta2, epsilon, .. } = self.config;
        let moments = self
            .moments
            .entry(name.to_owned())
            .or_insert_with(|| AdamMoments::new(gradient.dims()[0], &gradient.device()));
        moments.steps += 1;
        moments.first = moments.first.clone() * beta1 + gradient.clone() * (1.0 - beta1);
        moments.second = moments.second.clone() * beta2 + gradient.square() * (1.0 - beta2);
        let unbias1 = 1.0 - beta1.powi(moments.steps as i32);
        let unbias2 = 1.0 - beta2.powi(moments.steps as i32);
        let scale = moments.second.clone().sqrt() / unbias2.sqrt() + epsilon;
        moments.first.clone() / scale * (learning_rate / unbias1)
    }

    /// Replaces the values of all moments by what `change` makes of them.
    pub(super) fn map_tensors(&mut self, change: &mut dyn FnMut(DispatchTensor) -> DispatchTensor) {
        for moments in self.moments.values_mut() {
            for tensor in [&mut moments.first, &mut moments.second] {
                *tensor = Tensor::from_dispatch(change(tensor.clone().into_dispatch()));
            }
        }
    }

    /// Steps of each parameter.
    pub(super) fn steps(&self) -> BTreeMap<String, u32> {
        self.moments.iter().map(|(name, moments)| (name.clone(), moments.steps)).collect()
    }

    /// Puts parameters at the steps that [`Adam::steps`] gave.
    pub(super) fn set_steps(&mut self, steps: &BTreeMap<String, u32>) {
        for (name, moments) in &mut self.moments {
            moments.steps = steps.get(name).copied().unwrap_or(moments.steps);
        }
    }

    /// Notes that all parameters were moved by somebody else.
    pub(super) fn count_step(&mut self) {
        self.moments.values_mut().for_each(|moments| moments.steps += 1);
    }

    /// Whether all further steps of this size are made with the same constants.
    pub(super) fn has_constant_step(&self, learning_rate: f64) -> bool {
        let AdamConfig { beta1, beta2, epsilon, .. } = self.config;
        let mut steps = self.moments.values().map(|moments| moments.steps + 1);
        let is_constant = |steps| AdamStep { beta1, beta2, epsilon, learning_rate, steps }.is_constant();
        !self.moments.is_empty() && steps.all(is_constant)
    }

    /// The moments by parameter name: `NAME/exp_avg`, `NAME/exp_avg_sq` (both flat) and `NAME/step`.
    pub fn state_dict(&self) -> NamedTensors {
        let mut state = NamedTensors::new();
        for (name, moments) in &self.moments {
            state.insert(format!("{name}/exp_avg"), copied(moments.first.clone()));
            state.insert(format!("{name}/exp_avg_sq"), copied(moments.second.clone()));
            state.insert(format!("{name}/step"), TensorData::from([moments.steps as f32]));
        }
        state
    }

    /// Both moments of every parameter, flat, where they are.
    pub(super) fn tensors(&self) -> impl Iterator<Item = Tensor<1>> {
        self.moments.values().flat_map(|moments| [moments.first.clone(), moments.second.clone()])
    }

    /// Becomes the optimiser with a saved state on `device`.
    ///
    /// # Errors
    ///
    /// Names the tensor that is missing or is not what [`Adam::state_dict`] wrote.
    pub fn load_state_dict(&mut self, state: &NamedTensors, device: &Device) -> Result<(), AdamError> {
        let plain = device.clone().inner();
        let part = |name: &str, ending: &str| {
            let name = format!("{name}/{ending}");
            let data = state.get(&name).filter(|data| data.shape().rank() == 1);
            data.cloned().ok_or(AdamError(name))
        };
        let mut moments = BTreeMap::new();
        for name in state.keys().filter_map(|name| name.strip_suffix("/step")) {
            let steps = part(name, "step")?;
            let steps = steps.as_slice::<f32>().ok().and_then(|steps| steps.first());
            moments.insert(
                name.to_owned(),
                AdamMoments {
                    steps: *steps.ok_or_else(|| AdamError(format!("{name}/step")))? as u32,
                    first: Tensor::from_data(part(name, "exp_avg")?, &plain),
                    second: Tensor::from_data(part(name, "exp_avg_sq")?, &plain),
                },
            );
        }
        self.moments = moments;
        Ok(())
    }
}

/// A saved optimiser state is not whole.
#[derive(Debug, Error)]
#[error("the optimiser's state lacks a usable tensor {0}; go back to an earlier checkpoint")]
pub struct AdamError(String);
