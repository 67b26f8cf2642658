//! CIFAR-10: 60,000 images in ten classes, in six files of 10,000 each.

use super::cifar::{CifarReader, CifarVersion, PIXELS};
use crate::data::reader::{Download, RemoteFile};

const PER_FILE: usize = 10_000;
/// Bytes of a whole file of the binary version.
const BATCH: u64 = (PER_FILE * (1 + PIXELS)) as u64;

/// Reads the files of either version in a folder, or in the archive's folder in it.
pub(super) static CIFAR10: CifarReader = CifarReader {
    prefix: "cifar10",
    label: "CIFAR-10",
    downloads: &DOWNLOADS,
    classes: &["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    labels: 1,
    keys: ["labels", "label_names"],
    most: PER_FILE,
    binary: CifarVersion {
        folder: "cifar-10-batches-bin",
        train: &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
        ],
        test: "test_batch.bin",
        names: "batches.meta.txt",
    },
    python: CifarVersion {
        folder: "cifar-10-batches-py",
        train: &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"],
        test: "test_batch",
        names: "batches.meta",
    },
};

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::readers::cifar::SIDE;
    use crate::data::{DataConfig, DataError, Loaded, Source, Split, load};
    use std::fs;
    use std::path::Path;

    const RECORD: usize = 1 + PIXELS;

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
        load(&Source::new(&CIFAR10, dir), &config.options(32, Split::Train))
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
        assert!(message(&[]).contains("is empty; copy it"));
        assert!(message(&records(10)).contains("label 10"));
        assert!(message(&vec![0; RECORD * 10_001]).contains("at most 10000"));
        fs::remove_file(&third).unwrap();
        let missing = train(dir.path(), DataConfig::default()).unwrap_err();
        let expected = format!(
            "there is no data_batch_3.bin in {}, which holds data_batch_1.bin, data_batch_2.bin, data_batch_4.bin, \
             data_batch_5.bin; ",
            dir.path().display()
        );
        assert!(missing.to_string().starts_with(&expected), "{missing}");
    }
}
