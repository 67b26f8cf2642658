//! STL-10, binary version: <https://cs.stanford.edu/~acoates/stl10/>.
//!
//! Images of 96 x 96: red, green and blue planes, each stored column by column. 5,000 labelled and
//! 100,000 unlabelled training images, 8,000 test images; labels are 1 to 10 in files of their own.
//! The files are streamed: 105,000 images at full size would be 2.9 GB.

use std::io::Read;
use std::path::Path;

use super::packed::missing;
use super::records::{RecordClasses, RecordFile, RecordFormat, RecordLabels, found_records, without_labels};
use crate::data::reader::{Download, FoundImages, Reader, RemoteFile, SourceKind, SourcePlace};
use crate::data::{DataError, LoadOptions, Split};
use crate::input::shown;

const SIDE: usize = 96;
const RECORD: usize = 3 * SIDE * SIDE;
const MOST: usize = 100_000;
const CLASSES: [&str; 10] =
    ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"];

static DOWNLOADS: [Download; 1] = [Download {
    name: "stl10",
    about: "113,000 colour images of 96 x 96, 2.5 GB to download and 3.1 GB unpacked",
    files: &[RemoteFile {
        base: "https://ai.stanford.edu/~acoates/stl10/",
        file: "stl10_binary.tar.gz",
        most: 3_000_000_000,
        md5: "91f7769df0f17e558f3565bffb0c7dfb",
        members: &[
            ("train_X.bin", 5_000 * RECORD as u64),
            ("train_y.bin", 5_000),
            ("unlabeled_X.bin", 100_000 * RECORD as u64),
            ("test_X.bin", 8_000 * RECORD as u64),
            ("test_y.bin", 8_000),
        ],
    }],
}];

/// Reads the files in a folder, or in the `stl10_binary` folder in it. The training split is train and
/// unlabelled images together, without labels, as AutoGAN uses it; where one of both files is missing it is the
/// images of the other one, and a note says so.
pub(super) struct Stl10;

impl Reader for Stl10 {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: "stl10",
            label: "STL-10",
            about: "The folder with the binary version's files",
            place: SourcePlace::Folder,
        }
    }

    fn downloads(&self) -> &'static [Download] {
        &DOWNLOADS
    }

    fn open(&self, _: &str, path: &Path, options: &LoadOptions) -> Result<FoundImages, DataError> {
        let (images, labels, unlabelled) = match options.split {
            Split::Train => ("train_X.bin", "train_y.bin", Some("unlabeled_X.bin")),
            Split::Test => ("test_X.bin", "test_y.bin", None),
        };
        let has = |dir: &Path, name: &str| dir.join(name).exists();
        let inner = path.join("stl10_binary");
        let any = |dir: &&Path| has(dir, images) || unlabelled.is_some_and(|name| has(dir, name));
        let Some(dir) = [&inner, path].into_iter().find(any) else {
            let expected: Vec<&str> = std::iter::once(images).chain(unlabelled).collect();
            return Err(missing(if inner.is_dir() { &inner } else { path }, expected.join(" or ")));
        };
        let mut notes = Vec::new();
        let absent = |name: &str, what: &str| format!("there is no {}: {what}", shown(dir.join(name)));
        let (labelled, unlabelled) = (has(dir, images), unlabelled.map(|name| (name, has(dir, name))));
        match (labelled, unlabelled) {
            (true, Some((name, false))) => {
                notes.push(absent(name, &format!("only the images of {images} are used")))
            }
            (false, Some((name, _))) => {
                notes.push(absent(images, &format!("only the images of {name} are used")))
            }
            (_, None) | (true, _) => {}
        }
        let unlabelled = unlabelled.filter(|(_, there)| *there).map(|(name, _)| name);
        let used = labelled.then_some(images).into_iter().chain(unlabelled);
        let files: Vec<RecordFile> =
            used.map(|name| RecordFile::open(&dir.join(name), RECORD, MOST)).collect::<Result<_, _>>()?;
        let classes = match (unlabelled, &files[..]) {
            (None, [images]) if has(dir, labels) => {
                let labels = RecordLabels::Listed(read_labels(&dir.join(labels), images.count)?);
                RecordClasses { labels, names: CLASSES.map(String::from).into(), notes: Vec::new() }
            }
            (None, _) => RecordClasses::none([without_labels(&shown(dir.join(labels)))]),
            (Some(name), _) if has(dir, labels) => {
                let left = shown(dir.join(labels));
                RecordClasses::none([format!(
                    "the labels in {left} are left out, since the images of {name} have none"
                )])
            }
            (Some(_), _) => RecordClasses::none([]),
        };
        let decode = Box::new(|record: &[u8]| Ok(upright(record)));
        let format = RecordFormat { bytes: RECORD, size: [SIDE; 2], decode };
        Ok(found_records(files, format, classes, notes, options))
    }
}

