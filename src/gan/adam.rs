//! Adam with its state by parameter name.
//!
//! burn's optimiser keeps its state by random parameter ids, and reloads it on the default device,
//! which on a machine without a GPU does not exist. A checkpoint here is one map of named tensors,
//! and the released code's habit of feeding zero gradients to idle parameters can be had.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::{NamedTensors, Path, follow_path, snapshot};

/// What to do with a parameter that the loss does not reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Idle {
    /// Leave it and its moments alone (PyTorch 2).
    #[default]
    Skip,
    /// Once it had a gradient, give it zeros, so its second moment decays (the released code, on
    /// PyTorch 1; reference notes, section 6.1, 10).
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
    pub idle: Idle,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta1: 0.0, beta2: 0.9, epsilon: 1e-8, idle: Idle::Skip }
    }
}

/// State of one parameter; tensors are flat.
#[derive(Clone, Debug)]
struct Moments {
    steps: u32,
    first: Tensor<1>,
    second: Tensor<1>,
}

/// The optimiser of one module.
#[derive(Clone, Debug)]
pub struct Adam {
    config: AdamConfig,
    moments: BTreeMap<String, Moments>,
}

impl Adam {
    /// An optimiser that has seen nothing yet.
    pub fn new(config: AdamConfig) -> Self {
        Self { config, moments: BTreeMap::new() }
    }

    /// One step of size `rate` along the gradients that `gradients` holds for `module`.
    pub fn step<M: Module>(&mut self, module: M, gradients: Gradients, rate: f64) -> M {
        module.map(&mut Stepper { path: Path::default(), adam: self, gradients, rate })
    }

    /// The moments by parameter name: `NAME/exp_avg`, `NAME/exp_avg_sq` (both flat) and `NAME/step`.
    pub fn state(&self) -> NamedTensors {
        let mut state = NamedTensors::new();
        for (name, moments) in &self.moments {
            state.insert(format!("{name}/exp_avg"), snapshot(moments.first.clone()));
            state.insert(format!("{name}/exp_avg_sq"), snapshot(moments.second.clone()));
            state.insert(format!("{name}/step"), TensorData::from([moments.steps as f32]));
        }
        state
    }

    /// Both moments of every parameter, flat, where they are.
    pub(super) fn tensors(&self) -> impl Iterator<Item = Tensor<1>> {
        self.moments.values().flat_map(|moments| [moments.first.clone(), moments.second.clone()])
    }

    /// The optimiser with a saved state on `device`.
    ///
    /// # Errors
    ///
    /// Names the tensor that is missing or is not what [`Adam::state`] wrote.
    pub fn restore(self, state: &NamedTensors, device: &Device) -> Result<Self, AdamError> {
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
                Moments {
                    steps: *steps.ok_or_else(|| AdamError(format!("{name}/step")))? as u32,
                    first: Tensor::from_data(part(name, "exp_avg")?, &plain),
                    second: Tensor::from_data(part(name, "exp_avg_sq")?, &plain),
                },
            );
        }
        Ok(Self { moments, ..self })
    }
}

/// A saved optimiser state is not whole.
#[derive(Debug, Error)]
#[error("the optimiser's state lacks a usable tensor {0}; go back to an earlier checkpoint")]
pub struct AdamError(String);

struct Stepper<'a> {
    path: Path,
    adam: &'a mut Adam,
    gradients: Gradients,
    rate: f64,
}

impl Stepper<'_> {
    /// The flat gradient of a parameter, or the zeros an idle one is given.
    fn gradient<const D: usize>(&mut self, name: &str, value: &Tensor<D>) -> Option<Tensor<1>> {
        let count = value.shape().num_elements();
        let known = self.adam.moments.get(name);
        // Taken out, since what stays there is let go of in no order at all, and burn's fusion keeps a plan for
        // ever for each order that it meets.
        match value.grad_remove(&mut self.gradients) {
            Some(gradient) => Some(gradient.reshape([count])),
            None if self.adam.config.idle == Idle::DecayMoments => {
                known.map(|moments| moments.second.zeros_like())
            }
            None => None,
        }
    }
}

impl ModuleMapper for Stepper<'_> {
    follow_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let value = param.base();
        let Some(gradient) = self.gradient(&name, &value) else {
            return param;
        };
        let AdamConfig { beta1, beta2, epsilon, .. } = self.adam.config;
        let moments = self.adam.moments.entry(name).or_insert_with(|| Moments {
            steps: 0,
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
        });
        moments.steps += 1;
        moments.first = moments.first.clone() * beta1 + gradient.clone() * (1.0 - beta1);
        moments.second = moments.second.clone() * beta2 + gradient.square() * (1.0 - beta2);
        let unbias1 = 1.0 - beta1.powi(moments.steps as i32);
        let unbias2 = 1.0 - beta2.powi(moments.steps as i32);
        let scale = moments.second.clone().sqrt() / unbias2.sqrt() + epsilon;
        let step = moments.first.clone() / scale * (self.rate / unbias1);
        let shape = value.shape();
        let moved = value.without_autodiff() - step.reshape(shape);
        Param::initialized(param.id, Tensor::from_inner(moved).require_grad())
    }
}
