//! The data of a JPEG file behind a good header, which an input of bytes alone would hardly get past.
#![no_main]

use std::fs;

use autogan::data::{Source, Split};
use autogan_fuzz::{choice, folder, load_images, seeds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("jpeg", 256), |data: &[u8]| {
    let Some((choice, rest)) = choice(data) else { return };
    let headers = seeds::jpeg_headers();
    let dir = folder();
    let path = dir.join("a.jpg");
    let header = &headers[usize::from(choice) % headers.len()];
    fs::write(&path, [header, rest].concat()).unwrap();
    let source = Source::folder(dir);
    let is_used = load_images(&source, Split::Train).is_ok();
    assert_eq!(is_used, source.stream(Split::Train).and_then(|mut stream| stream.read(1)).is_ok());
    // What follows the end marker decides nothing.
    if is_used && rest.ends_with(&[0xff, 0xd9]) {
        fs::write(&path, [header, rest, &[0; 100]].concat()).unwrap();
        assert!(load_images(&source, Split::Train).is_ok());
    }
});
