//! Each kernel on the first adapter against burn's own operators on the CPU.
#![allow(clippy::unwrap_used)]

use burn::tensor::module::{avg_pool2d, batch_norm, batch_norm_train, conv_transpose2d, conv2d, interpolate};
use burn::tensor::ops::{
    AvgPoolOptions, ConvOptions, ConvTransposeOptions, InterpolateMode, InterpolateOptions,
};
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::super::cpu::adam::AdamStep;
use super::super::{AdamTensors, ConvKind, MapKind};
use super::super::{adam, add, averages, blended, conv, gathered, map, spectral_norm, total};
use crate::device::{DeviceChoice, adapters, open};
use crate::model::host;
use crate::rng::{normals, rng};

/// `[images, channels, height, width]` of the maps: one pixel, odd sides, few and many channels, many pixels.
const SIZES: [[usize; 4]; 5] = [[1, 1, 1, 1], [2, 3, 5, 7], [3, 33, 6, 4], [2, 70, 12, 10], [5, 8, 32, 16]];

/// The most that a tensor may be off, as a share of its root mean square.
const BOUND: f64 = 2e-6;

/// The first adapter of this machine, if there is any.
fn adapter() -> Option<Device> {
    let Some(adapter) = adapters().into_iter().next() else {
        assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
        eprintln!("skipped: this machine has no adapter, so nothing of wgpu was tested");
        return None;
    };
    Some(open(&DeviceChoice::Named(adapter.name)).unwrap().device)
}

fn draws(count: usize, seed: u64) -> Vec<f32> {
    normals(&mut rng(seed, "gpu kernels", 0), count)
}

/// A function of flat tensors with autodiff.
type Function<'a> = &'a dyn Fn(&[Tensor<1>]) -> Tensor<1>;

/// The value of `function` and the gradients of its inputs, where that of the value is `slope`, or drawn.
fn results(
    device: &Device,
    inputs: &[Vec<f32>],
    slope: Option<f32>,
    function: Function<'_>,
) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let inputs = inputs.iter().map(|values| tensor(values, &device).require_grad()).collect::<Vec<_>>();
    let output = function(&inputs);
    let [count] = output.dims();
    let slopes = slope.map_or_else(|| draws(count, 99), |slope| vec![slope; count]);
    let gradients = (output.clone() * tensor(&slopes, &device)).backward();
    let gradients = inputs.iter().map(|input| host(input.grad(&gradients).unwrap()));
    std::iter::once(host(output)).chain(gradients).collect()
}

fn tensor(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

fn rms(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

fn assert_near(found: &[Vec<f32>], expected: &[Vec<f32>], what: &str) {
    assert_eq!(found.len(), expected.len());
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.len(), expected.len(), "{what}: tensor {index}");
        let error = rms(found.iter().zip(expected).map(|(a, b)| f64::from(*a) - f64::from(*b)));
        let size = rms(expected.iter().map(|value| f64::from(*value)));
        assert!(error <= BOUND * size + 1e-7, "{what}: tensor {index} is {:.1e} off", error / size);
    }
}

/// Asserts that `own` on the adapter is `plain` on the CPU, forward and backward, and that a NaN among any input or
/// gradient comes through.
fn assert_same(device: &Device, inputs: &[Vec<f32>], what: &str, own: Function<'_>, plain: Function<'_>) {
    let expected = results(&Device::flex(), inputs, None, plain);
    assert_near(&results(device, inputs, None, own), &expected, what);
    for index in 0..inputs.len() {
        let mut inputs = inputs.to_vec();
        let middle = inputs[index].len() / 2;
        inputs[index][middle] = f32::NAN;
        let found = &results(device, &inputs, None, own)[0];
        assert!(found.iter().any(|value| value.is_nan()), "{what}: NaN in input {index} is lost");
    }
    let found = &results(device, inputs, Some(f32::NAN), own)[1];
    assert!(found.iter().any(|value| value.is_nan()), "{what}: NaN in the gradient is lost");
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count = tensor.shape().num_elements();
    tensor.reshape([count])
}

