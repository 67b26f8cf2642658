//! The pickle inside a PyTorch file, in an archive whose sums are good, beside one storage of bytes.
#![no_main]

use autogan_fuzz::{halves, zipped};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("pickle", 512), |data: &[u8]| {
    let (pickle, storage) = halves(data);
    autogan_fuzz::read_pth(&zipped(&[
        ("archive/data.pkl", pickle),
        ("archive/data/0", storage),
        ("archive/version", b"3\n"),
    ]));
});
