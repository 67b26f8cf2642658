//! CIFAR-10: a file of records, cut or filled up to whole ones half of the time.
#![no_main]

use std::fs;

use autogan::data::Split;
use autogan_fuzz::{choice, folder, load_images, source};
use libfuzzer_sys::fuzz_target;

const RECORD: usize = 3073;

fuzz_target!(init: autogan_fuzz::begin("cifar10", 128), |data: &[u8]| {
    let Some((choice, rest)) = choice(data) else { return };
    let dir = folder();
    let mut file = rest.to_vec();
    if choice & 1 == 0 {
        file.resize(RECORD * usize::from(choice >> 1 & 7), choice >> 4);
    }
    let split = if choice & 2 == 0 { Split::Test } else { Split::Train };
    let names = (1..=5).map(|number| format!("data_batch_{number}.bin")).chain(["test_batch.bin".into()]);
    for name in names {
        fs::write(dir.join(name), &file).unwrap();
    }
    let files = if split == Split::Test { 1 } else { 5 };
    let good = !file.is_empty()
        && file.len() % RECORD == 0
        && file.chunks(RECORD).all(|record| record.first().is_some_and(|&label| label < 10));
    match load_images(&source("cifar10", &dir), split) {
        Ok(loaded) => {
            assert!(good);
            assert_eq!(loaded.set.len(), files * file.len() / RECORD);
            assert!(loaded.set.labels().is_some());
        }
        Err(error) => assert!(!good, "{error}"),
    }
});
