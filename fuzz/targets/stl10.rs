//! STL-10: labels from the input, and as many images of its bytes, or one more or less.
#![no_main]

use std::fs;

use autogan::data::Split;
use autogan_fuzz::{choice, folder, load_images, source};
use libfuzzer_sys::fuzz_target;

const RECORD: usize = 3 * 96 * 96;

fuzz_target!(init: autogan_fuzz::begin("stl10", 128), |data: &[u8]| {
    let Some((choice, labels)) = choice(data) else { return };
    let labels = &labels[..labels.len().min(8)];
    let dir = folder();
    let images = (labels.len() + usize::from(choice & 3)).saturating_sub(1);
    let ragged = usize::from(choice & 4 != 0);
    let file = vec![choice; images * RECORD + ragged];
    let whole = images > 0 && ragged == 0;
    for name in ["train_X.bin", "test_X.bin"] {
        fs::write(dir.join(name), &file).unwrap();
    }
    for name in ["train_y.bin", "test_y.bin"] {
        fs::write(dir.join(name), labels).unwrap();
    }
    let unlabelled = choice & 8 != 0;
    if unlabelled {
        fs::write(dir.join("unlabeled_X.bin"), &file).unwrap();
    }
    let labelled = images == labels.len() && labels.iter().all(|label| (1..=10).contains(label));
    let source = source("stl10", &dir);
    assert_eq!(load_images(&source, Split::Test).is_ok(), whole && labelled);
    match load_images(&source, Split::Train) {
        Ok(loaded) => {
            assert!(whole && (unlabelled || labelled));
            assert_eq!(loaded.set.labels().is_none(), unlabelled);
        }
        Err(error) => assert!(!whole || !(unlabelled || labelled), "{error}"),
    }
});
