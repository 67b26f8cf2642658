#![allow(clippy::unwrap_used)]
use std::fs;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::data::{DataConfig, ImageSet, Loaded, Source, load};

fn npy(kind: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (text.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes(), numbers].concat()
}

/// An array in Fortran's order.
fn columns(kind: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(&npy(kind, shape, &[])[10..]).replace("False", "True");
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), numbers].concat()
}

fn npz(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in entries {
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Three grey images of 8 x 8, of one value each.
fn grey() -> Vec<u8> {
    npy("|u1", "(3, 8, 8)", &[[10; 64], [20; 64], [30; 64]].concat())
}

fn get(bytes: &[u8], side: usize, split: Split) -> Result<Loaded, DataError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    load(&Source::new(&Numpy, file.path()), &DataConfig::default().options(side, split))
}

fn refusal(bytes: &[u8]) -> String {
    get(bytes, 8, Split::Train).unwrap_err().to_string()
}

#[test]
fn a_single_array_has_images_without_labels() {
    let Loaded { set, report } = get(&grey(), 8, Split::Train).unwrap();
    assert_eq!((set.len(), set.labels(), set.image(1)[..3].to_vec()), (3, None, vec![20; 3]));
    assert!(report.notes[0].contains("label"), "{:?}", report.notes);
    assert!(matches!(get(&grey(), 8, Split::Test), Err(DataError::NoTestSplit(_))));
    let planes = npy("|u1", "(1, 3, 8, 8)", &[[1; 64], [2; 64], [3; 64]].concat());
    assert_eq!(get(&planes, 8, Split::Train).unwrap().set.image(0)[..3], [1, 2, 3]);
}

#[test]
fn an_archive_has_splits_and_labels() {
    let labels = [2i64, 0, 1].map(i64::to_le_bytes).concat();
    let test = npy("|u1", "(1, 8, 8, 3)", &[7; 192]);
    let bytes = npz(&[
        ("test_images.npy", test),
        ("train_images.npy", grey()),
        ("train_labels.npy", npy("<i8", "(3, 1)", &labels)),
    ]);
    let Loaded { set, report } = get(&bytes, 8, Split::Train).unwrap();
    assert_eq!(set.labels().unwrap(), [2, 0, 1]);
    assert_eq!((set.classes().len(), report.sizes.unwrap().largest), (3, [8, 8]));
    assert!(report.notes.is_empty());
    let more = npz(&[
        ("train_images.npy", grey()),
        ("val_images.npy", grey()),
        ("train_labels.npy", npy("|u1", "(3,)", &[0; 3])),
    ]);
    let notes = get(&more, 8, Split::Train).unwrap().report.notes;
    assert_eq!(notes, ["the array val_images, which is for validation, is left out"]);
    assert_eq!(get(&bytes, 8, Split::Test).unwrap().set.image(0)[..3], [7; 3]);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &bytes).unwrap();
}

#[test]
fn the_only_array_of_images_needs_no_known_name() {
    let (grey, labels) = (grey(), npy("<i8", "(3,)", &[[1; 8], [0; 8], [0; 8]].concat()));
    for (name, arrays) in [
        ("arr_0", vec![("arr_0.npy", grey.clone())]),
        ("photos", vec![("other.npy", labels.clone()), ("photos.npy", grey.clone()), ("note.txt", vec![7])]),
    ] {
        let Loaded { set, report } = get(&npz(&arrays), 8, Split::Train).unwrap();
        assert_eq!((set.len(), set.labels(), set.image(2)[..3].to_vec()), (3, None, vec![30; 3]));
        let note = format!("the images are the array {name}, the only one of such a shape");
        assert_eq!(report.notes.contains(&note), name == "photos", "{:?}", report.notes);
    }
    let test = get(&npz(&[("photos.npy", grey)]), 8, Split::Test).unwrap_err();
    assert!(matches!(test, DataError::NoTestSplit(_)), "{test}");
}