fn maps_of(x: &Tensor<1>, size: [usize; 4]) -> Tensor<4> {
    x.clone().reshape(size)
}

#[test]
fn maps_without_weights_are_burns() {
    let Some(device) = adapter() else { return };
    for size in SIZES {
        let [_, _, height, width] = size;
        let x = vec![draws(size.iter().product(), 1)];
        let same = |kind: MapKind, plain: fn(Tensor<4>, MapKind) -> Tensor<4>| {
            let own = |x: &[Tensor<1>]| flat(map(maps_of(&x[0], size), kind));
            let plain = |x: &[Tensor<1>]| flat(plain(maps_of(&x[0], size), kind));
            assert_same(&device, &x, &format!("{kind:?} of {size:?}"), &own, &plain);
        };
        same(MapKind::Relu, |x, _| activation::relu(x));
        same(MapKind::Tanh, |x, _| x.tanh());
        same(MapKind::Sum { height, width }, |x, _| x.sum_dim(3).sum_dim(2));
        for factor in [2, 3] {
            same(MapKind::Nearest(factor), |x, kind| enlarged(x, kind, InterpolateMode::Nearest));
            same(MapKind::Bilinear(factor), |x, kind| enlarged(x, kind, InterpolateMode::Bilinear));
        }
        if height % 2 == 0 && width % 2 == 0 {
            same(MapKind::Halve, |x, _| avg_pool2d(x, AvgPoolOptions::new([2, 2]).with_stride([2, 2])));
        }
        if height * width > 1 {
            for relu in [false, true] {
                same(MapKind::InstanceNorm { relu }, instance_norm);
            }
        }
        let pair = [draws(size.iter().product(), 1), draws(size.iter().product(), 2)];
        let own = |x: &[Tensor<1>]| flat(add(maps_of(&x[0], size), maps_of(&x[1], size)));
        assert_same(&device, &pair, "sum", &own, &|x| x[0].clone() + x[1].clone());
    }
}

fn enlarged(x: Tensor<4>, kind: MapKind, mode: InterpolateMode) -> Tensor<4> {
    let (MapKind::Nearest(factor) | MapKind::Bilinear(factor)) = kind else { panic!("{kind:?}") };
    let [_, _, height, width] = x.dims();
    let options = InterpolateOptions::new(mode).with_output_size([factor * height, factor * width]);
    interpolate(x, options.with_align_corners(false))
}

fn instance_norm(x: Tensor<4>, kind: MapKind) -> Tensor<4> {
    let [images, channels, height, width] = x.dims();
    let (planes, device) = (images * channels, x.device());
    let (ones, zeros) = (Tensor::ones([planes], &device), Tensor::zeros([planes], &device));
    let made = batch_norm_train(x.reshape([1, planes, height, width]), ones, zeros, 1e-5).output;
    let made = made.reshape([images, channels, height, width]);
    if kind == (MapKind::InstanceNorm { relu: true }) { activation::relu(made) } else { made }
}

