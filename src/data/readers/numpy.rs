//! NumPy arrays of images: a `.npy` file, or a `.npz` archive as Keras, MedMNIST and others publish them.
//!
//! Images are whole numbers from 0 to 255, `[n, h, w]` (grey), `[n, h, w, c]` or `[n, c, h, w]` with 1 or 3 channels,
//! in either order of bytes and of indices. In an archive they are the first array there is of [`IMAGES`], or the only
//! array of such a shape, and labels, whole numbers `[n]` or `[n, 1]`, the first of [`LABELS`].

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::columns::RowReader;
use super::records::{
    self, RecordClasses, RecordFile, RecordFormat, RecordLabels, RecordLayout, found_records, without_labels,
};
use crate::data::limits::most_unpacked;
use crate::data::reader::{FoundImages, Reader, SourceKind, SourcePlace};
use crate::data::{DataError, LoadOptions, Split};
use crate::input;
use crate::tensors::{Archive, NpyHeader, shown};

/// Names of the images in an archive: of those for training, then of those for testing.
const IMAGES: [&[&str]; 2] = [&["train_images", "x_train", "images", "arr_0"], &["test_images", "x_test"]];
/// Names of the labels in an archive.
const LABELS: [&[&str]; 2] = [&["train_labels", "y_train", "labels", "arr_1"], &["test_labels", "y_test"]];
/// Names of images that are for validation, which nothing here does.
const VALIDATION: [&str; 3] = ["val_images", "x_val", "x_valid"];
/// Height or width from which on three images may be the colours of one picture.
const SMALLEST_SIDE: usize = 16;
/// Arrays of an archive that are looked at in search of images.
const LOOKED_AT: usize = 100;

/// Reads a `.npy` or `.npz` file.
pub(super) struct Numpy;

impl Reader for Numpy {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: "numpy",
            label: "NumPy",
            about: "A .npy or .npz file with an array of 8-bit images, as of MedMNIST",
            place: SourcePlace::File(&["npy", "npz"]),
        }
    }

    fn open(&self, _: &str, path: &Path, options: &LoadOptions) -> Result<FoundImages, DataError> {
        let mut arrays = Arrays::open(path)?;
        let ImageArray { array: UnreadArray { header, kind, numbers }, layout, note } =
            arrays.images(options.split)?;
        let count = header.shape[0];
        let labels = arrays.labels(options.split, count)?;
        let mut notes: Vec<String> = note.into_iter().collect();
        notes.extend(arrays.validation());
        let classes = match labels {
            Ok(labels) => {
                let classes = labels.iter().max().map_or(0, |&last| usize::from(last) + 1);
                let names = (0..classes).map(|class| class.to_string()).collect();
                RecordClasses { labels: RecordLabels::Listed(labels), names, notes: Vec::new() }
            }
            Err(why) => RecordClasses::none([why]),
        };
        let reader = if header.by_columns {
            Box::new(RowReader::new(path, numbers, &header.shape, kind.size)?)
        } else {
            numbers
        };
        let format = RecordFormat {
            bytes: layout.bytes() * kind.size,
            size: [layout.width, layout.height],
            decode: Box::new(move |record| Ok(layout.rgb(&kind.pixels(record)?))),
        };
        let files = vec![RecordFile::new(path, count, reader, true)];
        Ok(found_records(files, format, classes, notes, options))
    }
}

/// A file with one array, or with several by name.
struct Arrays {
    path: PathBuf,
    /// Bytes of the file.
    length: u64,
    /// None where it is one array.
    archive: Option<Archive<BufReader<File>>>,
}

/// An array whose numbers are still to be read.
struct UnreadArray {
    header: NpyHeader,
    kind: ArrayKind,
    numbers: Box<dyn Read>,
}

/// An array of images.
struct ImageArray {
    array: UnreadArray,
    layout: RecordLayout,
    /// What a person should know of how it was found.
    note: Option<String>,
}

impl Arrays {
    fn open(path: &Path) -> Result<Self, DataError> {
        let (_, length) = input::open(path).map_err(|error| DataError::read(path, error))?;
        let mut file = records::open(path)?;
        let mut start = Vec::new();
        file.by_ref().take(2).read_to_end(&mut start).map_err(|error| DataError::read(path, error))?;
        file.rewind().map_err(|error| DataError::read(path, error))?;
        let archive = (start == b"PK").then(|| Archive::open(file, u64::MAX)).transpose();
        let archive = archive.map_err(|error| DataError::of_file(path, error))?;
        Ok(Self { path: path.to_owned(), length, archive })
    }

