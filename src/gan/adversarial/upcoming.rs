//! Values of the host for the steps to come, handed to a GPU for many steps in one upload.

use burn::tensor::{Device, Tensor, TensorData};

use crate::model::kernels::is_cpu;

/// The most steps that one upload is for, and the most bytes that it has.
const MOST_STEPS: usize = 64;
const MOST_BYTES: usize = 16 << 20;

/// The steps of a stream of tensors, one for each step, that were uploaded already.
#[derive(Default)]
pub(super) struct Upcoming<const D: usize> {
    ahead: Option<Ahead<D>>,
}

struct Ahead<const D: usize> {
    name: String,
    /// Of one step's tensor.
    shape: [usize; D],
    first: u64,
    stride: u64,
    steps: u64,
    /// The tensors of all steps below each other.
    tensor: Tensor<D>,
}

impl<const D: usize> Ahead<D> {
    /// The tensor of step `step`, if it is among them.
    fn at(&self, name: &str, shape: [usize; D], step: u64, stride: u64) -> Option<Tensor<D>> {
        let offset = step.checked_sub(self.first)?;
        let (index, rest) = (offset / stride, offset % stride);
        let same = (self.name.as_str(), self.shape, self.stride) == (name, shape, stride);
        let rows = shape[0];
        (same && rest == 0 && index < self.steps)
            .then(|| self.tensor.clone().narrow(0, index as usize * rows, rows))
    }
}

impl<const D: usize> Upcoming<D> {
    /// The tensor of step `step` of the stream `name`, of this shape. `values` gives those of any step; every
    /// `stride`th step has some. On the CPU nothing is made ahead.
    pub fn at(
        &mut self,
        name: &str,
        shape: [usize; D],
        [step, stride]: [u64; 2],
        device: &Device,
        mut values: impl FnMut(u64) -> Vec<f32>,
    ) -> Tensor<D> {
        if let Some(found) = self.ahead.as_ref().and_then(|ahead| ahead.at(name, shape, step, stride)) {
            return found;
        }
        let one = values(step);
        let most =
            if is_cpu(device) { 1 } else { (MOST_BYTES / (4 * one.len().max(1))).clamp(1, MOST_STEPS) };
        if most == 1 {
            return Tensor::from_data(TensorData::new(one, shape), device);
        }
        let len = one.len();
        let mut all = one;
        let mut steps = 1;
        // The last batch of an epoch may be smaller, and is uploaded by itself.
        while steps < most as u64 {
            let next = values(step + steps * stride);
            if next.len() != len {
                break;
            }
            all.extend(next);
            steps += 1;
        }
        let mut shape_of_all = shape;
        shape_of_all[0] *= steps as usize;
        let tensor = Tensor::from_data(TensorData::new(all, shape_of_all), device);
        let ahead = Ahead { name: name.to_owned(), shape, first: step, stride, steps, tensor };
        let found = ahead.at(name, shape, step, stride);
        self.ahead = Some(ahead);
        found.unwrap_or_else(|| unreachable!("the first step is among those that were uploaded"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::device::{DeviceChoice, adapters, open};
    use crate::model::host;

    /// The values of each step of a stream, whose every ninth step has one row only.
    fn values(step: u64) -> Vec<f32> {
        let rows = if step % 9 == 8 { 1 } else { 2 };
        (0..rows * 64).map(|value| (step * 1000 + value) as f32).collect()
    }

    fn check(device: &Device) {
        let mut upcoming = Upcoming::default();
        for step in (0..40).step_by(2) {
            let rows = values(step).len() / 64;
            let found = upcoming.at("a", [rows, 64], [step, 2], device, values);
            assert_eq!((found.dims(), host(found)), ([rows, 64], values(step)), "step {step}");
        }
        // Another stream, and a step back.
        for (name, step) in [("b", 3), ("b", 5), ("b", 1), ("a", 0)] {
            let found = upcoming.at(name, [2, 64], [step, 2], device, values);
            assert_eq!(host(found), values(step), "{name}, step {step}");
        }
    }

    #[test]
    fn steps_have_their_own_values_whatever_was_uploaded_before() {
        check(&Device::flex());
        let Some(adapter) = adapters().into_iter().next() else {
            assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
            return;
        };
        let device = open(&DeviceChoice::Named(adapter.name)).unwrap().device;
        check(&device);
    }
}
