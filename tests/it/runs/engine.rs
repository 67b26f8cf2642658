//! What the engine does with settings, folders and images that cannot work.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::small::small_search;

/// Runs to the end; returns the exit code and what was said on standard error.
fn run(arguments: &[String]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_autogan")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn with(dir: &Path, more: &[&str]) -> Vec<String> {
    let more = more.iter().map(|word| (*word).to_owned());
    small_search(dir).into_iter().chain(more).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// The one sentence of an error.
fn sentence(said: &str) -> &str {
    let errors: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    assert_eq!(errors.len(), 1, "one error: {said}");
    errors[0]
}

#[test]
fn a_search_leaves_a_ranked_board_pictures_weights_and_scores_with_their_origin() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let (code, said) = run(&small_search(&dir));
    assert_eq!(code, Some(0), "{said}");
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("summary.json")).unwrap()).unwrap();
    let trained = summary["trained"].as_array().unwrap();
    assert_eq!(trained.len(), 2);
    let distance = |place: usize| trained[place]["scores"][0]["value"].as_f64().unwrap();
    assert!(distance(0) <= distance(1), "the best comes first");
    assert_eq!(trained[0]["scores"][0]["extractor"], "toys-v1");
    assert_eq!(trained[0]["scores"][0]["samples"], 128);
    assert_eq!(trained[0]["steps"], 10, "the winner is trained on");
    assert!(fs::read_dir(dir.join("samples")).unwrap().count() >= 6);
    let board = fs::read_to_string(dir.join("candidates.jsonl")).unwrap();
    let named: Vec<serde_json::Value> = board
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap().get("picture").cloned())
        .collect();
    assert!(named.len() >= 6, "{board}");
    assert!(named.iter().all(|file| dir.join(file.as_str().unwrap()).is_file()), "{named:?}");
    assert_eq!(fs::read_dir(dir.join("candidates")).unwrap().count(), named.len());
    let out = folder.path().join("grid.png");
    let sample = format!("sample --model {} --n 9 --device cpu --out {}", dir.display(), out.display());
    assert_eq!(run(&words(&sample)).0, Some(0));
    let grid = image::open(out).unwrap();
    assert_eq!((grid.width(), grid.height()), (52, 52));
}

#[test]
fn both_strategies_estimators_and_levels_reach_the_same_board() {
    let folder = tempfile::tempdir().unwrap();
    for (name, settings) in [
        ("random", vec!["search.strategy=random"]),
        ("scratch", vec!["search.estimator=scratch", "search.scratch_steps=2", "search.shared_steps=0"]),
        ("single", vec!["search.levels=single"]),
        (
            "released",
            vec![
                "search.controller.baseline=as_released",
                "search.fixed_noise=false",
                "search.recalibrate=false",
                "search.deduplicate=false",
                "model.skip_tap=after_addition",
                "model.allocate_unused=true",
                "recipe.adam.unused_params=decay_moments",
                "recipe.keep_last_batch=true",
            ],
        ),
    ] {
        let dir = folder.path().join(name);
        let sets: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
        let (code, said) = run(&with(&dir, &sets));
        assert_eq!(code, Some(0), "{name}: {said}");
        let board = fs::read_to_string(dir.join("candidates.jsonl")).unwrap();
        let last: serde_json::Value = serde_json::from_str(board.lines().last().unwrap()).unwrap();
        assert_eq!(last["cells"], 2, "{name}");
        let wanted = if name == "random" { "random" } else { "reinforce" };
        assert_eq!(last["strategy"], wanted);
    }
}

#[test]
fn steps_that_cannot_be_captured_are_done_as_others_and_a_warning_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let (code, said) = run(&with(&dir, &["--set", "winner.capture=true"]));
    assert_eq!(code, Some(0), "{said}");
    let events = fs::read_to_string(dir.join("events.jsonl")).unwrap();
    let warning = "winner: steps of this training are not captured for the GPU, since the device is the CPU";
    assert_eq!(events.matches(warning).count(), 1);
    assert!(said.contains(warning), "{said}");
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_at_its_last_checkpoint_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let sets =
        ["--set", "recipe.generator_learning_rate=1e30", "--set", "recipe.discriminator_learning_rate=1e30"];
    let (code, said) = run(&with(&dir, &sets));
    assert_eq!(code, Some(1), "{said}");
    let sentence = sentence(&said);
    assert!(sentence.contains("loss became") && sentence.contains("--resume"), "{sentence}");
    // With a rate that works, the same run goes on to its end.
    let resume = format!(
        "search --resume {} --set recipe.generator_learning_rate=1e-3 --set recipe.discriminator_learning_rate=1e-3",
        dir.display()
    );
    let (code, said) = run(&words(&resume));
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_folder_that_is_taken_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let (code, said) = run(&small_search(folder.path()));
    assert_eq!(code, Some(1));
    assert!(sentence(&said).contains(&folder.path().display().to_string()), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn fewer_images_than_a_batch_are_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    for shade in 0..5u8 {
        let picture = image::RgbImage::from_pixel(16, 16, image::Rgb([shade * 40; 3]));
        picture.save(pictures.join(format!("{shade}.png"))).unwrap();
    }
    let dir = folder.path().join("run");
    let (code, said) = run(&with(&dir, &["--data", pictures.to_str().unwrap()]));
    assert_eq!(code, Some(1), "{said}");
    sentence(&said);
    assert!(!dir.exists(), "nothing is left behind");
}

#[test]
fn a_run_of_a_newer_version_or_without_its_settings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    fs::create_dir(&dir).unwrap();
    let resume = words(&format!("search --resume {}", dir.display()));
    let info = r#"{"format": 99, "version": "9.0", "adapter": "cpu", "seed": 1, "started": ""}"#;
    fs::write(dir.join("run.json"), info).unwrap();
    let (code, said) = run(&resume);
    assert_eq!(code, Some(1));
    assert!(sentence(&said).contains("newer"), "{said}");
    fs::write(dir.join("run.json"), info.replace("99", "1")).unwrap();
    let (code, said) = run(&resume);
    assert_eq!(code, Some(1));
    assert!(sentence(&said).contains("config.toml"), "{said}");
}
