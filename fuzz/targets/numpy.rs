//! NumPy arrays of images: a file as it is, or images and labels in an archive whose sums are good.
#![no_main]

use std::fs;

use autogan::data::Split;
use autogan_fuzz::{choice, folder, halves, load_images, source, zipped};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("numpy", 256), |data: &[u8]| {
    let Some((choice, rest)) = choice(data) else { return };
    let archive = choice % 2 == 1;
    let file = if archive {
        let (images, labels) = halves(rest);
        zipped(&[("images.npy", images), ("labels.npy", labels)])
    } else {
        rest.to_vec()
    };
    let path = folder().join("images.npz");
    fs::write(&path, file).unwrap();
    if let Ok(loaded) = load_images(&source("numpy", &path), Split::Train) {
        let is_said = || loaded.report.notes.iter().any(|note| note.starts_with("the labels in the array labels"));
        assert!(!archive || loaded.set.labels().is_some() || is_said(), "labels that cannot be used are named");
    }
});
