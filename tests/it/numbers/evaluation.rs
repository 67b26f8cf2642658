//! Runs that other metrics than the Fréchet distance and the inception score steer and decide.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::small::{NETWORKS, small_search};

/// Calls the program with settings more.
fn call(words: &[String], settings: &[&str]) -> Output {
    let sets = settings.iter().flat_map(|setting| ["--set", *setting]);
    Command::new(env!("CARGO_BIN_EXE_autogan")).args(words).args(sets).output().unwrap()
}

/// The same, which succeeds.
fn run(words: &[String], settings: &[&str]) {
    let output = call(words, settings);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The lines of a file, each JSON.
fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn metrics(scores: &Value) -> Vec<&str> {
    scores.as_array().unwrap().iter().map(|score| score["metric"].as_str().unwrap()).collect()
}

#[test]
fn a_search_is_steered_and_decided_by_the_kernel_distance() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let kid = ["search.reward=kernel_distance", "score.deciding=kernel_distance", "score.metrics=[]"];
    let too_large = call(&small_search(&dir), &kid);
    let said = String::from_utf8(too_large.stderr).unwrap();
    assert!(!too_large.status.success() && said.contains("score.kid_subset_size"), "{said}");
    assert!(!dir.exists(), "nothing is left behind");
    let subsets = ["score.kid_subsets=5", "score.kid_subset_size=40"];
    run(&small_search(&dir), &[&kid[..], &subsets[..]].concat());
    let board = lines(&dir.join("candidates.jsonl"));
    assert!(board.len() >= 8);
    for candidate in &board {
        let scores = &candidate["scores"];
        assert_eq!(metrics(scores), ["kernel_distance"]);
        assert_eq!(scores[0]["setting"], "5 subsets of 40");
        assert!(scores[0]["std"].as_f64().unwrap() > 0.0);
        // Smaller is better for the metric, larger for the search.
        assert_eq!(candidate["reward"].as_f64().unwrap(), -scores[0]["value"].as_f64().unwrap());
    }
    let summary: Value = serde_json::from_slice(&std::fs::read(dir.join("summary.json")).unwrap()).unwrap();
    let value = |place: usize| summary["trained"][place]["scores"][0]["value"].as_f64().unwrap();
    assert!(value(0) <= value(1), "the best comes first");
}

#[test]
fn trainings_are_decided_by_precision_and_by_recall() {
    let folder = tempfile::tempdir().unwrap();
    for deciding in ["precision", "recall"] {
        let dir = folder.path().join(deciding);
        let words = ["train", "--arch", "1 0 1 1", "--preset", "quick", "--device", "cpu", "--out"];
        let words: Vec<String> =
            words.iter().map(|word| (*word).to_owned()).chain([dir.display().to_string()]).collect();
        let decides = format!("score.deciding={deciding}");
        let settings = [
            "data.toys_count=128",
            "winner.steps=12",
            "winner.evaluate_every=3",
            "score.samples=64",
            "score.reference=100",
            "score.splits=2",
            "score.neighbours=3",
            decides.as_str(),
        ];
        run(&words, &[&NETWORKS[..], &settings[..]].concat());
        let events = lines(&dir.join("events.jsonl"));
        let evaluated: Vec<&Value> = events.iter().filter(|event| event["event"] == "evaluated").collect();
        assert_eq!(evaluated.len(), 4);
        let value = |event: &Value| event["scores"][0]["value"].as_f64().unwrap();
        let mut best: Option<&Value> = None;
        for event in evaluated {
            assert_eq!(metrics(&event["scores"]), [deciding, "frechet_distance", "inception_score"]);
            assert_eq!(event["scores"][0]["setting"], "k = 3");
            assert!((0.0..=1.0).contains(&value(event)));
            let better = best.is_none_or(|best| value(event) > value(best));
            assert_eq!(event["best"], better);
            best = if better { Some(event) } else { best };
        }
        let summary: Value =
            serde_json::from_slice(&std::fs::read(dir.join("summary.json")).unwrap()).unwrap();
        let winner = &summary["trained"][0];
        assert_eq!(
            (&winner["scores"], &winner["best_step"]),
            (&best.unwrap()["scores"], &best.unwrap()["step"])
        );
    }
}

#[test]
fn images_without_classes_leave_out_what_needs_them_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    std::fs::create_dir(&images).unwrap();
    for number in 0..64u8 {
        let pixel = |x: u32, y: u32| image::Rgb([(x * 9) as u8 ^ number, (y * 9) as u8, number * 3]);
        image::RgbImage::from_fn(16, 16, pixel).save(images.join(format!("{number}.png"))).unwrap();
    }
    let dir = folder.path().join("run");
    let (images, out) = (images.display().to_string(), dir.display().to_string());
    let words = ["train", "--arch", "1 0 1 1", "--preset", "quick", "--device", "cpu", "--data", &images];
    let words: Vec<String> = words.iter().chain(&["--out", &out]).map(|word| (*word).to_owned()).collect();
    let settings = ["winner.steps=2", "winner.evaluate_every=2", "score.samples=64", "score.splits=2"];
    let settings = [&NETWORKS[..], &settings[..]].concat();
    let refused = call(&words, &[&settings[..], &["score.deciding=inception_score"]].concat());
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("score.deciding is inception_score, and the images have no classes"), "{said}");
    let output = call(&words, &settings);
    let said = String::from_utf8(output.stderr).unwrap();
    let warning = "inception_score is left out: the images have no classes";
    assert!(output.status.success() && said.contains(&format!("Warning: {warning}")), "{said}");
    // The run folder keeps it.
    let kept = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap().matches(warning).count();
    assert_eq!((kept("log.txt"), kept("events.jsonl")), (1, 1));
    let summary: Value = serde_json::from_slice(&std::fs::read(dir.join("summary.json")).unwrap()).unwrap();
    assert_eq!(metrics(&summary["trained"][0]["scores"]), ["frechet_distance"]);
}
