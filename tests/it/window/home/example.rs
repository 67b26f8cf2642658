//! The recorded run that comes with the program.
//!
//! `assets/example.tar.gz` is made of a run of the preset `quick`:
//!
//! ```sh
//! autogan search --preset quick --seed 1 --device cpu --out recorded
//! AUTOGAN_EXAMPLE=recorded cargo test --release --test it the_example_is_packed -- --ignored
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use egui_kittest::kittest::Queryable;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::window::Window;

/// The run folder that is packed.
const RUN: &str = "AUTOGAN_EXAMPLE";
/// Pictures of its samples that are kept, evenly spread: they are most of the archive.
const PICTURES: usize = 18;
/// What else is kept, as it is.
const FILES: [&str; 6] = [
    "run.json",
    "config.toml",
    "candidates.jsonl",
    "summary.json",
    "export/winner.png",
    "export/winner.safetensors",
];

#[test]
fn the_example_is_opened_from_home_with_all_that_was_found_and_is_no_recent_run() {
    let mut window = Window::new();
    window.click("See an example");
    window.until_label("Finished");
    window.until("its pictures", |harness| harness.query_by_label_contains("64 images").is_some());
    assert_eq!(window.run_dir().file_name().unwrap(), "example");
    assert!(window.run_dir().starts_with(window.folder.path().join("cache")));
    window.click("Result");
    window.until_label("Create images");
    window.click("Welcome screen");
    window.until_label("Your runs will be here, with their newest pictures");
    // It is there already.
    window.click("See an example");
    window.until_label("Finished");
}

#[test]
#[ignore = "writes into assets/, of a run that AUTOGAN_EXAMPLE names"]
fn the_example_is_packed() {
    let run = PathBuf::from(std::env::var_os(RUN).expect("AUTOGAN_EXAMPLE names a run folder"));
    let packed = pack(&run);
    assert!(packed.len() <= 2_000_000, "{} bytes are too many; keep fewer pictures", packed.len());
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/example.tar.gz"), packed).unwrap();
}

/// The archive of a finished run: the same bytes on every machine.
fn pack(run: &Path) -> Vec<u8> {
    let log = fs::read_to_string(run.join("events.jsonl")).unwrap();
    let picture = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        (event["event"] == "samples").then(|| event["file"].as_str().unwrap().to_owned())
    };
    let pictures: Vec<String> = log.lines().filter_map(picture).collect();
    let last = pictures.len() - 1;
    let kept: Vec<&String> = (0..PICTURES).map(|at| &pictures[at * last / (PICTURES - 1)]).collect();
    let is_kept = |line: &&str| picture(line).is_none_or(|file| kept.contains(&&file));
    let log: String = log.lines().filter(is_kept).map(|line| format!("{line}\n")).collect();

    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    let mut add = |path: &str, content: &[u8]| {
        let mut header = tar::Header::new_ustar();
        // A run without this folder cannot be read in full.
        let kind = if path.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular };
        header.set_entry_type(kind);
        header.set_mode(if path.ends_with('/') { 0o755 } else { 0o644 });
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, content).unwrap();
    };
    add("checkpoints/", &[]);
    add("events.jsonl", log.as_bytes());
    for file in FILES.into_iter().chain(kept.iter().map(|file| file.as_str())) {
        add(file, &fs::read(run.join(file)).unwrap());
    }
    archive.into_inner().unwrap().finish().unwrap()
}
