//! Folders of pictures as people have them: what is used and what is left out, said alike by every command.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use autogan::data::{ImageCounts, LeftOutCount, Reason};
use autogan::engine::LogEvent;
use autogan::run::RunView;

use crate::numbers::peers::weights;
use crate::small::{NETWORKS, SCORED_TRAINING, quick_search};

/// What a program says on standard output and on standard error, and whether it succeeds.
fn autogan(dir: &Path, args: &[String]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_autogan"))
        .args(args)
        .current_dir(dir)
        .env("AUTOGAN_CACHE_DIR", dir.join("cache"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|&word| word.to_owned()).collect()
}

/// A phone's folder, copied by a computer and looked at in a notebook: so many pictures, and 9 others.
fn phone(dir: &Path, pictures: u32) {
    let phone = dir.join("phone");
    fs::create_dir_all(phone.join(".ipynb_checkpoints")).unwrap();
    for number in 0..pictures {
        let shade = |x: u32, y: u32| ((x * 7 + y * 3 + number * 11) % 256) as u8;
        let image = image::RgbImage::from_fn(24, 20, |x, y| image::Rgb([shade(x, y), 80, shade(y, x)]));
        image.save(phone.join(format!("{number:03}.png"))).unwrap();
        if number < 5 {
            fs::write(phone.join(format!("IMG_{number}.HEIC")), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
                .unwrap();
        }
        if number == 0 {
            image.save(phone.join("cut.jpg")).unwrap();
            image.save(phone.join(".ipynb_checkpoints/000.png")).unwrap();
        }
    }
    let jpeg = fs::read(phone.join("cut.jpg")).unwrap();
    fs::write(phone.join("cut.jpg"), &jpeg[..jpeg.len() * 3 / 4]).unwrap();
    fs::write(phone.join(".DS_Store"), b"\0\0\0\x01Bud1").unwrap();
    fs::write(phone.join("Thumbs.db"), b"\xd0\xcf\x11\xe0").unwrap();
}

const PHONE: &str = "20 of 29 found are used, 9 are left out: \
    5 HEIC, which is not read: convert it to JPEG or PNG (the first: phone/IMG_0.HEIC); \
    2 hidden, or kept there by a system or a notebook (the first: phone/.DS_Store); \
    1 no picture by name or content (phone/Thumbs.db); \
    1 cut off: its data ends before the picture does (phone/cut.jpg)";

#[test]
fn what_is_left_out_is_said_alike_by_check_train_search_and_in_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    phone(dir, 20);
    let (done, said, _) = autogan(dir, &words(&["data", "check", "phone"]));
    assert!(done && said.contains(&format!("Images    {PHONE}\n")), "{said}");
    assert!(said.contains("\n  phone/cut.jpg: cut off: its data ends before the picture does\n"), "{said}");

    // It says so before it learns to score such images, which takes longer than all else.
    let mut search = Command::new(env!("CARGO_BIN_EXE_autogan"))
        .args(quick_search(&dir.join("searched")))
        .args(["--data", "phone"])
        .current_dir(dir)
        .env("AUTOGAN_CACHE_DIR", dir.join("cache"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(search.stderr.take().unwrap()).lines();
    let said = lines.map(Result::unwrap).find(|line| line.starts_with("Images: "));
    search.kill().unwrap();
    search.wait().unwrap();
    assert_eq!(said, Some(format!("Images: {PHONE}")));

    weights().keep(&dir.join("cache")).unwrap();
    let sets =
        NETWORKS.iter().chain(&["data.source=phone"]).chain(&SCORED_TRAINING).flat_map(|set| ["--set", *set]);
    let train = ["train", "--arch", "1 0 1 1", "--preset", "quick", "--device", "cpu", "--out", "trained"];
    let args: Vec<&str> = train.into_iter().chain(sets).collect();
    let (done, _, said) = autogan(dir, &words(&args));
    assert!(done && said.contains(&format!("Images: {PHONE}\n")), "{said}");
    let run = dir.join("trained");
    assert_eq!(fs::read_to_string(run.join("log.txt")).unwrap(), format!("Images: {PHONE}\n"));
    let first = |path: &str| format!("phone/{path}");
    let left_out = [
        (Reason::Heic, 5, first("IMG_0.HEIC")),
        (Reason::Hidden, 2, first(".DS_Store")),
        (Reason::NoPicture, 1, first("Thumbs.db")),
        (Reason::CutOff, 1, first("cut.jpg")),
    ];
    let counts = ImageCounts {
        source: "phone".to_owned(),
        found: 29,
        used: 20,
        left_out: left_out.map(|(reason, count, first)| LeftOutCount { reason, count, first }).into(),
        notes: Vec::new(),
    };
    let events = RunView::open(&run).unwrap().events::<LogEvent>().unwrap().items;
    assert_eq!(events[0], LogEvent::Images { counts });
    let others = events[1..].iter().filter(|event| matches!(event, LogEvent::Images { .. }));
    assert_eq!(others.count(), 0);
}

#[test]
fn scoring_leaves_out_what_is_no_picture_and_refuses_to_leave_out_one() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    phone(dir, 6);
    fs::write(dir.join("weights.safetensors"), weights().to_bytes()).unwrap();
    let score = |more: &[&str]| {
        let sides = ["score", "--device", "cpu", "--real", "phone", "--fake", "phone", "--metrics", "fid"];
        let args = [&sides[..], &["--extractor", "inception", "--weights", "weights.safetensors"]].concat();
        autogan(dir, &words(&[&args[..], more].concat()))
    };
    // Those that are known by their names are counted with those that turn out to be cut off.
    for (refused, sentence) in [
        (
            "IMG_0.HEIC",
            "6 of 12 files cannot be read as images, the first of them phone/IMG_0.HEIC (HEIC, which is not read: \
             convert it to JPEG or PNG)",
        ),
        (
            "cut.jpg",
            "phone/cut.jpg cannot be read as an image (cut off: its data ends before the picture does)",
        ),
    ] {
        let (done, _, said) = score(&[]);
        assert!(!done && said.contains(sentence), "{said}");
        let ending = Path::new(refused).extension();
        for entry in fs::read_dir(dir.join("phone")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension() == ending {
                fs::remove_file(path).unwrap();
            }
        }
    }
    let sentence = "6 of 9 found are used, 3 are left out: \
        2 hidden, or kept there by a system or a notebook (the first: phone/.DS_Store); \
        1 no picture by name or content (phone/Thumbs.db)";
    let (done, said, errors) = score(&[]);
    assert!(done, "{errors}");
    assert!(errors.contains(&format!("phone: {sentence}")), "{errors}");
    for side in ["real", "generated"] {
        assert!(said.contains(&format!("{side}: {sentence}")), "{said}");
    }
    let (done, said, _) = score(&["--json"]);
    assert!(done && said.contains(&format!("\"real: {sentence}\"")), "{said}");
    // The checked folder says the same of itself.
    let (done, said, _) = autogan(dir, &words(&["data", "check", "phone"]));
    assert!(done && said.contains(&format!("Images    {sentence}\n")), "{said}");
}

fn pictures(dir: &Path, names: &[&str]) {
    for (number, name) in names.iter().enumerate() {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::from_pixel(16, 16, image::Rgb([40 * number as u8, 90, 7])).save(path).unwrap();
    }
}

/// As torchvision's `ImageFolder` wants them, and with a picture that somebody has put beside the classes.
#[test]
fn parts_and_classes_are_found_alike_by_check_and_score() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let each = ["train/cat/0.png", "train/cat/1.png", "train/dog/0.png", "train/dog/1.png"];
    pictures(&dir.join("set"), &[&each[..], &["val/cat/0.png", "val/dog/0.png"]].concat());
    let (done, said, _) = autogan(dir, &words(&["data", "check", "set"]));
    let note = |part: &str, other: &str| format!("set/{part} is read; set/{other} is another part");
    assert!(done && said.contains("Images    4 of 4 found are used\n"), "{said}");
    assert!(said.contains("Classes   2: cat (2), dog (2)\n"), "{said}");
    assert!(said.contains(&format!("Note      {}\n", note("train", "val"))), "{said}");
    let (done, said, _) = autogan(dir, &words(&["data", "check", "set", "--test"]));
    assert!(done && said.contains("Images    2 of 2 found are used\n"), "{said}");
    assert!(said.contains(&format!("Note      {}\n", note("val", "train"))), "{said}");
    fs::write(dir.join("weights.safetensors"), weights().to_bytes()).unwrap();
    let score = |sides: [&str; 2]| {
        let [real, fake] = sides;
        let args = ["score", "--device", "cpu", "--real", real, "--fake", fake, "--metrics", "fid"];
        let network = ["--extractor", "inception", "--weights", "weights.safetensors"];
        autogan(dir, &words(&[&args[..], &network].concat()))
    };
    let (done, said, errors) = score(["set", "set/val"]);
    assert!(done && errors.contains(&format!("set: {}", note("train", "val"))), "{errors}");
    assert!(said.contains("real: 4 images in their own size"), "{said}");
    assert!(said.contains(&format!("real: {}", note("train", "val"))), "{said}");
    assert!(said.contains("generated: 2 images in their own size"), "{said}");

    pictures(&dir.join("stray"), &["0.png", "cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"]);
    let (done, said, _) = autogan(dir, &words(&["data", "check", "stray"]));
    let sentence = "4 of 5 found are used, 1 is left out: 1 beside the folders that are read (stray/0.png)";
    assert!(done && said.contains(&format!("Images    {sentence}\n")), "{said}");
    assert!(said.contains("Classes   2: cat (2), dog (2)\n"), "{said}");
    assert!(said.contains("Note      1 picture beside the classes' folders is left out\n"), "{said}");
    let (done, said, errors) = score(["stray", "stray"]);
    assert!(done && said.contains("real: 5 images in their own size"), "{said}{errors}");

    pictures(&dir.join("archive"), &["pets/pets/cats/0.png", "pets/pets/dogs/0.png"]);
    let (done, said, _) = autogan(dir, &words(&["data", "check", "archive"]));
    assert!(done && said.contains("Classes   2: cats (1), dogs (1)\n"), "{said}");
    assert!(said.contains("Note      the classes are the folders in archive/pets/pets\n"), "{said}");
}

/// What a browser and Git leave in a picture's place.
#[test]
fn what_stands_in_a_pictures_place_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pictures(&dir.join("set"), &["0.png", "1.png"]);
    fs::write(dir.join("set/a.jpg"), "<!DOCTYPE html>\n<html><body>Not found</body></html>").unwrap();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    fs::write(dir.join("set/b.jpg"), pointer).unwrap();
    let (done, said, _) = autogan(dir, &words(&["data", "check", "set"]));
    let sentence = "2 of 4 found are used, 2 are left out: \
        1 a Git LFS pointer, not the picture: run `git lfs pull` (set/b.jpg); \
        1 a web page, not the picture: download the picture itself (set/a.jpg)";
    assert!(done && said.contains(&format!("Images    {sentence}\n")), "{said}");
}

/// A notebook leaves copies beside pictures, and in each folder of a class.
#[test]
fn a_notebooks_folders_are_no_classes() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for name in
        ["cat/0.png", "cat/1.png", "dog/0.png", ".ipynb_checkpoints/0.png", "cat/.ipynb_checkpoints/0.png"]
    {
        let path = dir.join("pets").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::RgbImage::new(16, 16).save(path).unwrap();
    }
    let (done, said, _) = autogan(dir, &words(&["data", "check", "pets"]));
    assert!(done && said.contains("Classes   2: cat (2), dog (1)\n"), "{said}");
    assert!(said.contains("Images    3 of 5 found are used, 2 are left out: 2 hidden"), "{said}");
}