#[test]
fn batch_norm_and_the_batchs_statistics_are_burns() {
    let Some(device) = adapter() else { return };
    for size in SIZES.into_iter().filter(|[images, _, height, width]| images * height * width > 1) {
        let channels = size[1];
        // A mean of several deviations, which costs digits where squares are summed.
        let x: Vec<f32> = draws(size.iter().product(), 1).into_iter().map(|value| value + 3.0).collect();
        let inputs = [x.clone(), draws(channels, 2), draws(channels, 3)];
        for relu in [false, true] {
            let what = format!("batch norm of {size:?}, ReLU {relu}");
            let activated = move |x| if relu { activation::relu(x) } else { x };
            let own = |x: &[Tensor<1>]| {
                flat(super::super::batch_norm(maps_of(&x[0], size), x[1].clone(), x[2].clone(), relu).0)
            };
            let plain = |x: &[Tensor<1>]| {
                let made = batch_norm_train(maps_of(&x[0], size), x[1].clone(), x[2].clone(), 1e-5);
                flat(activated(made.output))
            };
            assert_same(&device, &inputs, &what, &own, &plain);

            let statistics = [draws(channels, 4), draws(channels, 5).into_iter().map(f32::abs).collect()];
            let on = |device: &Device| statistics.each_ref().map(|values| tensor(values, device));
            let own = |x: &[Tensor<1>]| {
                let affine = [x[1].clone(), x[2].clone()];
                let statistics = on(&device);
                flat(super::super::batch_norm_in_use(maps_of(&x[0], size), affine, statistics, relu))
            };
            let plain = |x: &[Tensor<1>]| {
                let [mean, variance] = on(&Device::flex()).map(Tensor::from_inner);
                let maps = maps_of(&x[0], size);
                flat(activated(batch_norm(maps, x[1].clone(), x[2].clone(), mean, variance, 1e-5)))
            };
            assert_same(&device, &inputs, &format!("{what}, in use"), &own, &plain);
        }
        let measured = |device: &Device| {
            let [x, weight, bias] = inputs.each_ref().map(|values| tensor(values, device));
            let made = super::super::batch_norm(maps_of(&x, size), weight, bias, false);
            made.1.map(host)
        };
        assert_near(&measured(&device), &measured(&Device::flex()), "statistics");
    }
}

#[test]
fn an_infinite_variance_does_not_pass_for_a_number() {
    let Some(device) = adapter() else { return };
    let size = [2, 3, 4, 4];
    let x: Vec<f32> = draws(96, 1).into_iter().map(|value| value * 1e25).collect();
    let [x, weight, bias] = [x, vec![1.0; 3], vec![0.0; 3]].map(|values| tensor(&values, &device));
    let made = super::super::batch_norm(maps_of(&x, size), weight, bias, true).0;
    assert!(host(made).iter().all(|value| !value.is_finite()));
}

#[test]
fn convolutions_with_what_is_joined_to_them_are_burns() {
    let Some(device) = adapter() else { return };
    for (kind, kernel) in [
        (ConvKind::Same, 1),
        (ConvKind::Same, 3),
        (ConvKind::Doubled, 3),
        (ConvKind::Halved, 3),
        (ConvKind::Transposed, 2),
    ] {
        for [images, inputs, outputs, height, width] in [[2, 3, 5, 6, 4], [3, 8, 16, 4, 8]] {
            let size = [images, inputs, height, width];
            let shape = match kind {
                ConvKind::Transposed => [inputs, outputs, 2, 2],
                _ => [outputs, inputs, kernel, kernel],
            };
            let values =
                [draws(size.iter().product(), 1), draws(shape.iter().product(), 2), draws(outputs, 3)];
            let own =
                |x: &[Tensor<1>]| flat(conv(maps_of(&x[0], size), maps_of(&x[1], shape), x[2].clone(), kind));
            let plain = |x: &[Tensor<1>]| {
                let (maps, weight, bias) = (maps_of(&x[0], size), maps_of(&x[1], shape), Some(x[2].clone()));
                let same = ConvOptions::new([1, 1], [kernel / 2; 2], [1, 1], 1);
                flat(match kind {
                    ConvKind::Same => conv2d(maps, weight, bias, same),
                    ConvKind::Doubled => conv2d(
                        enlarged(maps, MapKind::Nearest(2), InterpolateMode::Nearest),
                        weight,
                        bias,
                        same,
                    ),
                    ConvKind::Halved => avg_pool2d(
                        conv2d(maps, weight, bias, same),
                        AvgPoolOptions::new([2, 2]).with_stride([2, 2]),
                    ),
                    ConvKind::Transposed => {
                        let options = ConvTransposeOptions::new([2, 2], [0, 0], [0, 0], [1, 1], 1);
                        conv_transpose2d(maps, weight, bias, options)
                    }
                })
            };
            assert_same(&device, &values, &format!("{kind:?} {kernel} of {size:?}"), &own, &plain);
        }
    }
}

