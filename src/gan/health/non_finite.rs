//! Finding NaN and infinity among weights, before a checkpoint keeps them.
//!
//! A loss may stay finite long after a weight has died: a ReLU or a clamp can swallow a NaN, and WGSL
//! lets a driver assume that there are none, so that no comparison, minimum or maximum on a GPU can be
//! trusted to see one. Two things can: a sum, which every unit that adds floats carries a NaN or an
//! infinity through, and the bits of values that were read back. Healthy weights cost its sums and one
//! number that is read; only others are copied to the host, where it is looked at bit by bit.

use burn::tensor::{Tensor, TensorData};
use thiserror::Error;

use crate::gan::adam::Adam;
use crate::model::kernels::total;
use crate::model::{NamedTensors, Weights, scalar};

/// Tensors that hold NaN or infinity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NonFinite {
    /// NaN or infinity.
    #[error(
        "{name} holds {nan} NaN and {infinite} infinite of {values} values{}",
        others(.tensors)
    )]
    Values {
        /// The first such tensor.
        name: String,
        /// NaNs in it.
        nan: usize,
        /// Infinities in it.
        infinite: usize,
        /// All of its values.
        values: usize,
        /// Such tensors in all.
        tensors: usize,
    },
    /// All values are finite and their sum is not: they are beyond any use.
    #[error("the values of {name} are so large that their sum is not finite")]
    Overflow {
        /// The tensor with the largest value.
        name: String,
    },
}

fn others(tensors: &usize) -> String {
    match tensors.saturating_sub(1) {
        0 => String::new(),
        1 => ", and so does another tensor".to_owned(),
        more => format!(", and so do {more} other tensors"),
    }
}

/// The first tensor that holds NaN or infinity, and how many; `None` when all values are finite.
pub fn find_non_finite(tensors: &NamedTensors) -> Option<NonFinite> {
    let mut found = tensors.iter().filter_map(|(name, data)| {
        let (nan, infinite) = counts(data);
        (nan + infinite > 0).then_some((name, nan, infinite, data.num_elements()))
    });
    let (name, nan, infinite, values) = found.next()?;
    Some(NonFinite::Values { name: name.clone(), nan, infinite, values, tensors: 1 + found.count() })
}

/// What is wrong with tensors whose [`Total`] was not finite.
pub fn diagnose_non_finite(tensors: &NamedTensors) -> NonFinite {
    find_non_finite(tensors).unwrap_or_else(|| {
        let sizes = tensors.iter().map(|(name, data)| (largest(data), name));
        let most = sizes.max_by(|a, b| a.0.total_cmp(&b.0));
        NonFinite::Overflow { name: most.map_or(String::new(), |(_, name)| name.clone()) }
    })
}

/// The same as [`find_non_finite`] for the parameters and buffers of a network on any device, by one number that is
/// read back. Weights that are finite but so large that their sum is not count as find_non_finite, too.
///
/// Not for a dry run, in which what is read back is no result.
pub fn non_finite_weights(weights: &Weights) -> Option<NonFinite> {
    let healthy = Total::default().weights(weights).is_finite();
    (!healthy).then(|| diagnose_non_finite(&weights.state_dict()))
}

/// The sum of all values of networks and optimisers on one device: finite only if each of them is.
///
/// Several things are added to be read back at once:
/// `Total::default().weights(&generator).weights(&discriminator).adam(&adam).is_finite()`.
#[derive(Default)]
pub struct Total {
    /// Flat, outside of autodiff, with at least one value each.
    tensors: Vec<Tensor<1>>,
}

impl Total {
    /// With all parameters and buffers of a network.
    pub fn weights(self, weights: &Weights) -> Self {
        weights.tensors().fold(self, Self::tensor)
    }

    /// With an optimiser's moments. One gradient beyond 1e19 makes a second moment infinite, and a
    /// weight that is divided by it stands still for ever and looks healthy.
    pub fn adam(self, adam: &Adam) -> Self {
        adam.tensors().fold(self, Self::tensor)
    }

    /// With all values of a tensor.
    pub fn tensor<const D: usize>(mut self, tensor: Tensor<D>) -> Self {
        let count = tensor.shape().num_elements();
        if count > 0 {
            self.tensors.push(tensor.without_autodiff().reshape([count]));
        }
        self
    }

    /// Whether every value was finite, and their sum as well. Reads one number back.
    pub fn is_finite(self) -> bool {
        self.tensors.is_empty() || scalar(total(self.tensors)).is_finite()
    }
}

/// NaNs and infinities among the values of a tensor, of any type.
fn counts(data: &TensorData) -> (usize, usize) {
    let count = |(nan, infinite): (usize, usize), value: f64| {
        (nan + usize::from(value.is_nan()), infinite + usize::from(value.is_infinite()))
    };
    match data.as_slice::<f32>() {
        Ok(values) if values.iter().all(|value| value.is_finite()) => (0, 0),
        _ => data.iter::<f64>().fold((0, 0), count),
    }
}

