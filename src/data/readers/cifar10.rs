//! CIFAR-10, binary version: <https://www.cs.toronto.edu/~kriz/cifar.html>.
//!
//! Six files of up to 10,000 records of 3,073 bytes: a label, then the red, green and blue planes of
//! 32 x 32 pixels, row by row.

use std::path::Path;

use super::records::{self, Collector, interleave};
use crate::data::options::{LoadOptions, Loaded};
use crate::data::reader::{Download, Reader, RemoteFile, SourceKind, SourcePlace};
use crate::data::{DataError, ImageSet, Report, Split};

const SIDE: usize = 32;
const RECORD: usize = 1 + 3 * SIDE * SIDE;
const PER_FILE: usize = 10_000;
/// Bytes of a whole file.
const BATCH: u64 = (PER_FILE * RECORD) as u64;
const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

static DOWNLOADS: [Download; 1] = [Download {
    name: "cifar10",
    about: "60,000 colour images of 32 x 32, 163 MB to download",
    files: &[RemoteFile {
        base: "https://www.cs.toronto.edu/~kriz/",
        file: "cifar-10-binary.tar.gz",
        most: 200_000_000,
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        members: &[
            ("data_batch_1.bin", BATCH),
            ("data_batch_2.bin", BATCH),
            ("data_batch_3.bin", BATCH),
            ("data_batch_4.bin", BATCH),
            ("data_batch_5.bin", BATCH),
            ("test_batch.bin", BATCH),
        ],
    }],
}];

/// Reads the files in a folder, or in the `cifar-10-batches-bin` folder in it.
pub(super) struct Cifar10;

impl Reader for Cifar10 {
    fn kind(&self) -> SourceKind {
        SourceKind {
            prefix: "cifar10",
            label: "CIFAR-10",
            about: "The folder with the binary version's files data_batch_1.bin to 5",
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
        let inner = path.join("cifar-10-batches-bin");
        let dir = if inner.is_dir() { &inner } else { path };
        let files: Vec<_> = match options.split {
            Split::Train => (1..=5).map(|i| dir.join(format!("data_batch_{i}.bin"))).collect(),
            Split::Test => vec![dir.join("test_batch.bin")],
        };
        let counts =
            files.iter().map(|path| records::count(path, RECORD, PER_FILE)).collect::<Result<Vec<_>, _>>()?;
        let found = counts.iter().sum();
        options.fits_memory(options.kept_of(found))?;
        let chosen = options.choose(found);
        let mut collector = Collector::new(SIDE, SIDE, found, &chosen, options);
        for (path, count) in files.iter().zip(counts) {
            collector.take(path, &mut records::open(path)?, count, RECORD, |record| {
                if usize::from(record[0]) >= CLASSES.len() {
                    return Err(format!("a record has the label {}, which is not below 10", record[0]));
                }
                Ok((record[0].into(), interleave(&record[1..])))
            })?;
        }
        let classes = CLASSES.map(String::from).into();
        let set = ImageSet::new(name, options.side, collector.pixels, Some(collector.labels), classes)?;
        let report = Report::of(&set, options.split, found, [SIDE as u32; 2]);
        Ok(Loaded { set, report })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{DataConfig, Source, load};
    use std::fs;

    /// Two records: label `label` with planes of 10, 20, 30, then label 9 all white.
    fn records(label: u8) -> Vec<u8> {
        let mut bytes = vec![label];
        for value in [10, 20, 30] {
            bytes.extend([value; SIDE * SIDE]);
        }
        // One red pixel in row 1, column 2 shows the order of pixels.
        bytes[1 + SIDE + 2] = 200;
        bytes.push(9);
        bytes.extend([255; 3 * SIDE * SIDE]);
        bytes
    }

    fn folder(inner: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(inner)).unwrap();
        for i in 1..=5 {
            fs::write(dir.path().join(inner).join(format!("data_batch_{i}.bin")), records(i)).unwrap();
        }
        dir
    }

    fn train(dir: &Path, config: DataConfig) -> Result<Loaded, DataError> {
        load(&Source::new(&Cifar10, dir), &config.options(32, Split::Train))
    }

    #[test]
    fn planes_rows_and_labels_come_out_right() {
        for inner in ["", "cifar-10-batches-bin"] {
            let dir = folder(inner);
            let Loaded { set, report } = train(dir.path(), DataConfig::default()).unwrap();
            assert_eq!(set.labels().unwrap(), [1, 9, 2, 9, 3, 9, 4, 9, 5, 9]);
            assert_eq!(set.image(0)[..3], [10, 20, 30]);
            assert_eq!(set.image(2)[(SIDE + 2) * 3..][..3], [200, 20, 30]);
            assert_eq!(set.image(9), [255; 3072]);
            assert_eq!((report.found, report.used, report.classes[9].count), (10, 10, 5));
        }
    }

    #[test]
    fn a_limit_keeps_images_of_all_files() {
        let dir = folder("");
        let config = DataConfig { limit: Some(6), ..DataConfig::default() };
        let whole = train(dir.path(), DataConfig::default()).unwrap().set;
        let chosen = config.options(32, Split::Train).choose(10);
        let some = train(dir.path(), config).unwrap().set;
        assert_eq!(some.len(), 6);
        for (i, &original) in chosen.iter().enumerate() {
            assert_eq!(some.image(i), whole.image(original));
        }
    }

    #[test]
    fn damaged_and_missing_files_are_named() {
        let dir = folder("");
        let third = dir.path().join("data_batch_3.bin");
        let message = |bytes: &[u8]| {
            fs::write(&third, bytes).unwrap();
            train(dir.path(), DataConfig::default()).unwrap_err().to_string()
        };
        let cut = message(&records(3)[..6000]);
        assert!(cut.contains("data_batch_3.bin is damaged") && cut.contains("cut off"), "{cut}");
        assert!(message(&[]).contains("it is empty"));
        assert!(message(&records(10)).contains("label 10"));
        assert!(message(&vec![0; RECORD * 10_001]).contains("at most 10000"));
        fs::remove_file(&third).unwrap();
        let missing = train(dir.path(), DataConfig::default()).unwrap_err();
        assert!(matches!(&missing, DataError::MissingFile(path) if *path == third), "{missing}");
    }
}
