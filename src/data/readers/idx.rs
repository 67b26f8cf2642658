//! IDX, the format of MNIST and its successors: <http://yann.lecun.com/exdb/mnist/>.
//!
//! Two zero bytes, the type (8: unsigned byte), the rank, each dimension as a big-endian `u32`, then
//! the values. Images are `[n, h, w]` (grey), `[n, h, w, c]` or `[n, c, h, w]` with 1 or 3 channels;
//! labels are `[n]`. Each file may be gzipped, which its first bytes show.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::records::{Collector, RecordLayout};
use crate::data::limits::MAX_RATIO;
use crate::data::options::{LoadOptions, Loaded};
use crate::data::reader::{Download, Reader, RemoteFile, SourceKind, SourcePlace};
use crate::data::{DataError, ImageSet, Report, Split};
use crate::input;

/// Sorted labels pack a thousand to one, so so many bytes may come out of any gzip.
const ALWAYS: u64 = 1 << 20;

/// A file of Fashion-MNIST at an address of the publisher's with HTTPS; the one that is published has none.
const fn fashion(file: &'static str, md5: &'static str) -> RemoteFile {
    let base = "https://fashion-mnist.s3.eu-central-1.amazonaws.com/";
    RemoteFile { base, file, most: 40_000_000, md5, members: &[] }
}

static DOWNLOADS: [Download; 1] = [Download {
    name: "fashion-mnist",
    about: "70,000 grey images of 28 x 28, 30 MB to download",
    files: &[
        fashion("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        fashion("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        fashion("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        fashion("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ],
}];

/// Reads the files with MNIST's names in a folder.
pub(super) struct Idx;

impl Reader for Idx {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: "idx",
            label: "IDX",
            about: "The folder with MNIST's or Fashion-MNIST's files",
            place: SourcePlace::Folder,
        }
    }

    fn native_side(&self, path: &Path, split: Split) -> Result<Option<usize>, DataError> {
        let layout = IdxFile::open(&images(path, split)?)?.layout()?;
        Ok(Some(layout.side()))
    }

    fn downloads(&self) -> &'static [Download] {
        &DOWNLOADS
    }

    fn load(&self, name: String, path: &Path, options: &LoadOptions) -> Result<Loaded, DataError> {
        let (dir, prefix) = (path, prefix(options.split));
        let path = images(dir, options.split)?;
        let mut images = IdxFile::open(&path)?;
        let layout = images.layout()?;
        let found = images.dims[0];
        let labels = match find(dir, prefix, "labels", &[1]) {
            Some(labels) => Some(read_labels(&labels, found)?),
            None => None,
        };
        options.fits_memory(options.kept_of(found))?;
        let chosen = options.choose(found);
        let mut collector = Collector::new(layout.width, layout.height, found, &chosen, options);
        collector
            .take(&path, &mut images.reader, found, layout.bytes(), |record| Ok((0, layout.rgb(record))))?;
        images.end()?;
        let mut notes = Vec::new();
        let (labels, classes) = match labels {
            Some(all) => {
                let count = usize::from(all.iter().copied().max().unwrap_or(0)) + 1;
                let labels = chosen.iter().map(|&i| u16::from(all[i])).collect();
                (Some(labels), (0..count).map(|class| class.to_string()).collect())
            }
            None => {
                notes.push(format!("There is no {prefix}-labels-idx1-ubyte: the images have no labels"));
                (None, Vec::new())
            }
        };
        let set = ImageSet::new(name, options.side, collector.pixels, labels, classes)?;
        let size = [layout.width as u32, layout.height as u32];
        let mut report = Report::of(&set, options.split, found, size);
        report.notes = notes;
        Ok(Loaded { set, report })
    }
}

/// What the names of a split's files begin with.
fn prefix(split: Split) -> &'static str {
    match split {
        Split::Train => "train",
        Split::Test => "t10k",
    }
}

/// The file with a split's images.
fn images(dir: &Path, split: Split) -> Result<PathBuf, DataError> {
    let prefix = prefix(split);
    let missing = || DataError::MissingFile(dir.join(format!("{prefix}-images-idx3-ubyte")));
    find(dir, prefix, "images", &[3, 4]).ok_or_else(missing)
}

/// The file of one kind, under any of the usual spellings.
fn find(dir: &Path, prefix: &str, kind: &str, ranks: &[u8]) -> Option<PathBuf> {
    let names =
        ranks.iter().flat_map(|rank| ["-", "."].map(|mark| format!("{prefix}-{kind}{mark}idx{rank}-ubyte")));
    names.flat_map(|name| [dir.join(&name), dir.join(name + ".gz")]).find(|path| path.exists())
}

fn read_labels(path: &Path, images: usize) -> Result<Vec<u8>, DataError> {
    let mut file = IdxFile::open(path)?;
    if file.dims != [images] {
        let why = format!("its dimensions are {:?} where [{images}] labels belong", file.dims);
        return Err(DataError::damaged(path, why));
    }
    let mut labels = Vec::new();
    (&mut file.reader)
        .take(images as u64)
        .read_to_end(&mut labels)
        .map_err(|error| DataError::damaged(path, error.to_string()))?;
    if labels.len() < images {
        return Err(DataError::damaged(path, format!("it ends after {} of {images} labels", labels.len())));
    }
    file.end()?;
    Ok(labels)
}

