use super::*;
use crate::model::kernels::cpu::conv::testing::{self, Passes, convolution};

/// Checks a 3x3 convolution of one size.
#[track_caller]
fn check(images: usize, height: usize, width: usize, inputs: usize, outputs: usize) {
    let extent = Extent { images, height, width, channels: inputs };
    testing::check(&Passes {
        visit: &convolution(extent, outputs, 3, 1),
        lens: [extent.len(), 9 * inputs * outputs, extent.pixels() * outputs],
        forward: &|x, weight, bias| forward(x, extent, weight, bias, outputs),
        input_gradient: &|dy, weight| input_gradient(dy, extent.with_channels(outputs), weight, inputs),
        weight_gradient: &|x, dy| weight_gradient(x, dy, extent, outputs),
        outputs,
    });
}

#[test]
fn tiles_of_winograd() {
    check(3, 32, 32, 16, 32);
    check(7, 8, 8, 64, 40);
    check(1, 2, 2, 16, 16);
    check(5, 6, 12, 17, 35);
    check(2, 24, 6, 48, 16);
    check(1, 48, 48, 20, 24);
}

#[test]
fn tiles_of_winograd_that_odd_sides_do_not_fill() {
    check(3, 9, 7, 32, 16);
    check(2, 35, 35, 16, 17);
    check(2, 17, 8, 20, 24);
    check(1, 6, 11, 16, 40);
}

#[test]
fn odd_sides_by_patches() {
    check(7, 5, 5, 32, 16);
    check(2, 7, 3, 20, 33);
    check(3, 1, 1, 16, 16);
    check(1, 1, 9, 24, 24);
}

#[test]
fn few_channels() {
    for channels in [1, 2, 3, 4, 5] {
        check(2, 6, 6, channels, 24);
        check(2, 6, 6, 24, channels);
    }
    check(2, 32, 32, 3, 64);
    check(2, 32, 32, 64, 3);
    check(7, 5, 1, 3, 3);
    check(1, 4, 4, 1, 1);
}

#[test]
fn no_images() {
    for (inputs, outputs, side) in [(32, 32, 8), (3, 32, 8), (32, 3, 8), (32, 32, 5)] {
        let extent = Extent { images: 0, height: side, width: side, channels: inputs };
        let weight = testing::values(9 * inputs * outputs, 1);
        assert!(forward(&[], extent, &weight, None, outputs).is_empty());
        assert!(input_gradient(&[], extent.with_channels(outputs), &weight, inputs).is_empty());
        assert_eq!(weight_gradient(&[], &[], extent, outputs), vec![0.0; weight.len()]);
        assert_eq!(bias_gradient(&[], extent), vec![0.0; inputs]);
    }
}

#[test]
fn bias_gradient_is_the_sum_over_pixels() {
    for channels in [1, 3, 5, 64] {
        let extent = Extent { images: 3, height: 11, width: 32, channels };
        let dy = testing::values(extent.len(), 3);
        let gradient = bias_gradient(&dy, extent);
        for (channel, got) in gradient.iter().enumerate() {
            let want: f64 = dy.iter().skip(channel).step_by(channels).map(|v| f64::from(*v)).sum();
            assert!((f64::from(*got) - want).abs() < 1e-4, "{got} for {want}");
        }
    }
}

#[test]
#[should_panic(expected = "another number of values")]
fn wrong_length() {
    let extent = Extent { images: 1, height: 4, width: 4, channels: 16 };
    forward(&[0.0; 255], extent, &[0.0; 9 * 256], None, 16);
}
