//! Models to make images with: this program's own files, the authors' weights in safetensors and PyTorch files,
//! with and without a named architecture, up to the generator on a device.
#![no_main]

use autogan::arch::Genotype;
use autogan::engine::read_model;
use autogan::model::ModelFile;
use autogan_fuzz::choice;
use burn::tensor::Device;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("model", 512), |data: &[u8]| {
    let Some((choice, bytes)) = choice(data) else { return };
    let named = Genotype::autogan_a();
    let Ok(read) = read_model(bytes, (choice % 2 == 1).then_some(&named)) else { return };
    if read.file.generator(&Device::flex()).is_ok() {
        let written = read.file.to_bytes().unwrap();
        let again = ModelFile::from_bytes(&written).unwrap();
        assert_eq!((again.genotype, again.tensors.len()), (read.file.genotype, read.file.tensors.len()));
        assert_eq!(again.config.side(3), read.file.config.side(3));
    }
});
