use super::*;
use crate::model::kernels::cpu::conv::testing::{self, Passes, convolution};

#[test]
fn passes() {
    for (images, side, inputs, outputs) in [(3, 8, 64, 32), (7, 5, 3, 17), (1, 1, 16, 1), (2, 33, 5, 3)] {
        let extent = Extent { images, height: side, width: side, channels: inputs };
        testing::check(&Passes {
            visit: &convolution(extent, outputs, 1, 1),
            lens: [extent.len(), inputs * outputs, extent.pixels() * outputs],
            forward: &|x, weight, bias| forward(x, extent, weight, bias, outputs),
            input_gradient: &|dy, weight| input_gradient(dy, extent.with_channels(outputs), weight, inputs),
            weight_gradient: &|x, dy| weight_gradient(x, dy, extent, outputs),
            outputs,
        });
    }
}

#[test]
fn no_images() {
    let extent = Extent { images: 0, height: 4, width: 4, channels: 3 };
    assert!(forward(&[], extent, &[1.0; 6], None, 2).is_empty());
    assert_eq!(weight_gradient(&[], &[], extent, 2), vec![0.0; 6]);
}