#[test]
fn spectral_norm_is_that_of_burns_products() {
    let Some(device) = adapter() else { return };
    for [rows, columns] in [[1, 1], [5, 27], [64, 576], [300, 3], [1, 700]] {
        let weight = [draws(rows * columns, 1)];
        let vectors = [draws(rows, 2), draws(columns, 3)].map(|values| {
            let length = rms(values.iter().map(|value| f64::from(*value))) as f32;
            values.into_iter().map(|value| value / length).collect::<Vec<f32>>()
        });
        let on = |device: &Device| vectors.each_ref().map(|values| tensor(values, device));
        for iterate in [false, true] {
            let what = format!("spectral norm of {rows} x {columns}, {iterate}");
            let own = |x: &[Tensor<1>]| {
                let matrix: Tensor<2> = x[0].clone().reshape([rows, columns]);
                flat(spectral_norm(matrix, on(&device), iterate).0)
            };
            let plain = |x: &[Tensor<1>]| {
                let matrix: Tensor<2> = x[0].clone().reshape([rows, columns]);
                let [left, right] = moved(matrix.clone().inner(), on(&Device::flex()), iterate);
                let left = Tensor::<1>::from_inner(left).reshape([1, rows]);
                let right = Tensor::<1>::from_inner(right).reshape([columns, 1]);
                flat(matrix.clone() / left.matmul(matrix).matmul(right))
            };
            assert_same(&device, &weight, &what, &own, &plain);
            let matrix =
                |device: &Device| -> Tensor<2> { tensor(&weight[0], device).reshape([rows, columns]) };
            let found = spectral_norm(matrix(&device), on(&device), iterate).1.map(host);
            let expected = moved(matrix(&Device::flex()), on(&Device::flex()), iterate).map(host);
            assert_near(&found, &expected, &what);
        }
        let zeros = spectral_norm(Tensor::<2>::zeros([rows, columns], &device), on(&device), true);
        assert!(host(zeros.0).iter().all(|&value| value == 0.0), "a weight of zeros stays zeros");
        assert_eq!(zeros.1.map(host), vectors, "and keeps its vectors");
    }
}

fn moved(matrix: Tensor<2>, [left, right]: [Tensor<1>; 2], iterate: bool) -> [Tensor<1>; 2] {
    if !iterate {
        return [left, right];
    }
    let [rows, columns] = matrix.dims();
    let unit = |x: Tensor<1>| x.clone() / x.square().sum().sqrt();
    let right = unit(left.reshape([1, rows]).matmul(matrix.clone()).reshape([columns]));
    let left = unit(matrix.matmul(right.clone().reshape([columns, 1])).reshape([rows]));
    [left, right]
}

