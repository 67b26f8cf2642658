//! Models to make images with: this program's own files, the authors' weights in safetensors and PyTorch files, alone and
//! in the tables of checkpoints, with and without a named architecture, table and stage, up to the generator on a device.
#![no_main]

use autogan::arch::Genotype;
use autogan::engine::{ModelOptions, read_model};
use autogan::model::ModelFile;
use autogan_fuzz::choice;
use burn::tensor::Device;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("model", 512), |data: &[u8]| {
    let Some((choice, bytes)) = choice(data) else { return };
    let named = if choice & 8 == 0 { Genotype::autogan_a() } else { Genotype::autogan_a().prefix(2) };
    let options = ModelOptions {
        arch: (choice & 1 == 1).then_some(named),
        table: (choice & 2 == 2).then(|| "G".to_owned()),
        stage: (choice & 4 == 4).then_some(usize::from(choice >> 4)),
    };
    let Ok(read) = read_model(bytes, &options) else { return };
    assert!(options.stage.is_none_or(|stage| read.file.genotype.cells.len() == stage));
    assert!(read.notes.iter().all(|note| note.len() < 2000 && !note.contains('\n')), "{:?}", read.notes);
    if read.file.generator(&Device::flex()).is_ok() {
        let written = read.file.to_bytes().unwrap();
        let again = ModelFile::from_bytes(&written).unwrap();
        assert_eq!((again.genotype, again.tensors.len()), (read.file.genotype, read.file.tensors.len()));
        assert_eq!(again.config.side(3), read.file.config.side(3));
    }
});
