//! A file in a folder of images, which may be anything.
#![no_main]

use std::fs;

use autogan::data::{Source, Split};
use autogan_fuzz::{folder, load_images};
use libfuzzer_sys::fuzz_target;

// A picture may take two gigabytes while it is decoded.
fuzz_target!(init: autogan_fuzz::begin("image", 2_300), |data: &[u8]| {
    let dir = folder();
    fs::write(dir.join("a.png"), data).unwrap();
    let source = Source::folder(dir);
    let loaded = load_images(&source, Split::Train);
    let read = source.stream(Split::Train).and_then(|mut stream| stream.read(1));
    assert_eq!(loaded.is_ok(), read.is_ok());
    for pictures in read.into_iter().flatten() {
        assert_eq!(pictures.len(), 1);
        assert_eq!(pictures.pixels.len(), pictures.width * pictures.height * 3);
    }
});