#[test]
fn either_order_of_bytes_and_of_indices_is_the_same() {
    // Three pictures of 2 x 2 with the numbers 0 to 11.
    let pixel = |set: &ImageSet, image: usize, at: usize| set.image(image)[at * 3];
    let arrays = [
        (npy("|u1", "(3, 2, 2)", &(0..12).collect::<Vec<u8>>())),
        (npy(">i2", "(3, 2, 2)", &(0..12).flat_map(|v: i16| v.to_be_bytes()).collect::<Vec<_>>())),
        (npy("<i8", "(3, 2, 2)", &(0..12).flat_map(|v: i64| v.to_le_bytes()).collect::<Vec<_>>())),
        (npy(">u4", "(3, 2, 2)", &(0..12).flat_map(|v: u32| v.to_be_bytes()).collect::<Vec<_>>())),
        // As numpy.asfortranarray has them.
        columns("|u1", "(3, 2, 2)", &[0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11]),
    ];
    for (number, array) in arrays.into_iter().enumerate() {
        for file in [array.clone(), npz(&[("arr_0.npy", array)])] {
            let set = get(&file, 16, Split::Train).unwrap().set;
            // Enlarged, each corner has its own colour.
            let corners = [0, 15, 240, 255];
            for image in 0..3 {
                let found = corners.map(|at| pixel(&set, image, at));
                assert_eq!(found, [0, 1, 2, 3].map(|at| image as u8 * 4 + at), "array {number}");
            }
        }
    }
    let labels = npy(">i4", "(3,)", &[[0, 0, 0, 2], [0, 0, 1, 0], [0, 0, 0, 0]].concat());
    let set = get(&npz(&[("images.npy", grey()), ("labels.npy", labels)]), 8, Split::Train).unwrap().set;
    assert_eq!(set.labels().unwrap(), [2, 256, 0]);
}

#[test]
fn damaged_and_foreign_arrays_are_refused_in_a_sentence() {
    let negative = npy("|i1", "(3,)", &[0, 1, 0xff]);
    let cases = [
        (
            npy("<f4", "(1, 8, 8)", &[0; 256]),
            "cannot be used: it holds 32-bit floating-point numbers, and pixels are whole numbers from 0 to 255; save it as \
             such, from values of 0 to 1 with `(x * 255).astype(\"uint8\")`",
        ),
        (npy("|b1", "(1, 8, 8)", &[1; 64]), "cannot be used: it holds booleans, and pixels"),
        (
            npy("|O", "(1,)", &[0; 8]),
            "cannot be used: it holds pickled Python objects, which are never read; save it again",
        ),
        (
            npy("|u1", "(1, 8, 8, 4)", &[0; 256]),
            "cannot be used: its images have 4 channels; save them with 1 or 3",
        ),
        (
            npy("|u1", "(2, 192)", &[0; 384]),
            "cannot be used: its dimensions [2, 192] are not those of images, [n, height, width] or \
             [n, height, width, 3]; reshape it",
        ),
        (
            npy("|u1", "(32, 32, 3)", &[0; 3072]),
            "cannot be used: its shape [32, 32, 3] is that of one colour picture, and that of images is \
             [n, height, width, 3]; save it with `x[None]`, or grey images of this shape with `x[..., None]`",
        ),
        (npy("|u1", "(32, 32, 4)", &[0; 4096]), "save it with `x[None, ..., :3]`, or grey images"),
        (npy("|u1", "(3, 32, 16)", &[0; 1536]), "its shape [3, 32, 16] is that of one colour picture"),
        (npy("|u1", "(4, 16, 16)", &[0; 1024]), "save it with `x[None, :3]`, or grey images"),
        (npy("<c8", "(8, 4, 4)", &[0; 1024]), "cannot be used: it holds complex numbers, and pixels"),
        (npy("|u1", "(4, 8, 8)", &[0; 64]), "is damaged: the shape [4, 8, 8] does not fit the 64 bytes"),
        (npy("|u1", "(18446744073709551615, 8, 8)", &[0; 64]), "does not fit"),
        (npy("|u1", "(0, 8, 8)", &[]), "cannot be used: it has no numbers: its shape is [0, 8, 8]"),
        (
            npy("|u1", "(1, 70000, 1)", &[0; 70_000]),
            "cannot be used: images of 1 x 70000 are larger than the limit",
        ),
        (grey()[..100].to_vec(), "does not fit"),
        (
            npz(&[("mu.npy", npy("<f8", "(1,)", &[0; 8]))]),
            "cannot be used: it has none of the arrays train_images, x_train, images, arr_0 and no other of images, \
             but mu.npy; save the images",
        ),
        (
            npz(&[("a.npy", grey()), ("b.npy", grey())]),
            "cannot be used: it has several arrays that may be images (a, b)",
        ),
        (
            npy(">i2", "(1, 8, 8)", &[1; 128]),
            "cannot be used: it has the number 257, and pixels are from 0 to 255; save it as such",
        ),
        (npy("|i1", "(1, 8, 8)", &[0x80; 64]), "it has the number -128, and pixels"),
        (
            npz(&[("images.npy", grey()), ("labels.npy", negative)]),
            "cannot be used: its array labels has the label -1, and labels are from 0 to 65535",
        ),
        (
            npz(&[("x_train.npy", grey()), ("y_train.npy", npy("|u1", "(2,)", &[0; 2]))]),
            "cannot be used: its array y_train has 2 labels for 3 images; save one for each",
        ),
        (b"PK\x03\x04".to_vec(), "is damaged: "),
        (Vec::new(), "is empty; copy it or download it again"),
        (
            b"version https://git-lfs.github.com/spec/v1\n".to_vec(),
            "is a Git LFS pointer, not the file itself; run",
        ),
        (b"<html>".to_vec(), "is a web page, not the file itself; download the file itself"),
    ];
    for (bytes, expected) in cases {
        let refusal = refusal(&bytes);
        assert!(refusal.contains(expected), "{expected}: {refusal}");
    }
    let mut changed = npz(&[("images.npy", grey())]);
    let at = changed.len() / 3;
    changed[at] ^= 1;
    assert!(get(&changed, 8, Split::Train).is_err());
}

