//! A whole PyTorch file, of both its formats.
#![no_main]

use std::io::Cursor;

use autogan::tensors::{Limits, PthFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("pth", 512), |data: &[u8]| {
    autogan_fuzz::read_pth(data);
    // A limit that is passed is an error and no more.
    let limits = Limits { file: 4096, tensors: 3, values: 50 };
    if let Ok(mut file) = PthFile::read_within(Cursor::new(data), limits)
        && let Ok(tensors) = file.tensors(&|_| true)
    {
        let values: usize = tensors.values().map(|tensor| tensor.values.len()).sum();
        assert!(data.len() <= 4096 && tensors.len() <= 3 && values <= 50);
    }
});
