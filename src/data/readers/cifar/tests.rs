#![allow(clippy::unwrap_used)]
use std::fs;

use super::super::{cifar10::CIFAR10, cifar100::CIFAR100};
use super::*;
use crate::data::{DataConfig, Loaded, Source, load};

/// Batches of two images that Python wrote: tests/fixtures/make_pickled.py says with which pixels and labels.
const PYTHON_2: &[u8] = include_bytes!("../../../../tests/fixtures/pickled/python2");
/// Its bytes are a text, as Python 3 writes them by protocol 2.
const TEXT: &[u8] = include_bytes!("../../../../tests/fixtures/pickled/protocol2");
const PROTOCOL_4: &[u8] = include_bytes!("../../../../tests/fixtures/pickled/protocol4");
const PROTOCOL_5: &[u8] = include_bytes!("../../../../tests/fixtures/pickled/protocol5");
const COLUMNS: &[u8] = include_bytes!("../../../../tests/fixtures/pickled/columns4");
/// With labels as arrays and numbers of NumPy's.
const ARRAYS: [&[u8]; 3] = [
    include_bytes!("../../../../tests/fixtures/pickled/arrays2"),
    include_bytes!("../../../../tests/fixtures/pickled/arrays4"),
    include_bytes!("../../../../tests/fixtures/pickled/arrays5"),
];
const META: &[u8] = include_bytes!("../../../../tests/fixtures/pickled/meta");

fn get(reader: &'static dyn Reader, dir: &Path, split: Split) -> Result<Loaded, DataError> {
    load(&Source::new(reader, dir), &DataConfig::default().options(SIDE, split))
}

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A folder with the Python version of CIFAR-10 in `inner`.
fn python(inner: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let batches = [PYTHON_2, PROTOCOL_4, PROTOCOL_5, COLUMNS, TEXT];
    for (number, bytes) in batches.into_iter().enumerate() {
        write(dir.path(), &format!("{inner}data_batch_{}", number + 1), bytes);
    }
    write(dir.path(), &format!("{inner}test_batch"), PROTOCOL_4);
    dir
}

/// The colour at `(x, y)` of image `image` of a batch.
fn colour(image: usize, x: usize, y: usize) -> [u8; 3] {
    [0, 1, 2].map(|plane| {
        let place = plane * SIDE * SIDE + y * SIDE + x;
        ((7 * image + place + place / 256) % 256) as u8
    })
}

#[test]
fn pickled_batches_have_the_pixels_and_labels_that_python_wrote() {
    for inner in ["", "cifar-10-batches-py/"] {
        let dir = python(inner);
        let Loaded { set, report } = get(&CIFAR10, dir.path(), Split::Train).unwrap();
        assert_eq!(set.labels().unwrap(), [3, 8].repeat(5));
        for image in 0..10 {
            for (x, y) in [(0, 0), (31, 0), (0, 31), (5, 17)] {
                let found = &set.image(image)[(y * SIDE + x) * 3..][..3];
                assert_eq!(found, colour(image % 2, x, y), "image {image} at {x}, {y}");
            }
        }
        assert_eq!((report.found, report.used, report.classes[3].name.as_str()), (10, 10, "cat"));
        assert_eq!((report.classes[3].count, report.classes[8].count), (5, 5));
        assert!(report.notes.is_empty(), "{:?}", report.notes);
        assert_eq!(get(&CIFAR10, dir.path(), Split::Test).unwrap().set.labels().unwrap(), [3, 8]);
        // A choice has the labels of its images.
        let config = DataConfig { limit: Some(5), ..DataConfig::default() };
        let options = config.options(SIDE, Split::Train);
        let some = load(&Source::new(&CIFAR10, dir.path()), &options).unwrap().set;
        let expected: Vec<u16> = options.choose(10).iter().map(|image| [3, 8][image % 2]).collect();
        assert_eq!(some.labels().unwrap(), expected);
    }
}

#[test]
fn labels_may_be_arrays() {
    for bytes in ARRAYS {
        let dir = python("");
        (1..=5).for_each(|number| write(dir.path(), &format!("data_batch_{number}"), bytes));
        let set = get(&CIFAR10, dir.path(), Split::Train).unwrap().set;
        assert_eq!(set.labels().unwrap(), [3, 8].repeat(5));
        assert_eq!(set.image(9)[..3], colour(1, 0, 0));
        write(dir.path(), "train", bytes);
        assert_eq!(get(&CIFAR100, dir.path(), Split::Train).unwrap().set.labels().unwrap(), [42, 99]);
    }
}

#[test]
fn the_binary_version_comes_first_and_lacking_files_are_named() {
    let dir = python("cifar-10-batches-py/");
    for number in 1..=5 {
        write(
            dir.path(),
            &format!("cifar-10-batches-bin/data_batch_{number}.bin"),
            &[&[number][..], &[9; PIXELS]].concat(),
        );
    }
    assert_eq!(get(&CIFAR10, dir.path(), Split::Train).unwrap().set.labels().unwrap(), [1, 2, 3, 4, 5]);
    fs::remove_dir_all(dir.path().join("cifar-10-batches-bin")).unwrap();
    fs::remove_file(dir.path().join("cifar-10-batches-py/data_batch_2")).unwrap();
    let lacking = get(&CIFAR10, dir.path(), Split::Train).unwrap_err().to_string();
    assert!(lacking.starts_with("there is no data_batch_2 in "), "{lacking}");
    assert!(
        lacking.contains("cifar-10-batches-py, which holds data_batch_1, data_batch_3, data_batch_4"),
        "{lacking}"
    );
    let empty = tempfile::tempdir().unwrap();
    write(empty.path(), "readme.txt", b"");
    let lacking = get(&CIFAR10, empty.path(), Split::Test).unwrap_err().to_string();
    let expected = format!(
        "there is no test_batch.bin (nor test_batch, as the Python version has them) in {}, which holds readme.txt; ",
        empty.path().display()
    );
    assert!(lacking.starts_with(&expected), "{lacking}");
}

