//! STL-10, binary version: <https://cs.stanford.edu/~acoates/stl10/>.
//!
//! Images of 96 x 96: red, green and blue planes, each stored column by column. 5,000 labelled and
//! 100,000 unlabelled training images, 8,000 test images; labels are 1 to 10 in files of their own.
//! The files are streamed: 105,000 images at full size would be 2.9 GB.

use std::io::Read;
use std::path::Path;

use super::records::{self, Collector};
use crate::data::options::{LoadOptions, Loaded};
use crate::data::reader::{Download, Reader, RemoteFile, SourceKind, SourcePlace};
use crate::data::{DataError, ImageSet, Report, Split};

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
/// unlabelled images together, without labels, as AutoGAN uses it; where there is no `unlabeled_X.bin` it is
/// the labelled images, and a note says so.
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

    fn native_side(&self, _: &Path, _: Split) -> Result<Option<usize>, DataError> {
        Ok(Some(SIDE))
    }

    fn downloads(&self) -> &'static [Download] {
        &DOWNLOADS
    }

    fn load(&self, name: String, path: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
        let inner = path.join("stl10_binary");
        let dir = if inner.is_dir() { &inner } else { path };
        let (images, labels, unlabelled) = match options.split {
            Split::Train => ("train_X.bin", "train_y.bin", Some(dir.join("unlabeled_X.bin"))),
            Split::Test => ("test_X.bin", "test_y.bin", None),
        };
        let mut files = vec![dir.join(images)];
        let mut note = None;
        match unlabelled {
            Some(path) if path.exists() => files.push(path),
            Some(path) => {
                note = Some(format!("There is no {}: only the labelled images are used", path.display()));
            }
            None => {}
        }
        let counts =
            files.iter().map(|path| records::count(path, RECORD, MOST)).collect::<Result<Vec<_>, _>>()?;
        let found = counts.iter().sum();
        options.fits_memory(options.kept_of(found))?;
        let chosen = options.choose(found);
        let labels = match files.len() {
            1 => Some(read_labels(&dir.join(labels), counts[0])?),
            _ => None,
        };
        let mut collector = Collector::new(SIDE, SIDE, found, &chosen, options);
        for (path, count) in files.iter().zip(counts) {
            collector
                .take(path, &mut records::open(path)?, count, RECORD, |record| Ok((0, upright(record))))?;
        }
        let classes = match labels {
            Some(_) => CLASSES.map(String::from).into(),
            None => Vec::new(),
        };
        let labels = labels.map(|labels| chosen.iter().map(|&i| labels[i]).collect());
        let set = ImageSet::new(name, options.side, collector.pixels, labels, classes)?;
        let mut report = Report::of(&set, options.split, found, [SIDE as u32; 2]);
        report.notes.extend(note);
        Ok(Loaded { set, report })
    }
}

/// One label for each of `images` images, counted from 0.
fn read_labels(path: &Path, images: usize) -> Result<Vec<u16>, DataError> {
    let count = records::count(path, 1, MOST)?;
    if count != images {
        return Err(DataError::damaged(path, format!("it holds {count} labels for {images} images")));
    }
    let mut bytes = Vec::new();
    records::open(path)?
        .take(count as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| DataError::read(path, error))?;
    match bytes.iter().find(|label| !(1..=10).contains(*label)) {
        Some(label) => Err(DataError::damaged(path, format!("the label {label} is not from 1 to 10"))),
        None => Ok(bytes.into_iter().map(|label| u16::from(label - 1)).collect()),
    }
}

/// UpdateSchedule columns into rows and planes into pixels: `[3, x, y]` to `[y, x, 3]`.
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
    use crate::data::{DataConfig, Source, load};
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
        assert!(report.notes.is_empty());
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
