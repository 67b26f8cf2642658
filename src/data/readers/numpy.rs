//! NumPy arrays of images: a `.npy` file, or a `.npz` archive as Keras, MedMNIST and others publish them.
//!
//! Images are unsigned bytes, `[n, h, w]` (grey), `[n, h, w, c]` or `[n, c, h, w]` with 1 or 3 channels. In an
//! archive they are the first array there is of [`IMAGES`], and labels, whole numbers `[n]` or `[n, 1]`, the
//! first of [`LABELS`]. The images are streamed: only those of the target side are held.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::records::{self, Collector, RecordLayout};
use crate::data::limits::MAX_RATIO;
use crate::data::options::{LoadOptions, Loaded};
use crate::data::reader::{Reader, SourceKind, SourcePlace};
use crate::data::{DataError, ImageSet, Report, Split};
use crate::input;
use crate::tensors::{Archive, NpyHeader, TensorsError};

/// Names of the images in an archive: of those for training, then of those for testing.
const IMAGES: [&[&str]; 2] = [&["train_images", "x_train", "images", "arr_0"], &["test_images", "x_test"]];
/// Names of the labels in an archive.
const LABELS: [&[&str]; 2] = [&["train_labels", "y_train", "labels", "arr_1"], &["test_labels", "y_test"]];
/// So many bytes may come out of any archive, since grounds of one colour pack well.
const ALWAYS: u64 = 1 << 20;

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

    fn native_side(&self, path: &Path, split: Split) -> Result<Option<usize>, DataError> {
        Ok(Some(Arrays::open(path)?.images(split)?.1.side()))
    }

    fn load(&self, name: String, path: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
        let mut arrays = Arrays::open(path)?;
        let (found, layout) = {
            let (array, layout) = arrays.images(options.split)?;
            (array.header.shape[0], layout)
        };
        let (labels, notes) = match arrays.labels(options.split, found)? {
            Some(labels) => (Some(labels), Vec::new()),
            None => (None, vec!["There is no array with a label for each image".to_owned()]),
        };
        options.fits_memory(options.kept_of(found))?;
        let chosen = options.choose(found);
        let mut collector = Collector::new(layout.width, layout.height, found, &chosen, options);
        let (mut array, _) = arrays.images(options.split)?;
        collector
            .take(path, &mut array.numbers, found, layout.bytes(), |record| Ok((0, layout.rgb(record))))?;
        // An archive verifies its checksum at the end.
        array.numbers.read(&mut [0]).map_err(|error| DataError::damaged(path, error.to_string()))?;
        let count = labels.iter().flatten().max().map_or(0, |&last| usize::from(last) + 1);
        let labels = labels.map(|labels| chosen.iter().map(|&i| labels[i]).collect());
        let classes = (0..count).map(|class| class.to_string()).collect();
        let set = ImageSet::new(name, options.side, collector.pixels, labels, classes)?;
        let size = [layout.width as u32, layout.height as u32];
        let report = Report::of(&set, options.split, found, size);
        Ok(Loaded { set, report: Report { notes, ..report } })
    }
}

/// A file with one array, or with several by name.
struct Arrays {
    path: PathBuf,
    /// Bytes of the file.
    length: u64,
    file: Opened,
}

enum Opened {
    Array(BufReader<File>),
    Archive(Archive<BufReader<File>>),
}

/// An array whose numbers are still to be read.
struct UnreadArray<'a> {
    header: NpyHeader,
    numbers: Box<dyn Read + 'a>,
}

impl Arrays {
    fn open(path: &Path) -> Result<Self, DataError> {
        let (_, length) = input::open(path).map_err(|error| DataError::read(path, error))?;
        let mut file = records::open(path)?;
        let mut start = Vec::new();
        file.by_ref().take(2).read_to_end(&mut start).map_err(|error| DataError::read(path, error))?;
        file.rewind().map_err(|error| DataError::read(path, error))?;
        let file = if start == b"PK" {
            Opened::Archive(Archive::open(file, u64::MAX).map_err(|error| unusable(path, &error))?)
        } else {
            Opened::Array(file)
        };
        Ok(Self { path: path.to_owned(), length, file })
    }

    /// The images of a split, and how they lie there.
    fn images(&mut self, split: Split) -> Result<(UnreadArray<'_>, RecordLayout), DataError> {
        let path = self.path.clone();
        let names = of(split, IMAGES);
        let none = || match split {
            Split::Train => {
                DataError::damaged(&path, format!("it has none of the arrays {}", names.join(", ")))
            }
            Split::Test => DataError::NoTestSplit(path.display().to_string()),
        };
        if split == Split::Test && matches!(self.file, Opened::Array(_)) {
            return Err(none());
        }
        let array = self.first(names)?.ok_or_else(none)?;
        let NpyHeader { kind, by_columns, shape, .. } = &array.header;
        let layout = RecordLayout::of(shape).map_err(|why| DataError::damaged(&path, why))?;
        if kind != "|u1" || *by_columns {
            let why = format!("it holds numbers of the kind {kind:?}, and images are rows of bytes (uint8)");
            return Err(DataError::damaged(&path, why));
        }
        Ok((array, layout))
    }

