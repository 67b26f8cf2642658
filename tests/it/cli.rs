//! The program as it is called: exit codes, and one sentence for everything that goes wrong.

mod bench;
mod few_images;
mod samples;
mod typed;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::outcome;

const A: &str = "1 0 1 1 1 0 0 1 1 1 0 1 0 3";

/// Runs the program in a folder of its own.
fn autogan(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
    command.args(args).current_dir(dir).env("NO_COLOR", "1");
    command.output().expect("the program was built and starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program prints UTF-8")
}

/// Runs the program, which must succeed, and returns what it printed.
fn output(dir: &Path, args: &[&str]) -> String {
    let output = autogan(dir, args);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {errors}");
    assert_eq!(errors, "", "{args:?}");
    text(&output.stdout)
}

/// Runs the program with `--json`, which must fail with `code`, and returns its one sentence.
fn failure(dir: &Path, args: &[&str], code: i32) -> String {
    let quiet = autogan(dir, args);
    assert_eq!(quiet.status.code(), Some(code), "{args:?}: {}", text(&quiet.stderr));
    assert_eq!(text(&quiet.stdout), "", "{args:?}");
    let output = autogan(dir, &[args, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(code), "{args:?}");
    assert_eq!(text(&output.stdout).lines().count(), 1, "{args:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    let sentence = printed["error"].as_str().expect("an error").to_owned();
    let errors = text(&quiet.stderr);
    // What clap finds wrong goes on with how to call it right.
    assert_eq!(errors.lines().next(), Some(format!("error: {sentence}").as_str()), "{args:?}");
    if code == 1 {
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
    sentence
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a folder")
}

/// A run folder as a search leaves it when it is stopped at once.
fn make_run(dir: &Path) {
    use autogan::config::RunConfig;
    use autogan::run::{RunFolder, RunInfo};
    let info = RunInfo::new("cpu", 7, time::OffsetDateTime::UNIX_EPOCH);
    let config = RunConfig::default().to_toml().expect("the defaults can be written");
    RunFolder::create(dir, &info, &config).expect("the folder is new");
}

#[test]
fn an_architecture_is_described() {
    let dir = folder();
    let words = output(dir.path(), &["arch", A]);
    for part in ["4,405,251", "1.765 G", "of 373,248", "1,053,824", "32 x 32", "bilinear", "cell3.skip1.conv"]
    {
        assert!(words.contains(part), "{part} is missing in\n{words}");
    }
    let json = output(dir.path(), &["arch", A, "--json", "--channels", "128", "--size", "48"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["side"], 48);
    assert_eq!(json["shape"]["bottom_width"], 6);
    assert_eq!(json["vector"].as_array().map(Vec::len), Some(14));
    let layers = json["generator"]["layers"].as_array().expect("layers");
    let sum: u64 = layers.iter().filter_map(|layer| layer["params"].as_u64()).sum();
    assert_eq!(json["generator"]["params"], sum);
}

#[test]
fn a_wrong_architecture_is_a_wrong_call() {
    let dir = folder();
    for (arch, part) in [
        ("1 0 1", "3"),
        ("1 0 one 1", "\"one\""),
        ("1 0 7 1", "7"),
        ("[]", "no architecture was given"),
        ("1 0 1 1 1 0 0 1 2", "2"),
    ] {
        let sentence = failure(dir.path(), &["arch", arch], 2);
        assert!(sentence.contains(part), "{sentence}");
    }
    let sentence = failure(dir.path(), &["arch", A, "--size", "33"], 2);
    assert!(sentence.contains("multiple of 8"), "{sentence}");
    for option in ["--channels", "--discriminator-channels", "--latent"] {
        let sentence = failure(dir.path(), &["arch", A, option, "0"], 2);
        assert!(sentence.contains("is 0"), "{sentence}");
    }
}

#[test]
fn a_folder_of_images_is_checked_and_left_alone() {
    let dir = folder();
    for class in ["cats", "dogs"] {
        fs::create_dir_all(dir.path().join("pictures").join(class)).expect("a new folder");
        let image = image::RgbImage::from_pixel(20, 10, image::Rgb([9, 99, 199]));
        image.save(dir.path().join("pictures").join(class).join("a.png")).expect("a new file");
    }
    fs::write(dir.path().join("pictures/cats/broken.png"), "no image").expect("a new file");
    let words = output(dir.path(), &["data", "check", "pictures", "--size", "16"]);
    for part in ["2 of 3 found", "all 20 x 10", "cats (1)", "dogs (1)", "broken.png", "16 x 16"] {
        assert!(words.contains(part), "{part} is missing in\n{words}");
    }
    let json = output(dir.path(), &["data", "check", "pictures", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["used"], &json["side"]), (&2.into(), &32.into()));
    assert_eq!(json["skipped"].as_array().map(Vec::len), Some(1));
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1);
    output(dir.path(), &["data", "check", "pictures", "--sheet", "sheet.png"]);
    assert!(image::open(dir.path().join("sheet.png")).is_ok());
}

#[test]
fn images_that_cannot_be_used_are_one_sentence() {
    let dir = folder();
    fs::create_dir(dir.path().join("empty")).expect("a new folder");
    fs::write(dir.path().join("file"), "x").expect("a new file");
    for (source, code, part) in [
        ("mnist:x", 2, "mnist:x"),
        ("cifar10:", 2, "cifar10:"),
        ("gone", 1, "gone"),
        ("empty", 1, "empty"),
        ("file", 1, "file"),
        ("cifar10:empty", 1, "empty"),
        ("stl10:gone", 1, "gone"),
        ("idx:empty", 1, "empty"),
    ] {
        let sentence = failure(dir.path(), &["data", "check", source], code);
        assert!(sentence.contains(part), "{source}: {sentence}");
    }
    let sentence = failure(dir.path(), &["data", "check", "toys", "--size", "7"], 2);
    assert!(sentence.contains("side"), "{sentence}");
    let sentence = failure(dir.path(), &["data", "check", "empty", "--sheet", "x.jpg"], 2);
    assert!(sentence.contains(".png"), "{sentence}");
}

#[test]
fn a_download_that_cannot_work_is_one_sentence() {
    let dir = folder();
    let sentence = failure(dir.path(), &["data", "fetch", "mnist", "--to", "x"], 2);
    assert!(sentence.contains("fashion-mnist"), "{sentence}");
    // Nobody listens on the reserved port 0.
    let mirror = ["data", "fetch", "cifar10", "--to", "x", "--mirror", "http://127.0.0.1:0"];
    let sentence = failure(dir.path(), &mirror, 1);
    assert!(sentence.contains("127.0.0.1:0") && sentence.contains("again"), "{sentence}");
}

#[test]
fn runs_are_listed_and_shown() {
    let dir = folder();
    assert!(output(dir.path(), &["runs", "list"]).contains("autogan search"));
    assert_eq!(output(dir.path(), &["runs", "list", "--json"]).trim(), "[]");
    fs::create_dir(dir.path().join("runs")).expect("a new folder");
    make_run(&dir.path().join("runs/one"));
    let list = output(dir.path(), &["runs", "list"]);
    assert_eq!(list.lines().count(), 1);
    assert!(list.starts_with("one") && list.contains("stopped"), "{list}");
    for name in ["one", "runs/one"] {
        let shown = output(dir.path(), &["runs", "show", name]);
        assert!(shown.contains("seed 7") && shown.contains("--resume runs/one"), "{shown}");
    }
    let json = output(dir.path(), &["runs", "show", "one", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["info"]["seed"], &json["running"]), (&7.into(), &false.into()));
}

#[test]
fn runs_are_compared_in_tables_and_in_json() {
    let dir = folder();
    for name in ["one", "two", "three"] {
        make_run(&dir.path().join("runs").join(name));
    }
    let config = fs::read_to_string(dir.path().join("runs/two/config.toml")).expect("a run has settings");
    let other = config.replace("n_critic = 5", "n_critic = 3");
    assert_ne!(config, other);
    fs::write(dir.path().join("runs/two/config.toml"), other).expect("a run has settings");
    finish(&dir.path().join("runs/one"), 30.0, 2000);
    finish(&dir.path().join("runs/two"), 20.5, 2000);
    finish(&dir.path().join("runs/three"), 10.0, 500);

    let words = output(dir.path(), &["runs", "compare", "one", "runs/two"]);
    let line = |start: &str| {
        let found = words.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no line {start} in\n{words}")).split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(line("Run"), ["Run", "one", "two"]);
    assert_eq!(line("recipe.n_critic"), ["recipe.n_critic", "5", "3"]);
    assert!(!words.contains("recipe.batch"), "what is equal is left out\n{words}");
    assert_eq!(line("Fréchet").join(" "), "Fréchet distance (toys-v1, 2,000 samples) 30.0 20.5 *");
    assert_eq!(line("Best")[1..9].join(" "), "1 0 1 1 1 0 0 1");
    let all = output(dir.path(), &["runs", "compare", "one", "two", "--all"]);
    assert!(all.contains("recipe.batch"), "{all}");
    let same = output(dir.path(), &["runs", "compare", "one", "three"]);
    assert!(same.contains("All settings are the same") && !same.contains(" *\n"), "{same}");
    assert!(same.contains("not ranked together where numbers of samples differ"), "{same}");

    let json = output(dir.path(), &["runs", "compare", "one", "two", "three", "--json"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["runs"][1]["standing"], "finished");
    assert_eq!(json["runs"][1]["outcome"]["is_final"], true);
    assert_eq!(json["rankings"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&json["rankings"][0]["best"][0], &json["rankings"][0]["scores"][2]),
        (&1.into(), &Value::Null)
    );
}

#[test]
fn runs_that_cannot_be_compared_are_one_sentence() {
    let dir = folder();
    make_run(&dir.path().join("runs/one"));
    let failed = |args: &[&str], code| failure(dir.path(), &[&["runs", "compare"], args].concat(), code);
    failed(&["one"], 2);
    assert!(failed(&["one", "runs/one"], 2).contains("named twice"));
    assert!(failed(&["one", "gone"], 1).contains("no run at gone"));
}

/// Gives a run an outcome: one architecture with one score.
fn finish(dir: &Path, value: f64, samples: usize) {
    use autogan::arch::Genotype;
    use autogan::metric::Score;
    use autogan::run::RunFolder;
    let genotype = Genotype::parse(A).expect("it is an architecture");
    let score = Score { samples, ..outcome::distance(value) };
    let summary = outcome::summary(genotype, [4_405_251, 1_764_850_000], score, 32);
    let run = RunFolder::resume(dir).expect("the run stands").folder;
    run.write_summary(&summary).expect("the folder can be written to");
}

#[test]
fn runs_that_cannot_be_shown_are_one_sentence() {
    let dir = folder();
    fs::create_dir(dir.path().join("other")).expect("a new folder");
    make_run(&dir.path().join("half"));
    fs::remove_file(dir.path().join("half/config.toml")).expect("a run has settings");
    make_run(&dir.path().join("newer"));
    fs::write(dir.path().join("newer/run.json"), r#"{"format": 99}"#).expect("a run has facts");
    for (run, part) in [
        ("gone", "no run at gone"),
        ("other", "not a run folder"),
        ("half", "half deleted"),
        ("newer", "newer"),
    ] {
        let sentence = failure(dir.path(), &["runs", "show", run], 1);
        assert!(sentence.contains(part), "{run}: {sentence}");
    }
    fs::write(dir.path().join("file"), "x").expect("a new file");
    assert!(failure(dir.path(), &["runs", "list", "file"], 1).contains("file"));
}

#[test]
fn settings_that_cannot_work_stop_a_run_before_it_leaves_anything() {
    let dir = folder();
    fs::write(dir.path().join("my.toml"), "[search]\ncandidats = 3\n").expect("a new file");
    for (args, part) in [
        (vec!["--preset", "qick"], "did you mean `quick`"),
        (vec!["--config", "my.toml"], "my.toml, line 2: there is no setting `search.candidats`"),
        (vec!["--set", "recipe.n_critic=0"], "recipe.n_critic is 0"),
        (vec!["--set", "recipe.generator_learning_rate=nan"], "recipe.generator_learning_rate is NaN"),
        (vec!["--set", "recipe.batch=lots"], "`recipe.batch` must be a whole number"),
        (vec!["--set", "space.up=[]"], "up"),
        (vec!["--set", "recipe"], "write it like"),
        (vec!["--data", "mnist:x"], "mnist:x"),
        (vec!["--set", "search.top_k=0"], "search.top_k"),
        (vec!["--set", "space.bounds.max_params=1"], "max_params"),
    ] {
        let sentence = failure(dir.path(), &[&["search", "--device", "cpu"], &args[..]].concat(), 2);
        assert!(sentence.contains(part), "{args:?}: {sentence}");
    }
    let sentence = failure(dir.path(), &["search", "--config", "gone.toml"], 1);
    assert!(sentence.contains("gone.toml"), "{sentence}");
    assert!(!dir.path().join("runs").exists());
}

/// A file of weights, small enough to sample at once.
fn make_model(path: &Path) {
    use autogan::arch::Genotype;
    use autogan::model::{ModelConfig, ModelFile};
    let genotype = Genotype::parse("1 0 1 1 0 1 2 0 1").expect("a vector");
    let config = ModelConfig { latent_dim: 4, generator_channels: 3, ..ModelConfig::default() };
    let generator = config.derived_generator(&genotype, &burn::tensor::Device::flex(), 1, "test");
    let file = ModelFile { genotype, config, tensors: generator.state_dict() };
    fs::write(path, file.to_bytes().expect("tensors of f32")).expect("a new file");
}

#[test]
fn a_model_is_exported_and_what_is_there_is_left_alone() {
    let dir = folder();
    make_model(&dir.path().join("m.safetensors"));
    let words = output(dir.path(), &["export", "m.safetensors", "--to", "a/b"]);
    for part in ["generator.py", "architecture.png", "Left out curves", "only a run has them"] {
        assert!(words.contains(part), "{part} is missing in\n{words}");
    }
    let sentence = failure(dir.path(), &["export", "m.safetensors", "--to", "a/b"], 1);
    assert!(sentence.contains("winner.safetensors is there already"), "{sentence}");
    let json = ["export", "m.safetensors", "--to", "a/b", "--force", "--only", "arch,pytorch", "--json"];
    let json: Value = serde_json::from_str(&output(dir.path(), &json)).expect("JSON");
    assert_eq!(json["files"], serde_json::json!(["generator.py", "architecture.json"]));
    // The description is that of the command for it.
    let described = fs::read(dir.path().join("a/b/architecture.json")).expect("it was written");
    let described: Value = serde_json::from_slice(&described).expect("JSON");
    let same = ["arch", "1 0 1 1 0 1 2 0 1", "--channels", "3", "--latent", "4", "--json"];
    let same = output(dir.path(), &[&same[..], &["--discriminator-channels", "64"]].concat());
    assert_eq!(described, serde_json::from_str::<Value>(&same).expect("JSON"));
}

#[test]
fn exports_that_cannot_be_made_are_one_sentence() {
    let dir = folder();
    make_model(&dir.path().join("m.safetensors"));
    make_run(&dir.path().join("runs/one"));
    fs::create_dir(dir.path().join("other")).expect("a new folder");
    fs::write(dir.path().join("file"), "x").expect("a new file");
    for (args, code, part) in [
        (vec!["gone", "--to", "x"], 1, "gone"),
        (vec!["other", "--to", "x"], 1, "not a run folder"),
        (vec!["file", "--to", "x"], 1, "file"),
        (vec!["one", "--to", "x"], 1, "no trained generator yet"),
        (vec!["m.safetensors", "--to", "x", "--only", "curves"], 1, "only a run has them"),
        (vec!["m.safetensors", "--to", "x", "--only", "wights"], 2, "wights"),
        (vec!["m.safetensors", "--to", "x", "--arch", "1 0 7 1"], 2, "7"),
        (vec!["m.safetensors", "--to", "file"], 1, "file"),
        (vec!["m.safetensors"], 2, "--to"),
    ] {
        let output = autogan(dir.path(), &[&["export"], &args[..]].concat());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(part), "{args:?}: {said}");
    }
    assert!(!dir.path().join("x").exists());
    output(dir.path(), &["export", "one", "--to", "x", "--only", "curves,config"]);
    assert!(dir.path().join("x/curves.csv").exists());
}

#[test]
fn sampled_pictures_say_how_they_were_made() {
    use autogan::export::{LatentRecipe, PictureRecipe, sha256};
    let dir = folder();
    make_model(&dir.path().join("m.safetensors"));
    let sample =
        ["sample", "--model", "m.safetensors", "--device", "cpu", "--n", "3", "--seed", "5", "--out"];
    output(dir.path(), &[&sample[..], &["grid.png"]].concat());
    output(dir.path(), &[&sample[..], &["single"]].concat());
    for (file, first, count) in [("grid.png", 0, 3), ("single/000002.png", 2, 1)] {
        let png = fs::read(dir.path().join(file)).expect("it was written");
        let recipe = PictureRecipe::of_png(&png).expect("a picture").expect("a recipe");
        assert_eq!(recipe.latents, LatentRecipe::Seed { seed: 5, first, count });
        assert_eq!(recipe.genotype, "1 0 1 1 0 1 2 0 1");
        let model = fs::read(dir.path().join("m.safetensors")).expect("it was written");
        assert_eq!(recipe.model_sha256, Some(sha256(&model)));
    }
}

#[test]
fn weights_that_are_none_are_one_sentence() {
    let dir = folder();
    let mut huge = u64::MAX.to_le_bytes().to_vec();
    huge.extend(b"{}");
    let shape = br#"{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#;
    let mut overflow = (shape.len() as u64).to_le_bytes().to_vec();
    overflow.extend(shape);
    overflow.extend([0; 4]);
    for (name, bytes) in [
        ("empty.safetensors", &b""[..]),
        ("text.safetensors", b"these are no weights"),
        ("huge.safetensors", &huge),
        ("overflow.safetensors", &overflow),
    ] {
        fs::write(dir.path().join(name), bytes).expect("a new file");
        let sentence = failure(dir.path(), &["sample", "--model", name, "--device", "cpu", "--out", "o"], 1);
        assert!(sentence.contains(name), "{sentence}");
    }
    let sentence = failure(dir.path(), &["sample", "--model", "gone.safetensors", "--out", "o"], 1);
    assert!(sentence.contains("gone.safetensors"), "{sentence}");
    assert!(!dir.path().join("o").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written_to_is_one_sentence() {
    let dir = folder();
    // Not even the superuser can make a folder there.
    let sentence = failure(dir.path(), &["search", "--device", "cpu", "--out", "/sys/autogan"], 1);
    assert!(sentence.contains("/sys/autogan"), "{sentence}");
}

#[test]
fn a_call_that_makes_no_sense_is_answered_with_how_to_call() {
    let dir = folder();
    for args in [
        vec!["serch"],
        vec!["search", "--resume", "a", "--seed", "2"],
        vec!["train"],
        vec!["sample", "--model", "x"],
        vec!["sample", "--model", "x", "--out", "y", "--n", "0"],
        vec!["data", "fetch", "cifar10"],
        vec!["runs", "show"],
    ] {
        failure(dir.path(), &args, 2);
    }
}

#[test]
fn help_names_the_subcommands() {
    let dir = folder();
    let help = output(dir.path(), &["--help"]);
    for part in ["search", "train", "sample", "export", "arch", "runs", "data", "doctor"] {
        assert!(help.contains(part), "{part} is missing in\n{help}");
    }
    assert!(output(dir.path(), &["--version"]).starts_with("autogan "));
}

#[cfg(target_os = "linux")]
#[test]
fn where_there_is_no_display_the_window_says_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_autogan"));
    let output = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("it starts");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let sentence = said.lines().last().expect("a sentence");
    assert!(sentence.starts_with("error: the window cannot be opened"), "{said}");
}
