//! Few pictures: what they are too few for is said before anything is computed, with what to change.

use std::path::Path;

use super::{folder, text};
use crate::numbers::peers::{picture, weights};
use crate::small::NETWORKS;

/// Pictures in a folder of that name, different from each other.
fn pictures(dir: &Path, name: &str, count: usize) {
    std::fs::create_dir(dir.join(name)).expect("a new folder");
    for number in 0..count {
        let image = image::RgbImage::from_raw(32, 32, picture(name, number, 32)).expect("32 x 32");
        image.save(dir.join(name).join(format!("{number}.png"))).expect("a new file");
    }
}

/// Calls the program, whose cache is in the folder. Returns the exit code and what it said last on standard error.
fn called(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_autogan"));
    command.args(args).current_dir(dir).env("AUTOGAN_CACHE_DIR", dir.join("cache"));
    let output = command.output().expect("it starts");
    let said = text(&output.stderr);
    (output.status.code(), said.lines().last().unwrap_or_default().to_owned())
}

#[test]
fn a_run_on_few_pictures_says_what_to_change_and_leaves_nothing() {
    let dir = folder();
    let dir = dir.path();
    for count in [1, 2, 3, 5, 20] {
        pictures(dir, &format!("p{count}"), count);
    }
    for command in [&["search"][..], &["train", "--arch", "1", "0", "1", "1"]] {
        for count in [1, 2, 3, 5, 20] {
            let source = format!("p{count}");
            let args =
                [command, &["--preset", "quick", "--device", "cpu", "--out", "run", "--data", &source]]
                    .concat();
            let (code, said) = called(dir, &args);
            let images = if count == 1 { "image" } else { "images" };
            let extractor = "the built-in extractor needs 20 to be trained (add images, or set score.extractor to \
                             \"inception\"); ";
            let fid = "; the Fréchet distance needs 2 (add images)";
            let expected = format!(
                "error: {source} has {count} {images}, which is too few: {}recipe.batch is 32 (set it to {count} or \
                 less){}",
                if count < 20 { extractor } else { "" },
                if count < 2 { fid } else { "" },
            );
            assert_eq!((code, said), (Some(1), expected));
            assert!(!dir.join("run").exists(), "nothing is left");
        }
    }
    assert!(!dir.join("cache/extractors").exists(), "no extractor was trained");
    let recall =
        ["--set", "score.metrics=[\"recall\"]", "--set", "score.neighbours=20", "--set", "recipe.batch=9"];
    let args = [&["search", "--preset", "quick", "--device", "cpu", "--data", "p20"], &recall[..]].concat();
    let (code, said) = called(dir, &args);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.ends_with(
            "p20 has 20 images, which is too few: prdc needs 21 (set score.neighbours to 19 or less)"
        ),
        "{said}"
    );
}

#[test]
fn two_pictures_are_enough_where_no_extractor_is_trained() {
    let dir = folder();
    pictures(dir.path(), "two", 2);
    weights().keep(&dir.path().join("cache")).expect("the cache can be written");
    let settings = [
        "winner.steps=2",
        "score.extractor=\"inception\"",
        "score.samples=4",
        "score.splits=2",
        "recipe.batch=2",
    ];
    let sets = NETWORKS.iter().chain(&settings).flat_map(|set| ["--set", *set]);
    let args = [
        "train", "--arch", "1 0 1 1", "--preset", "quick", "--device", "cpu", "--data", "two", "--out", "run",
    ];
    let (code, said) = called(dir.path(), &args.into_iter().chain(sets).collect::<Vec<_>>());
    assert_eq!(code, Some(0), "{said}");
    assert!(dir.path().join("run/summary.json").exists());
}

#[test]
fn scores_of_few_pictures_say_which_option_to_change() {
    let dir = folder();
    let dir = dir.path();
    pictures(dir, "real", 20);
    pictures(dir, "fake", 5);
    pictures(dir, "lone", 1);
    weights().keep(&dir.join("cache")).expect("the cache can be written");
    let score = |real: &str, fake: &str, more: &[&str]| {
        called(dir, &[&["score", "--device", "cpu", "--real", real, "--fake", fake], more].concat())
    };
    let inception = ["--extractor", "inception"];
    let refused = |real: &str, fake: &str, more: &[&str], expected: &str| {
        assert_eq!(score(real, fake, more), (Some(1), format!("error: {expected}")), "{more:?}");
    };
    refused(
        "lone",
        "fake",
        &[],
        "lone has 1 image, which is too few: the built-in extractor needs 20 to be trained (add images, or take \
         --extractor inception); the Fréchet distance needs 2 (add images)",
    );
    assert!(!dir.join("cache/extractors").exists(), "no extractor was trained");
    let with = |metrics: &'static str| [&inception[..], &["--metrics", metrics]].concat();
    refused(
        "real",
        "fake",
        &with("is,fid"),
        "fake has 5 images, which is too few: the Inception score needs 10 (set --splits to 5 or less)",
    );
    refused(
        "real",
        "fake",
        &with("kid,prdc"),
        "real has 20 images, which is too few: the kernel distance needs 1,000 (set --kid-subset-size to 5 or less); fake has 5 images, \
         which is too few: the kernel distance needs 1,000 (set --kid-subset-size to 5 or less); prdc needs 6 (set --k to 4 or less)",
    );
    let small = |k: &'static str| [&with("kid,prdc")[..], &["--kid-subset-size", "5", "--k", k]].concat();
    refused(
        "real",
        "fake",
        &small("5"),
        "fake has 5 images, which is too few: prdc needs 6 (set --k to 4 or less)",
    );
    refused(
        "real",
        "lone",
        &with("fid,vendi"),
        "lone has 1 image, which is too few: the Fréchet distance needs 2 (add images)",
    );
    refused(
        "real",
        "fake",
        &["--protocol", "autogan-cifar10"],
        "fake has 5 images, which is too few: the Inception score needs 10 (add images)",
    );
    refused(
        "fake",
        "fake",
        &with("kid"),
        "fake has 5 images, which is too few: the kernel distance needs 1,000 (set --kid-subset-size to 5 or less)",
    );
    // What is said to be enough is.
    let (code, said) = score("real", "fake", &small("4"));
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = score("real", "lone", &with("vendi"));
    assert_eq!(code, Some(0), "{said}");
    let toys = ["--real", "toys", "--real-split", "test", "--fake", "fake", "--metrics", "is"];
    let (code, said) = called(dir, &[&["score", "--device", "cpu"], &toys[..]].concat());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.ends_with("the Inception score needs 10 (set --splits to 5 or less)"), "{said}");
}
