use super::*;
use crate::model::kernels::cpu::conv::testing::{self, Passes};

#[test]
fn passes() {
    for (images, side, inputs, outputs) in [(3, 8, 32, 24), (7, 5, 3, 17), (1, 1, 16, 1), (2, 16, 5, 3)] {
        let extent = Extent { images, height: side, width: side, channels: inputs };
        let large = extent.doubled().with_channels(outputs);
        let visit = |call: &mut dyn FnMut(usize, usize, usize)| {
            for pixel in 0..extent.pixels() {
                let (row, x) = (pixel / side, pixel % side);
                for tap in 0..TAPS {
                    let target = (2 * row + tap / 2) * large.width + 2 * x + tap % 2;
                    for input in 0..inputs {
                        for output in 0..outputs {
                            let weight = (input * outputs + output) * TAPS + tap;
                            call(pixel * inputs + input, weight, target * outputs + output);
                        }
                    }
                }
            }
        };
        testing::check(&Passes {
            visit: &visit,
            lens: [extent.len(), TAPS * inputs * outputs, large.len()],
            forward: &|x, weight, bias| forward(x, extent, weight, bias, outputs),
            input_gradient: &|dy, weight| input_gradient(dy, large, weight, inputs),
            weight_gradient: &|x, dy| weight_gradient(x, dy, extent, outputs),
            outputs,
        });
    }
}

#[test]
fn no_images() {
    let extent = Extent { images: 0, height: 4, width: 4, channels: 3 };
    assert!(forward(&[], extent, &[1.0; 24], None, 2).is_empty());
    assert_eq!(weight_gradient(&[], &[], extent, 2), vec![0.0; 24]);
}
