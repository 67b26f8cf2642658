//! Hostile files of public data sets in the forms that Python and NumPy write.

use std::fs::{self, File};
use std::path::Path;

use super::{MOST, loaded};
use crate::input::measure::Process;

/// The pickled beginning of a batch: a dictionary, its labels, and its pixels up to the bytes themselves.
fn batch(labels: usize, is_fortran: bool, bytes: u32) -> Vec<u8> {
    let labels = [&b"U\x0bfine_labels]("[..], &b"K\x07".repeat(labels), b"e"].concat();
    let made = b"U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01J";
    let kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R";
    let order = if is_fortran { b"\x88T" } else { b"\x89T" };
    let count = (bytes / 3_072).to_le_bytes();
    [
        b"\x80\x02}(".to_vec(),
        labels,
        made.to_vec(),
        count.to_vec(),
        b"M\x00\x0c\x86".to_vec(),
        kind.to_vec(),
        order.to_vec(),
        bytes.to_le_bytes().to_vec(),
    ]
    .concat()
}

/// What ends one.
const END: &[u8] = b"tbu.";

/// A folder with this file as the Python version's `train`, loaded.
fn pickled(write: impl FnOnce(&Path)) -> Process {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("train"));
    loaded(&format!("cifar100:{}", dir.path().display()))
}

#[test]
fn pickles_that_promise_terabytes_or_are_no_batches_are_refused() {
    let sparse = |start: Vec<u8>, bytes: u64| {
        move |path: &Path| {
            fs::write(path, start).unwrap();
            File::options().write(true).open(path).unwrap().set_len(bytes).unwrap();
        }
    };
    let terabyte = 1 << 40;
    let huge = [&b"\x80\x04\x8e"[..], &(1u64 << 39).to_le_bytes()].concat();
    let long = [&b"\x80\x02X"[..], &(1u32 << 31).to_le_bytes()].concat();
    for (start, bytes, reason) in [
        (huge, terabyte, "549755813888 bytes in its arrays, and at most 156800000"),
        (batch(2, false, u32::MAX), terabyte, "4294967295 bytes in its arrays"),
        (long, terabyte, "2147483648 bytes in its arrays, and at most 313600000"),
        (Vec::new(), terabyte, "0x00 is no instruction"),
        (batch(2, false, 6_144), 1 << 20, "0x00 is no instruction"),
        (
            b"\x80\x02".iter().chain(&b"N".repeat(1_000_000)).copied().collect(),
            2 << 20,
            "instructions in its pickle",
        ),
        (
            b"\x80\x02".iter().chain(&b"(".repeat(100_000)).copied().collect(),
            1 << 20,
            "containers within each other",
        ),
    ] {
        let process = pickled(sparse(start, bytes));
        assert!(
            process.outcome.contains("train is damaged") && process.outcome.contains(reason),
            "{process:?}"
        );
        process.within(MOST);
    }
    let process = pickled(|path| fs::create_dir(path).unwrap());
    assert!(process.outcome.contains("a folder"), "{process:?}");
}

#[test]
fn a_batch_of_ten_thousand_is_read_in_less_memory_than_it_has_bytes() {
    let bytes = 10_000 * 3_072;
    for (is_fortran, most) in [(false, 48), (true, MOST + 30)] {
        let process = pickled(|path| {
            let content = [batch(10_000, is_fortran, bytes), vec![5; bytes as usize], END.to_vec()].concat();
            fs::write(path, content).unwrap();
        });
        assert_eq!(process.outcome, "found 10000, used 10000, skipped 0: ", "{process:?}");
        process.within(most);
    }
}

#[test]
fn an_array_by_columns_is_bounded_before_it_is_held() {
    let text = "{'descr': '|u1', 'fortran_order': True, 'shape': (1000000, 256, 256), }\n";
    let header = [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &header).unwrap();
    file.as_file().set_len(1_000_000 * 65_536 + header.len() as u64).unwrap();
    let process = loaded(&format!("numpy:{}", file.path().display()));
    assert!(process.outcome.contains("in Fortran's order and over 1024 MiB"), "{process:?}");
    process.within(MOST);
}

#[test]
fn tables_of_labels_are_refused_by_what_they_declare() {
    let header = |kind: u8, dims: &[u32]| {
        let dims_bytes: Vec<u8> = dims.iter().flat_map(|dim| dim.to_be_bytes()).collect();
        [&[0, 0, kind, dims.len() as u8][..], &dims_bytes].concat()
    };
    let dir = tempfile::tempdir().unwrap();
    let images = [header(8, &[2, 8, 8]), vec![1; 128]].concat();
    fs::write(dir.path().join("qmnist-train-images-idx3-ubyte"), images).unwrap();
    for (dims, bytes, reason) in [
        ([2, 1 << 28], 12 + (1 << 31), "where [2] labels belong"),
        ([u32::MAX, u32::MAX], 1 << 30, "impossible"),
        ([1 << 28, 8], 1 << 20, "but ends before them"),
    ] {
        let labels = dir.path().join("qmnist-train-labels-idx2-int");
        fs::write(&labels, header(12, &dims)).unwrap();
        File::options().write(true).open(&labels).unwrap().set_len(bytes).unwrap();
        let process = loaded(&format!("idx:{}", dir.path().display()));
        assert!(process.outcome.contains("qmnist-train-labels-idx2-int is damaged"), "{process:?}");
        assert!(process.outcome.contains(reason), "{process:?}");
        process.within(MOST);
    }
}
