//! Operators of the CPU for networks that are run and not trained: they know no gradient, and are for tensors outside
//! of autodiff.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use super::cpu::conv::{Finish, general};
use super::cpu::layout::concat;
use super::cpu::pool::window;
use super::cpu::{Pooling, SlidingWindow};
use super::flex::{Flat, Maps, maps};
use super::{are_used, is_cpu};

/// Whether these operators can be used on `x`.
pub(crate) fn are_possible(x: &Tensor<4>) -> bool {
    !x.is_autodiff() && are_used() && is_cpu(&x.device())
}

/// A convolution with its bias, then ReLU if `relu` says so. `weight` is `[outputs, inputs, height, width]` with the
/// height and width of `window`.
pub(crate) fn conv(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    window: SlidingWindow,
    relu: bool,
) -> Tensor<4> {
    let [outputs, ..] = weight.dims();
    let (x, weight, bias) = (Maps::of(own(x)), Flat::of(own(weight)), Flat::of(own(bias)));
    let finish = Finish { bias: Some(bias.values()), relu };
    let y = general::forward(x.values(), x.extent, weight.values(), finish, window, outputs);
    tensor(maps(y, window.places(x.extent).with_channels(outputs)))
}

/// Pooling of each window.
pub(crate) fn pool(x: Tensor<4>, window: SlidingWindow, pooling: Pooling) -> Tensor<4> {
    let x = Maps::of(own(x));
    tensor(maps(window::pool(x.values(), x.extent, window, pooling), window.places(x.extent)))
}

/// The channels of maps of one size beside each other, in their order.
///
/// # Panics
///
/// If there are none.
pub(crate) fn join(parts: Vec<Tensor<4>>) -> Tensor<4> {
    let parts: Vec<Maps> = parts.into_iter().map(|part| Maps::of(own(part))).collect();
    let channels = parts.iter().map(|part| part.extent.channels);
    let extent = parts[0].extent.with_channels(channels.sum());
    let values: Vec<_> = parts.iter().map(|part| (part.values(), part.extent.channels)).collect();
    tensor(maps(concat(&values, extent.pixels()), extent))
}

fn own<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    tensor
        .try_into_primitive::<Flex>()
        .unwrap_or_else(|error| unreachable!("only tensors of the CPU come here: {error:?}"))
}

fn tensor(own: FlexTensor) -> Tensor<4> {
    Tensor::from_primitive::<Flex>(own)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use burn::tensor::module::{avg_pool2d, conv2d, max_pool2d};
    use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
    use burn::tensor::{Device, TensorData, activation};

    use super::*;
    use crate::rng::{normals, rng};

    fn random<const D: usize>(name: &str, shape: [usize; D]) -> Tensor<D> {
        let values = normals(&mut rng(1, name, 0), shape.iter().product());
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    /// Asserts that the root mean square of the difference is below 2e-6 of that of burn's result.
    #[track_caller]
    fn assert_near(own: Tensor<4>, burns: Tensor<4>) {
        assert_eq!(own.dims(), burns.dims());
        let [own, burns]: [Vec<f32>; 2] =
            [own, burns].map(|tensor| tensor.into_data().try_into_vec().unwrap());
        let square =
            |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x).powi(2)).sum::<f64>();
        let difference = square(&mut own.iter().zip(&burns).map(|(own, burns)| own - burns));
        let error = (difference / square(&mut burns.iter().copied())).sqrt();
        assert!(error < 2e-6, "{error}");
    }

    /// Windows of the Inception network, with the side of the maps, and their channels before and behind.
    const CONVOLUTIONS: [(SlidingWindow, usize, [usize; 2]); 8] = [
        (SlidingWindow { size: [3, 3], stride: 2, padding: [0, 0] }, 29, [3, 32]),
        (SlidingWindow { size: [3, 3], stride: 1, padding: [0, 0] }, 14, [32, 40]),
        (SlidingWindow { size: [3, 3], stride: 1, padding: [1, 1] }, 35, [24, 32]),
        (SlidingWindow { size: [1, 1], stride: 1, padding: [0, 0] }, 17, [70, 48]),
        (SlidingWindow { size: [1, 7], stride: 1, padding: [0, 3] }, 17, [60, 33]),
        (SlidingWindow { size: [7, 1], stride: 1, padding: [3, 0] }, 17, [60, 32]),
        (SlidingWindow { size: [5, 5], stride: 1, padding: [2, 2] }, 9, [48, 64]),
        (SlidingWindow { size: [4, 4], stride: 2, padding: [1, 1] }, 32, [3, 16]),
    ];

    #[test]
    fn convolutions_equal_burns() {
        for (window, side, [inputs, outputs]) in CONVOLUTIONS {
            let x = random("x", [2, inputs, side, side]);
            let weight = random("weight", [outputs, inputs, window.size[0], window.size[1]]);
            let bias = random("bias", [outputs]);
            assert!(are_possible(&x));
            let options = ConvOptions::new([window.stride; 2], window.padding, [1, 1], 1);
            let burns = conv2d(x.clone(), weight.clone(), Some(bias.clone()), options);
            assert_near(conv(x.clone(), weight.clone(), bias.clone(), window, false), burns.clone());
            assert_near(conv(x, weight, bias, window, true), activation::relu(burns));
        }
    }

    #[test]
    fn pooling_equals_burns() {
        let x = random("x", [2, 20, 17, 17]);
        for (size, stride, padding) in [(3, 2, 0), (3, 1, 1), (2, 2, 0)] {
            let window = SlidingWindow { size: [size; 2], stride, padding: [padding; 2] };
            let options = MaxPoolOptions::new([size; 2]).with_stride([stride; 2]).with_padding([padding; 2]);
            assert_near(pool(x.clone(), window, Pooling::Max), max_pool2d(x.clone(), options));
            let options = AvgPoolOptions::new([size; 2])
                .with_stride([stride; 2])
                .with_padding([padding; 2])
                .with_count_include_pad(false);
            assert_near(pool(x.clone(), window, Pooling::Average), avg_pool2d(x.clone(), options));
        }
    }

    #[test]
    fn maps_in_either_order_in_memory_are_joined() {
        let (one, other) = (random("one", [2, 5, 4, 4]), random("other", [2, 4, 4, 3]).permute([0, 3, 1, 2]));
        let burns = Tensor::cat(vec![one.clone(), other.clone()], 1);
        assert_near(join(vec![one, other]), burns);
    }

    #[test]
    fn tensors_with_autodiff_are_left_to_others() {
        let plain = random("x", [1, 1, 1, 1]);
        assert!(are_possible(&plain) && !are_possible(&Tensor::from_inner(plain)));
    }
}
