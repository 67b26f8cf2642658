//! What the tests of all convolutions share: a reference in f64 and the laws that each operator keeps.

use crate::model::kernels::cpu::extent::Extent;

/// Every product of a linear operator `y[c] += x[a] * weight[b]`, as calls with `(a, b, c)`.
pub(crate) type Visit<'a> = dyn Fn(&mut dyn FnMut(usize, usize, usize)) + 'a;

/// Forward pass: input, weights and bias to output.
type Forward<'a> = dyn Fn(&[f32], &[f32], Option<&[f32]>) -> Vec<f32> + Sync + 'a;

/// Backward pass: two operands to a gradient.
type Backward<'a> = dyn Fn(&[f32], &[f32]) -> Vec<f32> + Sync + 'a;

/// The three passes under test.
pub(crate) struct Passes<'a> {
    /// The products of the operator.
    pub(crate) visit: &'a Visit<'a>,
    /// Lengths of input, weights and output.
    pub(crate) lens: [usize; 3],
    /// Forward pass with a bias.
    pub(crate) forward: &'a Forward<'a>,
    /// Gradient of the input from `dy` and the weights.
    pub(crate) input_gradient: &'a Backward<'a>,
    /// Gradient of the weights from `x` and `dy`.
    pub(crate) weight_gradient: &'a Backward<'a>,
    /// Channels of the output.
    pub(crate) outputs: usize,
}

/// Values between -1 and 1.
pub(crate) fn values(len: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    next();
    std::iter::repeat_with(next).take(len).collect()
}

/// Products of a 3x3 or other odd convolution; `up` is 2 if the map is upsampled before.
pub(crate) fn convolution(
    extent: Extent,
    outputs: usize,
    size: usize,
    up: usize,
) -> impl Fn(&mut dyn FnMut(usize, usize, usize)) {
    move |call| {
        let (height, width, inputs) = (extent.height * up, extent.width * up, extent.channels);
        for pixel in 0..extent.images * height * width {
            let (image, y, x) = (pixel / (height * width), pixel / width % height, pixel % width);
            for tap in 0..size * size {
                let (sy, sx) = (y + tap / size, x + tap % size);
                let inside = |at: usize, len| at >= size / 2 && at - size / 2 < len;
                if !inside(sy, height) || !inside(sx, width) {
                    continue;
                }
                let (sy, sx) = ((sy - size / 2) / up, (sx - size / 2) / up);
                let source = (image * extent.height + sy) * extent.width + sx;
                for output in 0..outputs {
                    for input in 0..inputs {
                        let weight = (output * inputs + input) * size * size + tap;
                        call(source * inputs + input, weight, pixel * outputs + output);
                    }
                }
            }
        }
    }
}

/// Stops if the rms of the error is above a millionth of the rms of the values.
#[track_caller]
fn assert_close(what: &str, got: &[f32], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what}: length");
    let error: f64 = got.iter().zip(want).map(|(got, want)| (f64::from(*got) - want).powi(2)).sum();
    let power: f64 = want.iter().map(|want| want * want).sum();
    assert!(error.is_finite() && error.sqrt() <= 1e-6 * power.sqrt(), "{what}: {}", (error / power).sqrt());
}

/// Checks the three passes against f64, that the bits are the same for any number of threads, and that NaN and infinity
/// arrive wherever they reach.
#[track_caller]
pub(crate) fn check(passes: &Passes<'_>) {
    let [x, weight, dy] = [0, 1, 2].map(|i| values(passes.lens[i], 17 + i as u64));
    let bias = values(passes.outputs, 5);
    let mut want = passes.lens.map(|len| vec![0.0f64; len]);
    for (at, value) in want[2].iter_mut().enumerate() {
        *value = f64::from(bias[at % passes.outputs]);
    }
    (passes.visit)(&mut |a, b, c| {
        want[0][a] += f64::from(dy[c]) * f64::from(weight[b]);
        want[1][b] += f64::from(x[a]) * f64::from(dy[c]);
        want[2][c] += f64::from(x[a]) * f64::from(weight[b]);
    });
    let run = || {
        [
            (passes.input_gradient)(&dy, &weight),
            (passes.weight_gradient)(&x, &dy),
            (passes.forward)(&x, &weight, Some(&bias)),
        ]
    };
    let got = run();
    for (at, what) in ["input gradient", "weight gradient", "forward"].into_iter().enumerate() {
        assert_close(what, &got[at], &want[at]);
    }
    for (at, value) in want[2].iter_mut().enumerate() {
        *value -= f64::from(bias[at % passes.outputs]);
    }
    assert_close("forward without bias", &(passes.forward)(&x, &weight, None), &want[2]);
    let bits =
        |values: &[Vec<f32>; 3]| values.clone().map(|v| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
        assert_eq!(bits(&pool.install(run)), bits(&got), "{threads} threads");
    }
    for value in [f32::NAN, f32::INFINITY] {
        non_finite(passes, value, &x, &weight, &dy);
    }
}

/// Puts `value` in one place of each operand and looks at all places that it reaches.
#[track_caller]
fn non_finite(passes: &Passes<'_>, value: f32, x: &[f32], weight: &[f32], dy: &[f32]) {
    if passes.lens.contains(&0) {
        return;
    }
    let with = |values: &[f32], at: usize| {
        let mut values = values.to_vec();
        values[at] = value;
        values
    };
    // Weights of zero must not hide it.
    let mut weight = weight.to_vec();
    weight[0] = 0.0;
    let [a, b, c] = passes.lens.map(|len| len / 2);
    let by_input = (passes.forward)(&with(x, a), &weight, None);
    let by_weight = (passes.forward)(x, &with(&weight, b), None);
    let input = (passes.input_gradient)(&with(dy, c), &weight);
    let from_input = (passes.weight_gradient)(&with(x, a), dy);
    let from_output = (passes.weight_gradient)(x, &with(dy, c));
    (passes.visit)(&mut |x, w, y| {
        assert!(x != a || !by_input[y].is_finite() && !from_input[w].is_finite(), "{value} in the input");
        assert!(w != b || !by_weight[y].is_finite(), "{value} in the weights");
        assert!(y != c || !input[x].is_finite() && !from_output[w].is_finite(), "{value} in the gradient");
    });
    let clean = by_input.iter().take(by_input.len() / 8).filter(|v| v.is_finite()).count();
    assert!(passes.lens[2] < 8 * 1024 || clean > 0, "{value} is everywhere");
}
