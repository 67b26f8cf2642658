use super::*;
use crate::model::kernels::cpu::conv::testing::values;
use crate::model::kernels::cpu::testing::{assert_close, same_bits};

/// Kernels of the Inception network and others.
const WINDOWS: [SlidingWindow; 11] = [
    window([3, 3], 2, [0, 0]),
    window([3, 3], 1, [0, 0]),
    window([3, 3], 1, [1, 1]),
    window([1, 7], 1, [0, 3]),
    window([7, 1], 1, [3, 0]),
    window([1, 3], 1, [0, 1]),
    window([5, 5], 1, [2, 2]),
    window([1, 1], 1, [0, 0]),
    window([4, 4], 2, [1, 1]),
    window([2, 3], 3, [2, 2]),
    window([1, 1], 2, [1, 0]),
];

const fn window(size: [usize; 2], stride: usize, padding: [usize; 2]) -> SlidingWindow {
    SlidingWindow { size, stride, padding }
}

/// Calls with places of input, weight and output, for each product.
fn visit(extent: Extent, window: SlidingWindow, outputs: usize, call: &mut dyn FnMut([usize; 3])) {
    let places = window.places(extent);
    for pixel in 0..places.pixels() {
        let (image, row) = (pixel / places.width / places.height, pixel / places.width % places.height);
        for tap in 0..window.taps() {
            let y = (row * window.stride + tap / window.size[1]).checked_sub(window.padding[0]);
            let x =
                (pixel % places.width * window.stride + tap % window.size[1]).checked_sub(window.padding[1]);
            let (Some(y), Some(x)) = (y, x) else { continue };
            if y >= extent.height || x >= extent.width {
                continue;
            }
            let source = ((image * extent.height + y) * extent.width + x) * extent.channels;
            for output in 0..outputs {
                for input in 0..extent.channels {
                    let weight = (output * extent.channels + input) * window.taps() + tap;
                    call([source + input, weight, pixel * outputs + output]);
                }
            }
        }
    }
}

/// Checks both ways, by the shape and by tiles, against f64.
fn check(extent: Extent, window: SlidingWindow, outputs: usize) {
    let x = values(extent.len(), 1);
    let weight = values(outputs * extent.channels * window.taps(), 2);
    let bias = values(outputs, 3);
    let mut expected: Vec<f64> =
        (0..window.places(extent).pixels()).flat_map(|_| bias.iter().map(|&bias| f64::from(bias))).collect();
    visit(extent, window, outputs, &mut |[from, by, to]| {
        expected[to] += f64::from(x[from]) * f64::from(weight[by]);
    });
    for relu in [false, true] {
        if relu {
            expected.iter_mut().for_each(|value| *value = value.max(0.0));
        }
        let finish = Finish { bias: Some(&bias), relu };
        for way in [forward, direct] {
            let y = same_bits(|| way(&x, extent, &weight, finish, window, outputs));
            assert_close(&y, &expected, 1e-6);
        }
    }
}

#[test]
fn every_window_gives_what_its_definition_says() {
    for window in WINDOWS {
        for (images, height, width, inputs, outputs) in
            [(2, 9, 8, 3, 20), (1, 7, 11, 33, 48), (3, 5, 5, 16, 1), (1, 17, 17, 5, 130), (2, 35, 7, 20, 96)]
        {
            check(Extent { images, height, width, channels: inputs }, window, outputs);
        }
    }
}

#[test]
fn long_kernels_are_gone_over_in_pieces() {
    check(Extent { images: 1, height: 3, width: 9, channels: 150 }, window([1, 7], 1, [0, 3]), 24);
    check(Extent { images: 2, height: 1, width: 1, channels: 1030 }, window([1, 1], 1, [0, 0]), 70);
}

#[test]
fn odd_sides_without_padding_by_tiles_of_winograd() {
    for (height, width) in [(9, 9), (7, 12), (35, 10)] {
        let extent = Extent { images: 3, height, width, channels: 17 };
        let window = window([3, 3], 1, [0, 0]);
        assert!(winograd::fits(window.places(extent), 17, 40), "{height} x {width}");
        check(extent, window, 40);
    }
}

#[test]
fn no_images_and_no_bias() {
    let extent = Extent { images: 0, height: 4, width: 4, channels: 3 };
    for window in WINDOWS.into_iter().filter(|window| window.size[1] <= 4) {
        let weight = values(2 * 3 * window.taps(), 1);
        assert!(forward(&[], extent, &weight, Finish::default(), window, 2).is_empty());
    }
    let extent = Extent { images: 1, ..extent };
    let y = direct(&[1.0; 48], extent, &[1.0; 24], Finish::default(), window([4, 2], 2, [0, 0]), 1);
    assert_eq!(y, [24.0, 24.0]);
}

#[test]
fn non_finite_values_reach_what_they_are_under() {
    let (extent, outputs) = (Extent { images: 1, height: 9, width: 9, channels: 20 }, 17);
    for window in WINDOWS {
        let weight = values(outputs * 20 * window.taps(), 2);
        let bias = vec![0.0; outputs];
        for value in [f32::NAN, f32::INFINITY] {
            let mut x = values(extent.len(), 1);
            let place = extent.len() / 2;
            x[place] = value;
            for way in [forward, direct] {
                let finish = Finish { bias: Some(&bias), relu: value.is_nan() };
                let y = way(&x, extent, &weight, finish, window, outputs);
                visit(extent, window, outputs, &mut |[from, _, to]| {
                    assert!(from != place || !y[to].is_finite(), "{value} under {window:?}");
                });
            }
        }
    }
}

#[test]
#[should_panic(expected = "the weights are not")]
fn weights_of_another_size_are_refused() {
    let extent = Extent { images: 1, height: 4, width: 4, channels: 2 };
    forward(&[0.0; 32], extent, &[0.0; 7], Finish::default(), window([2, 2], 2, [0, 0]), 1);
}
