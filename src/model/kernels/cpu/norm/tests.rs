use super::*;
use crate::model::kernels::cpu::extent::Extent;
use crate::model::kernels::cpu::norm::FusedBatchNorm;
use crate::model::kernels::cpu::norm::{instance_norm, instance_norm_backward};
use crate::model::kernels::cpu::sections::Sections;
use crate::model::kernels::cpu::testing::{EXTENTS, assert_close, extent, product, random, same_bits};

/// Normalisation in double precision: values before the ReLU, means and variances by section and channel.
fn reference(
    x: &[f32],
    count: usize,
    channels: usize,
    affine: Option<(&[f32], &[f32])>,
) -> (Vec<f64>, ChannelStatistics) {
    let section = x.len() / count.max(1);
    let pixels = (section / channels) as f64;
    let (mut out, mut mean, mut variance) = (vec![0.0; x.len()], vec![], vec![]);
    for s in 0..count {
        for c in 0..channels {
            let at = || (s * section + c..(s + 1) * section).step_by(channels);
            let m = at().map(|i| f64::from(x[i])).sum::<f64>() / pixels;
            let v = at().map(|i| (f64::from(x[i]) - m).powi(2)).sum::<f64>() / pixels;
            let (w, b) = affine.map_or((1.0, 0.0), |(w, b)| (f64::from(w[c]), f64::from(b[c])));
            at().for_each(|i| out[i] = (f64::from(x[i]) - m) / (v + EPSILON).sqrt() * w + b);
            mean.push(m);
            variance.push(v);
        }
    }
    (out, ChannelStatistics { mean, variance })
}

/// Gradient of `x` through a normalisation by its own statistics, from the textbook's formula.
fn reference_gradient(
    x: &[f32],
    g: &[f64],
    count: usize,
    channels: usize,
    weight: Option<&[f32]>,
) -> Vec<f64> {
    let (normal, ChannelStatistics { variance, .. }) = reference(x, count, channels, None);
    let section = x.len() / count.max(1);
    let pixels = (section / channels) as f64;
    let mut out = vec![0.0; x.len()];
    for s in 0..count {
        for c in 0..channels {
            let at = || (s * section + c..(s + 1) * section).step_by(channels);
            let mean = at().map(|i| g[i]).sum::<f64>() / pixels;
            let projection = at().map(|i| g[i] * normal[i]).sum::<f64>() / pixels;
            let scale =
                weight.map_or(1.0, |w| f64::from(w[c])) / (variance[s * channels + c] + EPSILON).sqrt();
            at().for_each(|i| out[i] = scale * (g[i] - mean - normal[i] * projection));
        }
    }
    out
}

fn rectified(values: &[f64], relu: bool) -> Vec<f64> {
    values.iter().map(|&value| if relu { value.max(0.0) } else { value }).collect()
}

/// The gradient where the normalised value is positive.
fn behind(normal: &[f64], gradient: &[f32], relu: bool) -> Vec<f64> {
    let mask = |&value: &f64| if relu && value <= 0.0 { 0.0 } else { 1.0 };
    normal.iter().zip(gradient).map(|(value, &g)| mask(value) * f64::from(g)).collect()
}

/// Values without any so near to 0 after normalisation that rounding could decide about ReLU's mask.
fn inputs(extent: Extent) -> [Vec<f32>; 4] {
    let weight = random(extent.channels, 3).iter().map(|w| w + 1.5).collect();
    [random(extent.len(), 1), random(extent.len(), 2), weight, random(extent.channels, 4)]
}

#[test]
fn batch_norm_and_its_gradients_match_the_reference() {
    for (extent, relu) in EXTENTS.into_iter().flat_map(|extent| [(extent, false), (extent, true)]) {
        if extent.is_empty() {
            continue;
        }
        let [x, g, weight, bias] = inputs(extent);
        let layer = FusedBatchNorm { weight: &weight, bias: &bias, relu };
        let (normal, expected) = reference(&x, 1, extent.channels, Some((&weight, &bias)));
        let (y, statistics) = same_bits(|| layer.train(&x, extent));
        // A channel of one pixel is exactly its bias.
        assert_close(&y, &rectified(&normal, relu), 3e-7);
        for (actual, expected) in statistics.mean.iter().zip(&expected.mean) {
            assert!((actual - expected).abs() <= 1e-7, "{extent:?}: mean {actual} is not {expected}");
        }
        for (actual, expected) in statistics.variance.iter().zip(&expected.variance) {
            assert!(
                (actual - expected).abs() <= 1e-6 * expected,
                "{extent:?}: variance {actual}, not {expected}"
            );
        }

        let g64 = behind(&normal, &g, relu);
        let gradients = same_bits(|| layer.train_backward(&x, extent, &statistics, g.clone()));
        assert_close(&gradients.x, &reference_gradient(&x, &g64, 1, extent.channels, Some(&weight)), 1e-6);
        let (unit, _) = reference(&x, 1, extent.channels, None);
        let by_channel = |c| (c..x.len()).step_by(extent.channels);
        let of_bias: Vec<f64> = (0..extent.channels).map(|c| by_channel(c).map(|i| g64[i]).sum()).collect();
        let of_weight: Vec<f64> =
            (0..extent.channels).map(|c| by_channel(c).map(|i| g64[i] * unit[i]).sum()).collect();
        assert_close(&gradients.bias, &of_bias, 1e-6);
        assert_close(&gradients.weight, &of_weight, 1e-6);
    }
}

