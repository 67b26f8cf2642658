#![allow(clippy::unwrap_used)]
use std::fs;
use std::io::Write;

use super::super::records::interleave;
use super::*;
use crate::data::limits::MAX_RECORDS;
use crate::data::{DataConfig, Loaded, Source, Split, load};

fn idx(dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    for dim in dims {
        bytes.extend(dim.to_be_bytes());
    }
    bytes.extend(values);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    fs::write(dir.join(name), bytes).unwrap();
}

fn get(dir: &Path, side: usize, split: Split) -> Result<Loaded, DataError> {
    load(&Source::new(&Idx, dir), &DataConfig::default().options(side, split))
}

/// Loads a folder whose only file of images holds `bytes`.
fn get_bytes(name: &str, bytes: &[u8]) -> Result<Loaded, DataError> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), name, bytes);
    get(dir.path(), 8, Split::Train)
}

#[test]
fn plain_and_gzipped_grey_images_load_with_labels() {
    let dir = tempfile::tempdir().unwrap();
    let values: Vec<u8> = (0..3 * 64).map(|v| v as u8).collect();
    write(dir.path(), "train-images-idx3-ubyte.gz", &gzip(&idx(&[3, 8, 8], &values)));
    write(dir.path(), "train-labels-idx1-ubyte", &idx(&[3], &[4, 0, 2]));
    write(dir.path(), "t10k-images.idx3-ubyte", &idx(&[1, 8, 8], &values[..64]));
    let Loaded { set, report } = get(dir.path(), 8, Split::Train).unwrap();
    assert_eq!(set.labels().unwrap(), [4, 0, 2]);
    assert_eq!(set.classes(), ["0", "1", "2", "3", "4"]);
    assert_eq!(set.image(1)[..6], [64, 64, 64, 65, 65, 65]);
    assert_eq!((report.found, report.sizes.unwrap().largest), (3, [8, 8]));
    let test = get(dir.path(), 8, Split::Test).unwrap();
    assert_eq!(test.set.labels(), None);
    assert!(test.report.notes[0].contains("no labels"));
}

#[test]
fn colour_images_load_in_both_layouts() {
    let mut planes = vec![10; 64];
    planes.extend([20; 64]);
    planes.extend([30; 64]);
    for (dims, values) in [([1, 3, 8, 8], planes.clone()), ([1, 8, 8, 3], interleave(&planes))] {
        let set = get_bytes("train-images-idx4-ubyte", &idx(&dims, &values)).unwrap().set;
        assert!(set.image(0).chunks(3).all(|pixel| pixel == [10, 20, 30]));
    }
}

#[test]
fn damaged_files_are_refused_in_a_sentence() {
    let good = idx(&[2, 8, 8], &[7; 128]);
    let changed = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let cases = [
        (Vec::new(), "is empty; copy it or download it again"),
        (good[..10].to_vec(), "ends within its header"),
        (good[..100].to_vec(), "ends before"),
        ([&good[..], &[0]].concat(), "1 bytes follow"),
        (changed(0, 1), "does not start"),
        (changed(2, 0x0d), "cannot be used: its values have type 0x0d"),
        (changed(3, 0), "no values"),
        (changed(4, 255), "ends before"),
        (idx(&[0, 8, 8], &[]), "no values"),
        (idx(&[4, 8], &[0; 32]), "cannot be used: its dimensions [4, 8] are not those of images"),
        (idx(&[1, 8, 8, 2], &[0; 128]), "cannot be used: its images have 2 channels; save them with 1 or 3"),
        (idx(&[u32::MAX; 4], &[]), "impossible"),
        (idx(&[1, 1, 70_000], &[0; 70_000]), "cannot be used: images of 70000 x 1 are larger than the limit"),
        (gzip(&good[..100]), "ends after 1 of 2 images"),
        (gzip(&[&good[..], &[0]].concat()), "bytes follow"),
        (gzip(&good)[..20].to_vec(), "damaged"),
        (gzip(&idx(&[u32::MAX, 8, 8], &[])), "and at most 2147483648 bytes may come out of its "),
        (
            b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
            "is a Git LFS pointer, not the file itself; run `git lfs pull`",
        ),
        (b"<!DOCTYPE html><html>".to_vec(), "is a web page, not the file itself; download"),
    ];
    for (bytes, expected) in cases {
        let error = get_bytes("train-images-idx3-ubyte", &bytes).unwrap_err().to_string();
        // What is whole and not read is not called damaged.
        let is_whole =
            ["cannot be used", "is empty", "is a "].iter().any(|start| expected.starts_with(start));
        assert_eq!(error.contains("train-images-idx3-ubyte is damaged: "), !is_whole, "{error}");
        assert!(error.contains(expected), "{error} should say: {expected}");
    }
}

