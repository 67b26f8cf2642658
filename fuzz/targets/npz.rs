//! Statistics in a NumPy archive: a whole one, or two arrays in an archive whose sums are good.
#![no_main]

use std::io::Cursor;

use autogan::tensors::Moments;
use autogan_fuzz::{choice, halves, zipped};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: autogan_fuzz::begin("npz", 512), |data: &[u8]| {
    let Some((choice, rest)) = choice(data) else { return };
    let archive = match choice % 2 {
        0 => rest.to_vec(),
        _ => {
            let (mu, sigma) = halves(rest);
            zipped(&[("mu.npy", mu), ("sigma.npy", sigma)])
        }
    };
    let Ok(moments) = Moments::read(Cursor::new(archive)) else { return };
    let width = moments.mean.len();
    assert!(moments.mean.iter().chain(&moments.covariance).all(|value| value.is_finite()));
    for row in 0..width {
        for column in 0..row {
            let (a, b) = (moments.covariance[row * width + column], moments.covariance[column * width + row]);
            assert_eq!(a.to_bits(), b.to_bits(), "symmetric to the last bit");
        }
    }
    let mut written = Cursor::new(Vec::new());
    moments.write(&mut written).unwrap();
    written.set_position(0);
    assert_eq!(Moments::read(written).unwrap(), moments);
});
