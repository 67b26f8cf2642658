//! Where `autogan sample` writes: nothing that is somebody else's is touched.

use std::fs;
use std::path::Path;

use super::{autogan, failure, folder, make_model, output, text};

fn sample<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["sample", "--model", "m.safetensors", "--device", "cpu"], more].concat()
}

fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().expect("Unicode")).collect();
    names.sort();
    names
}

#[test]
fn samples_go_into_a_folder_of_their_own_and_are_replaced_only_by_force() {
    let dir = folder();
    make_model(&dir.path().join("m.safetensors"));
    let out = dir.path().join("out");
    output(dir.path(), &sample(&["--n", "4", "--out", "out"]));
    fs::write(out.join(".DS_Store"), "x").expect("a new file");
    let first = fs::read(out.join("000000.png")).expect("it was written");
    let sentence = failure(dir.path(), &sample(&["--seed", "2", "--n", "2", "--out", "out"]), 1);
    assert_eq!(
        sentence,
        "out is not empty (000000.png and 3 more lie there), and nothing was written; choose a new or empty folder \
         with --out, or replace the samples of an earlier call with --force"
    );
    assert_eq!(fs::read(out.join("000000.png")).expect("it is there"), first);
    fs::write(out.join("notes.txt"), "mine").expect("a new file");
    let forced = autogan(dir.path(), &sample(&["--seed", "2", "--n", "2", "--out", "out", "--force"]));
    assert_eq!(forced.status.code(), Some(0), "{}", text(&forced.stderr));
    assert_eq!(text(&forced.stderr), "notes.txt in out is no sample and stays as it is\n");
    assert_eq!(text(&forced.stdout), "2 images of 16 px in out\n");
    assert_eq!(names(&out), [".DS_Store", "000000.png", "000001.png", "notes.txt"]);
    assert_ne!(fs::read(out.join("000000.png")).expect("it is there"), first);
    let json = output(dir.path(), &sample(&["--n", "1", "--out", "out", "--force", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["notes"][0], "notes.txt in out is no sample and stays as it is");
}

#[test]
fn a_folder_of_strangers_is_refused_before_anything_is_computed() {
    let dir = folder();
    let photos = dir.path().join("photos");
    fs::create_dir(&photos).expect("a new folder");
    fs::write(photos.join("000001.png"), "a photo").expect("a new file");
    // No model is read for it.
    let sentence = failure(dir.path(), &sample(&["--out", "photos"]), 1);
    assert!(sentence.contains("photos is not empty (000001.png lies there)"), "{sentence}");
    assert!(!sentence.contains("--force"), "{sentence}");
    let sentence = failure(dir.path(), &sample(&["--out", "photos", "--force"]), 1);
    assert!(sentence.contains("000001.png has the name of a sample and was not written by"), "{sentence}");
    assert_eq!(fs::read(photos.join("000001.png")).expect("it is there"), b"a photo");
    assert_eq!(names(&photos), ["000001.png"]);
    let sentence = failure(dir.path(), &sample(&["--out", "x.jpg"]), 2);
    assert!(sentence.contains("cannot be written as .jpg"), "{sentence}");
}

#[test]
fn where_there_is_no_run_none_is_said_to_be_resumed() {
    let dir = folder();
    make_model(&dir.path().join("m.safetensors"));
    for args in [
        sample(&["--n", "1", "--out", "nowhere/x.png"]),
        sample(&["--n", "1", "--out", "nowhere/x.safetensors"]),
        vec!["data", "check", "toys", "--sheet", "nowhere/x.png"],
    ] {
        let output = autogan(dir.path(), &args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("nowhere/x") && said.contains("make the folder that it goes to"), "{said}");
        assert!(!said.contains("resume"), "{said}");
    }
}

#[test]
fn latents_that_cannot_be_used_are_named_and_not_the_model() {
    let dir = folder();
    make_model(&dir.path().join("m.safetensors"));
    let one = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1, 1], &[0; 4]);
    let one = one.expect("four bytes are a number");
    for (name, content, said) in [
        ("text.pth", b"text".to_vec(), "this is no safetensors (.safetensors) or PyTorch (.pth, .pt) file;"),
        ("empty.pth", Vec::new(), "the file is empty; copy it or download it again"),
        (
            "other.safetensors",
            safetensors::serialize([("w", &one)], None).expect("it can be written"),
            "it has no tensor z of shape [n, ",
        ),
        (
            "short.safetensors",
            safetensors::serialize([("z", &one)], None).expect("it can be written"),
            "its tensor z has shape [1, 1], and the model takes [n, ",
        ),
    ] {
        fs::write(dir.path().join(name), content).expect("a new file");
        let sentence = failure(dir.path(), &sample(&["--latents", name, "--out", "a.png"]), 1);
        assert!(sentence.starts_with(&format!("{name} cannot be used as latents: {said}")), "{sentence}");
    }
    assert!(!dir.path().join("a.png").exists());
    assert_eq!(output(dir.path(), &sample(&["--n", "1", "--out", "a.png"])), "1 image of 16 px in a.png\n");
}

#[test]
fn a_folder_is_no_run_unless_one_wrote_it() {
    let dir = folder();
    fs::create_dir(dir.path().join("pictures")).expect("a new folder");
    let sentence = failure(dir.path(), &["sample", "--model", "pictures", "--out", "a.png"], 1);
    let said = "pictures is a folder that no run wrote, so there is no generator to find in it; name a file of \
                weights or a run's folder";
    assert_eq!(sentence, said);
    fs::write(dir.path().join("a.png"), "").expect("a new file");
    let sentence = failure(dir.path(), &["runs", "list", "a.png"], 1);
    assert_eq!(sentence, "a.png is a file, not a folder; name the folder that the runs are in");
}