/// 10 MB of images of a pixel, which would become 2 TB.
#[test]
fn images_that_become_more_than_memory_holds_are_refused_before_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "train-images-idx3-ubyte", &idx(&[MAX_RECORDS as u32, 1, 1], &[]));
    let file = fs::OpenOptions::new().write(true).open(dir.path().join("train-images-idx3-ubyte")).unwrap();
    file.set_len(16 + MAX_RECORDS as u64).unwrap();
    let error = get(dir.path(), 256, Split::Train).unwrap_err();
    assert!(matches!(error, DataError::TooLarge { images: MAX_RECORDS, side: 256, .. }), "{error}");
}

#[test]
fn labels_that_do_not_fit_and_missing_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let error = get(dir.path(), 8, Split::Train).unwrap_err().to_string();
    assert!(error.contains("there is no") && error.contains("train-images-idx3-ubyte"), "{error}");
    write(dir.path(), "train-images-idx3-ubyte", &idx(&[2, 8, 8], &[7; 128]));
    write(dir.path(), "train-labels-idx1-ubyte", &idx(&[3], &[0; 3]));
    let error = get(dir.path(), 8, Split::Train).unwrap_err().to_string();
    assert!(error.contains("where [2] labels belong"), "{error}");
}

/// A picture of 8 x 8 whose byte at row `y`, column `x` is `8 * y + x + first`.
fn counting(first: u8) -> Vec<u8> {
    (0..64).map(|place| place + first).collect()
}