#[test]
fn adam_and_averages_of_many_parameters_are_the_cpus() {
    let Some(device) = adapter() else { return };
    let sizes: Vec<usize> = (0..37).map(|index| 1 + index * index * 7 % 1031).collect();
    let step = |steps| AdamStep { beta1: 0.5, beta2: 0.9, epsilon: 1e-8, learning_rate: 0.1, steps };
    let run = |device: &Device| {
        let of = |seed: u64| sizes.iter().map(move |&count| draws(count, seed)).collect::<Vec<_>>();
        let zeros = |count: &usize| Tensor::<1>::zeros([*count], device);
        let mut weights: Vec<_> = of(1).iter().map(|values| tensor(values, device)).collect();
        let mut moments: Vec<_> = sizes.iter().map(|count| [zeros(count), zeros(count)]).collect();
        let mut kept = Vec::new();
        for round in 1..=3 {
            let gradients = of(1 + u64::from(round));
            let parameters = weights.iter().zip(&gradients).zip(moments).enumerate();
            let parameters = parameters.map(|(index, ((weight, gradient), moments))| AdamTensors {
                weight: weight.clone().into_dispatch(),
                gradient: tensor(gradient, device).into_dispatch(),
                moments,
                // Parameters of which some have had fewer steps.
                step: step(round + u32::from(index % 5 == 0)),
            });
            let made = adam(parameters.collect());
            moments = made.iter().map(|(_, moments)| moments.clone()).collect();
            let made =
                made.into_iter().map(|(weight, _)| Tensor::<1>::from_dispatch(weight)).collect::<Vec<_>>();
            let pairs = weights.iter().zip(&made);
            let pairs = pairs.map(|(old, new)| [old, new].map(|tensor| tensor.clone().into_dispatch()));
            let averages = averages(pairs.collect(), 0.99).into_iter().map(Tensor::<1>::from_dispatch);
            kept.extend(averages.map(host));
            weights = made;
        }
        kept.extend(weights.into_iter().map(host));
        kept.extend(moments.into_iter().flatten().map(host));
        kept
    };
    assert_near(&run(&device), &run(&Device::flex()), "Adam");
    assert!(adam(Vec::new()).is_empty() && averages(Vec::new(), 0.9).is_empty());
}

#[test]
fn running_statistics_move_as_burns_do() {
    let Some(device) = adapter() else { return };
    let [mean, batch_mean, variance, batch_variance] =
        [1, 2, 3, 4].map(|seed| tensor(&draws(70, seed), &device));
    let found = blended([mean, variance], [batch_mean, batch_variance], 0.1, 1.25).map(host);
    let moved = |old: u64, new: u64, factor: f32| -> Vec<f32> {
        draws(70, old).iter().zip(draws(70, new)).map(|(old, new)| old * 0.9 + new * factor * 0.1).collect()
    };
    assert_near(&found, &[moved(1, 2, 1.0), moved(3, 4, 1.25)], "running statistics");
}

#[test]
fn single_values_of_many_tensors_and_sums_of_all_come_together() {
    let Some(device) = adapter() else { return };
    let values: Vec<f32> = (0..41).map(|value| value as f32).collect();
    let found = gathered(values.iter().map(|value| tensor(&[*value], &device)).collect());
    assert_eq!(host(found), values);
    for wrong in [None, Some(f32::NAN), Some(f32::INFINITY)] {
        let tensors = (0..41usize).map(|index| {
            let mut values = vec![0.5; 1 + index * 37];
            if let (23, Some(wrong)) = (index, wrong) {
                values[600] = wrong;
            }
            tensor(&values, &device)
        });
        let sum = host(total(tensors.collect()))[0];
        match wrong {
            None => assert_eq!(sum, 0.5 * (41.0 + 37.0 * 820.0)),
            Some(_) => assert!(!sum.is_finite(), "{sum}"),
        }
    }
}

#[test]
fn moments_that_somebody_keeps_are_not_changed() {
    let Some(device) = adapter() else { return };
    let [weight, gradient, first, second] =
        [1, 2, 3, 4].map(|seed| tensor(&draws(9, seed).iter().map(|x| x.abs()).collect::<Vec<_>>(), &device));
    let moments = [first.clone(), second.clone()];
    let before = moments.clone().map(host);
    let step = AdamStep { beta1: 0.5, beta2: 0.9, epsilon: 1e-8, learning_rate: 0.1, steps: 1 };
    let [before_weight, gradient] = [weight.clone(), gradient].map(Tensor::into_dispatch);
    let made = adam(vec![AdamTensors { weight: before_weight, gradient, moments, step }]);
    assert_ne!(host(made[0].1[0].clone()), before[0]);
    assert_eq!([first, second].map(host), before);
    assert_ne!(host(Tensor::<1>::from_dispatch(made[0].0.clone())), host(weight));
}
