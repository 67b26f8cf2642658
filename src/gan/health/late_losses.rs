//! Losses that stay on a GPU for some steps and are read together.
//!
//! Each read waits until the GPU has done all that it was given, so that it stands still until it is given more.

use burn::tensor::{Device, Tensor};

use super::Divergence;
use crate::gan::schedule::{Network, StepLosses, UpdateSchedule};
use crate::model::kernels::{gathered, is_cpu};
use crate::model::{host, scalar};

/// Steps whose losses are read at once on every device: a training that goes wrong mostly does so early.
const AT_ONCE: u64 = 100;
/// Losses that are read together after that: those of 16 steps with an update of each network.
const TOGETHER: usize = 32;

/// The losses of a training that are not read yet.
pub(in crate::gan) struct LateLosses {
    /// How far the losses are known.
    known: UpdateSchedule,
    /// Losses on the device, `[1]`, with their network and step, in order.
    pending: Vec<(Network, u64, Tensor<1>)>,
}

impl LateLosses {
    /// Those of a training whose losses are known so far.
    pub fn new(known: UpdateSchedule) -> Self {
        Self { known, pending: Vec::new() }
    }

    /// How far the losses are known, if all are.
    pub fn all_known(&self) -> Option<&UpdateSchedule> {
        self.pending.is_empty().then_some(&self.known)
    }

    /// Keeps the loss of an update. Returns whether it is time to read.
    pub fn push(&mut self, network: Network, step: u64, loss: Tensor<1>, device: &Device) -> bool {
        self.pending.push((network, step, loss));
        is_cpu(device) || step < AT_ONCE || self.pending.len() >= TOGETHER
    }

    /// Reads all losses; returns those of the steps that are whole by them.
    ///
    /// # Errors
    ///
    /// Names the first that is not finite, with its step.
    pub fn read(&mut self, n_critic: u64) -> Result<Vec<StepLosses>, Divergence> {
        let pending = std::mem::take(&mut self.pending);
        let values = match pending.as_slice() {
            [] => Vec::new(),
            [(_, _, loss)] => vec![scalar(loss.clone())],
            several => host(gathered(several.iter().map(|(_, _, loss)| loss.clone()).collect())),
        };
        let mut whole = Vec::new();
        for ((network, step, _), value) in pending.into_iter().zip(values) {
            let value = Divergence::check(network, value, step)?;
            let losses = self.known.note(value, n_critic);
            whole.extend(losses.map(|losses| StepLosses { step, losses }));
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::device::{DeviceChoice, adapters, open};
    use crate::gan::Losses;

    /// Losses of `steps` steps from step `first` on, read when it is time; the last one is `last`.
    fn read(device: &Device, first: u64, steps: u64, last: f32) -> Vec<Result<Vec<StepLosses>, Divergence>> {
        let loss = |value: f32| Tensor::<1>::from_data([value], device);
        let mut late = LateLosses::new(UpdateSchedule::default());
        let mut reads = Vec::new();
        for step in first..first + steps {
            for (network, value) in [(Network::Discriminator, step as f32), (Network::Generator, -1.0)] {
                let is_last = step + 1 == first + steps && network == Network::Generator;
                if late.push(network, step, loss(if is_last { last } else { value }), device) {
                    assert!(late.all_known().is_none());
                    reads.push(late.read(1));
                }
            }
        }
        reads.push(late.read(1));
        reads
    }

    fn losses(steps: std::ops::Range<u64>) -> Vec<StepLosses> {
        let losses = |step| Losses { discriminator: step as f32, generator: Some(-1.0) };
        steps.map(|step| StepLosses { step, losses: losses(step) }).collect()
    }

    #[test]
    fn on_the_cpu_each_loss_is_read_at_once() {
        let reads = read(&Device::flex(), 200, 2, -1.0);
        let expected = [vec![], losses(200..201), vec![], losses(201..202), vec![]].map(Ok::<_, Divergence>);
        assert_eq!(reads, expected);
        let reads = read(&Device::flex(), 200, 1, f32::NAN);
        assert!(matches!(reads[1], Err(Divergence::Loss { step: 200, network: "generator", .. })));
    }

    #[test]
    fn on_a_gpu_losses_are_read_for_sixteen_steps_and_belong_to_their_own() {
        let Some(adapter) = adapters().into_iter().next() else {
            assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
            return;
        };
        let device = open(&DeviceChoice::Named(adapter.name)).unwrap().device;
        let expected = [losses(100..116), losses(116..120)].map(Ok::<_, Divergence>);
        assert_eq!(read(&device, 100, 20, -1.0), expected);
        // The first hundred steps are read at once.
        assert_eq!(read(&device, 98, 3, -1.0).len(), 5);
        for value in [f32::NAN, f32::INFINITY] {
            let reads = read(&device, 100, 20, value);
            assert!(matches!(reads[1], Err(Divergence::Loss { step: 119, network: "generator", .. })));
        }
    }
}
