//! The Python version of CIFAR-100: a pickled batch, and the names of its classes in the second half.
#![no_main]

use std::fs;

use autogan::data::Split;
use autogan_fuzz::{choice, folder, halves, load_images, source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("cifar_python", 128), |data: &[u8]| {
    let Some((choice, rest)) = choice(data) else { return };
    let dir = folder();
    let (batch, names) = halves(rest);
    fs::write(dir.join("train"), batch).unwrap();
    if choice & 1 != 0 {
        fs::write(dir.join("meta"), names).unwrap();
    }
    if let Ok(loaded) = load_images(&source("cifar100", &dir), Split::Train) {
        assert_eq!(loaded.set.classes().len(), 100);
        assert!(loaded.set.labels().is_some());
        let has_usual_names = |note: &String| note.ends_with("the classes have their usual names");
        assert!(choice & 1 != 0 || !loaded.report.notes.iter().any(has_usual_names));
        assert!(loaded.report.found * 3072 <= batch.len());
    }
});
