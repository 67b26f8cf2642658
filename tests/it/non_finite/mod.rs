//! No silent NaN: what our functions make of NaN, infinities, denormals, huge numbers and nothing at all.
//!
//! The law, for each function and every case of input:
//! - of tame numbers (denormals, -0 and exact thresholds are tame) it makes finite ones;
//! - of huge ones it makes what is right, or what is plainly no use (NaN, infinity, an error);
//! - of NaN and infinity it never makes finite ones only: NaN, infinity or an error come out.
//!
//! Cases are drawn from fixed seeds. Tensor functions are tried on the CPU and on the first adapter, whose
//! compilers may take for granted that there is no NaN.

mod layers;
mod metrics;
mod networks;
mod training;

use std::panic::{AssertUnwindSafe, catch_unwind};

use autogan::device::{DeviceChoice, adapters, open};
use autogan::rng::{normals, rng};
use burn::tensor::{Device, Tensor, TensorData};
use rand::{Rng, RngExt};

/// What a case's numbers are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tame,
    Huge,
    NonFinite,
}

const KINDS: [Kind; 3] = [Kind::Tame, Kind::Huge, Kind::NonFinite];
/// Thresholds of the functions (hinge at 1, ReLU and eigenvalues at 0, clamps at 1), and denormals.
const TAME: [f32; 9] = [0.0, -0.0, 1.0, -1.0, 1e-40, -1e-40, f32::MIN_POSITIVE, f32::EPSILON, 127.5];
const HUGE: [f32; 6] = [3e38, -3e38, 1e30, -1e30, 1e20, f32::MAX];
const NON_FINITE: [f32; 3] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];

impl Kind {
    /// The kind of case `number`: each in turn.
    fn of(number: usize) -> Self {
        KINDS[number % KINDS.len()]
    }

    /// `count` (at least one) numbers of this kind, the non-finite one at any place.
    fn numbers(self, generator: &mut impl Rng, count: usize) -> Vec<f32> {
        let mut numbers = match generator.random_range(0..4) {
            // All alike: no variance, equal points, singular matrices.
            0 => vec![TAME[generator.random_range(0..TAME.len())]; count],
            _ => normals(generator, count),
        };
        let mut put = |values: &[f32], times: usize| {
            for _ in 0..times {
                numbers[generator.random_range(0..count)] = values[generator.random_range(0..values.len())];
            }
        };
        put(&TAME, count / 4);
        match self {
            Kind::Tame => {}
            Kind::Huge => put(&HUGE, 1 + count / 4),
            Kind::NonFinite => put(&NON_FINITE, 1),
        }
        numbers
    }
}

/// Judges what a function made of input of a kind. `right` says whether finite output is right; where that
/// is not known, huge input may come out as anything that is not tame.
fn judge(what: &str, kind: Kind, input: &[f32], output: Result<Vec<f32>, String>, right: Right<'_>) {
    let finite = output.as_ref().is_ok_and(|values| values.iter().all(|value| value.is_finite()));
    let context = || format!("{what}, {kind:?}: {input:?} became {output:?}");
    match (kind, &output) {
        (Kind::NonFinite, _) => assert!(!finite, "{}", context()),
        (Kind::Tame, _) => {
            assert!(finite, "{}", context());
            if let (Right::Known(right), Ok(values)) = (right, &output) {
                assert!(right(values), "{}", context());
            }
        }
        (Kind::Huge, Ok(values)) if finite => {
            let right = match right {
                Right::Known(right) => right(values),
                Right::Unknown => values.iter().any(|value| value.abs() > 1e6),
            };
            assert!(right, "{}", context());
        }
        (Kind::Huge, _) => {}
    }
}

enum Right<'a> {
    Known(&'a dyn Fn(&[f32]) -> bool),
    Unknown,
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-4 * expected.abs().max(1.0)
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    autogan::model::host(tensor)
}

/// What `work` gives, a panic being an error. Functions that take no empty tensors may panic; they must
/// not give numbers.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| "a panic".to_owned())
}

/// The first adapter of this machine, if there is any.
fn adapter() -> Option<Device> {
    let Some(adapter) = adapters().into_iter().next() else {
        assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
        eprintln!("skipped: this machine has no adapter, so nothing of wgpu was tested");
        return None;
    };
    Some(open(&DeviceChoice::Named(adapter.name)).unwrap().device)
}

/// Every tensor function, with so many cases each.
fn tensor_functions(device: &Device, cases: usize) {
    layers::resizing(device, cases);
    layers::norms(device, cases);
    layers::spectral_norm(device, cases);
    layers::linear(device, cases);
    training::losses(device, cases);
    training::adam(device, cases);
    training::averages(device, cases);
    training::diversity_of_images(device, cases);
    training::sums_of_weights(device, cases);
    networks::generator_and_discriminator(device, cases.div_ceil(3));
}

#[test]
fn no_tensor_function_is_silent_on_the_cpu() {
    tensor_functions(&Device::flex(), 30);
}

#[test]
#[ignore = "minutes on a software adapter, whose kernels are compiled; run with --ignored"]
fn no_tensor_function_is_silent_on_the_first_adapter() {
    if let Some(device) = adapter() {
        tensor_functions(&device, 12);
    }
}

/// The guards alone, with few kernels: what a run on a GPU relies on.
#[test]
fn the_guards_see_nan_on_the_first_adapter() {
    if let Some(device) = adapter() {
        training::losses(&device, 6);
        training::sums_of_weights(&device, 6);
        training::diversity_of_images(&device, 6);
    }
}

#[test]
fn cases_are_of_their_kinds() {
    for number in 0..300 {
        let numbers = Kind::of(number).numbers(&mut rng(1, "test/kinds", number as u64), 1 + number % 40);
        let non_finite = numbers.iter().any(|value| !value.is_finite());
        let huge = numbers.iter().any(|value| value.is_finite() && value.abs() > 1e19);
        assert_eq!((non_finite, huge), (Kind::of(number) == Kind::NonFinite, Kind::of(number) == Kind::Huge));
    }
}
