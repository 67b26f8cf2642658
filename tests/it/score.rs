//! `autogan score`, as it is typed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::numbers::peers::{picture, weights};
use crate::runs::sample_server::finished_run;
use crate::small::{NETWORKS, SCORED_TRAINING};

fn call(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_autogan"))
        .args(["score", "--device", "cpu"])
        .args(args)
        .current_dir(dir)
        .env("AUTOGAN_CACHE_DIR", dir.join("cache"))
        .output()
        .unwrap()
}

fn scored(dir: &Path, args: &[&str]) -> Value {
    let output = call(dir, &[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is said of a call that fails with that exit code: one sentence.
fn refused(dir: &Path, code: i32, args: &[&str]) -> String {
    let output = call(dir, args);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert!(output.stdout.is_empty(), "{args:?}");
    said.lines().last().unwrap().strip_prefix("error: ").unwrap().to_owned()
}

/// Pictures of the hash in a folder of that kind's name.
fn pictures(dir: &Path, kind: &str, count: usize) {
    std::fs::create_dir(dir.join(kind)).unwrap();
    for number in 0..count {
        let image = image::RgbImage::from_raw(32, 32, picture(kind, number, 32)).unwrap();
        image.save(dir.join(kind).join(format!("{number:03}.png"))).unwrap();
    }
}

fn value(scored: &Value, metric: &str) -> f64 {
    let scores = scored["scores"].as_array().unwrap();
    let score = scores.iter().find(|score| score["metric"] == metric).unwrap_or_else(|| panic!("{scored}"));
    score["value"].as_f64().unwrap()
}

#[test]
fn a_run_is_scored_with_the_built_in_extractor_and_says_with_what() {
    let dir = tempfile::tempdir().unwrap();
    let run = finished_run().display().to_string();
    let args = ["--real", "toys", "--real-split", "test", "--model", &run, "--n", "130"];
    let kid = ["--kid-subsets", "3", "--kid-subset-size", "50", "--metrics", "is,fid,kid,prdc"];
    let first = scored(dir.path(), &[&args[..], &kid[..]].concat());
    assert_eq!(first["scores"].as_array().unwrap().len(), 7);
    for score in first["scores"].as_array().unwrap() {
        assert_eq!((&score["extractor"], &score["samples"]), (&"toys-v1".into(), &130.into()));
    }
    assert!((1.0..=10.0).contains(&value(&first, "inception_score")));
    assert!(value(&first, "frechet_distance") > 0.0 && value(&first, "kernel_distance") > 0.0);
    for metric in ["precision", "recall", "coverage"] {
        assert!((0.0..=1.0).contains(&value(&first, metric)));
    }
    assert_eq!(scored(dir.path(), &[&args[..], &kid[..]].concat()), first, "the same call, the same numbers");
    let other = scored(dir.path(), &[&args[..], &["--seed", "1"]].concat());
    assert_ne!(value(&other, "frechet_distance"), value(&first, "frechet_distance"));
    let words = call(dir.path(), &args);
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.contains("(toys-v1, 130 samples, 10 splits)") && !words.contains("FID"), "{words}");
}

#[test]
fn pictures_are_scored_with_the_inception_network_and_statistics_stand_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pictures(dir, "real", 6);
    pictures(dir, "fake", 5);
    let none = refused(dir, 1, &["--real", "real", "--fake", "fake", "--extractor", "inception"]);
    assert!(none.contains("autogan data fetch inception") && none.contains("--extractor builtin"), "{none}");
    std::fs::write(dir.join("weights.safetensors"), weights().to_bytes()).unwrap();
    let inception = ["--extractor", "inception", "--weights", "weights.safetensors", "--splits", "2"];
    let sides = ["--real", "real", "--fake", "fake", "--save-stats", "real.npz"];
    let direct = scored(dir, &[&sides[..], &inception[..]].concat());
    assert_eq!(direct["scores"][0]["extractor"], "inception-01234567");
    let assumed = direct["assumptions"].to_string();
    for part in ["preprocessing tf: TensorFlow 1's bilinear", "logits without bias", "real: 6 images"] {
        assert!(assumed.contains(part), "{assumed}");
    }
    let stands = ["--real", "real.npz", "--fake", "fake", "--metrics", "fid"];
    let stands = scored(dir, &[&stands[..], &inception[..]].concat());
    let (direct, stands) = (value(&direct, "frechet_distance"), value(&stands, "frechet_distance"));
    assert!((direct - stands).abs() < 1e-9 * direct, "{direct} and {stands}");
    // Statistics have no number of images, so none is said.
    let both = ["--real", "real.npz", "--fake", "real.npz", "--metrics", "fid"];
    let both = [&both[..], &inception[..]].concat();
    assert_eq!(scored(dir, &both)["scores"][0].get("samples"), None);
    let words = String::from_utf8(call(dir, &both).stdout).unwrap();
    assert!(words.contains("(inception-01234567)") && !words.contains("samples"), "{words}");
    assert!(!dir.join("cache/inception-2015.safetensors").exists(), "only the public weights are kept");

    let with = |metrics: &'static str| {
        [&["--real", "real.npz", "--fake", "fake", "--metrics", metrics], &inception[..]].concat()
    };
    let said = refused(dir, 1, &with("fid,kid"));
    assert!(said.contains("real.npz has no images, which kid needs"), "{said}");
    let said = refused(dir, 1, &["--real", "real", "--fake", "real.npz"]);
    assert!(said.contains("the inception score needs"), "{said}");
    let said = refused(dir, 1, &["--real", "real.npz", "--fake", "fake", "--metrics", "fid"]);
    let why = "the built-in extractor is trained on the real images, but real.npz holds statistics and no images; give";
    assert!(said.contains(why), "{said}");
    std::fs::write(dir.join("fake/100.png"), "no picture").unwrap();
    let said = refused(dir, 1, &with("fid"));
    assert!(said.contains("100.png") && said.contains("take it out of the folder"), "{said}");
    std::fs::remove_file(dir.join("fake/100.png")).unwrap();
    let bytes = std::fs::read(dir.join("real.npz")).unwrap();
    std::fs::write(dir.join("real.npz"), &bytes[..bytes.len() / 3]).unwrap();
    let said = refused(dir, 1, &with("fid"));
    assert!(said.contains("real.npz cannot be used as statistics"), "{said}");
    std::fs::write(dir.join("weights.safetensors"), "cos\nsystem\n(S'touch hacked'\ntR.").unwrap();
    let said = refused(dir, 1, &[&sides[..], &inception[..]].concat());
    assert!(said.contains("weights.safetensors cannot be used as weights"), "{said}");
    assert!(!dir.join("hacked").exists());
}

