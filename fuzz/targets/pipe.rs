//! The pipe between the window and the worker: a line is an event or a command.
#![no_main]

use std::fmt::Debug;

use autogan::engine::{Event, Summary};
use autogan::ipc::WorkerCommand;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(init: autogan_fuzz::begin("pipe", 256), |data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for line in text.split('\n') {
        there_and_back::<Event>(line);
        there_and_back::<WorkerCommand>(line);
        there_and_back::<Summary>(line);
    }
});

/// A message that can be read is written in one line, and read from there as the same.
fn there_and_back<T: Debug + PartialEq + Serialize + DeserializeOwned>(line: &str) {
    let Ok(message) = serde_json::from_str::<T>(line) else { return };
    let written = serde_json::to_string(&message).unwrap();
    assert!(!written.contains('\n'));
    assert_eq!(serde_json::from_str::<T>(&written).unwrap(), message, "{written}");
}
