//! A run folder, opened for reading only: `run.json`, and in the second half `config.toml` or `summary.json`.
#![no_main]

use std::fs;

use autogan::app::compare;
use autogan::run::{CONFIG, RunInfo, RunView, summarize};
use autogan_fuzz::{folder, halves};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("run_json", 256), |data: &[u8]| {
    let dir = folder();
    let (info, rest) = halves(data);
    for (name, bytes) in [
        ("run.json", info),
        (CONFIG, rest),
        ("summary.json", rest),
        ("events.jsonl", b""),
        ("candidates.jsonl", b""),
    ] {
        fs::write(dir.join(name), bytes).unwrap();
    }
    fs::create_dir(dir.join("checkpoints")).unwrap();
    let summary = summarize(dir.clone()).expect("it is a run, if a damaged one");
    match RunView::open(&dir) {
        Err(_) => assert!(summary.problem.is_some()),
        Ok(view) => {
            let written = serde_json::to_string(view.info()).unwrap();
            assert_eq!(&serde_json::from_str::<RunInfo>(&written).unwrap(), view.info());
            let _ = (view.info().begun(), view.config(), view.summary(), view.latest_checkpoint());
        }
    }
    let _ = compare(&[dir.clone(), dir]);
});