#[test]
fn pictures_that_cannot_be_read_are_counted_before_anything_is_computed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pictures(dir, "real", 24);
    pictures(dir, "fake", 24);
    let cut = |name: &str| {
        let bytes = std::fs::read(dir.join(name)).unwrap();
        std::fs::write(dir.join(name), &bytes[..bytes.len() / 2]).unwrap();
    };
    cut("fake/003.png");
    cut("fake/020.png");
    let call = ["--real", "real", "--fake", "fake", "--metrics", "fid"];
    let of_fake = "2 of 24 files cannot be read as images, the first of them fake/003.png (cut off: its data ends \
                   before the picture does); take them out of the folder, since to leave them out would change what \
                   is measured";
    assert_eq!(refused(dir, 1, &call), of_fake);
    cut("real/007.png");
    let of_real = "real/007.png cannot be read as an image (cut off: its data ends before the picture does); take it \
                   out of the folder, since to leave it out would change what is measured";
    assert_eq!(refused(dir, 1, &call), format!("{of_real}; {of_fake}"));
    // With those that are known by their names or beginnings, on the other side too; once where both are the same.
    for name in ["real/IMG_1.HEIC", "real/IMG_2.HEIC"] {
        std::fs::write(dir.join(name), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
    }
    let of_real = "3 of 26 files cannot be read as images, the first of them real/007.png (cut off: its data ends before \
                   the picture does); take them out of the folder, since to leave them out would change what is measured";
    assert_eq!(refused(dir, 1, &call), format!("{of_real}; {of_fake}"));
    assert_eq!(refused(dir, 1, &["--real", "real", "--fake", "real", "--metrics", "fid"]), of_real);
    let kept = walkdir::WalkDir::new(dir.join("cache")).into_iter().flatten();
    let kept: Vec<_> = kept.filter(|entry| entry.file_type().is_file()).collect();
    assert!(kept.is_empty(), "no extractor was trained: {kept:?}");
}

