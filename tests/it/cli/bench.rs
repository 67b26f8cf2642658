//! How long updates take.

use serde_json::Value;

use super::{failure, folder, output};
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

#[test]
fn calls_that_make_no_sense_are_refused() {
    let dir = folder();
    failure(dir.path(), &["bench"], 2);
    failure(dir.path(), &["bench", "step", "--updates", "0"], 2);
    let sentence = failure(dir.path(), &["bench", "step", "--set", "recipe.batch=0"], 2);
    assert!(sentence.contains("recipe.batch"), "{sentence}");
}