/// One label for each of `images` images, counted from 0.
fn read_labels(path: &Path, images: usize) -> Result<Vec<u16>, DataError> {
    let RecordFile { count, reader, .. } = RecordFile::open(path, 1, MOST)?;
    if count != images {
        return Err(DataError::damaged(path, format!("it holds {count} labels for {images} images")));
    }
    let mut bytes = Vec::new();
    let mut labels = reader.take(count as u64);
    labels.read_to_end(&mut bytes).map_err(|error| DataError::read(path, error))?;
    match bytes.iter().find(|label| !(1..=10).contains(*label)) {
        Some(label) => Err(DataError::damaged(path, format!("the label {label} is not from 1 to 10"))),
        None => Ok(bytes.into_iter().map(|label| u16::from(label - 1)).collect()),
    }
}

/// Turns columns into rows and planes into pixels: `[3, x, y]` to `[y, x, 3]`.
fn upright(record: &[u8]) -> Vec<u8> {
    let plane = SIDE * SIDE;
    (0..plane)
        .flat_map(|i| {
            let at = i % SIDE * SIDE + i / SIDE;
            [record[at], record[plane + at], record[2 * plane + at]]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{DataConfig, Loaded, Source, load};
    use std::fs;

    /// An image whose upper half is red and whose lower half is blue, in the file's order.
    fn flag() -> Vec<u8> {
        let upper = |i: usize| i % SIDE < SIDE / 2;
        let plane = SIDE * SIDE;
        let mut bytes: Vec<u8> = (0..plane).map(|i| if upper(i) { 255 } else { 0 }).collect();
        bytes.extend(vec![0; plane]);
        bytes.extend((0..plane).map(|i| if upper(i) { 0 } else { 255 }));
        bytes
    }

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path();
        let grey = vec![128; RECORD];
        fs::write(path.join("train_X.bin"), [flag(), grey.clone()].concat()).unwrap();
        fs::write(path.join("train_y.bin"), [1, 10]).unwrap();
        fs::write(path.join("unlabeled_X.bin"), [grey.clone(), grey, flag()].concat()).unwrap();
        fs::write(path.join("test_X.bin"), flag()).unwrap();
        fs::write(path.join("test_y.bin"), [3]).unwrap();
        dir
    }

    fn get(dir: &Path, side: usize, split: Split) -> Result<Loaded, DataError> {
        load(&Source::new(&Stl10, dir), &DataConfig::default().options(side, split))
    }

    #[test]
    fn columns_become_rows_and_both_files_are_used_without_labels() {
        let dir = folder();
        let Loaded { set, report } = get(dir.path(), 48, Split::Train).unwrap();
        assert_eq!((set.len(), set.side(), set.labels()), (5, 48, None));
        for image in [set.image(0), set.image(4)] {
            assert_eq!(image[..3], [255, 0, 0], "top left");
            assert_eq!(image[47 * 3..][..3], [255, 0, 0], "top right");
            assert_eq!(image[47 * 48 * 3..][..3], [0, 0, 255], "bottom left");
        }
        assert_eq!(report.sizes.unwrap().most_common, [96, 96]);
        let labels = dir.path().join("train_y.bin");
        let left_out = format!(
            "the labels in {} are left out, since the images of unlabeled_X.bin have none",
            labels.display()
        );
        assert_eq!(report.notes, [left_out]);
    }

    #[test]
    fn labelled_images_alone_keep_their_labels() {
        let dir = folder();
        let test = get(dir.path(), 96, Split::Test).unwrap().set;
        assert_eq!((test.labels().unwrap(), test.classes()[2].as_str()), (&[2][..], "car"));
        fs::remove_file(dir.path().join("unlabeled_X.bin")).unwrap();
        let Loaded { set, report } = get(dir.path(), 32, Split::Train).unwrap();
        assert_eq!(set.labels().unwrap(), [0, 9]);
        assert!(report.notes[0].contains("unlabeled_X.bin"), "{:?}", report.notes);
    }

    #[test]
    fn what_is_missing_is_said_and_what_is_there_is_used() {
        let dir = folder();
        let remove = |name: &str| fs::remove_file(dir.path().join(name)).unwrap();
        let notes = |split: Split| {
            let Loaded { set, report } = get(dir.path(), 96, split).unwrap();
            assert!(report.notes.iter().all(|note| note.starts_with("there is no ")), "{:?}", report.notes);
            (set, report.notes.join("\n"))
        };
        // Images without labels, with and without unlabelled ones beside them.
        remove("train_y.bin");
        assert_eq!(notes(Split::Train).1, "");
        remove("unlabeled_X.bin");
        let (set, said) = notes(Split::Train);
        assert_eq!((set.len(), set.labels(), set.image(1)[..3].to_vec()), (2, None, vec![128; 3]));
        assert_eq!(set.image(0)[95 * 96 * 3..][..3], [0, 0, 255], "bottom left");
        assert!(said.contains("unlabeled_X.bin: only the images of train_X.bin are used"), "{said}");
        assert!(said.contains("train_y.bin: the images have no labels"), "{said}");
        remove("test_y.bin");
        assert!(notes(Split::Test).1.contains("test_y.bin: the images have no labels"));
        // Unlabelled images alone, in the archive's folder.
        let archive = tempfile::tempdir().unwrap();
        fs::create_dir(archive.path().join("stl10_binary")).unwrap();
        fs::write(archive.path().join("stl10_binary/unlabeled_X.bin"), flag()).unwrap();
        let Loaded { set, report } = get(archive.path(), 48, Split::Train).unwrap();
        assert_eq!((set.len(), set.labels(), set.image(0)[..3].to_vec()), (1, None, vec![255, 0, 0]));
        assert!(
            report.notes[0].contains("train_X.bin: only the images of unlabeled_X.bin are used"),
            "{:?}",
            report.notes
        );
        let missing = get(archive.path(), 48, Split::Test).unwrap_err().to_string();
        assert!(missing.starts_with("there is no test_X.bin in "), "{missing}");
        fs::remove_file(archive.path().join("stl10_binary/unlabeled_X.bin")).unwrap();
        let missing = get(archive.path(), 48, Split::Train).unwrap_err().to_string();
        assert!(missing.starts_with("there is no train_X.bin or unlabeled_X.bin in "), "{missing}");
        assert!(missing.contains("stl10_binary, which holds nothing; "), "{missing}");
    }

    #[test]
    fn damaged_files_are_named() {
        let dir = folder();
        fs::write(dir.path().join("test_y.bin"), [0]).unwrap();
        assert!(get(dir.path(), 32, Split::Test).unwrap_err().to_string().contains("label 0"));
        fs::write(dir.path().join("test_y.bin"), [1, 1]).unwrap();
        assert!(get(dir.path(), 32, Split::Test).unwrap_err().to_string().contains("2 labels for 1 images"));
        fs::write(dir.path().join("unlabeled_X.bin"), [0; 1000]).unwrap();
        let error = get(dir.path(), 32, Split::Train).unwrap_err().to_string();
        assert!(error.contains("unlabeled_X.bin is damaged"), "{error}");
    }
}