/// An opened file after its header.
struct IdxFile {
    path: PathBuf,
    dims: Vec<usize>,
    reader: Box<dyn Read>,
}

impl IdxFile {
    /// Opens a plain or gzipped file of unsigned bytes and checks that it can hold what it declares.
    fn open(path: &Path) -> Result<Self, DataError> {
        let damaged = |why: &str| DataError::damaged(path, why);
        let (file, length) = input::open(path).map_err(|error| DataError::read(path, error))?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let start = file.fill_buf().map_err(|error| DataError::read(path, error))?;
        let zipped = start.starts_with(&[0x1f, 0x8b]);
        let mut reader: Box<dyn Read> = match zipped {
            true => Box::new(MultiGzDecoder::new(file)),
            false => Box::new(file),
        };
        let mut magic = [0; 4];
        reader.read_exact(&mut magic).map_err(|_| damaged("it ends within its header"))?;
        let [0, 0, kind, rank] = magic else {
            return Err(damaged("it does not start as an IDX file does"));
        };
        if kind != 8 {
            return Err(damaged(&format!(
                "its values have type {kind:#04x}, and only unsigned bytes (0x08) are images"
            )));
        }
        let mut dims = Vec::new();
        for _ in 0..rank {
            let mut dim = [0; 4];
            reader.read_exact(&mut dim).map_err(|_| damaged("it ends within its header"))?;
            dims.push(u32::from_be_bytes(dim) as usize);
        }
        let values = dims.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim as u64));
        let header = 4 + 4 * u64::from(rank);
        let Some(declared) = values.and_then(|values| values.checked_add(header)) else {
            return Err(damaged(&format!("its declared dimensions {dims:?} are impossible")));
        };
        if rank == 0 || declared == header {
            return Err(damaged("it holds no values"));
        }
        let most = if zipped { length.saturating_mul(MAX_RATIO).max(ALWAYS) } else { length };
        if declared > most {
            let why = if zipped {
                format!("which its {length} bytes cannot hold unless packed over {MAX_RATIO} to 1")
            } else {
                "but ends before them".into()
            };
            return Err(damaged(&format!("it declares the dimensions {dims:?}, {why}")));
        }
        if !zipped && declared < length {
            let surplus = length - declared;
            return Err(damaged(&format!("{surplus} bytes follow after its declared end")));
        }
        Ok(Self { path: path.into(), dims, reader })
    }

    /// How the images lie in it.
    fn layout(&self) -> Result<RecordLayout, DataError> {
        RecordLayout::of(&self.dims).map_err(|why| DataError::damaged(&self.path, why))
    }

    /// Makes sure that nothing follows (and that a gzip's own checksum holds).
    fn end(&mut self) -> Result<(), DataError> {
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(DataError::damaged(&self.path, "bytes follow after its declared end")),
            Err(error) => Err(DataError::damaged(&self.path, error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::records::interleave;
    use super::*;
    use crate::data::limits::MAX_RECORDS;
    use crate::data::{DataConfig, Source, load};
    use std::fs;
    use std::io::Write;

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
            (Vec::new(), "ends within its header"),
            (good[..10].to_vec(), "ends within its header"),
            (good[..100].to_vec(), "ends before"),
            ([&good[..], &[0]].concat(), "1 bytes follow"),
            (changed(0, 1), "does not start"),
            (changed(2, 0x0d), "type 0x0d"),
            (changed(3, 0), "no values"),
            (changed(4, 255), "ends before"),
            (idx(&[0, 8, 8], &[]), "no values"),
            (idx(&[4, 8], &[0; 32]), "not those of"),
            (idx(&[1, 8, 8, 2], &[0; 128]), "not those of"),
            (idx(&[u32::MAX; 4], &[]), "impossible"),
            (idx(&[1, 1, 70_000], &[0; 70_000]), "larger than the limit"),
            (gzip(&good[..100]), "ends after 1 of 2 images"),
            (gzip(&[&good[..], &[0]].concat()), "bytes follow"),
            (gzip(&good)[..20].to_vec(), "damaged"),
            (gzip(&idx(&[u32::MAX, 8, 8], &[])), "packed over 100 to 1"),
        ];
        for (bytes, expected) in cases {
            let error = get_bytes("train-images-idx3-ubyte", &bytes).unwrap_err().to_string();
            assert!(error.contains("train-images-idx3-ubyte is damaged"), "{error}");
            assert!(error.contains(expected), "{error} should say: {expected}");
        }
    }

    /// 10 MB of images of a pixel, which would become 2 TB.
    #[test]
    fn images_that_become_more_than_memory_holds_are_refused_before_they_are_read() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "train-images-idx3-ubyte", &idx(&[MAX_RECORDS as u32, 1, 1], &[]));
        let file =
            fs::OpenOptions::new().write(true).open(dir.path().join("train-images-idx3-ubyte")).unwrap();
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
}
