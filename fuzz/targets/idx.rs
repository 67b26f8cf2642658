//! IDX files: images, and labels in the second half; plain or packed, by the names of MNIST, EMNIST or QMNIST.
#![no_main]

use std::fs;

use autogan::data::Split;
use autogan_fuzz::{choice, folder, gzipped, halves, load_images, source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("idx", 256), |data: &[u8]| {
    let Some((choice, rest)) = choice(data) else { return };
    let dir = folder();
    let (images, labels) = halves(rest);
    let packed = |yes: bool, bytes: &[u8]| if yes { gzipped(bytes) } else { bytes.to_vec() };
    let rank = if choice & 1 == 0 { 3 } else { 4 };
    let (set, table) = match choice >> 4 & 3 {
        0 => ("train", "idx1-ubyte"),
        1 => ("emnist-letters-train", "idx1-ubyte"),
        2 => ("emnist-balanced-train", "idx1-ubyte"),
        _ => ("qmnist-train", "idx2-int"),
    };
    let name = format!("{set}-images-idx{rank}-ubyte");
    fs::write(dir.join(name), packed(choice & 2 != 0, images)).unwrap();
    if choice & 4 != 0 {
        fs::write(dir.join(format!("{set}-labels-{table}")), packed(choice & 8 != 0, labels)).unwrap();
    }
    if let Ok(loaded) = load_images(&source("idx", &dir), Split::Train) {
        assert_eq!(loaded.set.labels().is_some(), choice & 4 != 0);
    }
});