fn largest(data: &TensorData) -> f64 {
    data.iter::<f64>().map(f64::abs).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::arch::graph::{Shape, ops};
    use crate::arch::{NetShape, Space, SpaceConfig};
    use crate::gan::AdamConfig;
    use crate::model::{Init, ModelConfig, Pass, run};
    use burn::tensor::Device;

    const NON_FINITE: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

    fn generator() -> Weights {
        let config = ModelConfig { latent_dim: 8, generator_channels: 4, ..ModelConfig::default() };
        let space = Space::new(SpaceConfig { cells: 2, ..SpaceConfig::default() }, NetShape::default());
        config.shared_generator(&space.unwrap(), &Device::flex(), 1, "test")
    }

    /// The generator with other values.
    fn loaded(tensors: &NamedTensors) -> Weights {
        let mut generator = generator();
        generator.load_state_dict(tensors).unwrap();
        generator
    }

    /// The tensors with one value of one of them changed.
    fn with(tensors: &NamedTensors, name: &str, at: usize, value: f32) -> NamedTensors {
        let mut tensors = tensors.clone();
        let data = tensors.get_mut(name).unwrap();
        let mut values: Vec<f32> = data.as_slice::<f32>().unwrap().to_vec();
        values[at] = value;
        *data = TensorData::new(values, data.shape().clone());
        tensors
    }

    #[test]
    fn each_tensor_of_a_network_is_found_by_its_name_wherever_the_value_is() {
        let healthy = generator().state_dict();
        assert_eq!(find_non_finite(&healthy), None);
        assert_eq!(non_finite_weights(&generator()), None);
        for (number, (name, data)) in healthy.iter().enumerate() {
            let values = data.num_elements();
            let value = NON_FINITE[number % NON_FINITE.len()];
            let tensors = with(&healthy, name, number % values, value);
            let (nan, infinite) = (usize::from(value.is_nan()), usize::from(value.is_infinite()));
            let expected = Some(NonFinite::Values { name: name.clone(), nan, infinite, values, tensors: 1 });
            assert_eq!(find_non_finite(&tensors), expected);
            assert_eq!(non_finite_weights(&loaded(&tensors)), expected);
        }
        assert!(healthy.contains_key("cell1.pre_conv1.bn.running_var"), "buffers are among them");
    }

    #[test]
    fn infinities_of_both_signs_do_not_cancel_and_several_tensors_are_counted() {
        let healthy = generator().state_dict();
        let tensors = with(&healthy, "l1.weight", 0, f32::INFINITY);
        let tensors = with(&tensors, "l1.weight", 7, f32::NEG_INFINITY);
        let tensors = with(&tensors, "to_rgb.2.bias", 1, f32::NAN);
        let found = non_finite_weights(&loaded(&tensors)).unwrap().to_string();
        assert_eq!(found, "l1.weight holds 0 NaN and 2 infinite of 512 values, and so does another tensor");
    }

    #[test]
    fn weights_whose_sum_overflows_are_of_no_use_and_large_or_tiny_ones_are() {
        let healthy = generator().state_dict();
        for value in [1e30, -3e38, 1e-40, -0.0, f32::MIN_POSITIVE] {
            let tensors = with(&healthy, "l1.weight", 3, value);
            assert_eq!(non_finite_weights(&loaded(&tensors)), None, "{value}");
        }
        let tensors = with(&with(&healthy, "l1.bias", 3, 3e38), "l1.bias", 9, 2e38);
        assert_eq!(find_non_finite(&tensors), None);
        let found = non_finite_weights(&loaded(&tensors));
        assert_eq!(found, Some(NonFinite::Overflow { name: "l1.bias".to_owned() }));
    }

    #[test]
    fn a_gradient_whose_square_overflows_is_seen_in_the_optimiser_alone() {
        let device = Device::flex().autodiff();
        let config = ModelConfig { latent_dim: 8, generator_channels: 4, ..ModelConfig::default() };
        let mut graph = crate::arch::Graph::new();
        let x = graph.input("x", Shape::Features(config.latent_dim));
        let layer = graph.add_weighted("layer", "layer", ops::Linear::new(2), x);
        graph.output(layer);
        for (slope, healthy) in [(1.0, true), (1e18, true), (1e20, false)] {
            let mut layer = Weights::initial(&graph.parameters(), [Init::FanIn; 2], &device, 1, "test");
            let x = Tensor::<2>::ones([1, config.latent_dim], &device) * slope;
            let gradients =
                run(&graph, &layer, vec![x.into()], Pass::Train).output().features().sum().backward();
            let mut adam = Adam::new(AdamConfig::default());
            adam.step(&mut layer, gradients, 0.1);
            assert_eq!(non_finite_weights(&layer), None);
            assert_eq!(Total::default().weights(&layer).adam(&adam).is_finite(), healthy, "{slope}");
            assert_eq!(find_non_finite(&adam.state_dict()).is_none(), healthy, "{slope}");
        }
    }

    #[test]
    fn what_holds_nothing_is_healthy() {
        assert!(Total::default().is_finite());
        assert!(Total::default().tensor(Tensor::<2>::zeros([0, 3], &Device::flex())).is_finite());
        assert_eq!(find_non_finite(&NamedTensors::new()), None);
    }

    /// What a check costs at the quick preset's size; printed, since a clock proves nothing on a busy
    /// machine.
    #[test]
    #[ignore = "a measurement; run with --ignored --nocapture"]
    fn what_a_check_costs() {
        let config = ModelConfig { generator_channels: 32, ..ModelConfig::default() };
        let space = Space::new(SpaceConfig { cells: 2, ..SpaceConfig::default() }, NetShape::default());
        let generator = config.shared_generator(&space.unwrap(), &Device::flex(), 1, "test");
        let tensors = generator.state_dict();
        let values: usize = tensors.values().map(TensorData::num_elements).sum();
        let measured = |what: &str, work: &dyn Fn() -> Option<NonFinite>| {
            let begun = std::time::Instant::now();
            (0..100).for_each(|_| assert_eq!(work(), None));
            let each = begun.elapsed().as_secs_f64() * 10.0;
            eprintln!("{what}: {each:.3} ms for {} tensors, {values} values", tensors.len());
        };
        measured("the weights", &|| non_finite_weights(&generator));
        measured("its tensors", &|| find_non_finite(&tensors));
        measured("its tensors with copying them", &|| find_non_finite(&generator.state_dict()));
    }
}
