//! The CPU's own operators beside burn's, which `AUTOGAN_PLAIN_OPS` brings back, and beside finite differences.

use std::collections::BTreeMap;
use std::process::Command;
use std::{env, fs};

use autogan::arch::Graph;
use autogan::arch::graph::ops::*;
use autogan::arch::graph::{Op, Shape};
use autogan::model::{Init, NamedTensors, Pass, Value, Weights, copied, run};
use autogan::rng::{normals, rng};
use burn::tensor::{Device, Tensor, TensorData};
use serde_json::Value as Json;

use crate::small::NETWORKS;

/// Brings burn's own operators back.
const SWITCH: &str = "AUTOGAN_PLAIN_OPS";
/// Where the test that calls itself again writes what it found.
const ANSWER: &str = "AUTOGAN_TEST_OPERATORS";
/// Batch, channels and side of the maps.
const SIZES: [[usize; 3]; 5] = [[1, 3, 48], [7, 5, 6], [7, 3, 12], [1, 5, 24], [3, 16, 8]];
/// Root mean square of the difference to burn's operators, relative to that of the tensor.
const TOLERANCE: f64 = 2e-6;

/// Every operator with an own kernel, with its number of inputs.
fn operators() -> Vec<(&'static str, Op, usize)> {
    let conv = |kernel| Conv::new(5, kernel);
    let spectral = Conv { reparameterisation: Reparameterisation::Spectral, ..conv(3) };
    let up = |interpolation, factor| Op::from(Upsample { interpolation, factor });
    vec![
        ("3x3", conv(3).into(), 1),
        ("1x1", conv(1).into(), 1),
        ("spectral 3x3", spectral.into(), 1),
        ("nearest x2, 3x3", UpsampledConv { conv: conv(3) }.into(), 1),
        ("3x3, halved", PooledConv { conv: conv(3) }.into(), 1),
        ("transposed", ConvTranspose { outputs: 5 }.into(), 1),
        ("bilinear x2", up(Interpolation::Bilinear, 2), 1),
        ("bilinear x4", up(Interpolation::Bilinear, 4), 1),
        ("nearest x2", up(Interpolation::Nearest, 2), 1),
        ("nearest x4", up(Interpolation::Nearest, 4), 1),
        ("batch norm", BatchNorm { relu: false }.into(), 1),
        ("batch norm and ReLU", BatchNorm { relu: true }.into(), 1),
        ("instance norm", InstanceNorm { relu: false }.into(), 1),
        ("instance norm and ReLU", InstanceNorm { relu: true }.into(), 1),
        ("halving", AvgPool::halving().into(), 1),
        ("ReLU", Relu.into(), 1),
        ("tanh", Tanh.into(), 1),
        ("sum over pixels", SpatialSum.into(), 1),
        ("sum", Add.into(), 2),
    ]
}

/// An operator at a size, with weights and inputs.
struct Case {
    graph: Graph,
    weights: Weights,
    /// `[batch, channels, side, side]`.
    inputs: Vec<TensorData>,
    pass: Pass,
}

impl Case {
    fn new(op: Op, inputs: usize, [batch, channels, side]: [usize; 3], pass: Pass) -> Self {
        let graph = Graph::of_operator(op, &vec![Shape::Maps { channels, side }; inputs]);
        let device = Device::flex().autodiff();
        let weights = Weights::initial(&graph.parameters(), [Init::XavierUniform; 2], &device, 1, "test");
        let shape = [batch, channels, side, side];
        let input =
            |index| TensorData::new(normals(&mut rng(1, "inputs", index), shape.iter().product()), shape);
        Self { graph, weights, inputs: (0..inputs as u64).map(input).collect(), pass }
    }

