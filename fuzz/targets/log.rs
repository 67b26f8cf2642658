//! The logs of a run folder, `events.jsonl` and `candidates.jsonl`.
#![no_main]

use std::fs;

use autogan::engine::LogEvent;
use autogan::run::read_lines;
use autogan::search::Candidate;
use autogan_fuzz::folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("log", 256), |data: &[u8]| {
    let path = folder().join("events.jsonl");
    fs::write(&path, data).unwrap();
    let _ = read_lines::<Candidate>(&path).unwrap();
    let lines = read_lines::<LogEvent>(&path).unwrap();
    // There is a warning on a torn end, and on a damaged line among whole ones.
    assert!(lines.good == data.len() as u64 || lines.warning.is_some());
    // What was whole is all that is left after a cut, and it is read alike.
    fs::write(&path, &data[..lines.good as usize]).unwrap();
    let again = read_lines::<LogEvent>(&path).unwrap();
    assert_eq!((again.items, again.good), (lines.items, lines.good));
    assert!(again.warning.is_none() || lines.warning.is_some());
});
