#![allow(clippy::unwrap_used)]
use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::tensors::archive::tests::zipped;

const STORED: CompressionMethod = CompressionMethod::Stored;

/// An array as NumPy writes it, with a description of one's own.
fn npy(description: &str, data: &[u8]) -> Vec<u8> {
    let length = (description.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00".to_vec(), length.to_vec(), description.into(), data.to_vec()].concat()
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn described(kind: &str, by_columns: &str, shape: &str) -> String {
    format!("{{'descr': '{kind}', 'fortran_order': {by_columns}, 'shape': {shape}, }}\n")
}

fn vector(values: &[f64]) -> Vec<u8> {
    npy(&described("<f8", "False", &format!("({},)", values.len())), &doubles(values))
}

fn square(width: usize, values: &[f64]) -> Vec<u8> {
    npy(&described("<f8", "False", &format!("({width}, {width})")), &doubles(values))
}

fn read(mu: &[u8], sigma: &[u8]) -> Result<Moments, TensorsError> {
    Moments::read(Cursor::new(zipped(&[("mu.npy", mu), ("sigma.npy", sigma)], STORED)))
}

fn refusal(mu: &[u8], sigma: &[u8]) -> String {
    read(mu, sigma).unwrap_err().to_string()
}

fn sample() -> Moments {
    Moments { mean: vec![0.1, -2.5], covariance: vec![2.0, -0.3, -0.3, 1.0 / 3.0] }
}

fn written(moments: &Moments) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    moments.write(&mut file).unwrap();
    file.into_inner()
}

#[test]
fn what_is_written_is_read_back_bit_by_bit() {
    let bytes = written(&sample());
    assert_eq!(Moments::read(Cursor::new(&bytes)).unwrap(), sample());
    assert_eq!(bytes, written(&sample()));
    let wrong = Moments { mean: vec![0.0; 3], ..sample() }.write(Cursor::new(Vec::new())).unwrap_err();
    assert!(wrong.to_string().contains("3 numbers and the covariance 4"), "{wrong}");
}

/// The header that NumPy 1.24 writes in front of a 2 x 2 array.
#[test]
fn the_header_is_numpy_s_own() {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }";
    let expected = [b"\x93NUMPY\x01\x00\x76\x00".to_vec(), format!("{text:117}\n").into()].concat();
    assert_eq!(array::header(&[2, 2]), expected);
    assert_eq!(array::header(&[2048]).len(), 128);
    assert!(String::from_utf8_lossy(&array::header(&[2048])).contains("'shape': (2048,), }"));
}

#[test]
fn files_that_numpy_wrote_are_read() {
    let expected = Moments { mean: vec![0.5, -1.25], covariance: vec![2.0, -0.25, -0.25, 0.75] };
    let plain = include_bytes!("../../../tests/fixtures/moments.npz");
    // In f32, column by column, packed, with another array beside them.
    let packed = include_bytes!("../../../tests/fixtures/moments_packed.npz");
    for bytes in [&plain[..], packed] {
        assert_eq!(Moments::read(Cursor::new(bytes)).unwrap(), expected);
    }
    let objects = include_bytes!("../../../tests/fixtures/moments_objects.npz");
    let refusal = Moments::read(Cursor::new(objects)).unwrap_err().to_string();
    assert!(refusal.contains("array mu holds pickled Python objects"), "{refusal}");
}

