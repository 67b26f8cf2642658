//! The bytes of a safetensors file, with numbers of every kind.
#![no_main]

use autogan::model::{from_safetensors, to_safetensors};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("safetensors", 128), |data: &[u8]| {
    let Ok((tensors, metadata)) = from_safetensors(data) else { return };
    let held: usize = tensors.values().map(|tensor| tensor.as_bytes().len()).sum();
    // Halves become twice as long, and small files may grow more.
    assert!(held <= (2 * data.len()).max(24 << 20), "tensors come from the file's bytes");
    let written = to_safetensors(&tensors, metadata.clone()).unwrap();
    let (again, described) = from_safetensors(&written).unwrap();
    assert_eq!(described, metadata);
    assert!(again.keys().eq(tensors.keys()));
    for (name, tensor) in &tensors {
        assert_eq!(tensor.as_bytes(), again[name].as_bytes());
        assert_eq!(tensor.shape(), again[name].shape());
    }
});