    /// The output, and the gradients of all weights and inputs for a loss that weighs every value otherwise.
    fn results(&self) -> NamedTensors {
        let device = self.weights.device();
        let inputs: Vec<Tensor<4>> =
            self.inputs.iter().map(|data| Tensor::from_data(data.clone(), device).require_grad()).collect();
        let values = inputs.iter().cloned().map(Value::from).collect();
        let (output, loss) = match run(&self.graph, &self.weights, values, self.pass).output() {
            Value::Features(own) => (copied(own.clone()), weighed(own)),
            Value::Maps(own) => (copied(own.clone()), weighed(own)),
        };
        let gradients = loss.backward();
        let mut results = self.weights.gradients(&gradients);
        for (index, input) in inputs.iter().enumerate() {
            let gradient = input.grad(&gradients).expect("every input has a gradient");
            results.insert(format!("input {index}"), copied(gradient));
        }
        results.insert("output".to_owned(), output);
        results
    }

    /// The loss where weights and inputs are moved by `step` times a direction, and the direction times `gradients`.
    fn moved(&self, step: f32, gradients: &NamedTensors) -> (f64, f64) {
        let mut slope = 0.0;
        let mut shift = |name: &str, data: &TensorData| {
            let values = floats(data);
            let direction = normals(&mut rng(2, name, 0), values.len());
            if let Some(gradient) = gradients.get(name) {
                slope += dot(&floats(gradient), &direction);
            }
            let values: Vec<f32> = values.iter().zip(direction).map(|(x, way)| x + step * way).collect();
            TensorData::new(values, data.shape().clone())
        };
        let mut state = self.weights.state_dict();
        for (name, data) in &mut state {
            if gradients.contains_key(name) {
                *data = shift(name, data);
            }
        }
        let inputs =
            self.inputs.iter().enumerate().map(|(index, data)| shift(&format!("input {index}"), data));
        let mut moved = Self { inputs: inputs.collect(), ..self.clone() };
        moved.weights.load_state_dict(&state).expect("the same tensors");
        let output = floats(&moved.results()["output"]);
        (dot(&output, &loss_weights(output.len())), slope)
    }
}

impl Clone for Case {
    fn clone(&self) -> Self {
        let (graph, weights) = (self.graph.clone(), self.weights.clone());
        Self { graph, weights, inputs: self.inputs.clone(), pass: self.pass }
    }
}

fn loss_weights(count: usize) -> Vec<f32> {
    normals(&mut rng(1, "loss", 0), count)
}

fn weighed<const D: usize>(output: Tensor<D>) -> Tensor<1> {
    let shape = output.dims();
    let weights = loss_weights(shape.iter().product());
    let weights = Tensor::from_data(TensorData::new(weights, shape), &output.device());
    (output * weights).sum()
}