#[test]
fn both_widths_both_orders_and_packed_files_are_read() {
    let expected = Moments { mean: vec![0.5, -2.5], covariance: vec![2.0, -0.25, -0.25, 0.75] };
    let singles = |values: &[f64]| -> Vec<u8> {
        values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect()
    };
    for order in ["True", "False"] {
        let mu = npy(&described("<f4", order, "(2,)"), &singles(&expected.mean));
        let sigma = npy(&described("<f4", order, "(2, 2)"), &singles(&expected.covariance));
        assert_eq!(read(&mu, &sigma).unwrap(), expected);
        let mu = npy(&described("<f8", order, "(2,)"), &doubles(&expected.mean));
        let sigma = npy(&described("<f8", order, "(2, 2)"), &doubles(&expected.covariance));
        let entries: [(&str, &[u8]); 3] = [("activations.npy", b"?"), ("mu.npy", &mu), ("sigma.npy", &sigma)];
        let packed = zipped(&entries, CompressionMethod::Deflated);
        assert_eq!(Moments::read(Cursor::new(packed)).unwrap(), expected);
    }
    let by_columns = npy(&described("<f8", "True", "(2, 3)"), &doubles(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
    assert_eq!(array::Numbers::parse(&by_columns).unwrap().values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn numbers_of_the_other_byte_order_are_read() {
    let expected = Moments { mean: vec![0.5, -2.5], covariance: vec![2.0, -0.25, -0.25, 0.75] };
    let swapped =
        |values: &[f64]| -> Vec<u8> { values.iter().flat_map(|value| value.to_be_bytes()).collect() };
    let singles = |values: &[f64]| -> Vec<u8> {
        values.iter().flat_map(|value| (*value as f32).to_be_bytes()).collect()
    };
    let mu = npy(&described(">f8", "False", "(2,)"), &swapped(&expected.mean));
    let sigma = npy(&described(">f4", "False", "(2, 2)"), &singles(&expected.covariance));
    assert_eq!(read(&mu, &sigma).unwrap(), expected);
}

#[test]
fn a_variance_that_rounding_brought_below_zero_is_zero() {
    let mu = vector(&[0.0, 0.0]);
    let rounded = read(&mu, &square(2, &[1.0, 0.0, 0.0, -1e-18])).unwrap();
    assert_eq!(rounded.covariance, [1.0, 0.0, 0.0, 0.0]);
    // Beside a mean of a thousand, and never without anything beside it.
    let constant = read(&vector(&[1_000.0]), &square(1, &[-1e-6])).unwrap();
    assert_eq!(constant.covariance, [0.0]);
    assert!(refusal(&vector(&[0.0]), &square(1, &[-1e-18])).contains("variance of feature 0"));
}

#[test]
fn an_archive_is_one_of_statistics_by_its_arrays() {
    assert!(Moments::are_in(Cursor::new(written(&sample()))).unwrap());
    assert!(!Moments::are_in(Cursor::new(zipped(&[("arr_0.npy", b"?")], STORED))).unwrap());
    assert!(Moments::are_in(Cursor::new(b"\x93NUMPY")).is_err());
}

#[test]
fn numbers_that_are_no_covariance_are_refused() {
    let mu = vector(&[0.0, 0.0]);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(
            refusal(&vector(&[0.0, bad]), &square(2, &[1.0, 0.0, 0.0, 1.0])).contains("number 1 of mu is")
        );
        assert!(refusal(&mu, &square(2, &[1.0, 0.0, bad, 1.0])).contains("number 2 of sigma is"));
    }
    assert!(
        refusal(&mu, &square(2, &[1.0, 0.0, 0.0, -1e-9])).contains("variance of feature 1 is -0.000000001")
    );
    assert!(refusal(&mu, &square(2, &[1.0, 0.5, 0.5001, 1.0])).contains("not symmetric at (1, 0)"));
    assert!(refusal(&mu, &square(2, &[0.0, 1.0, -1.0, 0.0])).contains("not symmetric"));
    // Rounding is evened out, also where the entry is small beside the deviations.
    let evened = read(&mu, &square(2, &[4.0, 1e-7, 2e-7, 9.0])).unwrap();
    assert_eq!(evened.covariance[1], evened.covariance[2]);
    assert!((evened.covariance[1] - 1.5e-7).abs() < 1e-20);
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let (mu, sigma) = (vector(&[0.0, 0.0]), square(2, &[1.0, 0.0, 0.0, 1.0]));
    assert!(refusal(&sigma, &sigma).contains("mu has the shape [2, 2]"));
    assert!(refusal(&mu, &mu).contains("sigma has the shape [2]"));
    assert!(refusal(&vector(&[]), &sigma).contains("mu has no numbers"));
    assert!(refusal(&vector(&[0.0; 3]), &sigma).contains("mu has 3 numbers, but sigma has the shape [2, 2]"));
    // More numbers than the mean allows, before they are unpacked.
    assert!(refusal(&mu, &square(200, &[0.0; 40_000])).contains("bytes in one entry"));
    let only = zipped(&[("mu.npy", &mu), ("b.npy", &mu)], STORED);
    let only = Moments::read(Cursor::new(only)).unwrap_err().to_string();
    assert!(only.contains("no array sigma; the archive has mu.npy, b.npy"), "{only}");
}

#[test]
fn descriptions_that_lie_are_refused() {
    let mu = |kind: &str, order: &str, shape: &str| {
        refusal(&npy(&described(kind, order, shape), &doubles(&[1.0, 2.0])), &square(1, &[1.0]))
    };
    for shape in
        ["(3,)", "(1,)", "(18446744073709551615,)", "(9223372036854775807, 9223372036854775807)", "(2, 2)"]
    {
        assert!(mu("<f8", "False", shape).contains("does not fit its 16 bytes"), "{shape}");
    }
    for shape in ["(-2,)", "(2", "2", "(99999999999999999999,)", "(a,)", "(2.0,)"] {
        assert!(mu("<f8", "False", shape).contains("array mu: its description is not NumPy's"), "{shape}");
    }
    assert!(mu("|O", "False", "(2,)").contains("array mu holds pickled Python objects"));
    assert!(
        mu("<f2", "False", "(2,)").contains(
            "holds 16-bit floating-point numbers instead of floating-point numbers of 32 or 64 bits"
        )
    );
    assert!(mu("<i8", "False", "(2,)").contains("holds 64-bit whole numbers instead of"));
    assert!(mu("<f8", "Maybe", "(2,)").contains("description is not NumPy's"));
    let fields =
        npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }", &doubles(&[1.0, 2.0]));
    assert!(refusal(&fields, &fields).contains("does not hold plain numbers"));
    let version = [b"\x93NUMPY\x09\x00".to_vec(), vec![0; 100]].concat();
    assert!(refusal(&version, &version).contains("version 9"));
    let long = [b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), vec![b' '; 100]].concat();
    assert!(refusal(&long, &long).contains("ends too early"));
    assert!(refusal(b"nothing", b"nothing").contains("does not begin"));
}

#[test]
fn other_files_cuts_and_bombs_are_refused() {
    let empty = Moments::read(Cursor::new(b"")).unwrap_err().to_string();
    assert_eq!(empty, "the file is empty; copy it or download it again");
    for bytes in [&b"PK"[..], b"\x93NUMPY\x01\x00", &[0; 64]] {
        let refusal = Moments::read(Cursor::new(bytes)).unwrap_err().to_string();
        assert!(refusal.starts_with("this is no NumPy archive"), "{refusal}");
    }
    let whole = written(&sample());
    for length in 0..whole.len() {
        assert!(Moments::read(Cursor::new(&whole[..length])).is_err(), "{length}");
    }
    let zeros = vec![0; 30 << 20];
    let bomb = zipped(&[("mu.npy", &zeros), ("sigma.npy", &zeros)], CompressionMethod::Deflated);
    assert!(bomb.len() < 100_000);
    let refusal = Moments::read(Cursor::new(bomb)).unwrap_err().to_string();
    assert!(refusal.contains("31457280 bytes in one entry"), "{refusal}");
}

/// Not a test but the process of the next one.
#[test]
fn reading_process() {
    crate::input::measure::in_process(|path| {
        let read = Moments::read(std::fs::File::open(path).unwrap());
        read.map_or_else(|error| error.to_string(), |moments| format!("{} features", moments.mean.len()))
    });
}

/// Packed zeros are a covariance, too: of 1,700 features at most, which is as much as a small file may cost.
#[test]
fn a_packed_covariance_costs_little_and_a_real_one_twice_its_size() {
    use crate::input::measure::process;
    for (width, kind, method, outcome) in [
        (1_700, "True", CompressionMethod::Deflated, "1700 features"),
        (4_096, "True", CompressionMethod::Deflated, "bytes in one entry"),
        (2_048, "False", STORED, "2048 features"),
    ] {
        let zeros = vec![0; 8 * width * width];
        let sigma = npy(&described("<f8", kind, &format!("({width}, {width})")), &zeros);
        let mu = vector(&vec![0.0; width]);
        let bytes = zipped(&[("mu.npy", &mu), ("sigma.npy", &sigma)], method);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let process = process("tensors::npz::tests::reading_process", file.path().to_str().unwrap());
        assert!(process.outcome.contains(outcome), "{process:?}");
        // A few MiB are the process's own.
        process.within(6 + 64.max((2 * bytes.len() as u64) >> 20));
    }
}

proptest! {
    #[test]
    fn random_changes_of_a_file_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = written(&sample());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drop(Moments::read(Cursor::new(&bytes)));
    }

    /// Here no checksum guards the arrays.
    #[test]
    fn random_changes_of_an_array_do_no_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut sigma = square(2, &sample().covariance);
        for (at, byte) in changes {
            let at = at.index(sigma.len());
            sigma[at] = byte;
        }
        if let Ok(moments) = read(&vector(&sample().mean), &sigma) {
            prop_assert_eq!(moments.covariance.len(), 4);
            prop_assert_eq!(moments.covariance[1], moments.covariance[2]);
            prop_assert!(moments.covariance.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn any_symmetric_matrix_survives(values in prop::collection::vec(-1e100..1e100f64, 6), width in 1..4usize) {
        let mut covariance = vec![0.0; width * width];
        for row in 0..width {
            for column in 0..=row {
                let value = values[row * (row + 1) / 2 + column];
                let value = if row == column { value.abs() } else { value };
                (covariance[row * width + column], covariance[column * width + row]) = (value, value);
            }
        }
        let moments = Moments { mean: values[..width].to_vec(), covariance };
        prop_assert_eq!(Moments::read(Cursor::new(written(&moments))).unwrap(), moments);
    }
}

#[test]
fn what_stands_in_the_place_of_an_archive_is_named() {
    for (bytes, said) in [
        (&b""[..], "the file is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "the file is a Git LFS pointer"),
        (b"<html>", "the file is a web page"),
        (b"PKPK", "this is no NumPy archive (.npz)"),
    ] {
        let problem = Moments::read(Cursor::new(bytes)).unwrap_err().to_string();
        assert!(problem.starts_with(said), "{problem}");
    }
}