/// The names of files are tried in folders of one picture each.
fn with_files(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

#[test]
fn emnist_is_read_upright_with_the_names_of_its_classes() {
    for (part, label, class, classes, last) in [
        ("letters", 2, "b", 26, "z"),
        ("balanced", 36, "a", 47, "t"),
        ("bymerge", 35, "Z", 47, "t"),
        ("byclass", 61, "z", 62, "z"),
        ("digits", 0, "0", 10, "9"),
        ("mnist", 9, "9", 10, "9"),
    ] {
        let images = gzip(&idx(&[1, 8, 8], &counting(100)));
        let dir = with_files(&[
            (&format!("emnist-{part}-train-images-idx3-ubyte.gz"), images),
            (&format!("emnist-{part}-train-labels-idx1-ubyte.gz"), gzip(&idx(&[1], &[label]))),
            (&format!("emnist-{part}-test-images-idx3-ubyte"), idx(&[1, 8, 8], &counting(0))),
        ]);
        let Loaded { set, report } = get(dir.path(), 8, Split::Train).unwrap();
        // The second pixel of the first row is the first one of the file's second row.
        assert_eq!(set.image(0)[..6], [100, 100, 100, 108, 108, 108]);
        assert_eq!(set.image(0)[8 * 3..][..3], [101; 3], "the first pixel of the second row");
        assert_eq!(set.classes().len(), classes);
        assert_eq!(set.classes()[usize::from(set.labels().unwrap()[0])], class);
        assert_eq!(set.classes()[classes - 1], last);
        let note =
            format!("the pictures of emnist-{part} lie on their sides in its files: they are read upright");
        assert_eq!(report.notes, std::slice::from_ref(&note));
        let Loaded { set, report } = get(dir.path(), 8, Split::Test).unwrap();
        assert_eq!((set.labels(), set.image(0)[3..6].to_vec()), (None, vec![8; 3]));
        let missing = format!("there is no emnist-{part}-test-labels-idx1-ubyte: the images have no labels");
        assert_eq!(report.notes, [note, missing]);
    }
    // Pictures that are no squares, and a label that has no class.
    let dir = with_files(&[
        ("emnist-letters-train-images-idx3-ubyte", idx(&[1, 2, 3], &[1, 2, 3, 4, 5, 6])),
        ("emnist-letters-train-labels-idx1-ubyte", idx(&[1], &[0])),
    ]);
    let Loaded { set, report } = get(dir.path(), 8, Split::Train).unwrap();
    assert_eq!((set.labels().unwrap(), set.classes()), (&[0][..], &["0".to_owned()][..]));
    let note =
        "the labels of emnist-letters are not all from 1 to 26: the classes are called by their numbers";
    assert_eq!(report.notes[1..], [note]);
    fs::remove_file(dir.path().join("emnist-letters-train-labels-idx1-ubyte")).unwrap();
    assert_eq!(get(dir.path(), 8, Split::Train).unwrap().report.sizes.unwrap().largest, [2, 3]);
}

#[test]
fn of_several_data_sets_one_has_to_be_named() {
    let one = |first: u8| idx(&[1, 8, 8], &[first; 64]);
    let dir = with_files(&[
        ("gzip/emnist-digits-train-images-idx3-ubyte.gz", gzip(&one(10))),
        ("gzip/emnist-letters-train-images-idx3-ubyte.gz", gzip(&one(20))),
        ("MNIST/raw/train-images-idx3-ubyte", one(30)),
    ]);
    let at = dir.path().display();
    let refusal = get(dir.path(), 8, Split::Train).unwrap_err().to_string();
    let expected = format!(
        "{at} holds emnist-digits, emnist-letters, MNIST/raw; name one of them, as in `idx:{at}/emnist-digits`"
    );
    assert_eq!(refusal, expected);
    for (name, value) in [("emnist-digits", 10), ("emnist-letters", 20), ("MNIST/raw", 30), ("MNIST", 30)] {
        let set = get(&dir.path().join(name), 8, Split::Train).unwrap().set;
        assert_eq!(set.image(0), [value; 192], "{name}");
    }
    let missing = get(&dir.path().join("emnist-mnist"), 8, Split::Train).unwrap_err().to_string();
    assert!(
        missing.starts_with("there is no emnist-mnist-train-images-idx3-ubyte (with or without .gz) in "),
        "{missing}"
    );
    // Files with MNIST's names are what they say, and the others are named.
    let dir = with_files(&[
        ("train-images-idx3-ubyte", one(1)),
        ("emnist-letters-train-images-idx3-ubyte", one(2)),
    ]);
    let Loaded { set, report } = get(dir.path(), 8, Split::Train).unwrap();
    assert_eq!(set.image(0), [1; 192]);
    let at = dir.path().display();
    let note =
        format!("{at} also holds emnist-letters, which is left out: `idx:{at}/emnist-letters` reads it");
    assert!(report.notes.contains(&note), "{:?}", report.notes);
}

#[test]
fn the_label_of_qmnist_is_its_first_column() {
    let integers = |rows: &[[i32; 8]]| -> Vec<u8> {
        let header = [&[0, 0, 12, 2][..], &(rows.len() as u32).to_be_bytes(), &8u32.to_be_bytes()].concat();
        [header, rows.iter().flatten().flat_map(|number| number.to_be_bytes()).collect()].concat()
    };
    let rows = [[7, 1, 2, 3, 4, 5, 6, 0], [3, 0, 2054, 35, 158_626, 2_021, 9, 0]];
    let dir = with_files(&[
        ("QMNIST/raw/qmnist-train-images-idx3-ubyte", idx(&[2, 8, 8], &[counting(0), counting(9)].concat())),
        ("QMNIST/raw/qmnist-train-labels-idx2-int", integers(&rows)),
        ("QMNIST/raw/qmnist-test-images-idx3-ubyte.gz", gzip(&idx(&[1, 8, 8], &counting(5)))),
        ("QMNIST/raw/qmnist-test-labels-idx1-ubyte.gz", gzip(&idx(&[1], &[6]))),
    ]);
    let Loaded { set, report } = get(dir.path(), 8, Split::Train).unwrap();
    assert_eq!((set.labels().unwrap(), set.classes().len()), (&[7, 3][..], 8));
    assert_eq!(set.image(1)[..6], [9, 9, 9, 10, 10, 10], "not turned");
    assert_eq!((report.classes[7].count, report.notes.len()), (1, 0));
    assert_eq!(get(dir.path(), 8, Split::Test).unwrap().set.labels().unwrap(), [6]);
    let labels = dir.path().join("QMNIST/raw/qmnist-train-labels-idx2-int");
    let refusal = |bytes: &[u8]| {
        fs::write(&labels, bytes).unwrap();
        get(dir.path(), 8, Split::Train).unwrap_err().to_string()
    };
    let negative = [[-1, 0, 0, 0, 0, 0, 0, 0]; 2];
    assert!(refusal(&integers(&negative)).contains("its label -1 is not from 0 to 65535"));
    assert!(refusal(&integers(&rows[..1])).contains("its dimensions are [1, 8] where [2] labels belong"));
    assert!(refusal(&gzip(&integers(&rows)[..44])).contains("it ends after 1 of 2 labels"));
    assert!(refusal(&integers(&rows)[..70]).contains("but ends before them"));
    let images = dir.path().join("QMNIST/raw/qmnist-train-images-idx3-ubyte");
    fs::write(images, integers(&rows)).unwrap();
    assert!(
        refusal(&integers(&rows)).contains("its values are 32-bit integers, and images are unsigned bytes")
    );
}

#[test]
fn the_folders_of_torchvision_and_kaggle_are_found() {
    for (images, labels) in [
        ("raw/train-images-idx3-ubyte", "raw/train-labels-idx1-ubyte"),
        ("MNIST/raw/train-images-idx3-ubyte.gz", "MNIST/raw/train-labels-idx1-ubyte"),
        ("FashionMNIST/raw/train-images-idx3-ubyte", "FashionMNIST/raw/train-labels-idx1-ubyte.gz"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        (
            "train-images.idx3-ubyte/train-images-idx3-ubyte",
            "train-labels.idx1-ubyte/train-labels-idx1-ubyte",
        ),
        (
            "train-images-idx3-ubyte/train-images.idx3-ubyte.gz",
            "train-labels-idx1-ubyte/train-labels-idx1-ubyte",
        ),
    ] {
        let packed = |name: &str, bytes: Vec<u8>| if name.ends_with(".gz") { gzip(&bytes) } else { bytes };
        let dir = with_files(&[
            (images, packed(images, idx(&[2, 8, 8], &[counting(0), counting(50)].concat()))),
            (labels, packed(labels, idx(&[2], &[1, 0]))),
        ]);
        let Loaded { set, report } = get(dir.path(), 8, Split::Train).unwrap();
        assert_eq!(
            (set.labels().unwrap(), set.image(1)[3..6].to_vec()),
            (&[1, 0][..], vec![51; 3]),
            "{images}"
        );
        assert!(report.notes.is_empty(), "{images}: {:?}", report.notes);
    }
    let dir = with_files(&[("train-labels-idx1-ubyte", idx(&[2], &[1, 0]))]);
    let missing = get(dir.path(), 8, Split::Train).unwrap_err().to_string();
    assert!(
        missing.starts_with("there is no train-images-idx3-ubyte (nor emnist-PART-train-images"),
        "{missing}"
    );
    assert!(missing.contains(", which holds train-labels-idx1-ubyte; "), "{missing}");
}