    /// The label of each of `images` images; `None` where there is no such array.
    fn labels(&mut self, split: Split, images: usize) -> Result<Option<Vec<u16>>, DataError> {
        let path = self.path.clone();
        let Opened::Archive(_) = self.file else { return Ok(None) };
        let Some(array) = self.first(of(split, LABELS))? else { return Ok(None) };
        let UnreadArray { header: NpyHeader { kind, shape, .. }, mut numbers } = array;
        let whole = kind.contains(['u', 'i']);
        let Some(size) =
            bytes_of_number(&kind).filter(|_| whole && [&[images][..], &[images, 1]].contains(&&shape[..]))
        else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        numbers.read_to_end(&mut bytes).map_err(|error| DataError::damaged(&path, error.to_string()))?;
        let label = |number: &[u8]| {
            // The sign of a negative number goes on in the bytes that it does not have.
            let negative = kind.contains('i') && number.last().is_some_and(|byte| byte & 0x80 != 0);
            let mut word = if negative { [0xff; 8] } else { [0; 8] };
            word[..size].copy_from_slice(number);
            u16::try_from(u64::from_le_bytes(word)).ok()
        };
        let labels: Option<Vec<u16>> = bytes.chunks_exact(size).map(label).collect();
        let wrong = || DataError::damaged(&path, format!("it has not {images} labels from 0 to 65535"));
        labels.filter(|labels| labels.len() == images).ok_or_else(wrong).map(Some)
    }

    /// The first array there is of these names; a file of one array has it under each.
    fn first(&mut self, names: &[&str]) -> Result<Option<UnreadArray<'_>>, DataError> {
        let Self { path, length, file } = self;
        let refuse = |error: &TensorsError| unusable(path, error);
        let (mut numbers, bytes): (Box<dyn Read + '_>, u64) = match file {
            Opened::Array(file) => {
                file.rewind().map_err(|error| DataError::read(path, error))?;
                (Box::new(file), *length)
            }
            Opened::Archive(archive) => {
                let mut entries = names.iter().map(|name| format!("{name}.npy"));
                let Some(name) = entries.find(|name| archive.size(name).is_some()) else {
                    return Ok(None);
                };
                let (entry, bytes) = archive.entry(&name).map_err(|error| refuse(&error))?;
                (Box::new(entry), bytes)
            }
        };
        let header = NpyHeader::read(&mut numbers).map_err(|error| refuse(&error))?;
        let size = bytes_of_number(&header.kind).unwrap_or(1) as u64;
        let mut extents = header.shape.iter();
        let declared = extents.try_fold(size, |product, &extent| product.checked_mul(extent as u64));
        let there = bytes.saturating_sub(header.length);
        if there == 0 || declared != Some(there) {
            let why = format!("the shape {:?} does not fit the {there} bytes of its array", header.shape);
            return Err(DataError::damaged(path, why));
        }
        if bytes > length.saturating_mul(MAX_RATIO).max(ALWAYS) {
            let why = format!("{bytes} bytes in a file of {length} are packed more than {MAX_RATIO} to 1");
            return Err(DataError::damaged(path, why));
        }
        // One more than there are, so that the end is reached and a checksum compared.
        Ok(Some(UnreadArray { header, numbers: Box::new(numbers.take(there + 1)) }))
    }
}

/// What belongs to a split.
fn of<T: Copy>(split: Split, [train, test]: [T; 2]) -> T {
    match split {
        Split::Train => train,
        Split::Test => test,
    }
}

/// Bytes of a number of a kind in NumPy's notation, such as `<i8`; `None` for what is no little-endian number.
fn bytes_of_number(kind: &str) -> Option<usize> {
    let size = kind.strip_prefix(['<', '|'])?.strip_prefix(['u', 'i', 'f', 'b'])?.parse().ok()?;
    [1, 2, 4, 8].contains(&size).then_some(size)
}

fn unusable(path: &Path, error: &TensorsError) -> DataError {
    DataError::damaged(path, error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;
    use crate::data::{DataConfig, Source, load};

    fn npy(kind: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
        let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let length = (text.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes(), numbers].concat()
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
    fn an_archive_has_splits_labels_and_a_native_side() {
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
        assert_eq!(get(&bytes, 8, Split::Test).unwrap().set.image(0)[..3], [7; 3]);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &bytes).unwrap();
        assert_eq!(Numpy.native_side(file.path(), Split::Train).unwrap(), Some(8));
    }

    #[test]
    fn damaged_and_foreign_arrays_are_refused_in_a_sentence() {
        let negative = npy("|i1", "(3,)", &[0, 1, 0xff]);
        let cases = [
            (npy("<f4", "(1, 8, 8)", &[0; 256]), "<f4"),
            (npy("|O", "(1,)", &[0; 8]), "pickled"),
            (npy("|u1", "(4, 8, 8)", &[0; 64]), "does not fit"),
            (npy("|u1", "(18446744073709551615, 8, 8)", &[0; 64]), "does not fit"),
            (npy("|u1", "(0, 8, 8)", &[]), "does not fit"),
            (npy("|u1", "(8, 8)", &[0; 64]), "not those of"),
            (npy("|u1", "(1, 70000, 1)", &[0; 70_000]), "larger than the limit"),
            (grey()[..100].to_vec(), "does not fit"),
            (npz(&[("a.npy", grey())]), "none of the arrays train_images"),
            (npz(&[("images.npy", grey()), ("labels.npy", negative)]), "3 labels from 0"),
            (npz(&[("images.npy", npy("|u1", "(4000, 64, 64)", &[0; 4000 * 4096]))]), "packed more than"),
            (b"PK\x03\x04".to_vec(), "zip archive"),
            (Vec::new(), "does not begin"),
        ];
        for (bytes, expected) in cases {
            let refusal = refusal(&bytes);
            assert!(refusal.contains("is damaged") && refusal.contains(expected), "{expected}: {refusal}");
        }
        let mut changed = npz(&[("images.npy", grey())]);
        let at = changed.len() / 3;
        changed[at] ^= 1;
        assert!(get(&changed, 8, Split::Train).is_err());
    }
}