#[test]
fn instance_norm_and_its_gradient_match_the_reference() {
    for (extent, relu) in EXTENTS.into_iter().flat_map(|extent| [(extent, false), (extent, true)]) {
        let [x, g, ..] = inputs(extent);
        let (normal, _) = reference(&x, extent.images, extent.channels, None);
        let (y, statistics) = same_bits(|| instance_norm(&x, extent, relu));
        assert_close(&y, &rectified(&normal, relu), 3e-7);
        let actual = same_bits(|| instance_norm_backward(&x, extent, relu, &statistics, g.clone()));
        let g64 = behind(&normal, &g, relu);
        assert_close(&actual, &reference_gradient(&x, &g64, extent.images, extent.channels, None), 1e-6);
    }
}

#[test]
fn the_reference_gradient_is_that_of_finite_differences() {
    let extent = extent(2, 3, 4, 3);
    let [x, g, weight, bias] = inputs(extent);
    let loss = |x: &[f32]| {
        let (normal, _) = reference(x, 1, 3, Some((&weight, &bias)));
        normal.iter().zip(&g).map(|(y, &g)| y * f64::from(g)).sum::<f64>()
    };
    let g64 = behind(&x.iter().map(|_| 1.0).collect::<Vec<_>>(), &g, false);
    let gradient = reference_gradient(&x, &g64, 1, 3, Some(&weight));
    for (i, expected) in gradient.into_iter().enumerate() {
        let (mut more, mut less) = (x.clone(), x.clone());
        more[i] += 1.0 / 1024.0;
        less[i] -= 1.0 / 1024.0;
        let actual = (loss(&more) - loss(&less)) / (f64::from(more[i]) - f64::from(less[i]));
        assert!((actual - expected).abs() <= 2e-5, "{actual} is not {expected}");
    }
}

#[test]
fn statistics_of_the_running_kind_are_constants() {
    let extent = extent(3, 5, 7, 20);
    let [x, g, weight, bias] = inputs(extent);
    let running = ChannelStatistics {
        mean: random(20, 5).into_iter().map(f64::from).collect(),
        variance: random(20, 6).into_iter().map(|v| f64::from(v) + 1.1).collect(),
    };
    for relu in [false, true] {
        let layer = FusedBatchNorm { weight: &weight, bias: &bias, relu };
        let factor = |c: usize| f64::from(weight[c]) / (running.variance[c] + EPSILON).sqrt();
        let normal: Vec<f64> = (0..x.len())
            .map(|i| (f64::from(x[i]) - running.mean[i % 20]) * factor(i % 20) + f64::from(bias[i % 20]))
            .collect();
        assert_close(&same_bits(|| layer.eval(&x, extent, &running)), &rectified(&normal, relu), 3e-7);
        let actual = same_bits(|| layer.eval_backward(&x, extent, &running, g.clone()));
        let g64 = behind(&normal, &g, relu);
        let expected: Vec<f64> = g64.iter().enumerate().map(|(i, g)| g * factor(i % 20)).collect();
        assert_close(&actual.x, &expected, 3e-7);
        let mut of_weight = vec![0.0; 20];
        for (i, g) in g64.iter().enumerate() {
            of_weight[i % 20] +=
                g * (f64::from(x[i]) - running.mean[i % 20]) / (running.variance[i % 20] + EPSILON).sqrt();
        }
        assert_close(&actual.weight, &of_weight, 1e-6);
    }
}

#[test]
fn a_mean_of_a_thousand_deviations_costs_no_digits() {
    let extent = extent(8, 32, 32, 16);
    let x: Vec<f32> = random(extent.len(), 1).iter().map(|x| 1000.0 + x * 3f32.sqrt()).collect();
    let (ones, zeros) = ([1.0; 16], [0.0; 16]);
    let layer = FusedBatchNorm { weight: &ones, bias: &zeros, relu: false };
    let (normal, _) = reference(&x, 1, 16, None);
    let (y, statistics) = layer.train(&x, extent);
    let worst = y.iter().zip(&normal).map(|(&y, n)| (f64::from(y) - n).abs()).fold(0.0, f64::max);
    assert!(worst <= 2e-6, "off by {worst}");
    let g = random(extent.len(), 2);
    let gradients = layer.train_backward(&x, extent, &statistics, g.clone());
    let g64: Vec<f64> = g.iter().map(|&g| f64::from(g)).collect();
    assert_close(&gradients.x, &reference_gradient(&x, &g64, 1, 16, None), 1e-6);
}

