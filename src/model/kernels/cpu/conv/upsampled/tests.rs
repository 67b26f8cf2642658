use super::*;
use crate::model::kernels::cpu::conv::testing::{self, Passes, convolution};

/// Checks an upsampled convolution of one size.
#[track_caller]
fn check(images: usize, height: usize, width: usize, inputs: usize, outputs: usize) {
    let extent = Extent { images, height, width, channels: inputs };
    let large = extent.doubled().with_channels(outputs);
    testing::check(&Passes {
        visit: &convolution(extent, outputs, 3, 2),
        lens: [extent.len(), 9 * inputs * outputs, large.len()],
        forward: &|x, weight, bias| forward(x, extent, weight, bias, outputs),
        input_gradient: &|dy, weight| input_gradient(dy, large, weight, inputs),
        weight_gradient: &|x, dy| weight_gradient(x, dy, extent, outputs),
        outputs,
    });
}

#[test]
fn passes() {
    check(2, 16, 16, 64, 32);
    check(7, 4, 4, 16, 48);
    check(3, 5, 7, 17, 35);
    check(2, 1, 1, 32, 16);
    check(1, 3, 1, 24, 20);
}

#[test]
fn few_channels() {
    check(2, 4, 4, 3, 16);
    check(2, 3, 5, 16, 3);
    check(1, 3, 3, 5, 1);
}

#[test]
fn no_images() {
    for inputs in [3, 32] {
        let extent = Extent { images: 0, height: 4, width: 4, channels: inputs };
        let weight = testing::values(9 * inputs * 16, 1);
        assert!(forward(&[], extent, &weight, None, 16).is_empty());
        assert!(input_gradient(&[], extent.doubled().with_channels(16), &weight, inputs).is_empty());
        assert_eq!(weight_gradient(&[], &[], extent, 16), vec![0.0; weight.len()]);
    }
}