    /// The images of a split, and how they lie there.
    fn images(&mut self, split: Split) -> Result<ImageArray, DataError> {
        let path = self.path.clone();
        let known = of(split, IMAGES);
        let (name, note) = match (&self.archive, split) {
            (None, Split::Train) => (String::new(), None),
            (None, Split::Test) => {
                return Err(DataError::NoTestSplit(input::shown(&path)));
            }
            (Some(archive), _) => {
                let there = known.iter().find(|name| archive.size(&entry(name)).is_some());
                match (there, split) {
                    (Some(name), _) => ((*name).to_owned(), None),
                    (None, Split::Train) => {
                        let name = self.only_images()?;
                        let note = format!(
                            "the images are the array {}, the only one of such a shape",
                            shown(&name)
                        );
                        (name, Some(note))
                    }
                    (None, Split::Test) => return Err(DataError::NoTestSplit(input::shown(&path))),
                }
            }
        };
        let array = self.array(&name)?;
        let shape = &array.header.shape;
        let layout = RecordLayout::of(shape).map_err(|why| DataError::unread(&path, why))?;
        if !array.kind.is_whole {
            let why = format!(
                "it holds {}, and pixels are whole numbers from 0 to 255; save it as such, from values of 0 to 1 with `(x * 255).astype(\"uint8\")`",
                array.header.kind_in_words()
            );
            return Err(DataError::unread(&path, why));
        }
        if let Some(why) = single_picture(shape) {
            return Err(DataError::unread(&path, why));
        }
        Ok(ImageArray { array, layout, note })
    }

    /// The name of the only array of an archive that can be images.
    fn only_images(&mut self) -> Result<String, DataError> {
        let path = self.path.clone();
        let Some(archive) = &self.archive else { return Ok(String::new()) };
        let names = archive.names();
        let arrays = names.iter().filter_map(|name| name.strip_suffix(".npy")).take(LOOKED_AT);
        let mut images = Vec::new();
        for name in arrays {
            // What is no array, or no array of numbers, is none of images.
            let is_image = |UnreadArray { header: NpyHeader { shape, .. }, kind, .. }: UnreadArray| {
                kind.is_whole && RecordLayout::of(&shape).is_ok() && single_picture(&shape).is_none()
            };
            if self.array(name).is_ok_and(is_image) {
                images.push(name);
            }
        }
        let listed =
            |names: &[&str]| names.iter().take(10).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
        let why = match images[..] {
            [only] => return Ok(only.to_owned()),
            [] => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let there = if names.is_empty() { "nothing".to_owned() } else { listed(&names) };
                format!(
                    "it has none of the arrays {} and no other of images, but {there}; save the images in it as one of these",
                    IMAGES[0].join(", ")
                )
            }
            _ => format!(
                "it has several arrays that may be images ({}) and none of the names {}; give one of them such a name",
                listed(&images),
                IMAGES[0].join(", ")
            ),
        };
        Err(DataError::unread(&path, why))
    }

    /// The label of each of `images` images, or a note on why they have none.
    fn labels(&mut self, split: Split, images: usize) -> Result<Result<Vec<u16>, String>, DataError> {
        let path = self.path.clone();
        let none = || without_labels("array of labels");
        let Some(archive) = &self.archive else { return Ok(Err(none())) };
        let names = of(split, LABELS);
        let Some(name) = names.iter().find(|name| archive.size(&entry(name)).is_some()) else {
            return Ok(Err(none()));
        };
        let unused = |why: &str| format!("the labels in the array {name} are not used: {why}");
        let UnreadArray { header, kind, mut numbers } = match self.array(name) {
            // Objects of Python's.
            Err(DataError::Unread { .. }) => return Ok(Err(unused("they are no numbers"))),
            array => array?,
        };
        if header.shape.first().is_some_and(|&count| count != images) {
            let why = format!(
                "its array {name} has {} labels for {images} images; save one for each",
                header.shape[0]
            );
            return Err(DataError::unread(&path, why));
        }
        if !kind.is_whole {
            let kind = header.kind_in_words();
            return Ok(Err(unused(&format!("they are {kind}, and labels are whole numbers"))));
        }
        if ![&[images][..], &[images, 1]].contains(&&header.shape[..]) {
            let shape = &header.shape;
            return Ok(Err(unused(&format!("their shape is {shape:?}, and that of labels is [{images}]"))));
        }
        let mut bytes = Vec::new();
        numbers.read_to_end(&mut bytes).map_err(|error| DataError::damaged(&path, error.to_string()))?;
        let label = |number: &[u8]| {
            let number = kind.number(number);
            u16::try_from(number).map_err(|_| {
                let why = format!("its array {name} has the label {number}, and labels are from 0 to 65535");
                DataError::unread(&path, why)
            })
        };
        let labels: Vec<u16> = bytes.chunks_exact(kind.size).map(label).collect::<Result<_, _>>()?;
        match labels.len() {
            count if count == images => Ok(Ok(labels)),
            count => Err(DataError::damaged(
                &path,
                format!("its array {name} ends after {count} of {images} labels"),
            )),
        }
    }

    /// A note on images for validation, which are not used.
    fn validation(&self) -> Option<String> {
        let Some(archive) = &self.archive else { return None };
        let name = VALIDATION.iter().find(|name| archive.size(&entry(name)).is_some())?;
        Some(format!("the array {name}, which is for validation, is left out"))
    }

    /// An array by its name; a file of one array has it under each.
    fn array(&mut self, name: &str) -> Result<UnreadArray, DataError> {
        let Self { path, length, archive } = self;
        let refuse = |error| DataError::of_file(path, error);
        let file = records::open(path)?;
        let (mut numbers, bytes): (Box<dyn Read>, u64) = match archive {
            None => (Box::new(file), *length),
            Some(archive) => {
                let (entry, bytes) = archive.entry(&entry(name), file).map_err(refuse)?;
                (Box::new(entry), bytes)
            }
        };
        let header = NpyHeader::read(&mut numbers).map_err(refuse)?;
        let kind = ArrayKind::of(&header.kind);
        let mut extents = header.shape.iter();
        let declared =
            extents.try_fold(kind.size as u64, |product, &extent| product.checked_mul(extent as u64));
        let there = bytes.saturating_sub(header.length);
        if header.shape.contains(&0) && there == 0 {
            let why = format!("it has no numbers: its shape is {:?}", header.shape);
            return Err(DataError::unread(path, why));
        }
        if there == 0 || declared != Some(there) {
            let why = format!("the shape {:?} does not fit the {there} bytes of its array", header.shape);
            return Err(DataError::damaged(path, why));
        }
        let most = most_unpacked(*length);
        if bytes > most {
            let why = format!(
                "an array in it declares {bytes} bytes, and at most {most} may come out of its {length}"
            );
            return Err(DataError::damaged(path, why));
        }
        // One more than there are, so that the end is reached and a checksum compared.
        Ok(UnreadArray { header, kind, numbers: Box::new(numbers.take(there + 1)) })
    }
}