#[test]
fn names_of_classes_come_from_their_file() {
    let note = |dir: &Path| get(&CIFAR10, dir, Split::Train).unwrap().report.notes.join("\n");
    let dir = python("");
    write(dir.path(), "batches.meta", b"");
    assert!(
        note(dir.path())
            .contains("batches.meta is not used (it is empty): the classes have their usual names")
    );
    write(dir.path(), "batches.meta", META);
    assert!(note(dir.path()).contains("it has 3 names for 10 classes"), "{}", note(dir.path()));
    write(dir.path(), "batches.meta", PROTOCOL_4);
    assert!(note(dir.path()).contains("it has no key \"label_names\""), "{}", note(dir.path()));
    // Ten names of protocol 2, of which the first is another one.
    let names: Vec<u8> = (0..10).flat_map(|name| [b'U', 2, b'k', b'0' + name]).collect();
    write(dir.path(), "batches.meta", &[&b"\x80\x02}U\x0blabel_names]("[..], &names, b"es."].concat());
    assert_eq!(note(dir.path()), "");
    assert_eq!(get(&CIFAR10, dir.path(), Split::Train).unwrap().set.classes()[3], "k3");
}

#[test]
fn cifar_100_has_the_fine_labels_of_both_versions() {
    let dir = tempfile::tempdir().unwrap();
    let record = |coarse: u8, fine: u8, red: u8| {
        [&[coarse, fine][..], &[red; SIDE * SIDE], &[20; SIDE * SIDE], &[30; SIDE * SIDE]].concat()
    };
    write(dir.path(), "cifar-100-binary/train.bin", &[record(11, 4, 10), record(0, 99, 40)].concat());
    write(dir.path(), "cifar-100-binary/test.bin", &record(19, 100, 10));
    let Loaded { set, report } = get(&CIFAR100, dir.path(), Split::Train).unwrap();
    assert_eq!((set.labels().unwrap(), set.classes().len()), (&[4, 99][..], 100));
    assert_eq!((set.classes()[4].as_str(), set.classes()[99].as_str()), ("beaver", "worm"));
    assert_eq!((&set.image(0)[..3], &set.image(1)[3..6]), (&[10, 20, 30][..], &[40, 20, 30][..]));
    assert_eq!((report.found, report.classes[99].count, report.notes.len()), (2, 1, 0));
    let wrong = get(&CIFAR100, dir.path(), Split::Test).unwrap_err().to_string();
    assert!(
        wrong.contains("test.bin is damaged: a record has the label 100, which is not below 100"),
        "{wrong}"
    );
    let names: String = (0..100).map(|name| format!("class {name}\n")).collect();
    write(dir.path(), "cifar-100-binary/fine_label_names.txt", format!("{names}\n").as_bytes());
    assert_eq!(get(&CIFAR100, dir.path(), Split::Train).unwrap().set.classes()[7], "class 7");
    let python = tempfile::tempdir().unwrap();
    write(python.path(), "cifar-100-python/train", PYTHON_2);
    let set = get(&CIFAR100, python.path(), Split::Train).unwrap().set;
    assert_eq!(set.labels().unwrap(), [42, 99]);
    assert_eq!(set.image(1)[..3], colour(1, 0, 0));
    let lacking = get(&CIFAR100, python.path(), Split::Test).unwrap_err().to_string();
    assert!(lacking.contains("no test.bin (nor test, as the Python version has them)"), "{lacking}");
}

#[test]
fn damaged_and_foreign_pickles_are_refused_in_a_sentence() {
    let dir = python("");
    let refusal = |bytes: &[u8]| {
        write(dir.path(), "data_batch_3", bytes);
        get(&CIFAR10, dir.path(), Split::Train).unwrap_err().to_string()
    };
    let swap = |from: &[u8], to: &[u8]| {
        let at = PYTHON_2.windows(from.len()).position(|part| part == from).unwrap();
        refusal(&[&PYTHON_2[..at], to, &PYTHON_2[at + from.len()..]].concat())
    };
    assert!(
        refusal(b"").ends_with("data_batch_3 is empty; copy it or download it again"),
        "{}",
        refusal(b"")
    );
    for (refusal, expected) in [
        (refusal(&PYTHON_2[..5000]), "its pickle ends too early"),
        (
            refusal(b"\x80\x02cos\nsystem\nU\x02ls\x85R."),
            "it refers to `os.system`, which no data set needs; nothing of it was run",
        ),
        (refusal(META), "it has no key \"data\", but label_names"),
        (swap(b"K\x02M\x00\x0c", b"K\x02M\x00\x0b"), "does not fit its 6144 bytes"),
        (swap(b"K\x02M\x00\x0c", b"K\x01M\x00\x18"), "the shape [1, 6144], and images are [n, 3072]"),
        (swap(b"K\x03K\x08e", b"K\x03e"), "it holds 1 labels for 2 images"),
        (swap(b"K\x03K\x08e", b"K\x03K\x0ae"), "the label 10, which is not below 10"),
        (swap(b"K\x03K\x08e", b"K\x03J\xff\xff\xff\xffe"), "the label -1, which is not below 10"),
        (swap(b"U\x06labels", b"U\x06labelz"), "it has no key \"labels\", but batch_label, labelz"),
    ] {
        assert!(
            refusal.contains("data_batch_3 is damaged: ") && refusal.contains(expected),
            "{expected}: {refusal}"
        );
        assert!(refusal.ends_with("; get it again, for example with `autogan data fetch`"), "{refusal}");
    }
}
