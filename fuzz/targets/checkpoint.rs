//! A checkpoint: its manifest, whose own sum is always good here, and one file of it.
#![no_main]

use std::fs;

use autogan::run::Checkpoint;
use autogan_fuzz::{folder, halves};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(init: autogan_fuzz::begin("checkpoint", 256), |data: &[u8]| {
    let dir = folder();
    let (manifest, file) = halves(data);
    // The fuzzer cannot guess a sum, so it may ask for it.
    let manifest = String::from_utf8_lossy(manifest).replace("SUM", &sum(file));
    fs::write(dir.join("manifest.json"), &manifest).unwrap();
    fs::write(dir.join("manifest.sha256"), format!("{}  manifest.json\n", sum(manifest.as_bytes()))).unwrap();
    fs::write(dir.join("state.json"), file).unwrap();
    fs::write(dir.with_file_name("other"), b"not for it").unwrap();
    let Ok(checkpoint) = Checkpoint::open(&dir) else { return };
    let _ = checkpoint.meta::<serde_json::Value>().unwrap();
    for name in checkpoint.names() {
        assert_eq!(name, "state.json", "nothing else lies in the folder");
        assert_eq!(checkpoint.read(name).unwrap(), file);
    }
    // A byte more or less is found.
    fs::write(dir.join("state.json"), [file, b"x"].concat()).unwrap();
    assert_eq!(Checkpoint::open(&dir).is_err(), checkpoint.names().count() > 0);
});

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