/// An array's name in an archive.
fn entry(name: &str) -> String {
    format!("{name}.npy")
}

/// What is said of an array of three dimensions that is one colour picture by its shape, and not several grey ones.
fn single_picture(shape: &[usize]) -> Option<String> {
    // No grey image is as narrow as this, and nobody has so few.
    let (one, grey) = match *shape {
        [_, _, 3] => ("x[None]", "x[..., None]"),
        [_, _, 4] => ("x[None, ..., :3]", "x[..., None]"),
        [3, height, width] if height.min(width) >= SMALLEST_SIDE => ("x[None]", "x[..., None]"),
        [4, height, width] if height.min(width) >= SMALLEST_SIDE => ("x[None, :3]", "x[..., None]"),
        _ => return None,
    };
    Some(format!(
        "its shape {shape:?} is that of one colour picture, and that of images is [n, height, width, 3]; save it with \
         `{one}`, or grey images of this shape with `{grey}`"
    ))
}

/// What belongs to a split.
fn of<T: Copy>(split: Split, [train, test]: [T; 2]) -> T {
    match split {
        Split::Train => train,
        Split::Test => test,
    }
}

/// What kind of numbers an array has.
#[derive(Clone, Copy, Debug)]
struct ArrayKind {
    /// Bytes of a number or a text; 1 where it is not known.
    size: usize,
    /// Whether they are whole numbers.
    is_whole: bool,
    is_signed: bool,
    is_big_endian: bool,
}

impl ArrayKind {
    /// Of a kind in NumPy's notation, such as `<i8`.
    fn of(kind: &str) -> Self {
        let letters = kind.trim_start_matches(['<', '>', '|', '=']);
        let size = letters.get(1..).and_then(|size| size.parse::<usize>().ok());
        // Each letter of a text takes four bytes.
        let each = if letters.starts_with('U') { 4 } else { 1 };
        let is_number = size.is_some_and(|size| [1, 2, 4, 8].contains(&size));
        Self {
            size: size.and_then(|size| size.checked_mul(each)).filter(|&size| size > 0).unwrap_or(1),
            is_whole: is_number && letters.starts_with(['u', 'i']),
            is_signed: letters.starts_with('i'),
            is_big_endian: kind.starts_with('>'),
        }
    }

    /// A whole number out of its bytes.
    fn number(self, bytes: &[u8]) -> i128 {
        let value = |value: i128, byte: &u8| value << 8 | i128::from(*byte);
        let number =
            if self.is_big_endian { bytes.iter().fold(0, value) } else { bytes.iter().rev().fold(0, value) };
        let end = 1 << (8 * bytes.len());
        if self.is_signed && number >= end / 2 { number - end } else { number }
    }

    /// The pixels that whole numbers stand for.
    fn pixels(self, numbers: &[u8]) -> Result<Vec<u8>, String> {
        if self.size == 1 && !self.is_signed {
            return Ok(numbers.to_vec());
        }
        let pixel = |number: &[u8]| {
            let number = self.number(number);
            u8::try_from(number).map_err(|_| {
                format!("it has the number {number}, and pixels are from 0 to 255; save it as such")
            })
        };
        numbers.chunks_exact(self.size).map(pixel).collect()
    }
}

#[cfg(test)]
mod tests;