fn floats(data: &TensorData) -> Vec<f32> {
    data.iter::<f32>().collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn rms(values: &[f32]) -> f64 {
    (dot(values, values) / values.len() as f64).sqrt()
}

/// The results of all operators at all sizes.
fn all_results() -> BTreeMap<String, Vec<f32>> {
    let mut all = BTreeMap::new();
    for (name, op, inputs) in operators() {
        for size in SIZES {
            let results = Case::new(op.clone(), inputs, size, Pass::Train).results();
            let named = results
                .into_iter()
                .map(|(tensor, data)| (format!("{name} {size:?} {tensor}"), floats(&data)));
            all.extend(named);
        }
    }
    all
}

#[test]
fn own_operators_and_their_gradients_are_burns() {
    if let Some(answer) = env::var_os(ANSWER) {
        fs::write(answer, serde_json::to_string(&all_results()).expect("finite numbers")).expect("a folder");
        return;
    }
    let dir = tempfile::tempdir().expect("there is room for a folder");
    let answer = dir.path().join("plain.json");
    let test = "numbers::own_kernels::own_operators_and_their_gradients_are_burns";
    let mut again = Command::new(env::current_exe().expect("this program"));
    let output =
        again.args(["--exact", test]).env(SWITCH, "1").env(ANSWER, &answer).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let plain = fs::read_to_string(answer).expect("an answer");
    let plain: BTreeMap<String, Vec<f32>> = serde_json::from_str(&plain).expect("a map");
    let own = all_results();
    assert!(own.keys().eq(plain.keys()));
    // Else the switch does nothing.
    assert!(own != plain);
    for (name, own) in &own {
        let plain = &plain[name];
        assert_eq!(own.len(), plain.len(), "{name}");
        let difference: Vec<f32> = own.iter().zip(plain).map(|(a, b)| a - b).collect();
        let error = rms(&difference) / rms(plain);
        assert!(error < TOLERANCE, "{name} is {error:.1e} off");
    }
}

#[test]
fn gradients_of_own_operators_are_finite_differences() {
    const STEP: f32 = 2e-3;
    for (name, op, inputs) in operators() {
        for size in SIZES {
            // Spectral norm takes its vectors for constants, which they are where no power iteration moves them.
            let pass = if name.starts_with("spectral") { Pass::Eval } else { Pass::Train };
            let case = Case::new(op.clone(), inputs, size, pass);
            let mut gradients = case.results();
            gradients.remove("output");
            let (above, slope) = case.moved(STEP, &gradients);
            let (below, _) = case.moved(-STEP, &gradients);
            let difference = (above - below) / f64::from(2.0 * STEP);
            let length = gradients.values().map(|data| dot(&floats(data), &floats(data))).sum::<f64>().sqrt();
            let error = (difference - slope).abs() / length;
            // A value that crosses ReLU's corner on the way is off by as much as its own weight.
            let limit = if name.contains("ReLU") { 3e-2 } else { 5e-3 };
            assert!(error < limit, "{name} {size:?}: {difference} instead of {slope}, {error:.1e} off");
        }
    }
}

/// Losses of a training of 100 steps, in their order, with a variable in the environment.
fn losses(arch: &str, variable: &str, value: &str) -> Vec<f64> {
    let dir = tempfile::tempdir().expect("there is room for a folder");
    let run = dir.path().join("run");
    let settings = [
        "data.toys_count=256",
        "winner.steps=100",
        "winner.evaluate_every=100",
        "score.samples=64",
        "recipe.discriminator_learning_rate=0.0001",
        "recipe.generator_learning_rate=0.0001",
        // The hinge loss has corners, at which a difference in the last bit grows.
        "recipe.loss=\"non_saturating\"",
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
    command.args(["train", "--arch", arch, "--preset", "quick", "--device", "cpu", "--seed", "3", "--out"]);
    command.arg(&run).args(NETWORKS.iter().chain(&settings).flat_map(|setting| ["--set", *setting]));
    let output = command.env(variable, value).output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let events = fs::read_to_string(run.join("events.jsonl")).expect("the events");
    let losses = events.lines().filter_map(|line| {
        let event: Json = serde_json::from_str(line).expect("an event");
        let is_loss = event["name"].as_str().is_some_and(|name| name.ends_with("_loss"));
        is_loss.then(|| event["value"].as_f64().expect("a loss"))
    });
    losses.collect()
}

#[test]
fn a_training_of_100_steps_has_the_same_losses_with_burns_operators() {
    for arch in ["1 1 1 1 1 1 1 1 1", "0 2 2 1 1 1 2 1 1", "0 1 0 0 1 0 0 1 1"] {
        let [own, plain] = ["0", "1"].map(|plain| losses(arch, SWITCH, plain));
        assert_eq!((own.len(), plain.len()), (200, 200), "{arch}");
        assert_ne!(own, plain, "{arch}: the switch does nothing");
        for (step, (own, plain)) in own.iter().zip(&plain).enumerate() {
            assert!(
                (own - plain).abs() < 1e-4 * own.abs().max(1.0),
                "{arch}: loss {step}: {own}, not {plain}"
            );
        }
    }
}

#[test]
fn a_training_has_the_same_losses_with_any_number_of_threads() {
    let arch = "0 2 2 1 1 1 2 1 1";
    let [one, two, four] = ["1", "2", "4"].map(|threads| losses(arch, "RAYON_NUM_THREADS", threads));
    assert_eq!(one.len(), 200);
    assert!(one == two && two == four, "{one:?}\n{two:?}\n{four:?}");
}
