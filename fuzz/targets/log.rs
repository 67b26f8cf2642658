//! The logs of a run folder, `events.jsonl` and `candidates.jsonl`.
#![no_main]

use std::fs;

use autogan::run::read_lines;
use autogan::search::Candidate;
use autogan::worker::Event;
use autogan_fuzz::folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("log", 256), |data: &[u8]| {
    let path = folder().join("events.jsonl");
    fs::write(&path, data).unwrap();
    let _ = read_lines::<Candidate>(&path).unwrap();
    let lines = read_lines::<Event>(&path).unwrap();
    assert_eq!(lines.warning.is_none(), lines.good == data.len() as u64);
    // What was good is all that is left after a cut, and it is good again.
    fs::write(&path, &data[..lines.good as usize]).unwrap();
    let again = read_lines::<Event>(&path).unwrap();
    assert!(again.warning.is_none());
    assert_eq!(again.items, lines.items);
});