/// As the samples of diffusion models are published: `arr_0` in bytes, rows of pixels.
#[test]
fn an_array_of_pictures_is_scored_as_the_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pictures(dir, "real", 6);
    pictures(dir, "fake", 5);
    let shape = "{'descr': '|u1', 'fortran_order': False, 'shape': (5, 32, 32, 3), }\n";
    let mut array =
        [b"\x93NUMPY\x01\x00", &(shape.len() as u16).to_le_bytes()[..], shape.as_bytes()].concat();
    (0..5).for_each(|number| array.extend(picture("fake", number, 32)));
    std::fs::write(dir.join("fake.npy"), &array).unwrap();
    let mut archive = zip::ZipWriter::new(std::fs::File::create(dir.join("fake.npz")).unwrap());
    archive.start_file("arr_0.npy", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut archive, &array).unwrap();
    archive.finish().unwrap();
    std::fs::write(dir.join("weights.safetensors"), weights().to_bytes()).unwrap();
    let call = |fake: &'static str| {
        let sides = ["--real", "real", "--fake", fake, "--metrics", "fid"];
        [&sides[..], &["--extractor", "inception", "--weights", "weights.safetensors"]].concat()
    };
    let distance = |fake| {
        let scored = scored(dir, &call(fake));
        assert_eq!(scored["scores"][0]["samples"], 5);
        value(&scored, "frechet_distance")
    };
    let folder = distance("fake");
    assert_eq!([distance("fake.npy"), distance("fake.npz")], [folder; 2]);
    let said = refused(dir, 1, &call("gone.npz"));
    assert!(said.contains("gone.npz cannot be used as statistics"), "{said}");
    std::fs::write(dir.join("pointer.npz"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n")
        .unwrap();
    let said = refused(dir, 1, &["--real", "real", "--fake", "pointer.npz"]);
    assert_eq!(
        said,
        "pointer.npz is a Git LFS pointer, not the file itself; run `git lfs pull` in its folder"
    );
}

#[test]
fn what_cannot_be_meant_is_a_wrong_call() {
    let dir = tempfile::tempdir().unwrap();
    for args in [
        &["--real", "toys"][..],
        &["--real", "toys", "--fake", "toys", "--metrics", "fidelity"],
        &["--real", "toys", "--fake", "toys", "--preprocessing", "bicubic"],
        &["--real", "toys", "--fake", "toys", "--k", "0"],
        &["--real", "toys", "--fake", "mnist:x"],
        &["--real", "toys", "--fake", "toys", "--protocol", "autogan-cifar10", "--n", "9"],
    ] {
        assert_eq!(call(dir.path(), args).status.code(), Some(2), "{args:?}");
    }
    let said = refused(dir.path(), 1, &["--real", "nowhere", "--fake", "toys"]);
    assert!(said.contains("nowhere"), "{said}");
}

#[test]
fn a_training_is_measured_with_the_inception_network_and_its_reference_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    weights().keep(&cache).unwrap();
    let train = |out: &str| {
        let sets = NETWORKS
            .iter()
            .chain(&["data.toys_count=64"])
            .chain(&SCORED_TRAINING)
            .flat_map(|set| ["--set", *set]);
        let output = Command::new(env!("CARGO_BIN_EXE_autogan"))
            .args(["train", "--arch", "1 0 1 1", "--preset", "quick", "--device", "cpu", "--out", out])
            .args(sets)
            .current_dir(dir.path())
            .env("AUTOGAN_CACHE_DIR", &cache)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let summary = std::fs::read_to_string(dir.path().join(out).join("summary.json")).unwrap();
        serde_json::from_str::<Value>(&summary).unwrap()["trained"][0]["scores"].clone()
    };
    let first = train("one");
    assert_eq!(first[0]["extractor"], "inception-01234567");
    assert!(first[0]["value"].as_f64().unwrap() > 0.0 && first[1]["metric"] == "inception_score");
    let kept: Vec<_> = std::fs::read_dir(cache.join("references")).unwrap().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(train("two"), first, "from the kept reference");
}
