//! What the window remembers.
#![no_main]

use std::fs;

use autogan::gui::WindowSettings;
use autogan_fuzz::folder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("window", 256), |data: &[u8]| {
    let dir = folder();
    fs::write(dir.join("window.json"), data).unwrap();
    let (settings, _) = WindowSettings::read(Some(&dir));
    assert!((0.0..1.0).contains(&settings.curves.smoothing));
    // What was mended needs no mending.
    settings.write(&dir).unwrap();
    let (again, problem) = WindowSettings::read(Some(&dir));
    assert_eq!(problem, None);
    assert_eq!(again, settings);
});
