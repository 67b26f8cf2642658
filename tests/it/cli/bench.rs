//! How long updates take.

use std::process::Command;

use autogan::device::adapters;
use serde_json::Value;

use super::{failure, folder, output, text};
use crate::small::NETWORKS;

const STEP: [&str; 8] = ["bench", "step", "--device", "cpu", "--updates", "3", "--warm-up", "1"];

fn step(more: &[&str]) -> String {
    let settings = NETWORKS.iter().flat_map(|setting| ["--set", setting]);
    let args: Vec<&str> = STEP.into_iter().chain(settings).chain(more.iter().copied()).collect();
    output(folder().path(), &args)
}

#[test]
fn updates_and_operators_are_timed() {
    let found: Value = serde_json::from_str(&step(&["--json"])).expect("JSON");
    assert_eq!((&found["device"], &found["vector"]), (&"cpu".into(), &"1 1 1 1 1 1 1 1 1".into()));
    assert_eq!((&found["side"], &found["batch"], &found["updates"]), (&16.into(), &8.into(), &3.into()));
    let time = |what: &str, which: &str| found[what][which].as_f64().expect("a time");
    for what in ["discriminator", "generator", "both"] {
        let [lower, median, upper] =
            ["lower_quartile", "median", "upper_quartile"].map(|which| time(what, which));
        assert!(0.0 < lower && lower <= median && median <= upper, "{what}: {lower}, {median}, {upper}");
    }
    assert!(time("both", "upper_quartile") >= time("discriminator", "lower_quartile"));
    let operators = found["operators"].as_array().expect("a list");
    // Both networks as they run: 4 convolutions of 3x3 in two cells, one of them behind each upsampling.
    let count = |network: &str, operator: &str| -> u64 {
        let own = operators.iter().filter(|own| own["network"] == network && own["operator"] == operator);
        own.map(|own| own["count"].as_u64().expect("a number")).sum()
    };
    assert_eq!(count("generator", "3x3 conv, 8"), 2);
    assert_eq!(count("generator", "nearest x2, 3x3 conv, 8"), 2);
    assert_eq!(count("discriminator", "linear"), 1);
    let longest: Vec<f64> =
        operators.iter().map(|own| own["forward_backward"].as_f64().expect("a time")).collect();
    assert!(longest.is_sorted_by(|a, b| a >= b) && longest[0] > 0.0, "{longest:?}");
    if cfg!(target_os = "linux") {
        assert!(found["peak_memory"].as_u64().expect("a number") > 1 << 20);
    }
}

#[test]
fn a_person_is_shown_a_table() {
    let text = step(&["--no-operators", "--arch", "1 0 0 1"]);
    assert!(text.starts_with("1 0 0 1 on cpu, "), "{text}");
    for part in ["8 px, 8 and 8 channels, batches of 8 and 8", "ms an update", "discriminator", "both"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains("Each operator"), "{text}");
}

/// Most operations of an update, and vectors of two and three cells.
const LIMITS: [(&str, f64); 2] = [("1 1 1 1 1 1 1 1 1", 200.0), ("1 1 1 1 1 1 1 1 1 1 1 1 1 3", 300.0)];

/// Sizes change how long an operation takes, not how many there are. Losses are read one by one for a hundred steps.
#[test]
fn a_gpu_is_asked_for_few_operations_uploads_and_readbacks() {
    let Some(adapter) = adapters().into_iter().next() else {
        assert!(std::env::var_os("CI").is_none(), "continuous integration has a software adapter");
        eprintln!("skipped: this machine has no adapter, so nothing of wgpu was tested");
        return;
    };
    for (vector, most) in LIMITS {
        let dir = folder();
        let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
        command.current_dir(dir.path()).env("NO_COLOR", "1").env("CUBECL_AUTOTUNE_LEVEL", "minimal");
        command.args(["bench", "step", "--json", "--no-operators", "--warm-up", "100", "--updates", "64"]);
        command.args(["--device", &adapter.name, "--arch", vector]);
        command.args(NETWORKS.iter().flat_map(|setting| ["--set", setting]));
        let output = command.output().expect("the program was built and starts");
        assert!(output.status.success(), "{}", text(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let count = |network: &str, what: &str| found["gpu"][network][what].as_f64().expect("a count");
        let step = |what| count("discriminator", what) + count("generator", what);
        eprintln!("{vector}: {}", found["gpu"]);
        for network in ["discriminator", "generator"] {
            let operations = count(network, "operations");
            assert!(50.0 < operations && operations <= most, "{network}: {operations} operations");
        }
        assert!(step("uploads") <= 1.0, "{} uploads a step", step("uploads"));
        // Losses every 16 steps, and the weights once in these 64.
        assert!(step("readbacks") <= 6.0 / 64.0, "{} readbacks a step", step("readbacks"));
        assert!(step("kernels") > step("operations") / 2.0, "{} kernels a step", step("kernels"));
    }
}

#[test]
fn calls_that_make_no_sense_are_refused() {
    let dir = folder();
    failure(dir.path(), &["bench"], 2);
    failure(dir.path(), &["bench", "step", "--updates", "0"], 2);
    let sentence = failure(dir.path(), &["bench", "step", "--set", "recipe.batch=0"], 2);
    assert!(sentence.contains("recipe.batch"), "{sentence}");
}