#[test]
fn an_outlier_in_the_sample_costs_three_bits_at_most() {
    let extent = extent(4, 32, 32, 16);
    for at in [0, 200, extent.len() - 1] {
        let mut x = random(extent.len(), 1);
        x[at] = 1e6;
        let (_, expected) = reference(&x, 1, 16, None);
        let actual = measure(Sections::new(1, extent.pixels(), 16), &x);
        for (actual, expected) in actual.variance.iter().zip(&expected.variance) {
            assert!((actual - expected).abs() <= 4e-6 * expected, "{actual} is not {expected}");
        }
    }
}

#[test]
fn equal_values_have_no_variance() {
    let extent = extent(2, 16, 16, 5);
    let (y, statistics) = instance_norm(&vec![0.1; extent.len()], extent, false);
    assert!(statistics.variance.iter().all(|&variance| variance == 0.0));
    assert!(y.iter().all(|y| y.abs() <= 1e-4));
}

#[test]
fn a_value_that_is_no_number_reaches_its_whole_channel_and_no_other() {
    let extent = extent(2, 5, 7, 20);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let [mut x, g, weight, bias] = inputs(extent);
        x[20 * 11 + 3] = bad;
        let layer = FusedBatchNorm { weight: &weight, bias: &bias, relu: true };
        let (y, statistics) = layer.train(&x, extent);
        let gradients = layer.train_backward(&x, extent, &statistics, g.clone());
        for (i, (y, dx)) in y.iter().zip(&gradients.x).enumerate() {
            assert_eq!((y.is_finite(), dx.is_finite()), (i % 20 != 3, i % 20 != 3));
        }
        assert!(!gradients.weight[3].is_finite() && gradients.weight[4].is_finite());
        let (y, statistics) = instance_norm(&x, extent, true);
        let dx = instance_norm_backward(&x, extent, true, &statistics, g.clone());
        for (i, (y, dx)) in y.iter().zip(&dx).enumerate() {
            let reached = i % 20 == 3 && i < extent.len() / 2;
            assert_eq!((y.is_finite(), dx.is_finite()), (!reached, !reached));
        }
        let mut g = g;
        g[20 * 11 + 3] = bad;
        let x = random(extent.len(), 1);
        let layer = FusedBatchNorm { relu: false, ..layer };
        let (_, statistics) = layer.train(&x, extent);
        let gradients = layer.train_backward(&x, extent, &statistics, g);
        assert!(gradients.x.iter().enumerate().all(|(i, dx)| dx.is_finite() == (i % 20 != 3)));
    }
}

#[test]
fn a_variance_that_overflows_gives_no_number() {
    let extent = extent(2, 4, 4, 1);
    let x: Vec<f32> = (0..extent.len()).map(|i| if i % 2 == 0 { 3e19 } else { -3e19 }).collect();
    for relu in [false, true] {
        let layer = FusedBatchNorm { weight: &[1.0], bias: &[0.0], relu };
        let (y, statistics) = layer.train(&x, extent);
        assert!((statistics.variance[0] as f32).is_infinite());
        assert!(y.iter().all(|y| !y.is_finite()));
        assert!(instance_norm(&x, extent, relu).0.iter().all(|y| !y.is_finite()));
        let running = ChannelStatistics { mean: vec![0.0], variance: vec![f64::INFINITY] };
        assert!(layer.eval(&x, extent, &running).iter().all(|y| !y.is_finite()));
        assert!(layer.train_backward(&x, extent, &statistics, x.clone()).x.iter().all(|g| !g.is_finite()));
    }
}

#[test]
fn no_images_give_nothing() {
    let extent = extent(0, 4, 4, 2);
    let layer = FusedBatchNorm { weight: &[1.0; 2], bias: &[0.0; 2], relu: true };
    let (y, statistics) = layer.train(&[], extent);
    assert!(y.is_empty() && statistics.mean.len() == 2 && statistics.mean.iter().all(|mean| mean.is_nan()));
    let gradients = layer.train_backward(&[], extent, &statistics, vec![]);
    assert!(gradients.x.is_empty() && gradients.bias.len() == 2);
    assert!(instance_norm(&[], extent, true).0.is_empty());
    assert!(product(&[], &[]) == 0.0);
}