#[test]
fn labels_that_are_no_numbers_are_left_out_and_named() {
    let of = |labels: Vec<u8>| {
        let bytes = npz(&[("x_train.npy", grey()), ("y_train.npy", labels)]);
        let Loaded { set, report } = get(&bytes, 8, Split::Train).unwrap();
        assert_eq!((set.len(), set.labels(), set.image(2)[0]), (3, None, 30));
        report.notes
    };
    for (labels, why) in [
        (npy("<U1", "(3,)", &[0; 12]), "they are texts, and labels are whole numbers"),
        (npy("|S5", "(3,)", &[0; 15]), "they are texts, and labels are whole numbers"),
        (
            npy("<f4", "(3,)", &[0; 12]),
            "they are 32-bit floating-point numbers, and labels are whole numbers",
        ),
        (npy("|u1", "(3, 10)", &[0; 30]), "their shape is [3, 10], and that of labels is [3]"),
        (npy("|O", "(3,)", &[0; 24]), "they are no numbers"),
    ] {
        assert_eq!(of(labels), [format!("the labels in the array y_train are not used: {why}")]);
    }
}

/// 200 flat icons pack hundreds to one.
#[test]
fn flat_pictures_are_read_however_well_they_are_packed() {
    let bytes = npz(&[("images.npy", npy("|u1", "(200, 256, 256)", &[9; 200 << 16]))]);
    assert!((200 << 16) / bytes.len() > 300, "{} bytes", bytes.len());
    let set = get(&bytes, 8, Split::Train).unwrap().set;
    assert_eq!((set.len(), set.image(199)[0]), (200, 9));
}

#[test]
fn pixels_of_zeros_and_ones_are_no_pictures() {
    let faint = npy("|u1", "(2, 8, 8)", &[[0; 64], [1; 64]].concat());
    let notes = get(&faint, 8, Split::Train).unwrap().report.notes;
    assert!(
        notes.iter().any(|note| note.starts_with("no value of a pixel is above 1, where 255")),
        "{notes:?}"
    );
    for black in [npy("|u1", "(2, 8, 8)", &[0; 128]), npy("|u1", "(1, 8, 8)", &[2; 64])] {
        assert_eq!(get(&black, 8, Split::Train).unwrap().report.notes.len(), 1);
    }
}
